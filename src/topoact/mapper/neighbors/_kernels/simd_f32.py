"""Bits of a word from the distances of 64 points to one point, in float32: `sparse_word`, `dense_words`, `within`.

Plain loops leave the 64 sums in memory; written as vectors of LLVM's intermediate language they stay in registers (four
of AVX-512, eight of AVX2) and a comparison of all of them is a bit mask. Points lie in *tiles*: shape (n_tiles,
n_channels, 64), so that one channel of 64 points is contiguous.

With s the squared norms and ``a`` the product in float32, the squared distance is ``s_i + s_j − 2 a`` up to an error of
``κ_i s_i + κ_j s_j`` (`tiles`). The callers hand over (1 + κ) s and (1 − κ) s, so a word of certain neighbours and a
word of possible ones cost one comparison each. A sum that overflows is a possible neighbour.

numba's cache looks at the file of the function that is compiled: after a change here or in `simd_int8`, the files that
call it (`candidates`, `dbscan`, `nearest`, `_pairs`, `bitplanes`) have to be saved anew.
"""

from collections.abc import Iterator
from typing import Any, Final

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils

from topoact.mapper.neighbors._kernels.jit import emitted

F32: Final = ir.FloatType()
I64: Final = ir.IntType(64)
WORD: Final = 64
CONTRACT: Final = ("contract",)
"""Lets a product and a sum be rounded once where the machine can."""
DENSE_ROWS: Final = 4
"""Rows that share each load of a tile."""
LANES: Final = 64 if binding.get_host_cpu_features().get("avx512f") else 16
"""Columns whose sums are kept in registers for `DENSE_ROWS` rows at once."""


def _splat(builder: Any, scalar: Any, lanes: int) -> Any:
    vector = ir.VectorType(F32, lanes)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def _load(builder: Any, pointer: Any, lanes: int) -> Any:
    target = ir.VectorType(F32, lanes).as_pointer()
    return builder.load(builder.bitcast(pointer, target), align=4)


def _add_product(builder: Any, total: Any, left: Any, right: Any) -> Any:
    return builder.fadd(total, builder.fmul(left, right, flags=CONTRACT), flags=CONTRACT)


def _compare(builder: Any, squares: Any, operator: str, limit: Any, lanes: int) -> Any:
    """Return the bits of ``squares  operator  limit``; the limit is one number, or one for each lane."""
    compare = builder.fcmp_unordered if operator == "u<=" else builder.fcmp_ordered
    limits = limit if isinstance(limit.type, ir.VectorType) else _splat(builder, limit, lanes)
    bits = builder.bitcast(compare("<=", squares, limits), ir.IntType(lanes))
    return bits if lanes == WORD else builder.zext(bits, I64)


def _store(builder: Any, vector: Any, pointer: Any) -> None:
    builder.store(vector, builder.bitcast(pointer, vector.type.as_pointer()), align=4)


