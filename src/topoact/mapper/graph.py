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
        """One row per node: node, interval, size, lens_min, lens_mean, lens_max, medoid.

        Of several lenses each has its three columns: lens_min_0, lens_mean_0, lens_max_0, lens_min_1, …
        """
        columns = {"node": np.arange(self.n_nodes), "interval": self.interval, "size": self.memberships.sizes}
        if self.lens.ndim == 1:
            columns |= self._lens_statistics(self.lens, "")
        else:
            for number, lens in enumerate(self.lens.T):
                columns |= self._lens_statistics(lens, f"_{number}")
        return pd.DataFrame(columns | {"medoid": self.medoids})

    def _lens_statistics(self, lens: LensValues, suffix: str) -> dict[str, LensValues]:
        starts, sizes = self.memberships.indptr[:-1], self.memberships.sizes
        values = lens[self.memberships.indices]
        reduce = [np.minimum.reduceat, np.add.reduceat, np.maximum.reduceat]
        low, total, high = (one(values, starts) if len(starts) else np.empty(0) for one in reduce)
        return {f"lens_min{suffix}": low, f"lens_mean{suffix}": total / sizes, f"lens_max{suffix}": high}

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
