"""The nerve of a family of clusters: which of them share points, and how many."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse


class Members(NamedTuple):
    """Members of each node, ragged, in CSR form: node i has ``indices[indptr[i]:indptr[i + 1]]``, ascending."""

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        return np.diff(self.indptr)

    def incidence(self, n_points: int) -> sparse.csr_array:
        """Return the node × point matrix of zeros and ones."""
        ones = np.ones(len(self.indices), dtype=np.int64)
        return sparse.csr_array((ones, self.indices, self.indptr), shape=(len(self.indptr) - 1, n_points))


class Nodes(NamedTuple):
    """The clusters of every interval of a cover, numbered by interval, then by label."""

    interval: npt.NDArray[np.int64]
    """Interval of each node, shape (n_nodes,)."""
    members: Members
    means: npt.NDArray[np.float32]
    """Mean vector of each node, shape (n_nodes, n_channels)."""
    medoids: npt.NDArray[np.int64]
    """Point nearest to the mean vector of each node; the first of equals."""


class Edges(NamedTuple):
    """Pairs of nodes that share points, ordered by source, then target; source < target."""

    source: npt.NDArray[np.int64]
    target: npt.NDArray[np.int64]
    shared: npt.NDArray[np.int64]
    jaccard: npt.NDArray[np.float64]


def nerve(members: Members, n_points: int) -> Edges:
    """Return the edges of the nerve: two nodes are joined when they share at least one point.

    Memory is proportional to the number of memberships plus the number of edges.
    """
    incidence = members.incidence(n_points)
    shared = sparse.triu(incidence @ incidence.T, k=1).tocoo()
    order = np.lexsort((shared.col, shared.row))
    source, target, count = shared.row[order], shared.col[order], shared.data[order]
    union = members.sizes[source] + members.sizes[target] - count
    return Edges(source.astype(np.int64), target.astype(np.int64), count, count / union)
