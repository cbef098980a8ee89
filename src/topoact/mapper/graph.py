"""The mapper graph: its nodes, edges and members, and what it leaves out."""

from dataclasses import dataclass, field
from functools import cached_property

import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.errors import InvalidInput
from topoact.mapper.epsilon import DistanceCurve
from topoact.mapper.nerve import Edges, Members
from topoact.mapper.protocols import Intervals, LensValues, Rows


@dataclass(frozen=True, eq=False)
class MapperGraph:
    """The mapper graph of a point cloud.

    Nodes are numbered by interval, then by the order in which the clusterer discovered them, so the same input gives
    the same numbers on every run.
    """

    lens: LensValues
    """Lens value of each point, shape (n_points,)."""
    intervals: Intervals
    """The cover."""
    interval: npt.NDArray[np.int64]
    """Interval of each node, shape (n_nodes,)."""
    memberships: Members
    """Points of each node."""
    links: Edges
    """The nerve."""
    means: npt.NDArray[np.float32]
    """Mean vector of each node, shape (n_nodes, n_channels)."""
    medoids: npt.NDArray[np.int64]
    """Point nearest to the mean vector of each node; the first of equals."""
    eps: float | None = None
    """The radius that the clusterer used, where it has one."""
    curve: DistanceCurve | None = field(default=None, repr=False)
    """The distance curve from which `eps` was read, if it was."""

    @property
    def n_points(self) -> int:
        return len(self.lens)

    @property
    def n_nodes(self) -> int:
        return len(self.interval)

    @property
    def n_edges(self) -> int:
        return len(self.links.source)

    def __repr__(self) -> str:
        return (
            f"<MapperGraph: {self.n_nodes} nodes, {self.n_edges} edges, "
            f"{self.coverage:.1%} of {self.n_points} points covered>"
        )

    @cached_property
    def nodes(self) -> pd.DataFrame:
        """One row per node: node, interval, size, lens_min, lens_mean, lens_max, medoid."""
        low, mean, high = self._lens_statistics()
        return pd.DataFrame(
            {
                "node": np.arange(self.n_nodes),
                "interval": self.interval,
                "size": self.memberships.sizes,
                "lens_min": low,
                "lens_mean": mean,
                "lens_max": high,
                "medoid": self.medoids,
            }
        )

    def _lens_statistics(self) -> tuple[LensValues, LensValues, LensValues]:
        if self.n_nodes == 0:
            return np.empty(0), np.empty(0), np.empty(0)
        values, starts = self.lens[self.memberships.indices], self.memberships.indptr[:-1]
        mean = np.add.reduceat(values, starts) / self.memberships.sizes
        return np.minimum.reduceat(values, starts), mean, np.maximum.reduceat(values, starts)

    @cached_property
    def edges(self) -> pd.DataFrame:
        """One row per edge: source, target, shared (number of common points), jaccard (common / united)."""
        return pd.DataFrame(self.links._asdict())

    def members(self, node: int) -> Rows:
        """Return the sorted row numbers of the points in a node.

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

    def to_networkx(self) -> nx.Graph:
        """Return a networkx graph; nodes and edges carry the columns of `nodes` and `edges` as attributes."""
        graph = nx.Graph()
        for record in self.nodes.to_dict("records"):
            graph.add_node(record.pop("node"), **{str(name): value for name, value in record.items()})
        for record in self.edges.to_dict("records"):
            graph.add_edge(record["source"], record["target"], shared=record["shared"], jaccard=record["jaccard"])
        return graph
