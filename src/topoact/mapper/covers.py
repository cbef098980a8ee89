"""Covers of the lens range, and the points that each interval holds.

Intervals are closed; one that a library leaves open ends at the next number inwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real

import numpy as np

from topoact.errors import InvalidInput
from topoact.mapper.protocols import Intervals, LensValues, Rows


@dataclass(frozen=True, slots=True)
class _EvenCover:
    """What covers of intervals that are alike have in common."""

    n_intervals: int = 30
    overlap: float = 0.3

    def __post_init__(self) -> None:
        if not isinstance(self.n_intervals, int | np.integer) or self.n_intervals < 1:
            raise InvalidInput(f"n_intervals must be a whole number, at least 1: got {self.n_intervals!r}")
        if not (isinstance(self.overlap, Real) and 0 <= float(self.overlap) < 1):
            raise InvalidInput(f"overlap must be in [0, 1): got {self.overlap!r}")


@dataclass(frozen=True, slots=True)
class UniformCover(_EvenCover):
    """Equal intervals, placed as KeplerMapper places them.

    With n intervals, overlap p and lens range R, the centres are R/n apart and each interval is R/(n (1 − p)) long, so
    p is the share of an interval that it has in common with the next one. Ends belong to the interval.

    Raises
    ------
    InvalidInput
        If `n_intervals` < 1 or `overlap` is not in [0, 1).
    """

    def intervals(self, lens: LensValues) -> Intervals:
        """Return the intervals that cover `lens`.

        Raises
        ------
        InvalidInput
            If all lens values are equal, so that there is no range to cover.
        """
        low, high = _range(lens)
        half_spacing = (high - low) / self.n_intervals / 2
        radius = (high - low) / (2 * self.n_intervals * (1 - self.overlap))
        centres = np.linspace(low + half_spacing, high - half_spacing, self.n_intervals)
        lower, upper = centres - radius, centres + radius
        # Rounding must not push the extreme points out, nor leave a gap between intervals that touch.
        lower[0], upper[-1] = min(lower[0], low), max(upper[-1], high)
        lower[1:] = np.minimum(lower[1:], upper[:-1])
        return Intervals(lower, upper)


@dataclass(frozen=True, slots=True)
class FittedCover(_EvenCover):
    """Equal intervals that fill the lens range exactly, placed as giotto-tda's ``CubicalCover`` places them.

    With n intervals, overlap p and lens range R, each interval is L = R / (n − (n − 1) p) long and they start (1 − p) L
    apart. Ends do not belong to the interval, but the first and the last hold the extreme points.

    Raises
    ------
    InvalidInput
        As for `UniformCover`.
    """

    def intervals(self, lens: LensValues) -> Intervals:
        """Return the intervals that cover `lens`; raises as `UniformCover.intervals` does."""
        low, high = _range(lens)
        length = (high - low) / (self.n_intervals - (self.n_intervals - 1) * self.overlap)
        starts = low + np.arange(self.n_intervals) * ((1 - self.overlap) * length)
        lower, upper = np.nextafter(starts, np.inf), np.nextafter(starts + length, -np.inf)
        lower[0], upper[-1] = low, high
        lower[1:] = np.minimum(lower[1:], upper[:-1])  # without overlap, where two touch would be in neither
        return Intervals(lower, upper)


@dataclass(frozen=True, slots=True)
class QuantileCover(_EvenCover):
    """Balanced intervals: those of `UniformCover` over the ranks of the lens values, so that each holds as many points.

    Points of equal lens value stay together, in every interval that reaches their value.

    Raises
    ------
    InvalidInput
        As for `UniformCover`.
    """

    def intervals(self, lens: LensValues) -> Intervals:
        """Return the intervals that cover `lens`; raises as `UniformCover.intervals` does."""
        _range(lens)
        ordered, last = np.sort(lens), len(lens) - 1
        ranks = UniformCover(self.n_intervals, self.overlap).intervals(np.array([0.0, last]))
        lower = ordered[np.clip(np.ceil(ranks.lower), 0, last).astype(np.int64)]
        upper = ordered[np.clip(np.floor(ranks.upper), 0, last).astype(np.int64)]
        return Intervals(lower, np.maximum(lower, upper))


def _range(lens: LensValues) -> tuple[float, float]:
    """Return the ends of the lens range, which must not coincide."""
    low, high = float(lens.min()), float(lens.max())
    if low == high:
        raise InvalidInput(f"the lens is {low:g} at every point, so there is no range to cover: choose another lens")
    return low, high


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