def _data(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    return context.make_array(kind)(context, builder, value).data


@emitted
def sparse_word(
    typing: Any,
    values: Any,
    channels: Any,
    start: Any,
    stop: Any,
    tiles: Any,
    tile: Any,
    norms: Any,
    row: Any,
    limit: Any,
) -> Any:
    """Return (certain, possible): the points of a tile near the row whose nonzeros are ``start:stop``.

    `norms` has shape (2, n_padded): (1 + κ) s, then (1 − κ) s. Memory: none.
    """
    word = types.UniTuple(types.uint64, 2)
    signature = word(values, channels, types.int64, types.int64, tiles, types.int64, norms, types.int64, types.float32)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        total = _sparse_sums(context, builder, signature.args, arguments)
        words = _decide(
            context, builder, signature.args[6], arguments[6], arguments[7], arguments[5], 0, total, arguments[8], WORD
        )
        return context.make_tuple(builder, signature.return_type, words)

    return signature, generate


@emitted
def sparse_bounds(
    typing: Any,
    values: Any,
    channels: Any,
    start: Any,
    stop: Any,
    tiles: Any,
    tile: Any,
    norms: Any,
    row: Any,
    bounds: Any,
) -> Any:
    """Write what `sparse_word` compares with its limit: upper and lower bounds of the squared distances, (2, 64)."""
    signature = types.void(values, channels, types.int64, types.int64, tiles, types.int64, norms, types.int64, bounds)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        total = _sparse_sums(context, builder, signature.args, arguments)
        out = _data(context, builder, signature.args[8], arguments[8])
        pairs = _bounds(context, builder, signature.args[6], arguments[6], arguments[7], arguments[5], 0, total, WORD)
        for which, bound in enumerate(pairs):
            _store(builder, bound, builder.gep(out, [ir.Constant(I64, which * WORD)]))
        return context.get_dummy_value()

    return signature, generate


def _sparse_sums(context: Any, builder: Any, kinds: Any, arguments: Any) -> Any:
    """Return the products of a sparse row with the 64 columns of a tile."""
    value_data = _data(context, builder, kinds[0], arguments[0])
    channel_data = _data(context, builder, kinds[1], arguments[1])
    tile_array = context.make_array(kinds[4])(context, builder, arguments[4])
    n_channels = cgutils.unpack_tuple(builder, tile_array.shape)[1]
    offset = builder.mul(builder.mul(arguments[5], n_channels), ir.Constant(I64, WORD))
    base = builder.gep(tile_array.data, [offset])
    vector = ir.VectorType(F32, WORD)
    before, body, after = builder.block, builder.append_basic_block("body"), builder.append_basic_block("after")
    zero = ir.Constant(vector, [ir.Constant(F32, 0.0)] * WORD)
    builder.cbranch(builder.icmp_signed("<", arguments[2], arguments[3]), body, after)
    builder.position_at_end(body)
    entry, sums = builder.phi(I64), builder.phi(vector)
    value = builder.load(builder.gep(value_data, [entry]))
    channel = builder.zext(builder.load(builder.gep(channel_data, [entry])), I64)
    column = _load(builder, builder.gep(base, [builder.mul(channel, ir.Constant(I64, WORD))]), WORD)
    grown = _add_product(builder, sums, _splat(builder, value, WORD), column)
    following = builder.add(entry, ir.Constant(I64, 1))
    for phi, first, then in ((entry, arguments[2], following), (sums, zero, grown)):
        phi.add_incoming(first, before)
        phi.add_incoming(then, body)
    builder.cbranch(builder.icmp_signed("<", following, arguments[3]), body, after)
    builder.position_at_end(after)
    total = builder.phi(vector)
    total.add_incoming(zero, before)
    total.add_incoming(grown, body)
    return total


def _bounds(
    context: Any, builder: Any, kind: Any, norms: Any, row: Any, tile: Any, first: int, sums: Any, lanes: int
) -> list[Any]:
    """Return upper and lower bounds of ``own + others − 2 sums``, for `lanes` columns from `first` on."""
    array = context.make_array(kind)(context, builder, norms)
    n_padded = cgutils.unpack_tuple(builder, array.shape)[1]
    column = builder.add(builder.mul(tile, ir.Constant(I64, WORD)), ir.Constant(I64, first))
    minus_two = ir.Constant(ir.VectorType(F32, lanes), [ir.Constant(F32, -2.0)] * lanes)
    bounds = []
    for which in (0, 1):
        base = builder.gep(array.data, [builder.mul(n_padded, ir.Constant(I64, which))])
        own = _splat(builder, builder.load(builder.gep(base, [row])), lanes)
        both = builder.fadd(own, _load(builder, builder.gep(base, [column]), lanes))
        bounds.append(_add_product(builder, both, minus_two, sums))
    return bounds


def _decide(
    context: Any,
    builder: Any,
    kind: Any,
    norms: Any,
    row: Any,
    tile: Any,
    first: int,
    sums: Any,
    limit: Any,
    lanes: int,
) -> list[Any]:
    """Return the words of certain and of possible neighbours among the `lanes` columns from `first` on."""
    upper, lower = _bounds(context, builder, kind, norms, row, tile, first, sums, lanes)
    return [_compare(builder, upper, "<=", limit, lanes), _compare(builder, lower, "u<=", limit, lanes)]


@emitted
def within(typing: Any, bounds: Any, limit: Any) -> Any:
    """Return (certain, possible): which of 64 squared distances, given their bounds of shape (2, 64), are ≤ `limit`.

    The limit is one number, or an array of one for each.
    """
    each = isinstance(limit, types.Array)
    signature = types.UniTuple(types.uint64, 2)(bounds, limit if each else types.float32)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data, limits = _data(context, builder, signature.args[0], arguments[0]), arguments[1]
        if each:
            limits = _load(builder, _data(context, builder, signature.args[1], limits), WORD)
        words = []
        for offset, operator in ((0, "<="), (WORD, "u<=")):
            squares = _load(builder, builder.gep(data, [ir.Constant(I64, offset)]), WORD)
            words.append(_compare(builder, squares, operator, limits, WORD))
        return context.make_tuple(builder, signature.return_type, words)

    return signature, generate


@emitted
def dense_words(typing: Any, tiles: Any, own_tile: Any, first: Any, tile: Any, norms: Any, limit: Any) -> Any:
    """Return certain and possible neighbours of `DENSE_ROWS` points, from `first` of `own_tile` on, in a tile.

    All certain words come first. Memory: none.
    """
    word = types.UniTuple(types.uint64, 2 * DENSE_ROWS)
    signature = word(tiles, types.int64, types.int64, types.int64, norms, types.float32)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        words = [ir.Constant(I64, 0)] * (2 * DENSE_ROWS)
        kind, norms, tile, limit = signature.args[4], arguments[4], arguments[3], arguments[5]
        for column, k, own, sums in _dense_blocks(context, builder, signature.args, arguments):
            decided = _decide(context, builder, kind, norms, own, tile, column, sums, limit, LANES)
            for which, bits in enumerate(decided):
                shifted = builder.shl(bits, ir.Constant(I64, column))
                number = which * DENSE_ROWS + k
                words[number] = builder.or_(words[number], shifted)
        return context.make_tuple(builder, signature.return_type, words)

    return signature, generate


@emitted
def dense_bounds(typing: Any, tiles: Any, own_tile: Any, first: Any, tile: Any, norms: Any, bounds: Any) -> Any:
    """Write what `dense_words` compares with its limit, shape (DENSE_ROWS, 2, 64)."""
    signature = types.void(tiles, types.int64, types.int64, types.int64, norms, bounds)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        out = _data(context, builder, signature.args[5], arguments[5])
        for column, k, own, sums in _dense_blocks(context, builder, signature.args, arguments):
            kind, norms = signature.args[4], arguments[4]
            for which, bound in enumerate(
                _bounds(context, builder, kind, norms, own, arguments[3], column, sums, LANES)
            ):
                offset = ir.Constant(I64, (2 * k + which) * WORD + column)
                _store(builder, bound, builder.gep(out, [offset]))
        return context.get_dummy_value()

    return signature, generate


def _dense_blocks(context: Any, builder: Any, kinds: Any, arguments: Any) -> Iterator[tuple[int, int, Any, Any]]:
    """Yield first column, number of the row, its position and its products with `LANES` columns."""
    tile_array = context.make_array(kinds[0])(context, builder, arguments[0])
    n_channels = cgutils.unpack_tuple(builder, tile_array.shape)[1]
    size = builder.mul(n_channels, ir.Constant(I64, WORD))
    left = builder.gep(tile_array.data, [builder.add(builder.mul(arguments[1], size), arguments[2])])
    right = builder.gep(tile_array.data, [builder.mul(arguments[3], size)])
    row = builder.add(builder.mul(arguments[1], ir.Constant(I64, WORD)), arguments[2])
    for column in range(0, WORD, LANES):
        totals = _dense_sums(builder, left, builder.gep(right, [ir.Constant(I64, column)]), size)
        for k, sums in enumerate(totals):
            yield column, k, builder.add(row, ir.Constant(I64, k)), sums


def _dense_sums(builder: Any, left: Any, right: Any, size: Any) -> list[Any]:
    """Return, for each of `DENSE_ROWS` rows, the products with `LANES` columns, summed over the channels."""
    vector = ir.VectorType(F32, LANES)
    zero = ir.Constant(vector, [ir.Constant(F32, 0.0)] * LANES)
    before, body = builder.block, builder.append_basic_block("channels")
    after = builder.append_basic_block("summed")
    builder.branch(body)
    builder.position_at_end(body)
    offset = builder.phi(I64)
    sums = [builder.phi(vector) for _ in range(DENSE_ROWS)]
    column = _load(builder, builder.gep(right, [offset]), LANES)
    grown = []
    for k in range(DENSE_ROWS):
        value = builder.load(builder.gep(left, [builder.add(offset, ir.Constant(I64, k))]))
        grown.append(_add_product(builder, sums[k], _splat(builder, value, LANES), column))
    following = builder.add(offset, ir.Constant(I64, WORD))
    for phi, first, then in [
        (offset, ir.Constant(I64, 0), following),
        *((s, zero, g) for s, g in zip(sums, grown, strict=True)),
    ]:
        phi.add_incoming(first, before)
        phi.add_incoming(then, body)
    builder.cbranch(builder.icmp_signed("<", following, size), body, after)
    builder.position_at_end(after)
    return grown


@emitted
def bit_count(typing: Any, word: Any) -> Any:
    """Return the number of bits that are set in a word."""
    return types.int64(types.uint64), lambda _context, builder, _signature, arguments: builder.ctpop(arguments[0])


@emitted
def lowest_bit(typing: Any, word: Any) -> Any:
    """Return the number of the lowest bit that is set, in a word that is not 0."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate
