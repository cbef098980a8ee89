"""Comparing points pair by pair: `fill_planes` and `fill_from_products` write the bits of every pair of a layout.

The bits of a pair count the radii that reach from one to the other, in binary: bit p of the count is in plane p. With
one radius that is one plane, whose bits say "within ε". Only pairs of blocks on and above the diagonal are computed; a
transposed copy of their bits serves those below. Words of bits lie row by row, in a band along the diagonal.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.float64 import Points
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.pairs import Given, compare
from topoact.mapper.neighbors._kernels.simd_int8 import Coarse
from topoact.mapper.neighbors._kernels.tiles import Tiles
from topoact.mapper.neighbors._layout import Layout, Multiply, Words
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.protocols import Progress

GROUP: Final = 16
"""Blocks that are compared with as many others at a time."""


class Comparison(NamedTuple):
    """What is compared, and where the bits go."""

    points: Points
    tiles: Tiles | Coarse | Given
    limits: npt.NDArray[np.float32]
    """Of each radius, ascending, in units of `tiles`."""
    layout: Layout
    planes: Words
    """Shape (n_planes, n_words)."""


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
    comparison = Comparison(points, tiles, limits, layout, planes)

    def fill(first: int, last: int) -> None:
        _fill(comparison, first, last)

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
    """Do as `fill_planes` does with products from elsewhere, and norms that allow for their error."""

    def fill(first: int, last: int) -> None:
        for start in range(first, layout.upper[last - 1], GROUP):
            stop = min(start + GROUP, layout.upper[last - 1])
            given = Given(norms, multiply(first, last, start, stop), first, start)
            _fill_group(Comparison(points, given, limits, layout, planes), first, last, start, stop)

    _by_groups(fill, layout, n_jobs=n_jobs, progress=progress)


def _by_groups(fill: Callable[[int, int], None], layout: Layout, *, n_jobs: int, progress: Progress) -> None:
    """Call ``fill(first, last)`` for each group of blocks."""
    n_blocks = len(layout.lower)

    def work(first: int) -> None:
        fill(first, min(n_blocks, first + GROUP))

    side_by_side(work, range(0, n_blocks, GROUP), n_jobs=n_jobs, stage="comparing points", progress=progress)


@compiled
def _fill(comparison: Any, first: Any, last: Any) -> None:
    """Decide the pairs of a group of blocks with all later ones, group by group, so that words are written in runs."""
    end = comparison.layout.upper[last - 1]
    for start in range(first, end, GROUP):
        _fill_group(comparison, first, last, start, min(start + GROUP, end))


@compiled
def _fill_group(comparison: Any, first: Any, last: Any, start: Any, stop: Any) -> None:
    """Decide the pairs of blocks ``first:last`` and ``start:stop``, none of which is earlier."""
    points, tiles, limits, layout, planes = comparison
    n_planes = len(planes)
    words = np.zeros((n_planes, 64), dtype=np.uint64)
    across = np.empty((n_planes, 64 * GROUP, GROUP), dtype=np.uint64)
    down = np.empty((n_planes, 64 * GROUP, GROUP), dtype=np.uint64)
    for column in range(start, stop):
        for block in range(max(first, layout.lower[column]), min(last, column + 1)):
            compare(points, tiles, limits, block, column, words)
            for plane in range(n_planes):
                for k in range(64):
                    across[plane, 64 * (block - first) + k, column - start] = words[plane, k]
                _transpose(words[plane])
                for k in range(64):
                    down[plane, 64 * (column - start) + k, block - first] = words[plane, k]
    for plane in range(n_planes):
        for block in range(first, last):
            begin = max(start, block)
            end = max(begin, min(stop, layout.upper[block]))
            _write(across[plane, :, begin - start : end - start], block - first, layout, block, begin, planes[plane])
        for column in range(start, stop):
            begin = max(first, layout.lower[column])
            end = max(begin, min(last, column))
            _write(down[plane, :, begin - first : end - first], column - start, layout, column, begin, planes[plane])


@compiled
def _write(words: Any, group: Any, layout: Any, block: Any, begin: Any, plane: Any) -> None:
    """Copy the words of a block's points, the `group`-th 64 rows of `words`, to a plane, from block `begin` on."""
    width = layout.upper[block] - layout.lower[block]
    offset = layout.offset[block] + begin - layout.lower[block]
    for k in range(64):
        for column in range(words.shape[1]):
            plane[offset + k * width + column] = words[64 * group + k, column]


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
