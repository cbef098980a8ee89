"""`ImportedGraph`: a graph of another tool, without its vectors; `imported_graph` makes it of clusters and links."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.errors import InvalidInput
from topoact.mapper.build import ragged
from topoact.mapper.graph import MapperGraph
from topoact.mapper.nerve import Edges, Members, nerve
from topoact.mapper.protocols import Intervals, Rows

MAX_POINTS_WITHOUT_VECTORS: Final = 10_000_000
"""Points of a graph whose file does not state their number: a wrong row number could fill the disk."""
NODE_NAME: Final = re.compile(r"cube(\d{1,9})_cluster\d+$")
"""Names of nodes in KeplerMapper, with the number of the cube."""

ClassShares = tuple[tuple[str, float], ...]
"""Classes of a node with their shares of its members, the largest first; they need not add up to 1."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ImportedGraph(MapperGraph):
    """A mapper graph of another tool, without its vectors.

    `lens` is NaN, `medoids` are −1, `intervals` are none and `interval` is the number of a node's cube in the file.
    """

    names: tuple[str, ...]
    """Name of each node in the file, such as "cube3_cluster0"."""
    node_lens: npt.NDArray[np.float64]
    """Mean lens value of each node, shape (n_nodes,)."""
    lens_name: str
    """Name of the lens, or "cube"."""
    classes: tuple[ClassShares, ...] = ()
    """Classes of each node; empty if the file has none."""
    is_whole: bool = False
    """Whether `n_points` counts all points; otherwise it counts up to the last one in a node."""

    def __repr__(self) -> str:
        return f"<ImportedGraph: {self.n_nodes} nodes, {self.n_edges} edges, {self.n_covered} points in them>"

    @property
    def n_covered(self) -> int:
        """Number of points that are in some node."""
        return self.n_points - len(self.uncovered)

    @property
    def coverage(self) -> float:
        """Share of the points that are in some node; NaN if their number is unknown."""
        return super().coverage if self.is_whole else float("nan")

    @property
    def nodes(self) -> pd.DataFrame:
        """One row per node: node, name, interval (number of the cube), size, lens_mean."""
        columns = {"node": np.arange(self.n_nodes), "name": list(self.names), "interval": self.interval}
        return pd.DataFrame({**columns, "size": self.memberships.sizes, "lens_mean": self.node_lens})

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """Names of all classes in `classes`, those of most members first."""
        weights: dict[str, float] = {}
        for size, shares in zip(self.memberships.sizes.tolist(), self.classes, strict=False):
            for name, share in shares:
                weights[name] = weights.get(name, 0.0) + size * share
        return tuple(sorted(weights, key=lambda name: (-weights[name], name)))

    def of_points(self, n_points: int) -> Self:
        """Return the graph with `n_points` points, at least as many as are in nodes; `is_whole` is unchanged."""
        return replace(self, lens=np.full(n_points, np.nan))

    def _of(self, keep: npt.NDArray[np.bool_]) -> Self:
        return replace(
            super()._of(keep),
            names=tuple(compress(self.names, keep)),
            node_lens=self.node_lens[keep],
            classes=tuple(compress(self.classes, keep)),
        )


class Clusters(NamedTuple):
    """Clusters of a file, ordered by cube."""

    names: list[str]
    cubes: npt.NDArray[np.int64]
    members: Members
    order: npt.NDArray[np.int64]
    """Index of each in the file."""


def ordered_clusters(names: Sequence[str], clusters: Sequence[Rows]) -> Clusters:
    """Return clusters in the order of their cubes.

    Raises
    ------
    InvalidInput
        If a name is not like "cube3_cluster0".
    """
    cubes = np.array([_cube(name) for name in names], dtype=np.int64)
    order = np.argsort(cubes, kind="stable")
    return Clusters([names[i] for i in order], cubes[order], ragged([clusters[i] for i in order]), order)


def checked_rows(field_name: str, members: Any, n_points: int | None) -> Rows:
    """Return the rows of a cluster, ascending.

    Parameters
    ----------
    field_name
        Name of the field, for errors.
    members
        Content of the field.
    n_points
        Number of points, None if unknown.

    Raises
    ------
    InvalidInput
        If they are not row numbers, or one is not a row of `n_points`.
    """
    try:
        rows = np.asarray(members)
    except ValueError:  # lists of different lengths
        rows = np.empty(0)
    if rows.ndim != 1 or rows.size == 0 or not np.issubdtype(rows.dtype, np.integer):
        raise InvalidInput(f"{field_name} must be a list of row numbers, not empty")
    rows = np.unique(rows)
    if rows[0] < 0 or rows[-1] >= (n_points or MAX_POINTS_WITHOUT_VECTORS):
        invalid = rows[0] if rows[0] < 0 else rows[-1]
        known = (
            f"there are {n_points} points"
            if n_points
            else f"at most {MAX_POINTS_WITHOUT_VECTORS:,} points can be without vectors"
        )
        raise InvalidInput(f"{field_name} holds row {invalid}, but {known}, counted from 0")
    return rows.astype(np.int64)


