"""Which pairs of points an index compares, and where their bits are: `Layout`, made by `lay_out` or `seeing`.

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

Indices = npt.NDArray[np.int64]
"""Positions of points in lens order, or numbers of blocks or words."""
Words = npt.NDArray[np.uint64]
"""Bits, 64 in a word."""
Multiply = Callable[[int, int, int, int], npt.NDArray[np.float32]]
"""``multiply(first, last, start, stop)``: the products of the points of two ranges of blocks."""


class Layout(NamedTuple):
    """Which pairs of blocks have bits, and where. Blocks are numbered in lens order."""

    lower: Indices
    """First block that each block sees."""
    upper: Indices
    """One past the last."""
    offset: Indices
    """Word at which the rows of bits of each block start, shape (n_blocks + 1,)."""

    @property
    def n_words(self) -> int:
        return int(self.offset[-1])

    @property
    def n_bytes(self) -> int:
        return self.n_words * 8

    def reach(self, n_points: int) -> Indices:
        """Return for each point one past the last that it is compared with."""
        return np.minimum(self.upper[np.arange(n_points) // WORD] * WORD, n_points)

    def serves(self, start: Indices, stop: Indices) -> npt.NDArray[np.bool_]:
        """Return for each range of sorted points whether all of its pairs have bits."""
        empty = start >= stop
        first = np.where(empty, 0, start) // WORD
        return empty | (self.upper[first] * WORD >= stop)


def lay_out(reach: Indices) -> Layout:
    """Return the layout in which each point sees all from itself up to ``reach`` (ascending, exclusive), and back."""
    n_blocks = -(-len(reach) // WORD)
    last = np.minimum(np.arange(1, n_blocks + 1) * WORD, len(reach)) - 1
    return seeing(np.maximum(-(-reach[last] // WORD), np.arange(1, n_blocks + 1)))


def seeing(upper: Indices) -> Layout:
    """Return the layout in which each block sees all from itself up to ``upper`` (ascending, exclusive), and back."""
    n_blocks = len(upper)
    lower = np.searchsorted(upper, np.arange(n_blocks), side="right")
    offset = np.zeros(n_blocks + 1, dtype=np.int64)
    np.cumsum((upper - lower) * WORD, out=offset[1:])
    return Layout(lower.astype(np.int64), upper.astype(np.int64), offset)


def reach_of(ordered: LensValues, share: float) -> Indices:
    """Return for each lens value, ascending, one past the last that fits into an interval of this share with it."""
    width = float(ordered[-1] - ordered[0]) * share * (1 + SLACK) + 4 * np.spacing(np.abs(ordered).max())
    return np.searchsorted(ordered, ordered + width, side="right").astype(np.int64)


def widest_interval(ordered: LensValues, n_bytes: int) -> float:
    """Return the share of the lens range up to which the bits take at most `n_bytes`, or 0."""
    if lay_out(reach_of(ordered, 1.0)).n_bytes <= n_bytes:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if lay_out(reach_of(ordered, middle)).n_bytes <= n_bytes else (low, middle)
    return low
