"""`IntervalCover`: a cover by given intervals."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from topoact.errors import InvalidInput
from topoact.mapper.covers.even import check_one_lens
from topoact.mapper.protocols import Intervals, LensValues


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
        check_one_lens(lens)
        return Intervals(np.array(self.lower), np.array(self.upper))


def _numbers(name: str, values: Any) -> tuple[float, ...]:
    try:
        ends = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"the {name} ends of intervals must be numbers: got {values!r}") from None
    if ends.ndim != 1 or not np.isfinite(ends).all():
        raise InvalidInput(f"the {name} ends of intervals must be a list of finite numbers: got {values!r}")
    return tuple(ends.tolist())
