"""Protocols of the parts of a mapper graph, `Lens`, `Cover` and `Clusterer`, and the types of their arrays."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from topoact.mapper.nerve import Nodes

Vectors = npt.NDArray[np.floating[Any]]
"""Activation vectors, shape (n_points, n_channels), float32 or float64."""
LensValues = npt.NDArray[np.float64]
"""Lens values of each point, shape (n_points,) for one lens, (n_points, n_lenses) for several."""
Rows = npt.NDArray[np.int64]
"""Sorted row numbers of points."""
Labels = npt.NDArray[np.int64]
"""Cluster of each row, numbered from 0; −1 is noise."""

Progress = Callable[[str, int, int], None]
"""Called as ``progress(stage, done, total)``; it may raise `topoact.errors.Cancelled` to stop the work."""


class Intervals(NamedTuple):
    """Closed intervals of the lens range, ends of shape (n_intervals,); boxes, (n_intervals, n_lenses), of several."""

    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]


class Lens(Protocol):
    """Gives every point one number, or as many as there are lenses."""

    def __call__(self, vectors: Vectors, /) -> LensValues: ...


class Cover(Protocol):
    """Covers the range of the lens with overlapping intervals, of several lenses with boxes."""

    def intervals(self, lens: LensValues, /) -> Intervals: ...


class IntervalClusterer(Protocol):
    """Clusters the points of one interval; all that depends on the whole layer has been fixed."""

    def labels(self, rows: Rows, /) -> Labels: ...


@runtime_checkable
class CoverClusterer(Protocol):
    """Clusters all intervals of a cover, because they share work or memory."""

    def nodes(self, lens: LensValues, intervals: Intervals, /, *, progress: Progress) -> Nodes: ...


class Clusterer(Protocol):
    """A clustering method and its parameters, before it has seen a layer."""

    def bind(self, vectors: Vectors, /, *, seed: int) -> IntervalClusterer | CoverClusterer: ...


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Report nothing."""


class Nearest(NamedTuple):
    """The k nearest neighbours of some points, nearest first."""

    rows: npt.NDArray[np.int64]
    """Shape (n_queries, k); −1 where there are fewer than k neighbours."""
    distances: npt.NDArray[np.float64]
    """Shape (n_queries, k); infinite where there are fewer than k neighbours."""
