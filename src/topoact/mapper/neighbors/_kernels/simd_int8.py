"""Distances between eight-bit coordinates, with certain bounds: `coarse_words`, `coarse_bounds` (AVX-512 VNNI).

An instruction computes four times the products of float32.

A point is x = low + (q + 127) h + e, with whole numbers q from −127 to 127, one step h for all channels, and a
remainder e. So a distance is ``h |q_x − q_y|`` up to ``|e_x| + |e_y|``. The products of whole numbers are exact, the
remainders' lengths are known: pairs farther from ε than these are decided, the others are left to `float64`.

Rounding: with w = 2⁻⁵³ the remainders are computed to within 4 w (|x| + |low|) in each channel, which is added to their
length (`quantise`). Float32 rounds here by at most 5 u of a radius and both lengths, u = 2⁻²⁴. This, and what float64
rounds in the exact comparison, is less than `MARGIN` of them; that is added, too.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils

from topoact.mapper.neighbors._kernels.jit import emitted
from topoact.mapper.neighbors._layout import WORD

ROWS: Final = 4
"""Points that share each load of a tile."""
LANES: Final = 16
"""Sums in a register."""
MARGIN: Final = 1e-6
"""Share of the largest radius and of the remainders."""
MAX_CHANNELS: Final = 2**31 // 255**2
"""Up to which a squared distance fits into 32 bits."""
AVAILABLE: Final = bool(binding.get_host_cpu_features().get("avx512vnni"))
"""Whether the machine has the instruction (vpdpbusd)."""
I32: Final = ir.IntType(32)
I64: Final = ir.IntType(64)
INTS: Final = ir.VectorType(I32, LANES)
FLOATS: Final = ir.VectorType(ir.FloatType(), LANES)


class Coarse(NamedTuple):
    """Points in lens order, padded to a multiple of 64."""

    rows: npt.NDArray[np.int8]
    """q of each point, shape (n_padded, 4 n_groups)."""
    tiles: npt.NDArray[np.uint8]
    """q + 128, shape (n_tiles, n_groups, 64, 4): four channels of 64 points are contiguous."""
    squares: npt.NDArray[np.int32]
    """|q|² + 256 Σ q, which takes the 128 out again, and |q|²; shape (2, n_padded)."""
    errors: npt.NDArray[np.float32]
    """Length of the remainder in steps, with a margin for rounding; infinite where it is not known, NaN for padding."""
    limits: npt.NDArray[np.float32]
    """Each radius in steps."""


@emitted
def coarse_words(
    typing: Any, rows: Any, tiles: Any, squares: Any, errors: Any, limit: Any, point: Any, tile: Any
) -> Any:
    """Return certain and possible neighbours of `ROWS` points, from `point` on, in a tile; all certain words first."""
    word = types.UniTuple(types.uint64, 2 * ROWS)
    signature = word(rows, tiles, squares, errors, types.float32, types.int64, types.int64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        limit, point, tile = arguments[4:]
        words = [_int(0)] * (2 * ROWS)
        for k, part, squared, error in _distances(context, builder, signature.args, arguments, point, tile):
            for which, bits in enumerate(_decide(builder, squared, error, limit)):
                shifted = builder.shl(builder.zext(bits, I64), _int(part * LANES))
                words[which * ROWS + k] = builder.or_(words[which * ROWS + k], shifted)
        return context.make_tuple(builder, signature.return_type, words)

    return signature, generate


@emitted
def coarse_bounds(
    typing: Any, rows: Any, tiles: Any, squares: Any, errors: Any, point: Any, tile: Any, bounds: Any
) -> Any:
    """Write the upper and the lower bounds of the distances of these points, in steps, shape (ROWS, 2, 64)."""
    signature = types.void(rows, tiles, squares, errors, types.int64, types.int64, bounds)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        point, tile = arguments[4:6]
        out = context.make_array(signature.args[6])(context, builder, arguments[6]).data
        kind = ir.FunctionType(FLOATS, [FLOATS])
        root = cgutils.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{LANES}f32")
        for k, part, squared, error in _distances(context, builder, signature.args, arguments, point, tile):
            distance = builder.call(root, [squared])
            for which, bound in enumerate((builder.fadd(distance, error), builder.fsub(distance, error))):
                target = builder.gep(out, [_int((2 * k + which) * WORD + part * LANES)])
                builder.store(bound, builder.bitcast(target, FLOATS.as_pointer()), align=4)
        return context.get_dummy_value()

    return signature, generate


def _distances(
    context: Any, builder: Any, kinds: Any, arguments: Any, point: Any, tile: Any
) -> Iterator[tuple[int, int, Any, Any]]:
    """Yield for each row and part of a tile: their numbers, squared distances of whole coordinates, possible errors."""
    row_array, tile_array, square_array, error_array = (
        context.make_array(kind)(context, builder, value) for kind, value in zip(kinds[:4], arguments[:4], strict=True)
    )
    n_groups = cgutils.unpack_tuple(builder, tile_array.shape)[1]
    n_padded = cgutils.unpack_tuple(builder, error_array.shape)[0]
    left = builder.bitcast(row_array.data, I32.as_pointer())
    left = builder.gep(left, [builder.mul(point, n_groups)])
    right = builder.bitcast(tile_array.data, I32.as_pointer())
    right = builder.gep(right, [builder.mul(tile, builder.mul(n_groups, _int(WORD)))])
    sums = _products(builder, left, right, n_groups)
    first = builder.mul(tile, _int(WORD))
    for k in range(ROWS):
        own = builder.add(point, _int(k))
        square = _spread(builder, builder.load(builder.gep(square_array.data, [own])), INTS)
        error = _spread(builder, builder.load(builder.gep(error_array.data, [own])), FLOATS)
        for part in range(WORD // LANES):
            column = builder.add(first, _int(part * LANES))
            others = _load(builder, builder.gep(square_array.data, [builder.add(n_padded, column)]), INTS)
            both = builder.fadd(error, _load(builder, builder.gep(error_array.data, [column]), FLOATS))
            twice = builder.shl(sums[k][part], ir.Constant(INTS, [1] * LANES))
            yield k, part, builder.sitofp(builder.sub(builder.add(square, others), twice), FLOATS), both


def _decide(builder: Any, squared: Any, error: Any, limit: Any) -> list[Any]:
    """Return the bits of distances that are at most the limit for certain, and possibly."""
    radius = _spread(builder, limit, FLOATS)
    short, long = builder.fsub(radius, error), builder.fadd(radius, error)
    # Where the error is larger than the limit nothing is certain: the product keeps the sign.
    positive = builder.fcmp_ordered(">", short, ir.Constant(FLOATS, [0.0] * LANES))
    lower = builder.fmul(short, builder.select(positive, short, ir.Constant(FLOATS, [1.0] * LANES)))
    bounds = (lower, builder.fmul(long, long))
    return [builder.bitcast(builder.fcmp_ordered("<=", squared, bound), ir.IntType(LANES)) for bound in bounds]


def _products(builder: Any, left: Any, right: Any, n_groups: Any) -> list[list[Any]]:
    """Return, for each of `ROWS` points, the sums of products with 64 others, `LANES` at a time."""
    kind = ir.FunctionType(INTS, [INTS, INTS, INTS])
    dot = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.vpdpbusd.512")
    before, body = builder.block, builder.append_basic_block("groups")
    after = builder.append_basic_block("summed")
    builder.branch(body)
    builder.position_at_end(body)
    group = builder.phi(I64)
    sums = [[builder.phi(INTS) for _ in range(WORD // LANES)] for _ in range(ROWS)]
    base = builder.mul(group, _int(WORD))
    columns = [
        _load(builder, builder.gep(right, [builder.add(base, _int(part * LANES))]), INTS)
        for part in range(WORD // LANES)
    ]
    grown: list[list[Any]] = []
    for k in range(ROWS):
        offset = builder.add(builder.mul(n_groups, _int(k)), group)
        value = _spread(builder, builder.load(builder.gep(left, [offset]), align=1), INTS)
        grown.append([builder.call(dot, [sums[k][part], column, value]) for part, column in enumerate(columns)])
    following = builder.add(group, _int(1))
    group.add_incoming(_int(0), before)
    group.add_incoming(following, body)
    for k in range(ROWS):
        for part in range(WORD // LANES):
            sums[k][part].add_incoming(ir.Constant(INTS, [0] * LANES), before)
            sums[k][part].add_incoming(grown[k][part], body)
    builder.cbranch(builder.icmp_signed("<", following, n_groups), body, after)
    builder.position_at_end(after)
    return grown


def _int(value: int) -> Any:
    return ir.Constant(I64, value)


def _spread(builder: Any, scalar: Any, kind: Any) -> Any:
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(I32, 0))
    return builder.shuffle_vector(
        first, ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(I32, LANES), [0] * LANES)
    )


def _load(builder: Any, pointer: Any, kind: Any) -> Any:
    return builder.load(builder.bitcast(pointer, kind.as_pointer()), align=4)
