"""`MapperGraph`: the nodes, edges and members of a mapper graph, and the points in no node."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.errors import InvalidInput
from topoact.mapper.distance_curve import DistanceCurve
from topoact.mapper.merging import checked_prominence, merged
from topoact.mapper.nerve import Contacts, Edges, Members, triangles, within_others
from topoact.mapper.protocols import Intervals, LensValues, Rows

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, eq=False)
class MapperGraph:
    """The mapper graph of a point cloud.

    Nodes are numbered by interval, then by the order in which the clusterer discovered them, so the same input gives
    the same numbers on every run.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> line = np.linspace(0, 1, 20)[:, None]
    >>> graph = topoact.Mapper(n_intervals=3, clusterer=topoact.SingleLinkage(cut=0.1)).fit(line).graph_
    >>> graph.nodes[["interval", "size"]].to_numpy().tolist()
    [[0, 8], [1, 10], [2, 8]]
    >>> graph.members(0).tolist(), graph.coverage
    ([0, 1, 2, 3, 4, 5, 6, 7], 1.0)
    """

    lens: LensValues
    """Lens value of each point, shape (n_points,); for several lenses (n_points, n_lenses)."""
    intervals: Intervals
    """The cover."""
    interval: npt.NDArray[np.int64]
    """Interval, or box, of each node, shape (n_nodes,)."""
    memberships: Members
    """Points of each node."""
    links: Edges
    """The nerve."""
    means: npt.NDArray[np.float32]
    """Mean vector of each node, shape (n_nodes, n_channels)."""
    medoids: npt.NDArray[np.int64]
    """Point nearest to the mean vector of each node; the first of equals."""
    eps: float | npt.NDArray[np.float64] | None = None
    """The radius that the clusterer used, where it has one; an array where each interval has its own (NaN: none)."""
    curve: DistanceCurve | None = field(default=None, repr=False)
    """The distances to neighbours among which `eps` lies, if they were measured."""
    prominence: npt.NDArray[np.float64] | None = field(default=None, repr=False)
    """How far the mode of each node stands out, where `Modes` found it; infinite where nothing denser is joined."""
    parent: npt.NDArray[np.int64] | None = field(default=None, repr=False)
    """The node that each meets at its saddle and merges into at a larger prominence; itself where it meets none."""
    modes: npt.NDArray[np.int64] | None = field(default=None, repr=False)
    """The point at which the density of each node is greatest: it names the node at every prominence."""
    contacts: Contacts | None = field(default=None, repr=False)
    """Nodes of the same interval whose points are neighbours, of `Communities`: no edges, and no part of any loop."""

    @property
    def n_points(self) -> int:
        """Number of points, in nodes or not."""
        return len(self.lens)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.interval)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.links.source)

    def __repr__(self) -> str:
        return (
            f"<MapperGraph: {self.n_nodes} nodes, {self.n_edges} edges, "
            f"{self.coverage:.1%} of {self.n_points} points covered>"
        )

    @cached_property
    def nodes(self) -> pd.DataFrame:
        """One row per node: node, interval, size, lens_min, lens_mean, lens_max, medoid.

        Of `Modes` also prominence, parent and mode. Of several lenses each has its three columns: lens_min_0,
        lens_mean_0, lens_max_0, lens_min_1, …
        """
        columns: dict[str, npt.NDArray[Any]]
        columns = {"node": np.arange(self.n_nodes), "interval": self.interval, "size": self.memberships.sizes}
        if self.lens.ndim == 1:
            columns |= self._lens_statistics(self.lens, "")
        else:
            for number, lens in enumerate(self.lens.T):
                columns |= self._lens_statistics(lens, f"_{number}")
        columns["medoid"] = self.medoids
        if self.prominence is not None and self.parent is not None and self.modes is not None:
            columns |= {"prominence": self.prominence, "parent": self.parent, "mode": self.modes}
        return pd.DataFrame(columns)

    def _lens_statistics(self, lens: LensValues, suffix: str) -> dict[str, LensValues]:
        starts, sizes = self.memberships.indptr[:-1], self.memberships.sizes
        values = lens[self.memberships.indices]
        reduce = [np.minimum.reduceat, np.add.reduceat, np.maximum.reduceat]
        low, total, high = (function(values, starts) if len(starts) else np.empty(0) for function in reduce)
        return {f"lens_min{suffix}": low, f"lens_mean{suffix}": total / sizes, f"lens_max{suffix}": high}

    @cached_property
    def edges(self) -> pd.DataFrame:
        """One row per edge: source, target, shared (number of common points), jaccard (common / united)."""
        return pd.DataFrame(self.links._asdict())

    def members(self, node: int) -> Rows:
        """Return the row numbers of the points in a node.

        Parameters
        ----------
        node
            Number of the node, from 0.

        Returns
        -------
        ndarray of int64
            Ascending.

        Raises
        ------
        InvalidInput
            If there is no such node.
        """
        if not 0 <= node < self.n_nodes:
            raise InvalidInput(f"node {node} does not exist: the graph has {self.n_nodes} nodes, numbered from 0")
        start, stop = self.memberships.indptr[node : node + 2]
        return self.memberships.indices[start:stop]

    @cached_property
    def uncovered(self) -> Rows:
        """Sorted row numbers of the points that are in no node."""
        covered = np.zeros(self.n_points, dtype=bool)
        covered[self.memberships.indices] = True
        return np.flatnonzero(~covered)

    @property
    def coverage(self) -> float:
        """Share of the points that are in some node."""
        return 1 - len(self.uncovered) / self.n_points

    @cached_property
    def triangles(self) -> pd.DataFrame:
        """One row per triple of nodes with common points: first, second, third, shared (number of such points)."""
        return pd.DataFrame(triangles(self.memberships, self.links, self.n_points)._asdict())

    def within(self, prominence: float) -> npt.NDArray[np.int64]:
        """Return for each node of `Modes` its number among the nodes that are left at a larger prominence.

        At 1 these are the skeleton: the modes that rise above noise. Nodes merge within their interval, and those that
        are left keep their order. At no more than the prominence of the graph itself every node is its own.

        Parameters
        ----------
        prominence
            At least 0, in the unit of `Modes`.

        Returns
        -------
        ndarray of int64
            Shape (n_nodes,).

        Raises
        ------
        InvalidInput
            If the prominence is negative or no number, or the nodes of the graph are not modes.
        """
        if self.prominence is None or self.parent is None:
            raise InvalidInput("only nodes that Modes found merge with rising prominence: use clusterer=Modes()")
        is_kept = (self.prominence >= checked_prominence(prominence)) | (self.parent == np.arange(self.n_nodes))
        return merged(self.parent, np.flatnonzero(is_kept))

    def without_subsets(self) -> Self:
        """Return the graph without the nodes whose points are all in another node; of equal nodes the first stays.

        Returns
        -------
        MapperGraph
            The remaining nodes keep their order and their edges, and are numbered anew. They cover the same points.
        """
        return self._of(~within_others(self.memberships, self.links))

    def _of(self, keep: npt.NDArray[np.bool_]) -> Self:
        """Return the graph of the nodes that are kept."""
        number = np.cumsum(keep) - 1
        links = self.links.of(keep[self.links.source] & keep[self.links.target])
        return replace(
            self,
            interval=self.interval[keep],
            memberships=self.memberships.of(keep),
            links=links._replace(source=number[links.source], target=number[links.target]),
            means=self.means[keep],
            medoids=self.medoids[keep],
            prominence=None if self.prominence is None else self.prominence[keep],
            parent=None if self.parent is None else _parents_of(self.parent, keep),
            modes=None if self.modes is None else self.modes[keep],
            contacts=None if self.contacts is None else self.contacts.of(keep),
        )

    def with_links(self, links: Edges) -> Self:
        """Return the graph with other edges."""
        return replace(self, links=links)

    def to_networkx(self) -> "nx.Graph":
        """Return a networkx graph.

        Returns
        -------
        networkx.Graph
            Its nodes and edges carry the columns of `nodes` and `edges` as attributes.
        """
        import networkx as nx

        graph = nx.Graph()
        for record in self.nodes.to_dict("records"):
            graph.add_node(record.pop("node"), **{str(name): value for name, value in record.items()})
        for record in self.edges.to_dict("records"):
            graph.add_edge(record["source"], record["target"], shared=record["shared"], jaccard=record["jaccard"])
        return graph


def _parents_of(parent: npt.NDArray[np.int64], keep: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the parents among the nodes that are kept; a node all of whose parents are gone is its own."""
    ends = np.flatnonzero(keep | (parent == np.arange(len(parent))))
    left, number = ends[merged(parent, ends)[parent]], np.cumsum(keep) - 1
    return np.where(keep[left], number[left], number)[keep]
