"""`Communities`: Leiden communities of the neighbour graph as clusters: pieces of an interval, not its components."""

from numbers import Real
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from topoact.errors import InvalidInput
from topoact.mapper.build import centres, ragged
from topoact.mapper.checks import check_whole
from topoact.mapper.covers.pullback import pullback
from topoact.mapper.neighbors.metrics import Metric, checked_metric
from topoact.mapper.neighbors.nearest import k_nearest
from topoact.mapper.nerve import Contacts, Nodes
from topoact.mapper.protocols import Intervals, Labels, LensValues, Progress, Rows, Vectors


class Communities(BaseEstimator):  # type: ignore[misc]
    """Communities of the k-nearest-neighbour graph of each interval, by the Leiden algorithm (Traag et al. 2019).

    They are groups of points with more links among them than is expected from their degrees (modularity). Every point
    is in one.

    Parameters
    ----------
    k
        Neighbours of each point among those of its interval.
    resolution
        Weight of the expected links in the modularity: a higher one makes more and smaller communities.
    metric
        ``"euclidean"`` or ``"cosine"``.

    Notes
    -----
    A line is cut into communities as well, so that they overlap with those of the next interval crosswise: loops of the
    graph are not loops of the points. ``graph.contacts`` has the links between communities of one interval.

    The seed is that of the mapper. An interval of no more than k + 1 points is one node; nodes of an interval are
    numbered by their first points. Memory: 60 bytes for each neighbour of the points of the largest interval. Needs
    graspologic-native: ``pip install 'topoact[communities]'``.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> rng = np.random.default_rng(0)
    >>> cloud = np.r_[rng.normal(size=(100, 2)), rng.normal(size=(100, 2)) + [0, 9]]
    >>> graph = topoact.Mapper(lens=cloud[:, 0], n_intervals=2, clusterer=topoact.Communities(k=9)).fit(cloud).graph_
    >>> graph.coverage
    1.0
    """

    def __init__(self, k: int = 15, resolution: float = 1.0, metric: Metric = "euclidean") -> None:
        self.k = k
        self.resolution = resolution
        self.metric = metric

    def bind(self, vectors: Vectors, *, seed: int) -> "BoundCommunities":
        """Fix the parameters for a layer.

        Raises
        ------
        InvalidInput
            If a parameter is out of range, or graspologic-native is not installed.
        """
        check_whole("k", self.k)
        resolution: Any = self.resolution
        if not (isinstance(resolution, Real) and 0 < float(resolution) < np.inf):
            raise InvalidInput(f"resolution must be a positive number: got {resolution!r}")
        try:
            import graspologic_native  # noqa: F401
        except ModuleNotFoundError:
            raise InvalidInput("communities need graspologic-native: pip install 'topoact[communities]'") from None
        return BoundCommunities(vectors, int(self.k), float(resolution), checked_metric(self.metric), seed)


class BoundCommunities:
    """Communities of the intervals of one layer."""

    def __init__(self, vectors: Vectors, k: int, resolution: float, metric: Metric, seed: int) -> None:
        self.vectors = vectors
        self.k = k
        self.resolution = resolution
        self.metric = metric
        self.seed = seed
        self.contacts = Contacts.none()
        """Links between the communities of each interval of the last cover."""

    def nodes(self, lens: LensValues, intervals: Intervals, *, progress: Progress) -> Nodes:
        """Return the communities of every interval, and keep the links between them."""
        clusters: list[Rows] = []
        interval: list[int] = []
        contacts = [Contacts.none()]
        for number, rows in enumerate(pullback(lens, intervals)):
            progress("clustering", number, len(intervals.lower))
            if not len(rows):
                continue
            labels, links = self._communities(rows)
            contacts.append(contacts_of(labels, links).shifted(len(clusters)))
            clusters += [rows[labels == label] for label in range(labels.max() + 1)]
            interval += [number] * (len(clusters) - len(interval))
        self.contacts = Contacts.joined(contacts)
        members = ragged(clusters)
        return Nodes(np.array(interval, dtype=np.int64), members, *centres(self.vectors, members, progress=progress))

    def labels(self, rows: Rows) -> Labels:
        """Return the community of each row."""
        return self._communities(rows)[0]

    def _communities(self, rows: Rows) -> tuple[Labels, sparse.csr_array]:
        """Return the community of each row, and the links between rows: 2 where each is near to the other."""
        from graspologic_native import leiden_csr

        n_rows = len(rows)
        if n_rows <= self.k + 1:
            return np.zeros(n_rows, dtype=np.int64), sparse.csr_array((n_rows, n_rows))
        near = k_nearest(self.vectors[rows], self.k, metric=self.metric).rows
        ends = np.repeat(np.arange(n_rows), self.k), near.ravel()
        directed = sparse.csr_array((np.ones(near.size), ends), shape=(n_rows, n_rows))
        links = (directed + directed.T).tocsr()
        links.sort_indices()
        arrays = links.indptr.astype(np.int64), links.indices.astype(np.int32), links.data
        community = leiden_csr(*arrays, n_rows, resolution=self.resolution, seed=self.seed)[1]
        return by_first(np.array([community[row] for row in range(n_rows)])), links


def by_first(labels: Labels) -> Labels:
    """Number groups by their first members."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)


def contacts_of(labels: Labels, links: sparse.csr_array) -> Contacts:
    """Return which groups of some points have links with each other, and which share of their links these are."""
    n_groups = labels.max() + 1
    groups = sparse.csr_array((np.ones(len(labels)), (labels, np.arange(len(labels)))), shape=(n_groups, len(labels)))
    between = (groups @ links @ groups.T).tocsr()
    total = np.asarray(between.sum(axis=1)).ravel()
    pairs = sparse.triu(between, k=1).tocoo()
    order = np.lexsort((pairs.col, pairs.row))
    source, target = pairs.row[order].astype(np.int64), pairs.col[order].astype(np.int64)
    return Contacts(source, target, pairs.data[order] / np.minimum(total[source], total[target]))
