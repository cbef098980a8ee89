"""The band: for each point, one bit per point that can share an interval with it, set when they lie within ε.

Points are in lens order and in blocks of 64. A block sees the blocks ``lower[b]:upper[b]``; each of its points has one
64-bit word for each of them, so that ``row & unvisited`` needs no shifts. Only pairs of blocks on and above the diagonal
are computed; a transposed copy of their bits serves those below.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper._jit import compiled
from topoact.mapper._threads import side_by_side
from topoact.mapper._tiles import Tiles
from topoact.mapper._words import DENSE_ROWS, bit_count, dense_words, sparse_word
from topoact.mapper.protocols import Progress, Rows, Vectors

WORD: Final = 64
SPARSE_BLOCKS: Final = 8
"""Blocks of rows that share a tile while it is in the cache."""
DENSE_BLOCKS: Final = 2
MEASURED_BLOCKS: Final = 64

Places = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


class Layout(NamedTuple):
    """Which pairs of blocks the band holds, and where. Blocks are counted in lens order."""

    lower: Places
    """First block that each block sees."""
    upper: Places
    """One past the last."""
    offset: Places
    """Word at which the rows of each block start, shape (n_blocks + 1,)."""

    @property
    def n_bytes(self) -> int:
        return int(self.offset[-1]) * 8

    def serves(self, start: Places, stop: Places) -> npt.NDArray[np.bool_]:
        """Tell for each range of sorted points whether the band holds all of its pairs."""
        empty = start >= stop
        first = np.where(empty, 0, start) // WORD
        return empty | (self.upper[first] * WORD >= stop)


def lay_out(reach: Places) -> Layout:
    """Return the layout in which each point sees all from itself up to ``reach`` (ascending, exclusive), and back."""
    n_blocks = -(-len(reach) // WORD)
    last = np.minimum(np.arange(1, n_blocks + 1) * WORD, len(reach)) - 1
    upper = np.maximum(-(-reach[last] // WORD), np.arange(1, n_blocks + 1))
    lower = np.searchsorted(upper, np.arange(n_blocks), side="right")
    offset = np.zeros(n_blocks + 1, dtype=np.int64)
    np.cumsum((upper - lower) * WORD, out=offset[1:])
    return Layout(lower.astype(np.int64), upper.astype(np.int64), offset)


def fill_band(
    vectors: Vectors, order: Rows, tiles: Tiles, eps: float, layout: Layout, *, n_jobs: int, progress: Progress
) -> Words:
    """Decide every pair of the layout. Memory: `Layout.n_bytes`."""
    band = np.empty(layout.offset[-1], dtype=np.uint64)
    n_blocks = len(layout.lower)
    step = SPARSE_BLOCKS if tiles.sparse else DENSE_BLOCKS

    def fill(first: int) -> None:
        rows = (first, min(n_blocks, first + step))
        if tiles.sparse:
            nonzeros = (tiles.values, tiles.channels, tiles.starts)
            _fill_sparse(
                *nonzeros, tiles.tiles, tiles.norms, tiles.limit, vectors, order, eps * eps, *layout, band, *rows
            )
        else:
            _fill_dense(tiles.tiles, tiles.norms, tiles.limit, vectors, order, eps * eps, *layout, band, *rows)

    side_by_side(fill, range(0, n_blocks, step), n_jobs=n_jobs, stage="comparing points", progress=progress)
    return band


def measure_band(
    layout: Layout, band: Words, n_points: int, *, n_jobs: int, progress: Progress
) -> npt.NDArray[np.int32]:
    """Return for each point: number of neighbours, first block with one, one past the last such block."""
    facts = np.empty((n_points, 3), dtype=np.int32)
    n_blocks = len(layout.lower)

    def measure(first: int) -> None:
        _measure(*layout, band, n_points, first, min(n_blocks, first + MEASURED_BLOCKS), facts)

    blocks = range(0, n_blocks, MEASURED_BLOCKS)
    side_by_side(measure, blocks, n_jobs=n_jobs, stage="counting neighbours", progress=progress)
    return facts


@compiled
def _fill_sparse(
    values: Any, channels: Any, starts: Any, tiles: Any, norms: Any, limit: Any, vectors: Any, order: Any, square: Any,
    lower: Any, upper: Any, offset: Any, band: Any, first: Any, last: Any,
) -> None:  # fmt: skip
    words = np.zeros(64, dtype=np.uint64)
    for column in range(first, upper[last - 1]):
        for block in range(first, min(last, column + 1)):
            if column >= upper[block]:
                continue
            for k in range(min(64, len(order) - 64 * block)):
                point = 64 * block + k
                word, possible = sparse_word(
                    values, channels, starts[point], starts[point + 1], tiles, column, norms, point, limit
                )
                if word != possible:
                    word |= _settle(vectors, order, square, point, column, possible & ~word)
                words[k] = word
            _store(words, lower, upper, offset, band, block, column, len(order))


@compiled
def _fill_dense(
    tiles: Any, norms: Any, limit: Any, vectors: Any, order: Any, square: Any,
    lower: Any, upper: Any, offset: Any, band: Any, first: Any, last: Any,
) -> None:  # fmt: skip
    words = np.zeros(64, dtype=np.uint64)
    found = np.zeros(2 * DENSE_ROWS, dtype=np.uint64)
    for column in range(first, upper[last - 1]):
        for block in range(first, min(last, column + 1)):
            if column >= upper[block]:
                continue
            for start in range(0, min(64, len(order) - 64 * block), DENSE_ROWS):
                for place, word in enumerate(dense_words(tiles, block, start, column, norms, limit)):
                    found[place] = word
                for k in range(DENSE_ROWS):
                    point = 64 * block + start + k
                    word, possible = found[k], found[DENSE_ROWS + k]
                    if word != possible and point < len(order):
                        word |= _settle(vectors, order, square, point, column, possible & ~word)
                    words[start + k] = word
            _store(words, lower, upper, offset, band, block, column, len(order))


@compiled
def _settle(vectors: Any, order: Any, square: Any, point: Any, column: Any, doubtful: Any) -> Any:
    """Return those of the doubtful neighbours that are near by the exact comparison."""
    word = np.uint64(0)
    for k in range(min(64, len(order) - 64 * column)):
        bit = np.uint64(1) << np.uint64(k)
        if doubtful & bit and _squared_distance(vectors, order[point], order[64 * column + k]) <= square:
            word |= bit
    return word


@compiled
def _squared_distance(vectors: Any, row: Any, other: Any) -> Any:
    """Return the sum, channel by channel, of the squared differences in float64: what a k-d tree compares."""
    total = 0.0
    for channel in range(vectors.shape[1]):
        difference = np.float64(vectors[row, channel]) - np.float64(vectors[other, channel])
        total += difference * difference
    return total


@compiled
def _store(words: Any, lower: Any, upper: Any, offset: Any, band: Any, block: Any, column: Any, n_points: Any) -> None:
    """Write the bits of a pair of blocks, then their transpose; `words` is zeroed where no points are, or spoiled."""
    for k in range(n_points - 64 * block, 64):
        words[k] = 0
    width, place = upper[block] - lower[block], offset[block] + column - lower[block]
    for k in range(64):
        band[place + k * width] = words[k]
    if block != column:
        _transpose(words)
        width, place = upper[column] - lower[column], offset[column] + block - lower[column]
        for k in range(64):
            band[place + k * width] = words[k]


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


@compiled
def _measure(lower: Any, upper: Any, offset: Any, band: Any, n_points: Any, first: Any, last: Any, facts: Any) -> None:
    for block in range(first, last):
        width = upper[block] - lower[block]
        for k in range(min(64, n_points - 64 * block)):
            place = offset[block] + k * width
            count, low, high = 0, width, 0
            for word in range(width):
                found = bit_count(band[place + word])
                if found:
                    count += found
                    low = min(low, word)
                    high = word + 1
            facts[64 * block + k, 0] = count
            facts[64 * block + k, 1] = lower[block] + low
            facts[64 * block + k, 2] = lower[block] + high
