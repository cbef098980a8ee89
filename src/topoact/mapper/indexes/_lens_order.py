"""`Ordered`, made by `in_order`: points in the order of their lens values, where intervals of a cover are ranges."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.checks import check_differing, checked_vectors
from topoact.mapper.covers.pullback import ranges
from topoact.mapper.indexes._bit_storage import alias
from topoact.mapper.lenses.registry import lens_values
from topoact.mapper.neighbors._layout import Indices, reach_of
from topoact.mapper.protocols import Intervals, Lens, LensValues, Progress, Rows, Vectors, no_progress


class Ordered(NamedTuple):
    """Vectors and their lens values, as they came and in ascending order of the lens."""

    vectors: Vectors
    lens: LensValues
    order: Rows
    """Rows by lens value, equal values by row."""
    values: LensValues
    """Lens values, ascending."""

    def share(self, intervals: Intervals) -> float:
        """Return the width of the widest interval as a share of the lens range."""
        return float((intervals.upper - intervals.lower).max() / (self.values[-1] - self.values[0]))

    def ranges(self, intervals: Intervals) -> tuple[Indices, Indices]:
        """Return where the points of each interval start and stop."""
        starts, stops = ranges(self.values, intervals)
        return starts, np.maximum(starts, stops)

    def reach(self, share: float) -> Indices:
        """Return for each point one past the last that fits into an interval of this share of the range with it."""
        return reach_of(self.values, share)

    def balanced_reach(self, share: float) -> Indices:
        """Return for each point one past the last that fits into an interval of this share of the points with it."""
        last = np.searchsorted(self.values, self.values, side="right") - 1
        furthest = np.minimum(last + math.ceil(share * (len(last) - 1)), len(last) - 1)
        return np.searchsorted(self.values, self.values[furthest], side="right").astype(np.int64)

    def covering(self, intervals: Intervals) -> Indices:
        """Return for each point one past the last that shares one of these intervals with it."""
        starts, stops = self.ranges(intervals)
        reach = np.arange(1, len(self.values) + 1)
        for start, stop in zip(starts, stops, strict=True):
            reach[start:stop] = np.maximum(reach[start:stop], stop)
        return np.maximum.accumulate(reach)


def in_order(X: npt.ArrayLike, lens: str | Lens | npt.ArrayLike, progress: Progress = no_progress) -> Ordered:
    """Return points in lens order.

    Raises
    ------
    InvalidInput
        If `X` or the lens is not finite, all points are equal or all lens values are, or there are several lenses.
    """
    vectors = alias(checked_vectors(X))
    check_differing(vectors)
    values = lens_values(lens, vectors, progress=progress)
    if values.ndim != 1:
        raise InvalidInput(
            f"a neighbour index sorts by one lens: got lens values of shape {values.shape}; `Mapper` takes several"
        )
    if values.min() == values.max():
        raise InvalidInput(
            f"the lens is {values[0]:g} at every point, so there is no range to cover: choose another lens"
        )
    order = np.argsort(values, kind="stable").astype(np.int64)
    return Ordered(vectors, values, order, values[order])
