"""Which pairs of points an index decides, before any of them is.

Points are in lens order and in blocks of 64. A block sees the blocks ``lower[b]:upper[b]``; each of its points has one
64-bit word for each of them, so that ``row & unvisited`` needs no shifts.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.protocols import LensValues

WORD: Final = 64
SLACK: Final = 1e-9
"""Share by which the widest interval is widened, so that rounding its ends leaves no pair out."""

Places = npt.NDArray[np.int64]
Multiply = Callable[[int, int, int, int], npt.NDArray[np.float32]]
"""Products of the points of two ranges of blocks, computed elsewhere; called with the ends of both ranges."""


class Layout(NamedTuple):
    """Which pairs of blocks the band holds, and where. Blocks are counted in lens order."""

    lower: Places
    """First block that each block sees."""
    upper: Places
    """One past the last."""
    offset: Places
    """Word at which the rows of each block start, shape (n_blocks + 1,)."""

    @property
    def n_words(self) -> int:
        return int(self.offset[-1])

    @property
    def n_bytes(self) -> int:
        return self.n_words * 8

    def reach(self, n_points: int) -> Places:
        """Return for each point one past the last that the band compares it with."""
        return np.minimum(self.upper[np.arange(n_points) // WORD] * WORD, n_points)

    def serves(self, start: Places, stop: Places) -> npt.NDArray[np.bool_]:
        """Tell for each range of sorted points whether the band holds all of its pairs."""
        empty = start >= stop
        first = np.where(empty, 0, start) // WORD
        return empty | (self.upper[first] * WORD >= stop)


def lay_out(reach: Places) -> Layout:
    """Return the layout in which each point sees all from itself up to ``reach`` (ascending, exclusive), and back."""
    n_blocks = -(-len(reach) // WORD)
    last = np.minimum(np.arange(1, n_blocks + 1) * WORD, len(reach)) - 1
    return seeing(np.maximum(-(-reach[last] // WORD), np.arange(1, n_blocks + 1)))


def seeing(upper: Places) -> Layout:
    """Return the layout in which each block sees all from itself up to ``upper`` (ascending, exclusive), and back."""
    n_blocks = len(upper)
    lower = np.searchsorted(upper, np.arange(n_blocks), side="right")
    offset = np.zeros(n_blocks + 1, dtype=np.int64)
    np.cumsum((upper - lower) * WORD, out=offset[1:])
    return Layout(lower.astype(np.int64), upper.astype(np.int64), offset)


def reach_of(ordered: LensValues, share: float) -> Places:
    """Return for each lens value, ascending, one past the last that an interval of this width holds as well."""
    width = float(ordered[-1] - ordered[0]) * share * (1 + SLACK) + 4 * np.spacing(np.abs(ordered).max())
    return np.searchsorted(ordered, ordered + width, side="right").astype(np.int64)


def widest_interval(ordered: LensValues, n_bytes: int) -> float:
    """Return the share of the lens range up to which the band takes no more than `n_bytes`, or 0."""
    if lay_out(reach_of(ordered, 1.0)).n_bytes <= n_bytes:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if lay_out(reach_of(ordered, middle)).n_bytes <= n_bytes else (low, middle)
    return low
