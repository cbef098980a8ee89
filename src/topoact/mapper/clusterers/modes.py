"""`Modes`: modes of density as clusters; `mode_tree` holds those of every prominence."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from topoact.mapper.build import centres
from topoact.mapper.checks import check_whole
from topoact.mapper.clusterers.mode_tree import ModeTree
from topoact.mapper.clusterers.noise import noise_level
from topoact.mapper.covers.pullback import pullback
from topoact.mapper.merging import Floats, Numbers, checked_prominence
from topoact.mapper.neighbors._threads import usable_cores
from topoact.mapper.neighbors.metrics import Metric, checked_metric
from topoact.mapper.neighbors.nearest import k_nearest
from topoact.mapper.nerve import Nodes
from topoact.mapper.protocols import Intervals, Labels, LensValues, Nearest, Progress, Rows, Vectors, no_progress

SAMPLE_POINTS: Final = 500
"""Points at which the averaging of the density is measured."""


class Modes(BaseEstimator):  # type: ignore[misc]
    """Modes of the density of each interval, by ToMATo (Chazal, Guibas, Oudot, Skraba 2013).

    The density of a point is read from the root mean square distance r to its k nearest neighbours in the interval:
    log ρ = −d log r, with the interval's intrinsic dimension d (Levina, Bickel 2004), averaged over the point and these
    neighbours. Every point follows its densest neighbour uphill to a mode, and a mode that rises little above the
    saddle to a denser one is merged into it.

    Parameters
    ----------
    k
        Neighbours, at least 2. More of them smooth the density: small groups are lost, and noise.
    prominence
        Least height of a mode above the saddle to a denser one, as a multiple of what structureless points reach
        (`noise_level`). At 1 and above a second mode in an interval is significant; below 1, modes are detail that
        structureless points have as well.
    metric
        ``"euclidean"``, or ``"cosine"``: distances between the vectors scaled to length 1.

    Notes
    -----
    Every point is in a node. Nodes of an interval are numbered by falling density of their modes; of equal densities
    the first row is the denser one. A point whose k nearest neighbours are all its duplicates is as dense as the
    densest that is none. Modes that no chain of neighbours joins stay apart at every prominence. An interval of no
    more than k + 1 points is one node.

    `ModeIndex` stores the tree of all modes, of which every prominence is a cut. Memory: 24 bytes for each
    neighbour of the points of the largest interval, and 4 per coordinate of these.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> rng = np.random.default_rng(0)
    >>> cloud = np.r_[rng.normal(size=(300, 2)), rng.normal(size=(300, 2)) + [0, 6]]
    >>> topoact.Mapper(lens=cloud[:, 0], n_intervals=2, clusterer=topoact.Modes(k=15)).fit(cloud).graph_
    <MapperGraph: 4 nodes, 2 edges, 100.0% of 600 points covered>
    """

    def __init__(self, k: int = 15, prominence: float = 1.0, metric: Metric = "euclidean") -> None:
        self.k = k
        self.prominence = prominence
        self.metric = metric

    def bind(self, vectors: Vectors, *, seed: int) -> "BoundModes":  # noqa: ARG002
        """Fix the parameters for a layer.

        Raises
        ------
        InvalidInput
            If a parameter is out of range.
        """
        check_whole("k", self.k, 2)
        return BoundModes(vectors, int(self.k), checked_prominence(self.prominence), checked_metric(self.metric))


class BoundModes:
    """Modes of the intervals of one layer."""

    def __init__(self, vectors: Vectors, k: int, prominence: float, metric: Metric) -> None:
        self.vectors = vectors
        self.k = k
        self.min_prominence = prominence
        self.metric = metric
        self.prominence: Floats = np.empty(0)
        """The prominence of each node of the last cover."""
        self.parent: Numbers = np.empty(0, dtype=np.int64)
        """The node that each of them merges into."""
        self.modes: Numbers = np.empty(0, dtype=np.int64)
        """The point at which each of them is densest."""

    def nodes(self, lens: LensValues, intervals: Intervals, *, progress: Progress) -> Nodes:
        """Return the modes of every interval; their prominences and parents are attributes then."""
        tree = mode_tree(self.vectors, pullback(lens, intervals), self.k, metric=self.metric, progress=progress)
        for name, value in tree.facts(self.min_prominence).items():
            setattr(self, name, value)
        return nodes_of(tree, self.vectors, self.min_prominence, progress=progress)

    def labels(self, rows: Rows) -> Labels:
        """Return the mode of each row."""
        return mode_tree(self.vectors, [rows], self.k, metric=self.metric).cut(self.min_prominence)


def nodes_of(tree: ModeTree, vectors: Vectors, prominence: float, *, progress: Progress = no_progress) -> Nodes:
    """Return the nodes of a cut, with their mean vectors and medoids."""
    members = tree.members(prominence)
    return Nodes(tree.interval[tree.kept(prominence)], members, *centres(vectors, members, progress=progress))


def mode_tree(
    vectors: Vectors,
    sets: Iterable[Rows],
    k: int,
    *,
    metric: Metric = "euclidean",
    n_jobs: int | None = None,
    progress: Progress = no_progress,
) -> ModeTree:
    """Return the modes of each set of rows, such as the points of the intervals of a cover.

    Parameters
    ----------
    vectors
        Shape (n_points, n_channels).
    sets
        Ascending row numbers.
    k
        Number of neighbours of each point among those of its set.
    metric
        As for `Modes`.
    n_jobs
        Threads; by default all cores that this process may use. The tree is the same for any number.
    progress
        Called as ``progress(stage, done, total)`` for each set; may raise `Cancelled`.

    Returns
    -------
    ModeTree
        The modes of all sets, and the saddles over which they merge.

    Notes
    -----
    ToMATo of Chazal, Guibas, Oudot, Skraba 2013, once for each set.

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.mapper import mode_tree
    >>> rng = np.random.default_rng(0)
    >>> cloud = np.r_[rng.normal(size=(300, 2)), rng.normal(size=(300, 2)) + [0, 6]]
    >>> np.bincount(mode_tree(cloud, [np.arange(600)], k=15).cut(1.0)).tolist()
    [300, 300]
    """
    parts, intervals = [], list(sets)
    for number, rows in enumerate(intervals):
        progress("clustering", number, len(intervals))
        parts.append(climb_of(vectors[rows], k, metric, n_jobs or usable_cores()))
    return joined(intervals, parts)


class Climb(NamedTuple):
    """The modes of one set of points; `mode` and `basin` are numbered within it."""

    mode: Numbers
    saddle: Floats
    parent: Numbers
    basin: Numbers
    height: Floats
    dimension: float
    noise: float


def climb_of(points: Vectors, k: int, metric: Metric, n_jobs: int, progress: Progress = no_progress) -> Climb:
    """Return the modes of points."""
    if len(points) < 2:
        return lone_climb(len(points))
    near = k_nearest(points, min(k, len(points) - 1), metric=metric, n_jobs=n_jobs, progress=progress)
    return climb(near, points.shape[1], metric)


def lone_climb(n_points: int) -> Climb:
    """Return the mode of one point, or of none."""
    none, zero = np.zeros(n_points, dtype=np.int64), np.zeros(n_points)
    return Climb(none, zero - np.inf, none, none, zero, np.nan, noise_level(1, 1))


def climb(near: Nearest, n_channels: int, metric: Metric) -> Climb:
    """Return the modes of points, given their nearest neighbours among each other."""
    from topoact.mapper.clusterers._tomato import merge_tree, points_averaged

    rows, distances = near
    n_points = len(rows)
    heights, dimension = log_density(rows, np.sqrt(2 * distances) if metric == "cosine" else distances, n_channels)
    mode, saddle, parent, basin = merge_tree(rows, heights, np.argsort(-heights, kind="stable"))
    averaged = points_averaged(rows, max(1, n_points // SAMPLE_POINTS))
    return Climb(mode, saddle, parent, basin, heights[mode], dimension, noise_level(n_points, averaged))


def log_density(rows: Numbers, distances: Floats, n_channels: int) -> tuple[Floats, float]:
    """Return the smoothed log density of points, in nats and up to a constant, and their intrinsic dimension.

    Parameters
    ----------
    rows, distances
        Their nearest neighbours, shape (n_points, k).
    n_channels
        Upper limit of the dimension, and its value where all distances of a point are equal.
    """
    from topoact.mapper.clusterers._tomato import inverse_dimension, log_radii, smoothed

    inverse = inverse_dimension(distances)
    dimension = min(1 / inverse, n_channels) if inverse else float(n_channels)
    return smoothed(-dimension * log_radii(distances), rows), dimension


def joined(sets: list[Rows], parts: list[Climb]) -> ModeTree:
    """Return the tree of all sets of rows."""
    firsts = np.concatenate([[0], np.cumsum([len(part.mode) for part in parts], dtype=np.int64)])

    def end_to_end(pieces: Iterable[Any], dtype: type = np.int64) -> Any:
        return np.concatenate([np.empty(0, dtype=dtype), *pieces])

    return ModeTree(
        rows=end_to_end(sets),
        starts=np.concatenate([[0], np.cumsum([len(rows) for rows in sets], dtype=np.int64)]),
        basin=end_to_end(part.basin + first for part, first in zip(parts, firsts, strict=False)),
        interval=np.repeat(np.arange(len(parts)), np.diff(firsts)),
        mode=end_to_end(rows[part.mode] for rows, part in zip(sets, parts, strict=True)),
        height=end_to_end((part.height for part in parts), np.float64),
        saddle=end_to_end((part.saddle for part in parts), np.float64),
        parent=end_to_end(part.parent + first for part, first in zip(parts, firsts, strict=False)),
        dimension=np.array([part.dimension for part in parts]),
        noise=np.array([part.noise for part in parts]),
    )
