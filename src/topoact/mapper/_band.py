"""The band: for each point, one bit per point that can share an interval with it, set when they lie within ε.

Only pairs of blocks on and above the diagonal are computed; a transposed copy of their bits serves those below.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.mapper._jit import compiled, reordering
from topoact.mapper._layout import Layout
from topoact.mapper._threads import side_by_side
from topoact.mapper._tiles import Tiles
from topoact.mapper._words import DENSE_ROWS, bit_count, dense_words, sparse_word
from topoact.mapper.protocols import Progress, Rows, Vectors

GROUP: Final = 16
"""Blocks that are compared with as many others at a time."""
MEASURED_BLOCKS: Final = 64

Words = npt.NDArray[np.uint64]


def fill_band(
    vectors: Vectors, order: Rows, tiles: Tiles, eps: float, layout: Layout, *, n_jobs: int, progress: Progress
) -> Words:
    """Decide every pair of the layout. Memory: `Layout.n_bytes`."""
    band = np.empty(layout.offset[-1], dtype=np.uint64)
    n_blocks = len(layout.lower)

    def fill(first: int) -> None:
        _fill(vectors, order, eps * eps, tiles, layout, band, tiles.sparse, first, min(n_blocks, first + GROUP))

    blocks = range(0, n_blocks, GROUP)
    side_by_side(fill, blocks, n_jobs=n_jobs, stage="comparing points", progress=progress)
    return band


def measure_band(
    layout: Layout, band: Words, n_points: int, *, n_jobs: int, progress: Progress
) -> npt.NDArray[np.int32]:
    """Return for each point: number of neighbours, first block with one, one past the last such block."""
    facts = np.empty((n_points, 3), dtype=np.int32)
    n_blocks = len(layout.lower)

    def measure(first: int) -> None:
        _measure(layout, band, n_points, first, min(n_blocks, first + MEASURED_BLOCKS), facts)

    blocks = range(0, n_blocks, MEASURED_BLOCKS)
    side_by_side(measure, blocks, n_jobs=n_jobs, stage="counting neighbours", progress=progress)
    return facts


@compiled
def _fill(
    vectors: Any, order: Any, square: Any, tiles: Any, layout: Any, band: Any, sparse: Any, first: Any, last: Any
) -> None:
    """Decide the pairs of a group of blocks with all later ones, group by group, so that words are written in runs."""
    lower, upper, offset = layout.lower, layout.upper, layout.offset
    words = np.zeros(64, dtype=np.uint64)
    across, down = np.empty((64 * GROUP, GROUP), dtype=np.uint64), np.empty((64 * GROUP, GROUP), dtype=np.uint64)
    for start in range(first, upper[last - 1], GROUP):
        stop = min(start + GROUP, upper[last - 1])
        for column in range(start, stop):
            for block in range(max(first, lower[column]), min(last, column + 1)):
                if sparse:
                    _sparse_pairs(vectors, order, square, tiles, block, column, words)
                else:
                    _dense_pairs(vectors, order, square, tiles, block, column, words)
                for k in range(64):
                    across[64 * (block - first) + k, column - start] = words[k]
                _transpose(words)
                for k in range(64):
                    down[64 * (column - start) + k, block - first] = words[k]
        for block in range(first, last):
            begin, end = max(start, block), min(stop, upper[block])
            place, width = offset[block] + begin - lower[block], upper[block] - lower[block]
            _write(across, 64 * (block - first), begin - start, end - start, band, place, width)
        for column in range(start, stop):
            begin, end = max(first, lower[column]), min(last, column)
            place, width = offset[column] + begin - lower[column], upper[column] - lower[column]
            _write(down, 64 * (column - start), begin - first, end - first, band, place, width)


@compiled
def _sparse_pairs(vectors: Any, order: Any, square: Any, tiles: Any, block: Any, column: Any, words: Any) -> None:
    """Write which points of block `column` each point of `block` is near to."""
    words[:] = 0
    for k in range(min(64, len(order) - 64 * block)):
        point = 64 * block + k
        begin, end = tiles.starts[point], tiles.starts[point + 1]
        word, possible = sparse_word(
            tiles.values, tiles.channels, begin, end, tiles.tiles, column, tiles.norms, point, tiles.limit
        )
        if word != possible:
            word |= _settle(vectors, order, square, point, column, possible & ~word)
        words[k] = word


@compiled
def _dense_pairs(vectors: Any, order: Any, square: Any, tiles: Any, block: Any, column: Any, words: Any) -> None:
    """Do as `_sparse_pairs` does, channel by channel."""
    words[:] = 0
    found = np.empty(2 * DENSE_ROWS, dtype=np.uint64)
    for start in range(0, min(64, len(order) - 64 * block), DENSE_ROWS):
        for place, word in enumerate(dense_words(tiles.tiles, block, start, column, tiles.norms, tiles.limit)):
            found[place] = word
        for k in range(min(DENSE_ROWS, len(order) - 64 * block - start)):
            word, possible = found[k], found[DENSE_ROWS + k]
            if word != possible:
                word |= _settle(vectors, order, square, 64 * block + start + k, column, possible & ~word)
            words[start + k] = word


@compiled
def _write(words: Any, row: Any, begin: Any, end: Any, band: Any, place: Any, width: Any) -> None:
    """Copy columns ``begin:end`` of 64 rows of words into the band."""
    for k in range(64):
        for column in range(begin, end):
            band[place + k * width + column - begin] = words[row + k, column]


@compiled
def _settle(vectors: Any, order: Any, square: Any, point: Any, column: Any, doubtful: Any) -> Any:
    """Return those of the doubtful neighbours that are near by the exact comparison."""
    word = np.uint64(0)
    for k in range(min(64, len(order) - 64 * column)):
        bit = np.uint64(1) << np.uint64(k)
        if doubtful & bit and _near(vectors, order[point], order[64 * column + k], square):
            word |= bit
    return word


@compiled
def _near(vectors: Any, row: Any, other: Any, square: Any) -> Any:
    """Decide a pair in float64: quickly, or where the order of summation might matter, by the book."""
    quick = _some_distance(vectors, row, other)
    if abs(quick - square) > 1e-15 * (vectors.shape[1] + 2) * (quick + square):  # 9 times the rounding of float64
        return quick <= square
    return _squared_distance(vectors, row, other) <= square


@reordering
def _some_distance(vectors: Any, row: Any, other: Any) -> Any:
    """Return the squared distance, summed in any order."""
    total = 0.0
    for channel in range(vectors.shape[1]):
        difference = np.float64(vectors[row, channel]) - np.float64(vectors[other, channel])
        total += difference * difference
    return total


@compiled
def _squared_distance(vectors: Any, row: Any, other: Any) -> Any:
    """Return the sum, channel by channel, of the squared differences in float64: what a k-d tree compares."""
    total = 0.0
    for channel in range(vectors.shape[1]):
        difference = np.float64(vectors[row, channel]) - np.float64(vectors[other, channel])
        total += difference * difference
    return total


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
def _measure(layout: Any, band: Any, n_points: Any, first: Any, last: Any, facts: Any) -> None:
    for block in range(first, last):
        width, start = layout.upper[block] - layout.lower[block], layout.lower[block]
        for k in range(min(64, n_points - 64 * block)):
            place = layout.offset[block] + k * width
            count, low, high = 0, width, 0
            for word in range(width):
                found = bit_count(band[place + word])
                if found:
                    count += found
                    low = min(low, word)
                    high = word + 1
            facts[64 * block + k, 0] = count
            facts[64 * block + k, 1] = start + low
            facts[64 * block + k, 2] = start + high
