"""Covers of one lens by intervals that are alike: `UniformCover` and `QuantileCover`.

Intervals are closed; an end that a convention leaves open lies at the next number inwards.
"""

from dataclasses import dataclass
from numbers import Real

import numpy as np

from topoact.errors import InvalidInput
from topoact.mapper.checks import check_whole
from topoact.mapper.covers.conventions import CONVENTIONS, PLACEMENTS
from topoact.mapper.protocols import Intervals, LensValues


@dataclass(frozen=True, slots=True)
class _EvenCover:
    """Number and overlap of intervals that are alike."""

    n_intervals: int = 30
    overlap: float = 0.3

    def __post_init__(self) -> None:
        check_whole("n_intervals", self.n_intervals)
        if not (isinstance(self.overlap, Real) and 0 <= float(self.overlap) < 1):
            raise InvalidInput(f"overlap must be in [0, 1): got {self.overlap!r}")


@dataclass(frozen=True, slots=True)
class UniformCover(_EvenCover):
    """Equal intervals, each of which has the share `overlap` in common with the next.

    Parameters
    ----------
    n_intervals
        Number of intervals, at least 1.
    overlap
        Share of an interval that it has in common with the next, in [0, 1).
    convention
        Whose intervals. With n intervals, overlap p and lens range R, those of ``"kepler-mapper"`` (closed),
        ``"tda-mapper"`` (open) and ``"gudhi"`` (closed from overlap 0.5, below it without their upper ends) have their
        centres R/n apart and are R / (n (1 − p)) long; those of ``"giotto-tda"`` (open) and ``"zen-mapper"`` (closed,
        1e-9 longer) are R / (n − (n − 1) p) long and fill the range exactly. Whatever the convention, the first and
        the last interval hold the extreme points, and no value falls between two that touch.

    Raises
    ------
    InvalidInput
        If `n_intervals` < 1, `overlap` is not in [0, 1), or the convention is unknown.

    Notes
    -----
    Intervals of one length that overlap are those of Singh, Mémoli, Carlsson 2007 (section 3.1).

    Examples
    --------
    >>> import numpy as np, topoact
    >>> lower, upper = topoact.UniformCover(n_intervals=4, overlap=0.5).intervals(np.array([0.0, 8.0]))
    >>> lower.tolist(), upper.tolist()
    ([-1.0, 1.0, 3.0, 5.0], [3.0, 5.0, 7.0, 9.0])
    """

    convention: str = "kepler-mapper"

    def __post_init__(self) -> None:
        _EvenCover.__post_init__(self)
        if self.convention not in CONVENTIONS:
            known = ", ".join(CONVENTIONS)
            raise InvalidInput(f"unknown convention {self.convention!r} of a uniform cover: choose {known}")

    def intervals(self, lens: LensValues) -> Intervals:
        """Return the intervals that cover `lens`.

        Raises
        ------
        InvalidInput
            If all lens values are equal, so that there is no range to cover, or there are several lenses.
        """
        low, high = _range(lens)
        lower, upper = PLACEMENTS[self.convention](low, high, self.n_intervals, float(self.overlap))
        lower[0], upper[-1] = min(lower[0], low), max(upper[-1], high)
        return Intervals(lower, upper)


@dataclass(frozen=True, slots=True)
class QuantileCover(_EvenCover):
    """Balanced intervals: those of `UniformCover` over the ranks of the lens values, so that each holds as many points.

    Points of equal lens value stay together, in every interval that reaches their value.

    Parameters
    ----------
    n_intervals
        Number of intervals, at least 1.
    overlap
        Share of the points of an interval that it has in common with the next, in [0, 1).

    Raises
    ------
    InvalidInput
        If `n_intervals` < 1 or `overlap` is not in [0, 1).

    Examples
    --------
    >>> import numpy as np, topoact
    >>> topoact.QuantileCover(n_intervals=2, overlap=0.0).intervals(np.array([0.0, 1.0, 2.0, 30.0])).lower.tolist()
    [0.0, 2.0]
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
    """Return the ends of the range of one lens; raises `InvalidInput` if they coincide."""
    check_one_lens(lens)
    low, high = float(lens.min()), float(lens.max())
    if low == high:
        raise InvalidInput(
            f"the lens is {low + 0:g} at every point, so there is no range to cover: choose another lens"
        )
    return low, high


def check_one_lens(lens: LensValues) -> None:
    """Refuse the values of several lenses; raises `InvalidInput`."""
    if lens.ndim != 1:
        raise InvalidInput(f"the cover is for one lens but there are {lens.shape[1]}: give ProductCover one for each")
