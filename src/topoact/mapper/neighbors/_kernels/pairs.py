"""Bits of the pairs of two blocks: `compare`, whatever products the points are laid out for.

Float32 or eight-bit bounds (`simd_f32`, `simd_int8`, or products from elsewhere) decide most pairs; the exact
comparison of `float64` decides the others.
"""

from typing import Any, NamedTuple

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
from topoact.mapper.neighbors._kernels.simd_int8 import ROWS, Coarse, coarse_bounds, coarse_words
from topoact.mapper.neighbors._kernels.tiles import Tiles


class Given(NamedTuple):
    """Products of the points of two groups of blocks, computed elsewhere."""

    norms: npt.NDArray[np.float32]
    """As in `Tiles`."""
    products: npt.NDArray[np.float32]
    first: int
    """Block of the first row of `products`."""
    start: int
    """Block of its first column."""


@compiled
def compare(points: Any, tiles: Any, limits: Any, block: Any, column: Any, words: Any) -> None:
    """Write the bits of each pair of a point of `block` and one of block `column`."""
    words[:] = 0
    _bits(points, tiles, limits, block, column, words)
    if block == column:  # a zero vector has only itself within cosine distance
        for k in range(min(64, len(points.order) - 64 * block)):
            for plane in range(len(words)):
                words[plane, k] |= np.uint64(len(limits) >> plane & 1) << np.uint64(k)


def _bits(points: Points, tiles: Tiles | Coarse | Given, limits: Any, block: Any, column: Any, words: Any) -> None:
    """Write bits by the kernel for this kind of tiles, which is chosen when `compare` is compiled."""


@overload(_bits, inline="never")
def _bits_of(points: Any, tiles: Any, limits: Any, block: Any, column: Any, words: Any) -> Any:
    return {Coarse: _coarse_bits, Given: _given_bits}.get(tiles.instance_class, _fine_bits)


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
    near = np.empty(2 * DENSE_ROWS, dtype=np.uint64)
    for start in range(0, min(64, len(points.order) - 64 * block), DENSE_ROWS):
        for k, word in enumerate(dense_words(tiles.tiles, block, start, column, tiles.norms, limit)):
            near[k] = word
        for k in range(min(DENSE_ROWS, len(points.order) - 64 * block - start)):
            word, possible = near[k], near[DENSE_ROWS + k]
            if word != possible:
                word |= _settle(points, 64 * block + start + k, column, possible & ~word)
            words[start + k] = word


@compiled
def _coarse_pairs(points: Any, tiles: Any, limit: Any, block: Any, column: Any, words: Any) -> None:
    near = np.empty(2 * ROWS, dtype=np.uint64)
    for start in range(0, min(64, len(points.order) - 64 * block), ROWS):
        point = 64 * block + start
        words_of_rows = coarse_words(tiles.rows, tiles.tiles, tiles.squares, tiles.errors, limit, point, column)
        for k, word in enumerate(words_of_rows):
            near[k] = word
        for k in range(min(ROWS, len(points.order) - point)):
            word, possible = near[k], near[ROWS + k]
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
