"""Location of new vectors in a mapper graph: `Locator.locate` assigns each to nodes, and returns a `Located`.

A vector belongs to the intervals that contain its lens value. Of their nodes it is assigned to those with a member
within ε, where the clusterer has an ε; otherwise, in each interval, to the node of its nearest member, provided that
it is as near to the points of the layer as new vectors of the same kind are (`novelty`). A vector that equals a
point, up to rounding, is that point.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.analysis.location.novelty import Novelty
from topoact.errors import InvalidInput
from topoact.mapper import ImportedGraph, MapperGraph, Nearest, Progress, no_progress
from topoact.mapper.checks import check_finite
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.numbers import check_numbers
from topoact.mapper.protocols import LensValues, Rows, Vectors

if TYPE_CHECKING:
    from topoact.mapper.neighbors.query import QueryBatch

ROUNDING: Final = 2.0**-16
"""Distance up to which a vector equals a point, as a share of its length: in other batches networks round otherwise."""
N_NEAREST: Final = 12
"""Nearest points of each vector that are returned."""

Table = npt.NDArray[np.bool_]


class NodeMatches(NamedTuple):
    """Nodes that vectors are assigned to; vector i has ``indptr[i]`` to ``indptr[i + 1]``, the nearest first."""

    indptr: npt.NDArray[np.int64]
    node: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float64]
    """From the nearest member of the node."""
    margin: npt.NDArray[np.float64]
    """How much nearer the node is than the next of its interval, from 0 (no more) to 1; NaN where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Where some vectors are in a graph; arrays have one entry for each vector."""

    matches: NodeMatches
    lens: LensValues
    """Lens values; where the lens is no property of a vector, those of the nearest points."""
    same: Rows
    """The point that each vector is, or −1."""
    in_range: Table
    """Whether an interval contains the lens value."""
    nearest: Nearest
    """The nearest points, shape (n, k)."""
    node: Rows
    """The nearest node of any interval; −1 where there is no node."""
    distance: LensValues
    """From its nearest member."""
    reach: LensValues
    """Where there is an ε, the distance of the nearest node of its intervals; otherwise its `Reach`."""
    limit: LensValues
    """The limit of `reach` up to which a vector is assigned to a node: ε, or that of `Reach`."""

    @property
    def inside(self) -> Table:
        """Whether each vector is in some node."""
        return np.diff(self.matches.indptr) > 0


class Locator:
    """Assigns new vectors to the nodes of a graph.

    Parameters
    ----------
    vectors
        The points of the graph, shape (n_points, n_channels), finite.
    graph
        Their mapper graph.
    metric
        Of the distances that the graph was made of.
    novelty
        The reach of new vectors of the same kind; computed by default. Not needed where the graph has an ε.

    Raises
    ------
    InvalidInput
        If the graph is not one of these points.

    Notes
    -----
    Memory: 8 bytes per coordinate, and 64 MiB for the distances of some vectors.
    """

    def __init__(
        self, vectors: Vectors, graph: MapperGraph, *, metric: Metric = "euclidean", novelty: Novelty | None = None
    ) -> None:
        from topoact.mapper.neighbors.query import QueryIndex

        if isinstance(graph, ImportedGraph):
            raise InvalidInput("the graph was imported without its vectors: nothing can be located in it")
        if graph.n_points != len(vectors):
            raise InvalidInput(f"the graph has {graph.n_points} points, and there are {len(vectors)} vectors")
        self.graph, self._cloud, self._novelty = graph, QueryIndex(vectors, metric), novelty
        if novelty is None and graph.eps is None:
            self._novelty = Novelty(vectors, metric=metric)
        self._nodes_of_point = graph.memberships.incidence(graph.n_points).T.tocsr()
        self._nodes_of_interval = [
            np.flatnonzero(graph.interval == number) for number in range(len(graph.intervals.lower))
        ]

    def locate(
        self, new: npt.ArrayLike, lens: npt.ArrayLike | None = None, *, progress: Progress = no_progress
    ) -> Located:
        """Return where vectors are in the graph.

        Parameters
        ----------
        new
            Shape (n, n_channels), finite.
        lens
            Their lens values; None where the lens is no property of a vector: then they have those of the nearest
            points.
        progress
            Called with (stage, done, total); may raise `topoact.errors.Cancelled`.

        Raises
        ------
        InvalidInput
            If there is no vector, they have another number of channels or are not finite, or do not have one lens value
            each.
        """
        vectors = _checked(new, self._cloud.vectors.shape[1])
        values = None if lens is None else _checked_lens(lens, (len(vectors), *self.graph.lens.shape[1:]))
        parts, done = list[Located](), 0
        for view in self._cloud.views(vectors):
            progress("locating", done, len(vectors))
            part = slice(done, done + len(view.new))
            parts.append(self._part(view, None if values is None else values[part]))
            done = part.stop
        return _joined(parts)

    def _part(self, view: "QueryBatch", lens: LensValues | None) -> Located:
        nearest, distances = view.nearest(N_NEAREST), view.nearest_of(self.graph.memberships).distances
        same = self._same(view.new, nearest.rows)
        values = self.graph.lens[np.where(same < 0, nearest.rows[:, 0], same)]
        if lens is not None:
            values[same < 0] = lens[same < 0]
        intervals = self._intervals_of(values)
        own = self._own_nodes(same)
        distances[own] = 0
        assigned, reach, limit = self._assigned(view.new, intervals, distances)
        assigned[same >= 0] = own[same >= 0]
        closest = distances.argmin(axis=1) if distances.shape[1] else np.full(len(distances), -1)
        matches = self._matches(assigned, distances)
        in_range, distance = np.asarray(intervals.any(axis=1)), distances.min(axis=1, initial=np.inf)
        return Located(matches, values, same, in_range, nearest, closest, distance, reach, limit)

    def _same(self, new: Vectors, rows: npt.NDArray[np.int64]) -> Rows:
        """Return the point that each vector equals, among the nearest ones, or −1."""
        wide = new.astype(np.float64)
        same, smallest = np.full(len(new), -1), ROUNDING * np.linalg.norm(wide, axis=1)
        for column in rows.T:
            distance = np.linalg.norm(wide - self._cloud.vectors[column], axis=1)
            nearer = (distance < smallest) | ((distance <= smallest) & (same < 0))
            same[nearer], smallest[nearer] = column[nearer], distance[nearer]
        return same

    def _own_nodes(self, same: Rows) -> Table:
        """Return which nodes contain the point that a vector equals."""
        own: Table = self._nodes_of_point[np.maximum(same, 0)].toarray() > 0
        own[same < 0] = False
        return own

    def _intervals_of(self, lens: LensValues) -> Table:
        """Return which intervals contain each value; a value in a gap has those of the nearest point."""
        inside = self._within(lens)
        if self.graph.lens.ndim == 1:
            ordered = np.sort(self.graph.lens)
            in_gap = ~inside.any(axis=1) & (lens >= ordered[0]) & (lens <= ordered[-1])
            inside[in_gap] = self._within(_nearest_of(ordered, lens[in_gap]))
        return inside

    def _within(self, lens: LensValues) -> Table:
        lower, upper = self.graph.intervals
        inside: Table = (lower <= lens[:, None]) & (lens[:, None] <= upper)
        return inside if inside.ndim == 2 else np.asarray(inside.all(axis=2))

    def _assigned(self, new: Vectors, intervals: Table, distances: LensValues) -> tuple[Table, LensValues, LensValues]:
        """Return which nodes each vector is assigned to, its reach, and the limit of that."""
        allowed = intervals[:, self.graph.interval]
        if self._novelty is not None and self.graph.eps is None:
            reach, limit = self._novelty.of(new)
            limit = np.where(intervals.any(axis=1), limit, np.nan)
            return self._nearest_in_each(allowed, distances) & (reach <= limit)[:, None], reach, limit
        radius = np.broadcast_to(np.asarray(self.graph.eps, dtype=np.float64), len(self._nodes_of_interval))[
            self.graph.interval
        ]
        candidates = np.where(allowed, distances, np.inf)
        reach = candidates.min(axis=1, initial=np.inf)
        limit = np.full(len(new), np.nan)
        if len(radius):
            limit = np.where(np.isfinite(reach), radius[candidates.argmin(axis=1)], np.nan)
        return allowed & (distances <= radius), reach, limit

    def _nearest_in_each(self, allowed: Table, distances: LensValues) -> Table:
        """Return the nearest node of each interval, the first of several."""
        nearest = np.zeros(distances.shape, dtype=bool)
        for nodes in filter(len, self._nodes_of_interval):
            rows = np.flatnonzero(allowed[:, nodes[0]])
            nearest[rows, nodes[distances[np.ix_(rows, nodes)].argmin(axis=1)]] = True
        return nearest

    def _matches(self, assigned: Table, distances: LensValues) -> NodeMatches:
        query, node = np.nonzero(assigned)
        order = np.lexsort((node, distances[query, node], query))
        query, node = query[order], node[order]
        distance, margin = distances[query, node], np.full(len(node), np.nan)
        for number, (row, own) in enumerate(zip(query, node, strict=True)):
            nodes = self._nodes_of_interval[self.graph.interval[own]]
            next_best = distances[row, nodes[nodes != own]].min(initial=np.inf)
            if len(nodes) > 1:
                margin[number] = max(0.0, 1 - distance[number] / next_best) if next_best else 0.0
        return NodeMatches(np.searchsorted(query, np.arange(len(distances) + 1)), node, distance, margin)


def _nearest_of(ordered: LensValues, values: LensValues) -> LensValues:
    """Return the nearest of some ascending numbers to each value between the first and the last."""
    above = np.clip(np.searchsorted(ordered, values), 1, len(ordered) - 1)
    low, high = ordered[above - 1], ordered[above]
    return np.where(values - low <= high - values, low, high)


def _checked(new: npt.ArrayLike, n_channels: int) -> Vectors:
    check_numbers("vectors to locate", new)
    vectors = np.atleast_2d(np.asarray(new))
    if vectors.ndim != 2 or vectors.shape[1] != n_channels or not len(vectors):
        raise InvalidInput(f"vectors to locate have {n_channels} channels each: got shape {np.shape(new)}")
    if vectors.dtype != np.float32:
        vectors = vectors.astype(np.float64)
    check_finite(vectors)
    return vectors


def _checked_lens(lens: npt.ArrayLike, shape: tuple[int, ...]) -> LensValues:
    check_numbers("the lens", lens)
    values = np.asarray(lens, dtype=np.float64)
    if values.shape != shape or not np.isfinite(values).all():
        raise InvalidInput(f"lens values of vectors to locate are finite, of shape {shape}: got {values.shape}")
    return values


def _joined(parts: list[Located]) -> Located:
    """Return several parts as one."""

    def joined(name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    sizes = np.concatenate([np.diff(part.matches.indptr) for part in parts])
    columns = (np.concatenate([part.matches[i] for part in parts]) for i in (1, 2, 3))
    matches = NodeMatches(np.concatenate([[0], np.cumsum(sizes)]), *columns)
    nearest = Nearest(*(np.concatenate([part.nearest[i] for part in parts]) for i in (0, 1)))
    names = ("lens", "same", "in_range", "node", "distance", "reach", "limit")
    return Located(matches=matches, nearest=nearest, **{name: joined(name) for name in names})
