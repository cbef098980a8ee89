"""DBSCAN of one set of points after the other, each with a neighbour index of its own: `scan`, `scan_each`.

For sets that no index of one lens and one ε serves: boxes of several lenses, and intervals with an ε of their own.
"""

from collections.abc import Callable, Iterable

import numpy as np
from sklearn.cluster import DBSCAN as SklearnDBSCAN

from topoact.mapper.build import cluster_intervals
from topoact.mapper.indexes.neighbor_index import NeighborIndex
from topoact.mapper.neighbors.memory import TooLarge
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.nerve import Members, Nodes
from topoact.mapper.protocols import Intervals, Labels, Progress, Rows, Vectors, no_progress

Scan = Callable[[Vectors, Progress], Nodes]
"""Clusters points, and returns them as the nodes of one interval."""


def scan(
    points: Vectors, eps: float, min_samples: int, *, metric: Metric = "euclidean", progress: Progress = no_progress
) -> Nodes:
    """Return the clusters of some points as the nodes of one interval; too few of them are all noise.

    Memory: that of a `NeighborIndex` of all pairs; where it is too small, scikit-learn's lists of neighbours.
    """
    if len(points) < min_samples:
        return no_nodes(points.shape[1])
    if (points == points[0]).all():
        every = np.arange(len(points))
        return Nodes(
            every[:1] * 0, Members(np.array([0, len(points)]), every), points[:1].astype(np.float32), every[:1]
        )
    some_lens, whole = np.arange(float(len(points))), Intervals(np.array([-np.inf]), np.array([np.inf]))
    try:
        index = NeighborIndex(points, some_lens, eps, 1.0, metric=metric, progress=progress)
    except TooLarge:
        slow = _ScikitLearn(points, eps, min_samples, metric)
        return cluster_intervals(points, some_lens, whole, slow, progress=progress)
    return index.nodes(whole, min_samples, progress=progress)


class _ScikitLearn:
    """scikit-learn's DBSCAN, in float64."""

    def __init__(self, points: Vectors, eps: float, min_samples: int, metric: Metric) -> None:
        self.points = points
        self.dbscan = SklearnDBSCAN(eps=eps, min_samples=min_samples, metric=metric)

    def labels(self, rows: Rows) -> Labels:
        # Float32 would move points whose distance is near ε.
        return self.dbscan.fit_predict(self.points[rows].astype(np.float64)).astype(np.int64)


def no_nodes(n_channels: int) -> Nodes:
    """Return the nodes of an interval without clusters."""
    none = np.empty(0, dtype=np.int64)
    return Nodes(none, Members(np.zeros(1, dtype=np.int64), none), np.empty((0, n_channels), dtype=np.float32), none)


def labels_of(nodes: Nodes, n_points: int) -> Labels:
    """Return the cluster of each point of one interval; −1 is noise."""
    labels = np.full(n_points, -1, dtype=np.int64)
    labels[nodes.members.indices] = np.repeat(np.arange(len(nodes.interval)), nodes.members.sizes)
    return labels


def scan_each(vectors: Vectors, sets: Iterable[Rows], n_sets: int, scan_one: Scan, progress: Progress) -> Nodes:
    """Return the clusters of each set of rows, one set in memory at a time."""
    parts = [no_nodes(vectors.shape[1])]
    for number, rows in enumerate(sets):

        def report(_stage: str, _done: int, _total: int, number: int = number) -> None:
            progress("clustering", number, n_sets)

        report("", 0, 1)
        nodes = scan_one(vectors[rows], report)
        members = Members(nodes.members.indptr, rows[nodes.members.indices])
        parts.append(Nodes(np.full_like(nodes.interval, number), members, nodes.means, rows[nodes.medoids]))
    return _joined(parts)


def _joined(parts: list[Nodes]) -> Nodes:
    """Return the nodes of several sets as one."""
    sizes = np.concatenate([part.members.sizes for part in parts])
    members = Members(np.concatenate([[0], np.cumsum(sizes)]), np.concatenate([part.members.indices for part in parts]))
    return Nodes(
        np.concatenate([part.interval for part in parts]),
        members,
        np.concatenate([part.means for part in parts]),
        np.concatenate([part.medoids for part in parts]),
    )