def linked_edges(names: Sequence[str], edges: Edges, links: Iterable[tuple[str, str, int | None]]) -> Edges:
    """Return the edges of the nerve that are links of the file.

    Parameters
    ----------
    names
        Name of each node.
    edges
        The nerve.
    links
        Names of both ends, and the number of points that they share where the file states it.

    Raises
    ------
    InvalidInput
        If there is no such node, or the two share no point or another number of them.
    """
    counts = _pairs(names, links)
    pairs = zip(edges.source.tolist(), edges.target.tolist(), strict=True)
    shared = dict(zip(pairs, edges.shared.tolist(), strict=True))
    lost = [pair for pair in counts if pair not in shared]
    if lost:
        ends = _ends(names, lost[0])
        raise InvalidInput(f"links: {len(lost)} of {len(counts)} join nodes that share no point, {ends}")
    for pair, count in counts.items():
        if count is not None and count != shared[pair]:
            raise InvalidInput(
                f"links: the intersection of {_ends(names, pair)} is {count}, but {shared[pair]} points are in both"
            )
    return edges.of(np.array([pair in counts for pair in shared], dtype=bool))


def _pairs(names: Sequence[str], links: Iterable[tuple[str, str, int | None]]) -> dict[tuple[int, int], int | None]:
    """Return the number of shared points by link, a pair of node numbers with the lower one first."""
    numbers = {name: number for number, name in enumerate(names)}
    pairs: dict[tuple[int, int], int | None] = {}
    for source, target, shared in links:
        for end in (source, target):
            if not isinstance(end, str) or end not in numbers:
                raise InvalidInput(f"links: {source!r} is linked to {target!r}, but there is no node {end!r}")
        if source == target:
            raise InvalidInput(f"links: {source!r} is linked to itself")
        low, high = sorted((numbers[source], numbers[target]))
        pairs[low, high] = shared
    return pairs


def imported_graph(
    clusters: Clusters,
    links: Iterable[tuple[str, str, int | None]],
    *,
    n_points: int | None,
    node_lens: npt.NDArray[np.float64],
    lens_name: str,
    means: npt.NDArray[np.float32] | None = None,
    classes: Sequence[ClassShares] = (),
) -> ImportedGraph:
    """Return the graph of clusters and links of another tool.

    Values of nodes are in the order of `clusters`.

    Parameters
    ----------
    clusters
        At least one.
    links
        Names of both ends, and the number of points that they share where the file states it.
    n_points
        Number of points, None if unknown.
    node_lens, lens_name
        Mean lens value of each node, and the name of the lens.
    means
        Mean vector of each node, if the file has them.
    classes
        Classes of each node, if the file has them.

    Raises
    ------
    InvalidInput
        If there is no node, or a link joins what is no node or shares no point.
    """
    if not clusters.names:
        raise InvalidInput("nodes: there is none, so there is nothing to show")
    n_counted = n_points or int(clusters.members.indices.max()) + 1
    return ImportedGraph(
        lens=np.full(n_counted, np.nan),
        intervals=Intervals(np.empty(0), np.empty(0)),
        interval=clusters.cubes,
        memberships=clusters.members,
        links=linked_edges(clusters.names, nerve(clusters.members, n_counted), links),
        means=np.empty((len(clusters.names), 0), dtype=np.float32) if means is None else means,
        medoids=np.full(len(clusters.names), -1),
        names=tuple(clusters.names),
        node_lens=node_lens,
        lens_name=lens_name,
        classes=tuple(classes),
        is_whole=n_points is not None,
    )


def _cube(name: str) -> int:
    match = NODE_NAME.match(name)
    if match is None:
        raise InvalidInput(f"nodes: {name!r} is no name that KeplerMapper gives, like 'cube3_cluster0'")
    return int(match[1])


def _ends(names: Sequence[str], pair: tuple[int, int]) -> str:
    return f"{names[pair[0]]!r} and {names[pair[1]]!r}"
