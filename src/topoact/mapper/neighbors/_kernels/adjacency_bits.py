"""The band: for each point, a few bits per point that can share an interval with it, telling how near they are.

The bits of a pair count the radii that reach from one to the other, in binary: bit p of the count is in plane p. With
one radius that is one plane, whose bits say "within ε". Only pairs of blocks on and above the diagonal are computed; a
transposed copy of their bits serves those below.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba.extending import overload

from topoact.mapper.neighbors._kernels.float64 import Points, reaching
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.simd_f32 import (
    DENSE_ROWS,
    dense_bounds,
    dense_words,
    lowest_bit,
    sparse_bounds,
    sparse_word,
    within,
)
from topoact.mapper.neighbors._kernels.simd_int8 import (
    ROWS,
    Coarse,
    coarse_bounds,
    coarse_words,
)
from topoact.mapper.neighbors._kernels.tiles import Multiply, Tiles
from topoact.mapper.neighbors._layout import Layout
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.protocols import Progress

GROUP: Final = 16
"""Blocks that are compared with as many others at a time."""

Words = npt.NDArray[np.uint64]


class ProductGroup(NamedTuple):
    """Products of the points of two groups of blocks."""

    norms: npt.NDArray[np.float32]
    """As in `Tiles`."""
    products: npt.NDArray[np.float32]
    first: int
    start: int


def fill_planes(
    points: Points,
    tiles: Tiles | Coarse,
    limits: npt.NDArray[np.float32],
    layout: Layout,
    planes: Words,
    *,
    n_jobs: int,
    progress: Progress,
) -> None:
    """Decide every pair of the layout for each limit, ascending; `planes` has shape (n_planes, n_words)."""

    def fill(first: int, last: int) -> None:
        _fill(points, tiles, limits, layout, planes, first, last)

    _by_groups(fill, layout, n_jobs=n_jobs, progress=progress)


def fill_from_products(
    points: Points,
    norms: npt.NDArray[np.float32],
    multiply: Multiply,
    limits: npt.NDArray[np.float32],
    layout: Layout,
    planes: Words,
    *,
    n_jobs: int,
    progress: Progress,
) -> None:
    """Do as `fill_planes` does with products that somebody else computes, and norms that allow for their error."""

    def fill(first: int, last: int) -> None:
        for start in range(first, layout.upper[last - 1], GROUP):
            stop = min(start + GROUP, layout.upper[last - 1])
            given = ProductGroup(norms, multiply(first, last, start, stop), first, start)
            _fill_group(points, given, limits, layout, planes, first, last, start, stop)

    _by_groups(fill, layout, n_jobs=n_jobs, progress=progress)


def _by_groups(fill: Callable[[int, int], None], layout: Layout, *, n_jobs: int, progress: Progress) -> None:
    """Call ``fill(first, last)`` for each group of blocks."""
    n_blocks = len(layout.lower)

    def work(first: int) -> None:
        fill(first, min(n_blocks, first + GROUP))

    side_by_side(work, range(0, n_blocks, GROUP), n_jobs=n_jobs, stage="comparing points", progress=progress)


@compiled
def _fill(points: Any, tiles: Any, limits: Any, layout: Any, planes: Any, first: Any, last: Any) -> None:
    """Decide the pairs of a group of blocks with all later ones, group by group, so that words are written in runs."""
    for start in range(first, layout.upper[last - 1], GROUP):
        stop = min(start + GROUP, layout.upper[last - 1])
        _fill_group(points, tiles, limits, layout, planes, first, last, start, stop)


@compiled
def _fill_group(
    points: Any, tiles: Any, limits: Any, layout: Any, planes: Any, first: Any, last: Any, start: Any, stop: Any
) -> None:
    """Decide the pairs of blocks ``first:last`` and ``start:stop``, none of which is earlier."""
    lower, upper, offset = layout.lower, layout.upper, layout.offset
    n_planes = len(planes)
    words = np.zeros((n_planes, 64), dtype=np.uint64)
    across = np.empty((n_planes, 64 * GROUP, GROUP), dtype=np.uint64)
    down = np.empty((n_planes, 64 * GROUP, GROUP), dtype=np.uint64)
    for column in range(start, stop):
        for block in range(max(first, lower[column]), min(last, column + 1)):
            _compare(points, tiles, limits, block, column, words)
            for plane in range(n_planes):
                for k in range(64):
                    across[plane, 64 * (block - first) + k, column - start] = words[plane, k]
                _transpose(words[plane])
                for k in range(64):
                    down[plane, 64 * (column - start) + k, block - first] = words[plane, k]
    for plane in range(n_planes):
        for block in range(first, last):
            begin, end = max(start, block), min(stop, upper[block])
            place, width = offset[block] + begin - lower[block], upper[block] - lower[block]
            _write(across[plane], 64 * (block - first), begin - start, end - start, planes[plane], place, width)
        for column in range(start, stop):
            begin, end = max(first, lower[column]), min(last, column)
            place, width = offset[column] + begin - lower[column], upper[column] - lower[column]
            _write(down[plane], 64 * (column - start), begin - first, end - first, planes[plane], place, width)


@compiled
def _compare(points: Any, tiles: Any, limits: Any, block: Any, column: Any, words: Any) -> None:
    """Write the bits of each pair of a point of `block` and one of block `column`."""
    words[:] = 0
    _bits(points, tiles, limits, block, column, words)
    if block == column:  # a vector without direction is near to itself alone
        for k in range(min(64, len(points.order) - 64 * block)):
            for plane in range(len(words)):
                words[plane, k] |= np.uint64(len(limits) >> plane & 1) << np.uint64(k)


def _bits(
    points: Points, tiles: Tiles | Coarse | ProductGroup, limits: Any, block: Any, column: Any, words: Any
) -> None:
    """Write bits by the products that points are laid out for, which is chosen when `_fill` is compiled."""


@overload(_bits, inline="never")
def _bits_of(points: Any, tiles: Any, limits: Any, block: Any, column: Any, words: Any) -> Any:
    return {Coarse: _coarse_bits, ProductGroup: _given_bits}.get(tiles.instance_class, _fine_bits)


def _fine_bits(points: Any, tiles: Any, limits: Any, block: Any, column: Any, words: Any) -> None:
    sparse = len(tiles.starts) > 1
    if len(limits) > 1:
        if sparse:
            _sparse_counts(points, tiles, limits, block, column, words)
        else:
            _dense_counts(points, tiles, limits, block, column, words)
    elif sparse:
        _sparse_pairs(points, tiles, limits[0], block, column, words[0])
    else:
        _dense_pairs(points, tiles, limits[0], block, column, words[0])


def _coarse_bits(points: Any, tiles: Any, limits: Any, block: Any, column: Any, words: Any) -> None:
    if len(limits) > 1:
        _coarse_counts(points, tiles, limits, block, column, words)
    else:
        _coarse_pairs(points, tiles, limits[0], block, column, words[0])


def _given_bits(points: Any, tiles: Any, limits: Any, block: Any, column: Any, words: Any) -> None:
    bounds = np.empty((2, 64), dtype=np.float32)
    two, down, across = np.float32(2), 64 * (block - tiles.first), 64 * (column - tiles.start)
    for k in range(min(64, len(points.order) - 64 * block)):
        for bound in range(2):
            own = tiles.norms[bound, 64 * block + k]
            for other in range(64):
                norm = own + tiles.norms[bound, 64 * column + other]
                bounds[bound, other] = norm - two * tiles.products[down + k, across + other]
        _count(points, bounds, limits, 64 * block + k, column, words[:, k])


@compiled
def _sparse_pairs(points: Any, tiles: Any, limit: Any, block: Any, column: Any, words: Any) -> None:
    for k in range(min(64, len(points.order) - 64 * block)):
        point = 64 * block + k
        begin, end = tiles.starts[point], tiles.starts[point + 1]
        word, possible = sparse_word(
            tiles.values, tiles.channels, begin, end, tiles.tiles, column, tiles.norms, point, limit
        )
        if word != possible:
            word |= _settle(points, point, column, possible & ~word)
        words[k] = word


@compiled
def _dense_pairs(points: Any, tiles: Any, limit: Any, block: Any, column: Any, words: Any) -> None:
    found = np.empty(2 * DENSE_ROWS, dtype=np.uint64)
    for start in range(0, min(64, len(points.order) - 64 * block), DENSE_ROWS):
        for place, word in enumerate(dense_words(tiles.tiles, block, start, column, tiles.norms, limit)):
            found[place] = word
        for k in range(min(DENSE_ROWS, len(points.order) - 64 * block - start)):
            word, possible = found[k], found[DENSE_ROWS + k]
            if word != possible:
                word |= _settle(points, 64 * block + start + k, column, possible & ~word)
            words[start + k] = word


@compiled
def _coarse_pairs(points: Any, tiles: Any, limit: Any, block: Any, column: Any, words: Any) -> None:
    found = np.empty(2 * ROWS, dtype=np.uint64)
    for start in range(0, min(64, len(points.order) - 64 * block), ROWS):
        point = 64 * block + start
        near = coarse_words(tiles.rows, tiles.tiles, tiles.squares, tiles.errors, limit, point, column)
        for place, word in enumerate(near):
            found[place] = word
        for k in range(min(ROWS, len(points.order) - point)):
            word, possible = found[k], found[ROWS + k]
            if word != possible:
                word |= _settle(points, point + k, column, possible & ~word)
            words[start + k] = word


@compiled
def _sparse_counts(points: Any, tiles: Any, limits: Any, block: Any, column: Any, words: Any) -> None:
    bounds = np.empty((2, 64), dtype=np.float32)
    for k in range(min(64, len(points.order) - 64 * block)):
        point = 64 * block + k
        begin, end = tiles.starts[point], tiles.starts[point + 1]
        sparse_bounds(tiles.values, tiles.channels, begin, end, tiles.tiles, column, tiles.norms, point, bounds)
        _count(points, bounds, limits, point, column, words[:, k])


@compiled
def _dense_counts(points: Any, tiles: Any, limits: Any, block: Any, column: Any, words: Any) -> None:
    bounds = np.empty((DENSE_ROWS, 2, 64), dtype=np.float32)
    for start in range(0, min(64, len(points.order) - 64 * block), DENSE_ROWS):
        dense_bounds(tiles.tiles, block, start, column, tiles.norms, bounds)
        for k in range(min(DENSE_ROWS, len(points.order) - 64 * block - start)):
            _count(points, bounds[k], limits, 64 * block + start + k, column, words[:, start + k])


@compiled
def _coarse_counts(points: Any, tiles: Any, limits: Any, block: Any, column: Any, words: Any) -> None:
    bounds = np.empty((ROWS, 2, 64), dtype=np.float32)
    for start in range(0, min(64, len(points.order) - 64 * block), ROWS):
        coarse_bounds(tiles.rows, tiles.tiles, tiles.squares, tiles.errors, 64 * block + start, column, bounds)
        for k in range(min(ROWS, len(points.order) - 64 * block - start)):
            _count(points, bounds[k], limits, 64 * block + start + k, column, words[:, start + k])


@compiled
def _count(points: Any, bounds: Any, limits: Any, point: Any, column: Any, words: Any) -> None:
    """Count, bit by bit, the radii that reach each point of a block.

    A radius that reaches a point is followed by larger ones that do. So of the radii from the largest down, those that
    reach come first, and bit p of their number is the parity of how many of every 2^p-th of them reach.
    """
    doubtful = np.uint64(0)
    for rank in range(1, len(limits) + 1):
        certain, possible = within(bounds, limits[len(limits) - rank])
        if possible == 0:
            break
        doubtful |= possible & ~certain
        for plane in range(len(words)):
            if rank & ((1 << plane) - 1):
                break
            words[plane] ^= certain
    while doubtful:
        k = lowest_bit(doubtful)
        bit = np.uint64(1) << np.uint64(k)
        doubtful ^= bit
        if 64 * column + k < len(points.order):
            count = reaching(points, points.order[point], points.order[64 * column + k])
            for plane in range(len(words)):
                words[plane] = words[plane] & ~bit | (bit if count >> plane & 1 else np.uint64(0))


@compiled
def _settle(points: Any, point: Any, column: Any, doubtful: Any) -> Any:
    """Return those of the doubtful neighbours that the radius reaches by the exact comparison."""
    word = np.uint64(0)
    while doubtful:
        k = lowest_bit(doubtful)
        bit = np.uint64(1) << np.uint64(k)
        doubtful ^= bit
        if 64 * column + k < len(points.order) and reaching(points, points.order[point], points.order[64 * column + k]):
            word |= bit
    return word


@compiled
def _write(words: Any, row: Any, begin: Any, end: Any, band: Any, place: Any, width: Any) -> None:
    """Copy columns ``begin:end`` of 64 rows of words into the band."""
    for k in range(64):
        for column in range(begin, end):
            band[place + k * width + column - begin] = words[row + k, column]


@compiled
def _transpose(words: Any) -> None:
    """Transpose 64 × 64 bits in place (Warren, Hacker's Delight, section 7-3; bit 0 is column 0)."""
    size, mask = 32, np.uint64(0x00000000FFFFFFFF)
    while size:
        shift = np.uint64(size)
        for start in range(0, 64, 2 * size):
            for k in range(start, start + size):
                swapped = ((words[k] >> shift) ^ words[k + size]) & mask
                words[k] ^= swapped << shift
                words[k + size] ^= swapped
        size >>= 1
        mask ^= mask << np.uint64(max(size, 1))
