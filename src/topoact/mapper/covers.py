"""Covers of the lens range, and the points that each interval holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real

import numpy as np

from topoact.errors import InvalidInput
from topoact.mapper.protocols import Intervals, LensValues, Rows


@dataclass(frozen=True, slots=True)
class UniformCover:
    """Equal intervals, placed as KeplerMapper places them.

    With n intervals, overlap p and lens range R, the centres are R/n apart and each interval is R/(n (1 − p)) long, so
    p is the share of an interval that it has in common with the next one. Ends belong to the interval.

    Raises
    ------
    InvalidInput
        If `n_intervals` < 1 or `overlap` is not in [0, 1).
    """

    n_intervals: int = 30
    overlap: float = 0.3

    def __post_init__(self) -> None:
        if not isinstance(self.n_intervals, int | np.integer) or self.n_intervals < 1:
            raise InvalidInput(f"n_intervals must be a whole number, at least 1: got {self.n_intervals!r}")
        if not (isinstance(self.overlap, Real) and 0 <= self.overlap < 1):
            raise InvalidInput(f"overlap must be in [0, 1): got {self.overlap!r}")

    def intervals(self, lens: LensValues) -> Intervals:
        """Return the intervals that cover `lens`.

        Raises
        ------
        InvalidInput
            If all lens values are equal, so that there is no range to cover.
        """
        low, high = float(lens.min()), float(lens.max())
        if low == high:
            raise InvalidInput(
                f"the lens is {low:g} at every point, so there is no range to cover: choose another lens"
            )
        half_spacing = (high - low) / self.n_intervals / 2
        radius = (high - low) / (2 * self.n_intervals * (1 - self.overlap))
        centres = np.linspace(low + half_spacing, high - half_spacing, self.n_intervals)
        lower, upper = centres - radius, centres + radius
        # Rounding must not push the extreme points out, nor leave a gap between intervals that touch.
        lower[0], upper[-1] = min(lower[0], low), max(upper[-1], high)
        lower[1:] = np.minimum(lower[1:], upper[:-1])
        return Intervals(lower, upper)


def ranges(ordered: LensValues, intervals: Intervals) -> tuple[Rows, Rows]:
    """Return where the points of each interval start and stop among lens values in ascending order."""
    starts = np.searchsorted(ordered, intervals.lower, side="left")
    return starts, np.searchsorted(ordered, intervals.upper, side="right")


def pullback(lens: LensValues, intervals: Intervals) -> Iterator[Rows]:
    """Yield, interval by interval, the sorted row numbers of the points whose lens value it holds."""
    order = np.argsort(lens, kind="stable")
    starts, stops = ranges(lens[order], intervals)
    for start, stop in zip(starts, stops, strict=True):
        yield np.sort(order[start:stop])
