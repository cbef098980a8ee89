"""The nerve of a family of clusters: `nerve` returns the pairs that share points, `triangles` the triples."""

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

MAX_MATCHED: Final = 4_000_000
"""Memberships that are matched at once in the search for triangles."""


class Members(NamedTuple):
    """Members of each node, ragged, in CSR form: node i has ``indices[indptr[i]:indptr[i + 1]]``, ascending.

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.mapper import Members
    >>> Members(indptr=np.array([0, 2, 5]), indices=np.array([0, 1, 1, 2, 3])).sizes.tolist()
    [2, 3]
    """

    indptr: npt.NDArray[np.int64]
    """Where the members of each node start, shape (n_nodes + 1,)."""
    indices: npt.NDArray[np.int64]
    """Row numbers of the members of all nodes, one node after the other."""

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Number of members of each node, shape (n_nodes,)."""
        return np.diff(self.indptr)

    def incidence(self, n_points: int) -> sparse.csr_array:
        """Return the node × point matrix of zeros and ones."""
        ones = np.ones(len(self.indices), dtype=np.int64)
        return sparse.csr_array((ones, self.indices, self.indptr), shape=(len(self.indptr) - 1, n_points))

    def of(self, keep: npt.NDArray[np.bool_]) -> "Members":
        """Return the members of the nodes that are kept."""
        indptr = np.concatenate([[0], np.cumsum(self.sizes[keep])])
        return Members(indptr, self.indices[np.repeat(keep, self.sizes)])


class Nodes(NamedTuple):
    """The clusters of every interval of a cover, numbered by interval, then by label.

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.mapper import Members, Nodes
    >>> members = Members(np.array([0, 2, 4]), np.array([0, 1, 1, 2]))
    >>> nodes = Nodes(np.array([0, 1]), members, means=np.array([[0.5], [1.5]], np.float32), medoids=np.array([0, 1]))
    >>> nodes.members.sizes.tolist()
    [2, 2]
    """

    interval: npt.NDArray[np.int64]
    """Interval of each node, shape (n_nodes,)."""
    members: Members
    """Points of each node."""
    means: npt.NDArray[np.float32]
    """Mean vector of each node, shape (n_nodes, n_channels)."""
    medoids: npt.NDArray[np.int64]
    """Point nearest to the mean vector of each node; the first of equals."""


class Edges(NamedTuple):
    """Pairs of nodes that share points, ordered by source, then target; source < target. Arrays of shape (n_edges,).

    Examples
    --------
    >>> import numpy as np, topoact
    >>> line = np.linspace(0, 1, 20)[:, None]
    >>> links = topoact.Mapper(n_intervals=3, clusterer=topoact.SingleLinkage(cut=0.1)).fit(line).graph_.links
    >>> links.source.tolist(), links.target.tolist(), links.shared.tolist()
    ([0, 1], [1, 2], [3, 3])
    """

    source: npt.NDArray[np.int64]
    """The node of the smaller number."""
    target: npt.NDArray[np.int64]
    """The node of the larger number."""
    shared: npt.NDArray[np.int64]
    """Number of points that are in both."""
    jaccard: npt.NDArray[np.float64]
    """Jaccard index: points in both over points in either, in (0, 1]."""

    def of(self, keep: npt.NDArray[np.bool_]) -> "Edges":
        """Return the edges that are kept."""
        return Edges(self.source[keep], self.target[keep], self.shared[keep], self.jaccard[keep])


class Contacts(NamedTuple):
    """Pairs of nodes of one interval whose points are neighbours; source < target. They are no edges of the nerve.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> cloud = np.random.default_rng(0).normal(size=(300, 2))
    >>> graph = topoact.Mapper(n_intervals=1, clusterer=topoact.Communities(k=9)).fit(cloud).graph_
    >>> graph.n_edges, len(graph.contacts.share) > 0
    (0, True)
    """

    source: npt.NDArray[np.int64]
    """The node of the smaller number."""
    target: npt.NDArray[np.int64]
    """The node of the larger number, of the same interval."""
    share: npt.NDArray[np.float64]
    """Share of the neighbour links of the node with fewer that lead to the other."""

    @classmethod
    def joined(cls, parts: "list[Contacts]") -> "Contacts":
        """Return the contacts of several intervals together."""
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    @classmethod
    def none(cls) -> "Contacts":
        """Return no contacts."""
        empty = np.empty(0, dtype=np.int64)
        return cls(empty, empty, np.empty(0))

    def shifted(self, first: int) -> "Contacts":
        """Return the contacts with nodes numbered from another number."""
        return self._replace(source=self.source + first, target=self.target + first)

    def of(self, keep: npt.NDArray[np.bool_]) -> "Contacts":
        """Return the contacts between nodes that are kept, which are numbered anew."""
        number, both = np.cumsum(keep) - 1, keep[self.source] & keep[self.target]
        return Contacts(number[self.source[both]], number[self.target[both]], self.share[both])


class Triangles(NamedTuple):
    """Triples of nodes that share points, ordered by first, second, then third; first < second < third."""

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    third: npt.NDArray[np.int64]
    shared: npt.NDArray[np.int64]
    """How many points all three have in common."""


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


def triangles(members: Members, edges: Edges, n_points: int) -> Triangles:
    """Return the triangles of the nerve: triples of nodes that all share at least one point.

    The points that the ends of an edge share are matched with the members of every node, a block of edges at a time.
    Memory: that of the triangles, and `MAX_MATCHED` memberships.
    """
    incidence = members.incidence(n_points)
    blocks = np.searchsorted(np.cumsum(edges.shared), np.arange(0, edges.shared.sum(), MAX_MATCHED), side="right")
    per_block = [_triangles_of(incidence, edges, start, stop) for start, stop in pairwise([*blocks, len(edges.source)])]
    parts = zip(*per_block, strict=True) if per_block else [[np.empty(0, dtype=np.int64)]] * 4
    return Triangles(*(np.concatenate(part) for part in parts))


def _triangles_of(incidence: sparse.csr_array, edges: Edges, start: int, stop: int) -> Triangles:
    source, target = edges.source[start:stop], edges.target[start:stop]
    common = incidence[source].multiply(incidence[target])
    shared = (common.tocsr() @ incidence.T.tocsr()).tocoo()
    above = shared.col > target[shared.row]
    edge, third, count = shared.row[above], shared.col[above].astype(np.int64), shared.data[above]
    order = np.lexsort((third, edge))
    return Triangles(source[edge[order]], target[edge[order]], third[order], count[order])


def within_others(members: Members, edges: Edges) -> npt.NDArray[np.bool_]:
    """Return for each node whether all its members are in another node; of equal nodes the first is not."""
    sizes = members.sizes
    inner = np.zeros(len(sizes), dtype=bool)
    inner[edges.target[edges.shared == sizes[edges.target]]] = True
    smaller = (edges.shared == sizes[edges.source]) & (sizes[edges.source] < sizes[edges.target])
    inner[edges.source[smaller]] = True
    return inner
