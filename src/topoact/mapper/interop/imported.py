"""Graphs that were made elsewhere: clusters and links with names, and what is known of them without vectors."""

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
"""Points that a graph may count which does not say how many there are: a slip of the pen would fill the disk."""
NODE_NAME: Final = re.compile(r"cube(\d{1,9})_cluster\d+$")

ClassShares = tuple[tuple[str, float], ...]
"""Classes of a node with their shares of its members, the largest first; the rest has no name."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ImportedGraph(MapperGraph):
    """A mapper graph that was made elsewhere, without the vectors it was made of.

    `lens` is NaN, `medoids` are −1, `intervals` are none and `interval` is the number of a node's cube in the file.
    """

    names: tuple[str, ...]
    """Name of each node in the file, such as "cube3_cluster0"."""
    node_lens: npt.NDArray[np.float64]
    """Mean lens value of each node; what it is of, `lens_name` says."""
    lens_name: str
    classes: tuple[ClassShares, ...] = ()
    """What the file says of the classes of each node; empty where it says nothing."""
    is_whole: bool = False
    """Whether `n_points` counts all points; otherwise it counts up to the last that is in some node."""

    def __repr__(self) -> str:
        return f"<GivenGraph: {self.n_nodes} nodes, {self.n_edges} edges, {self.n_covered} points in them>"

    @property
    def n_covered(self) -> int:
        """Number of points that are in some node."""
        return self.n_points - len(self.uncovered)

    @property
    def coverage(self) -> float:
        """Share of the points that are in some node; NaN where it is not known how many there are."""
        return super().coverage if self.is_whole else float("nan")

    @property
    def nodes(self) -> pd.DataFrame:
        """One row per node: node, name, interval (number of the cube), size, lens_mean."""
        columns = {"node": np.arange(self.n_nodes), "name": list(self.names), "interval": self.interval}
        return pd.DataFrame({**columns, "size": self.memberships.sizes, "lens_mean": self.node_lens})

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes that `classes` tells, those of most members first."""
        weights: dict[str, float] = {}
        for size, shares in zip(self.memberships.sizes.tolist(), self.classes, strict=False):
            for name, share in shares:
                weights[name] = weights.get(name, 0.0) + size * share
        return tuple(sorted(weights, key=lambda name: (-weights[name], name)))

    def of_points(self, n_points: int) -> Self:
        """Return the graph with so many points, at least as many as are in nodes; `is_whole` stays as it is."""
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
    """Place of each in the file."""


def ordered_clusters(names: Sequence[str], clusters: Sequence[Rows]) -> Clusters:
    """Return clusters in the order of the cubes in which they lie.

    Raises
    ------
    InvalidInput
        If a name is not like "cube3_cluster0".
    """
    cubes = np.array([_cube(name) for name in names], dtype=np.int64)
    order = np.argsort(cubes, kind="stable")
    return Clusters([names[i] for i in order], cubes[order], ragged([clusters[i] for i in order]), order)


def checked_rows(said: str, members: Any, n_points: int | None) -> Rows:
    """Return the rows of a cluster, ascending; `said` names the field.

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
        raise InvalidInput(f"{said} must be a list of row numbers, not empty")
    rows = np.unique(rows)
    if rows[0] < 0 or rows[-1] >= (n_points or MAX_POINTS_WITHOUT_VECTORS):
        bad = rows[0] if rows[0] < 0 else rows[-1]
        known = (
            f"there are {n_points} points"
            if n_points
            else f"at most {MAX_POINTS_WITHOUT_VECTORS:,} points can be without vectors"
        )
        raise InvalidInput(f"{said} holds row {bad}, but {known}, counted from 0")
    return rows.astype(np.int64)


def kept_links(names: Sequence[str], links: Edges, given: Iterable[tuple[str, str, int | None]]) -> Edges:
    """Return the edges of the nerve that are given by the names of their ends, and how many points these share.

    Raises
    ------
    InvalidInput
        If there is no such node, or the two share no point or another number of them.
    """
    said = _pairs(names, given)
    ends = zip(links.source.tolist(), links.target.tolist(), strict=True)
    shared = dict(zip(ends, links.shared.tolist(), strict=True))
    lost = [pair for pair in said if pair not in shared]
    if lost:
        raise InvalidInput(f"links: {len(lost)} of {len(said)} join nodes that share no point, {_ends(names, lost[0])}")
    for pair, count in said.items():
        if count is not None and count != shared[pair]:
            raise InvalidInput(
                f"links: the intersection of {_ends(names, pair)} is {count}, but {shared[pair]} points are in both"
            )
    return links.of(np.array([pair in said for pair in shared], dtype=bool))


def _pairs(names: Sequence[str], given: Iterable[tuple[str, str, int | None]]) -> dict[tuple[int, int], int | None]:
    """Return the links as pairs of node numbers, the lower one first."""
    numbers = {name: number for number, name in enumerate(names)}
    pairs: dict[tuple[int, int], int | None] = {}
    for source, target, shared in given:
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
    """Return the graph of clusters and links that were found elsewhere; values of nodes in the order of `clusters`.

    Parameters
    ----------
    clusters
        At least one.
    links
        Names of both ends, and the number of points that they share where the file tells it.
    n_points
        Number of points, None where it is not known.
    node_lens, lens_name
        A number by which the nodes are sorted, and what it is.
    means
        Mean vector of each node, where the file tells it.
    classes
        Classes of each node, where the file tells them.
    """
    if not clusters.names:
        raise InvalidInput("nodes: there is none, so there is nothing to show")
    counted = n_points or int(clusters.members.indices.max()) + 1
    return ImportedGraph(
        lens=np.full(counted, np.nan),
        intervals=Intervals(np.empty(0), np.empty(0)),
        interval=clusters.cubes,
        memberships=clusters.members,
        links=kept_links(clusters.names, nerve(clusters.members, counted), links),
        means=np.empty((len(clusters.names), 0), dtype=np.float32) if means is None else means,
        medoids=np.full(len(clusters.names), -1),
        names=tuple(clusters.names),
        node_lens=node_lens,
        lens_name=lens_name,
        classes=tuple(classes),
        is_whole=n_points is not None,
    )


def _cube(name: str) -> int:
    number = NODE_NAME.match(name)
    if number is None:
        raise InvalidInput(f"nodes: {name!r} is no name that KeplerMapper gives, like 'cube3_cluster0'")
    return int(number[1])


def _ends(names: Sequence[str], pair: tuple[int, int]) -> str:
    return f"{names[pair[0]]!r} and {names[pair[1]]!r}"
