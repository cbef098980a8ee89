"""Covers of the lens range, and the points that each interval holds.

Intervals are closed; an end that a convention leaves open lies at the next number inwards. Several lenses have a cover
each, and the products of their intervals are boxes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from numbers import Real
from typing import Any, Final

import numpy as np

from topoact.errors import InvalidInput
from topoact.mapper.checks import check_whole
from topoact.mapper.conventions import CONVENTIONS, PLACED, Ends
from topoact.mapper.protocols import Cover, Intervals, LensValues, Rows

MAX_BOXES: Final = 1_000_000
"""Boxes that a `ProductCover` may have."""


@dataclass(frozen=True, slots=True)
class _EvenCover:
    """What covers of intervals that are alike have in common."""

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
        lower, upper = PLACED[self.convention](low, high, self.n_intervals, float(self.overlap))
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


@dataclass(frozen=True, slots=True)
class IntervalCover:
    """Intervals of your own, closed, in any order; points outside all of them are in no node.

    Parameters
    ----------
    lower
        Lower end of each interval, in units of the lens.
    upper
        Upper end of each, as many.

    Raises
    ------
    InvalidInput
        If there is none, an end is not finite, or a lower end lies above its upper end.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> cover = topoact.IntervalCover(lower=(0.0, 4.0), upper=(5.0, 9.0))
    >>> line, steps = np.arange(10.0)[:, None], topoact.SingleLinkage(cut=1.5)
    >>> topoact.Mapper(cover=cover, clusterer=steps).fit(line).graph_.nodes["size"].tolist()
    [6, 6]
    """

    lower: tuple[float, ...]
    upper: tuple[float, ...]

    def __post_init__(self) -> None:
        lower, upper = _numbers("lower", self.lower), _numbers("upper", self.upper)
        if len(lower) != len(upper) or not lower:
            raise InvalidInput(f"intervals need as many lower as upper ends: got {len(lower)} and {len(upper)}")
        for number, (low, high) in enumerate(zip(lower, upper, strict=True)):
            if low > high:
                raise InvalidInput(f"interval {number} ends at {high:g} before it begins at {low:g}: exchange its ends")
        object.__setattr__(self, "lower", lower)
        object.__setattr__(self, "upper", upper)

    def intervals(self, lens: LensValues) -> Intervals:
        """Return these intervals, whatever the range of `lens`."""
        _one_lens(lens)
        return Intervals(np.array(self.lower), np.array(self.upper))


@dataclass(frozen=True, slots=True, init=False)
class ProductCover:
    """Boxes: the products of the intervals of one cover for each lens, the last lens varying fastest.

    Parameters
    ----------
    *covers
        One cover for each lens, at least two.

    Raises
    ------
    InvalidInput
        If there are fewer than two covers.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> boxes = topoact.ProductCover(topoact.UniformCover(2, 0.0), topoact.UniformCover(3, 0.0)).intervals(square)
    >>> boxes.lower.shape
    (6, 2)
    """

    covers: tuple[Cover, ...]

    def __init__(self, *covers: Cover) -> None:
        if len(covers) < 2:
            raise InvalidInput(f"a product needs a cover for each of several lenses: got {len(covers)}")
        object.__setattr__(self, "covers", covers)

    def intervals(self, lens: LensValues) -> Intervals:
        """Return the boxes that cover `lens`, shape (n_points, n_lenses).

        Raises
        ------
        InvalidInput
            If there are not as many lenses as covers, a cover refuses its lens, or there are more than 1,000,000 boxes.
        """
        n_lenses = _count(lens)
        if n_lenses != len(self.covers):
            raise InvalidInput(f"the cover is a product of {len(self.covers)} and needs as many lenses: got {n_lenses}")
        sides = [self._side(number, lens) for number in range(n_lenses)]
        n_boxes = prod(len(side.lower) for side in sides)
        if n_boxes > MAX_BOXES:
            raise InvalidInput(f"{n_boxes:,} boxes are more than {MAX_BOXES:,}: use fewer lenses or intervals")
        return Intervals(_product([side.lower for side in sides]), _product([side.upper for side in sides]))

    def _side(self, number: int, lens: LensValues) -> Intervals:
        try:
            return self.covers[number].intervals(lens[:, number])
        except InvalidInput as error:
            raise InvalidInput(f"lens {number} of {len(self.covers)}, counted from 0: {error}") from error


def check_even(n_intervals: Any, overlap: Any) -> None:
    """Refuse what no uniform cover can have, before there are lens values to cover; raises as `even_cover` does."""
    for numbers in product(_each(n_intervals), _each(overlap)):
        UniformCover(*numbers)


def even_cover(n_intervals: Any, overlap: Any, lens: LensValues) -> Cover:
    """Return the uniform cover of one lens, or the product of one for each of several.

    Raises
    ------
    InvalidInput
        If a parameter is out of range, or a tuple has not one number for each lens.
    """
    n_lenses = _count(lens)
    numbers = {"n_intervals": _each(n_intervals, n_lenses), "overlap": _each(overlap, n_lenses)}
    for name, values in numbers.items():
        if len(values) != n_lenses:
            raise InvalidInput(f"{name} holds {len(values)} numbers for {n_lenses} lens(es): give one for each")
    covers = [UniformCover(*pair) for pair in zip(*numbers.values(), strict=True)]
    return covers[0] if n_lenses == 1 else ProductCover(*covers)


def ranges(ordered: LensValues, intervals: Intervals) -> tuple[Rows, Rows]:
    """Return where the points of each interval start and stop among the values of one lens in ascending order."""
    starts = np.searchsorted(ordered, intervals.lower, side="left")
    return starts, np.searchsorted(ordered, intervals.upper, side="right")


def pullback(lens: LensValues, intervals: Intervals) -> Iterator[Rows]:
    """Yield, interval by interval or box by box, the row numbers of the points whose lens values it holds, ascending.

    Parameters
    ----------
    lens
        Lens values, shape (n_points,) or (n_points, n_lenses).
    intervals
        What a cover returns for them.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.mapper.covers import pullback
    >>> lens = np.array([3.0, 0.0, 1.0])
    >>> [rows.tolist() for rows in pullback(lens, topoact.UniformCover(2, 0.5).intervals(lens))]
    [[1, 2], [0, 2]]
    """
    columns, (lower, upper) = lens.reshape(len(lens), -1), (ends.reshape(len(ends), -1) for ends in intervals)
    order = np.argsort(columns[:, 0], kind="stable")
    others = columns[order, 1:]
    starts, stops = ranges(columns[order, 0], Intervals(lower[:, 0], upper[:, 0]))
    for start, stop, low, high in zip(starts, stops, lower[:, 1:], upper[:, 1:], strict=True):
        slab = others[start:stop]
        yield np.sort(order[start:stop][((slab >= low) & (slab <= high)).all(axis=1)])


def _range(lens: LensValues) -> tuple[float, float]:
    """Return the ends of the range of one lens, which must not coincide."""
    _one_lens(lens)
    low, high = float(lens.min()), float(lens.max())
    if low == high:
        raise InvalidInput(
            f"the lens is {low + 0:g} at every point, so there is no range to cover: choose another lens"
        )
    return low, high


def _one_lens(lens: LensValues) -> None:
    if lens.ndim != 1:
        raise InvalidInput(f"the cover is for one lens but there are {lens.shape[1]}: give ProductCover one for each")


def _count(lens: LensValues) -> int:
    return 1 if lens.ndim == 1 else lens.shape[1]


def _each(value: Any, n_lenses: int = 1) -> tuple[Any, ...]:
    """Return one value for each lens."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * n_lenses


def _numbers(name: str, values: Any) -> tuple[float, ...]:
    try:
        ends = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"the {name} ends of intervals must be numbers: got {values!r}") from None
    if ends.ndim != 1 or not np.isfinite(ends).all():
        raise InvalidInput(f"the {name} ends of intervals must be a list of finite numbers: got {values!r}")
    return tuple(ends.tolist())


def _product(ends: list[Ends]) -> Ends:
    return np.stack([grid.ravel() for grid in np.meshgrid(*ends, indexing="ij")], axis=1)
