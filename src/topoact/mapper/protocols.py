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
    """Closed intervals of the lens range, or boxes over the ranges of several lenses.

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.mapper import Intervals
    >>> Intervals(lower=np.array([0.0, 4.0]), upper=np.array([5.0, 9.0])).upper.tolist()
    [5.0, 9.0]
    """

    lower: npt.NDArray[np.float64]
    """Lower ends, shape (n_intervals,), in units of the lens; of boxes (n_intervals, n_lenses)."""
    upper: npt.NDArray[np.float64]
    """Upper ends, of the same shape; a point at an end is in the interval."""


class Lens(Protocol):
    """Gives every point one number, or as many as there are lenses: any function of the vectors.

    It is called with the activation vectors, shape (n_points, n_channels), and returns finite numbers of shape
    (n_points,), or (n_points, n_lenses).

    Examples
    --------
    >>> import numpy as np, topoact
    >>> def first_channel(vectors):
    ...     return vectors[:, 0]
    >>> line, steps = np.linspace(0, 1, 20)[:, None], topoact.SingleLinkage(cut=0.1)
    >>> topoact.Mapper(lens=first_channel, n_intervals=2, clusterer=steps).fit(line).graph_.n_nodes
    2
    """

    def __call__(self, vectors: Vectors, /) -> LensValues: ...


class Cover(Protocol):
    """Covers the range of the lens with overlapping intervals, of several lenses with boxes.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> class Halves:
    ...     def intervals(self, lens):
    ...         ends = np.quantile(lens, [0, 0.5, 1])
    ...         return topoact.mapper.Intervals(ends[:-1], ends[1:])
    >>> line, steps = np.linspace(0, 1, 21)[:, None], topoact.SingleLinkage(cut=0.1)
    >>> topoact.Mapper(cover=Halves(), clusterer=steps).fit(line).graph_.nodes["size"].tolist()
    [11, 11]
    """

    def intervals(self, lens: LensValues, /) -> Intervals:
        """Return the intervals that cover a lens.

        Parameters
        ----------
        lens
            Lens values, shape (n_points,), for several lenses (n_points, n_lenses).

        Returns
        -------
        Intervals
            Ends in units of the lens. Points outside all intervals are in no node.

        Raises
        ------
        InvalidInput
            If the lens cannot be covered: all its values are equal, or there are more or fewer lenses than expected.
        """
        ...


class IntervalClusterer(Protocol):
    """Clusters the points of one interval; all that depends on the whole layer has been fixed.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> cloud = np.array([[0.0], [0.1], [9.0]])
    >>> topoact.SingleLinkage(cut=1.0).bind(cloud, seed=0).labels(np.arange(3)).tolist()
    [0, 0, 1]
    """

    def labels(self, rows: Rows, /) -> Labels:
        """Return the cluster of each point of an interval.

        Parameters
        ----------
        rows
            Ascending row numbers of the points.

        Returns
        -------
        ndarray of int64
            Shape (len(rows),); clusters are numbered from 0, −1 is noise, which is in no node.
        """
        ...


@runtime_checkable
class CoverClusterer(Protocol):
    """Clusters all intervals of a cover together, because they share work or memory.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.mapper import CoverClusterer
    >>> isinstance(topoact.Modes().bind(np.zeros((9, 2)), seed=0), CoverClusterer)
    True
    """

    def nodes(self, lens: LensValues, intervals: Intervals, /, *, progress: Progress) -> Nodes:
        """Return the clusters of all intervals.

        Parameters
        ----------
        lens
            Lens values, shape (n_points,), for several lenses (n_points, n_lenses).
        intervals
            The cover of that lens.
        progress
            Called as ``progress(stage, done, total)``; may raise `topoact.errors.Cancelled`.

        Returns
        -------
        Nodes
            Numbered by interval; points of an interval that are in none of its nodes are noise.
        """
        ...


class Clusterer(Protocol):
    """A clustering method and its parameters, before it has seen a layer.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> class Whole:
    ...     def bind(self, vectors, *, seed):
    ...         return self
    ...     def labels(self, rows):
    ...         return np.zeros(len(rows), dtype=np.int64)
    >>> line = np.linspace(0, 1, 20)[:, None]
    >>> topoact.Mapper(n_intervals=4, clusterer=Whole()).fit(line).graph_.n_nodes
    4
    """

    def bind(self, vectors: Vectors, /, *, seed: int) -> IntervalClusterer | CoverClusterer:
        """Fix what depends on the whole layer, such as a radius that is read from its points.

        Parameters
        ----------
        vectors
            Activation vectors, shape (n_points, n_channels), float32 or float64, finite.
        seed
            Seed of all that is sampled.

        Returns
        -------
        IntervalClusterer or CoverClusterer
            What clusters the points of one interval, or of all of them.

        Raises
        ------
        InvalidInput
            If a parameter is out of range.
        """
        ...


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Report nothing."""


class Nearest(NamedTuple):
    """The k nearest neighbours of some points, nearest first.

    Examples
    --------
    >>> from topoact.mapper import k_nearest
    >>> k_nearest([[0.0], [1.0], [3.0]], k=2).distances.tolist()
    [[1.0, 3.0], [1.0, 2.0], [2.0, 3.0]]
    """

    rows: npt.NDArray[np.int64]
    """Shape (n_queries, k); −1 where there are fewer than k neighbours."""
    distances: npt.NDArray[np.float64]
    """Shape (n_queries, k); infinite where there are fewer than k neighbours."""
