"""Where vectors that are no points of a mapper graph land in it.

A vector is held by the intervals that its lens value lies in. There it lands in the nodes that have a member within ε,
where the clusterer has an ε; otherwise in the node of its nearest member, provided that it is as near to the points of
the layer as such vectors usually are (`usual`). A vector that equals a point, up to rounding, is that point.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.analysis.location.novelty import Novelty
from topoact.errors import InvalidInput
from topoact.mapper import (
    ImportedGraph,
    MapperGraph,
    Nearest,
    Progress,
    no_progress,
)
from topoact.mapper.checks import check_finite
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import LensValues, Rows, Vectors

if TYPE_CHECKING:
    from topoact.mapper.neighbors.query import QueryBatch

ROUNDING: Final = 2.0**-16
"""How far a vector may be from a point that it equals, as a share of its length: other batches round otherwise."""
SHOWN: Final = 12
"""Nearest points that are told."""

Table = npt.NDArray[np.bool_]


class NodeMatches(NamedTuple):
    """Nodes in which vectors land; vector i has those from ``indptr[i]`` to ``indptr[i + 1]``, nearest first."""

    indptr: npt.NDArray[np.int64]
    node: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float64]
    """From the nearest member of the node."""
    margin: npt.NDArray[np.float64]
    """How much nearer the node is than the next of its interval, from 0 (no more) to 1; NaN where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Where some vectors land, by column."""

    matches: NodeMatches
    lens: LensValues
    """Lens values; where the lens is no property of a vector, those of the nearest points."""
    same: Rows
    """The point that each vector is, or −1."""
    in_range: Table
    """Whether an interval holds the lens value."""
    nearest: Nearest
    """The nearest points, shape (n, k)."""
    node: Rows
    """The nearest node, whatever its interval; −1 where there is no node."""
    distance: LensValues
    """From its nearest member."""
    reach: LensValues
    """What decides: the distance of the nearest node that may hold it, where there is an ε; otherwise its `Reach`."""
    usual: LensValues
    """What `reach` is at most where a vector lands: ε, or what is usual there."""

    @property
    def inside(self) -> Table:
        """Whether each vector lands in some node."""
        return np.diff(self.matches.indptr) > 0


class Locator:
    """Finds out where vectors land in a graph.

    Parameters
    ----------
    vectors
        The points of the graph, shape (n_points, n_channels), finite.
    graph
        Their mapper graph.
    metric
        Of the distances that it was made of.
    usual
        What is usual among the points; by default it is found out. Not needed where the graph has an ε.

    Raises
    ------
    InvalidInput
        If the graph is not one of these points.

    Notes
    -----
    Memory: 8 bytes per coordinate, and 64 MiB for the distances of some vectors.
    """

    def __init__(
        self, vectors: Vectors, graph: MapperGraph, *, metric: Metric = "euclidean", usual: Novelty | None = None
    ) -> None:
        from topoact.mapper.neighbors.query import QueryIndex

        if isinstance(graph, ImportedGraph):
            raise InvalidInput("the graph was imported without its vectors: nothing can be located in it")
        if graph.n_points != len(vectors):
            raise InvalidInput(f"the graph has {graph.n_points} points, and there are {len(vectors)} vectors")
        self.graph, self._cloud, self._usual = graph, QueryIndex(vectors, metric), usual
        if usual is None and graph.eps is None:
            self._usual = Novelty(vectors, metric=metric)
        self._nodes_of = graph.memberships.incidence(graph.n_points).T.tocsr()
        self._groups = [np.flatnonzero(graph.interval == number) for number in range(len(graph.intervals.lower))]

    def locate(
        self, new: npt.ArrayLike, lens: npt.ArrayLike | None = None, *, progress: Progress = no_progress
    ) -> Located:
        """Find out where vectors land.

        Parameters
        ----------
        new
            Shape (n, n_channels), finite.
        lens
            Their lens values; None where the lens is no property of a vector: then they have those of the nearest
            points.
        progress
            Told of each part; may raise `topoact.errors.Cancelled`.

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
        nearest, apart = view.nearest(SHOWN), view.nearest_of(self.graph.memberships).distances
        same = self._same(view.new, nearest.rows)
        values = self.graph.lens[np.where(same < 0, nearest.rows[:, 0], same)]
        if lens is not None:
            values[same < 0] = lens[same < 0]
        held = self._held(values)
        own = self._own(same)
        apart[own] = 0
        landed, reach, usual = self._landed(view.new, held, apart)
        landed[same >= 0] = own[same >= 0]
        closest = apart.argmin(axis=1) if apart.shape[1] else np.full(len(apart), -1)
        matches = self._matches(landed, apart)
        in_range, away = np.asarray(held.any(axis=1)), apart.min(axis=1, initial=np.inf)
        return Located(matches, values, same, in_range, nearest, closest, away, reach, usual)

    def _same(self, new: Vectors, rows: npt.NDArray[np.int64]) -> Rows:
        """Return the point that each vector equals, among the nearest ones, or −1."""
        wide = new.astype(np.float64)
        found, least = np.full(len(new), -1), ROUNDING * np.linalg.norm(wide, axis=1)
        for column in rows.T:
            away = np.linalg.norm(wide - self._cloud.vectors[column], axis=1)
            better = (away < least) | ((away <= least) & (found < 0))
            found[better], least[better] = column[better], away[better]
        return found

    def _own(self, same: Rows) -> Table:
        """Return which nodes have the point that a vector equals."""
        own: Table = self._nodes_of[np.maximum(same, 0)].toarray() > 0
        own[same < 0] = False
        return own

    def _held(self, lens: LensValues) -> Table:
        """Return which intervals hold each value; one between two intervals is held where the nearest point's is."""
        held = self._within(lens)
        if self.graph.lens.ndim == 1:
            ordered = np.sort(self.graph.lens)
            between = ~held.any(axis=1) & (lens >= ordered[0]) & (lens <= ordered[-1])
            held[between] = self._within(_nearest_of(ordered, lens[between]))
        return held

    def _within(self, lens: LensValues) -> Table:
        lower, upper = self.graph.intervals
        inside: Table = (lower <= lens[:, None]) & (lens[:, None] <= upper)
        return inside if inside.ndim == 2 else np.asarray(inside.all(axis=2))

    def _landed(self, new: Vectors, held: Table, apart: LensValues) -> tuple[Table, LensValues, LensValues]:
        """Return in which nodes each vector lands, what decided, and what that may be."""
        allowed = held[:, self.graph.interval]
        if self._usual is not None and self.graph.eps is None:
            reach, usual = self._usual.of(new)
            usual = np.where(held.any(axis=1), usual, np.nan)
            return self._nearest_in_each(allowed, apart) & (reach <= usual)[:, None], reach, usual
        radius = np.broadcast_to(np.asarray(self.graph.eps, dtype=np.float64), len(self._groups))[self.graph.interval]
        open_to = np.where(allowed, apart, np.inf)
        reach = open_to.min(axis=1, initial=np.inf)
        usual = np.full(len(new), np.nan)
        if len(radius):
            usual = np.where(np.isfinite(reach), radius[open_to.argmin(axis=1)], np.nan)
        return allowed & (apart <= radius), reach, usual

    def _nearest_in_each(self, allowed: Table, apart: LensValues) -> Table:
        """Return the nearest node of each interval, the first of several."""
        found = np.zeros(apart.shape, dtype=bool)
        for nodes in filter(len, self._groups):
            rows = np.flatnonzero(allowed[:, nodes[0]])
            found[rows, nodes[apart[np.ix_(rows, nodes)].argmin(axis=1)]] = True
        return found

    def _matches(self, landed: Table, apart: LensValues) -> NodeMatches:
        query, node = np.nonzero(landed)
        order = np.lexsort((node, apart[query, node], query))
        query, node = query[order], node[order]
        distance, margin = apart[query, node], np.full(len(node), np.nan)
        for place, (row, here) in enumerate(zip(query, node, strict=True)):
            others = self._groups[self.graph.interval[here]]
            next_best = apart[row, others[others != here]].min(initial=np.inf)
            if len(others) > 1:
                margin[place] = max(0.0, 1 - distance[place] / next_best) if next_best else 0.0
        return NodeMatches(np.searchsorted(query, np.arange(len(apart) + 1)), node, distance, margin)


def _nearest_of(ordered: LensValues, values: LensValues) -> LensValues:
    """Return the nearest of some ascending numbers to each value between the first and the last."""
    above = np.clip(np.searchsorted(ordered, values), 1, len(ordered) - 1)
    low, high = ordered[above - 1], ordered[above]
    return np.where(values - low <= high - values, low, high)


def _checked(new: npt.ArrayLike, n_channels: int) -> Vectors:
    vectors = np.atleast_2d(np.asarray(new))
    if vectors.ndim != 2 or vectors.shape[1] != n_channels or not len(vectors):
        raise InvalidInput(f"vectors to locate have {n_channels} channels each: got shape {np.shape(new)}")
    if vectors.dtype != np.float32:
        vectors = vectors.astype(np.float64)
    check_finite(vectors)
    return vectors


def _checked_lens(lens: npt.ArrayLike, shape: tuple[int, ...]) -> LensValues:
    values = np.asarray(lens, dtype=np.float64)
    if values.shape != shape or not np.isfinite(values).all():
        raise InvalidInput(f"lens values of vectors to locate are finite, of shape {shape}: got {values.shape}")
    return values


def _joined(parts: list[Located]) -> Located:
    """Return the parts one after the other."""

    def joined(name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    sizes = np.concatenate([np.diff(part.matches.indptr) for part in parts])
    columns = (np.concatenate([part.matches[i] for part in parts]) for i in (1, 2, 3))
    matches = NodeMatches(np.concatenate([[0], np.cumsum(sizes)]), *columns)
    nearest = Nearest(*(np.concatenate([part.nearest[i] for part in parts]) for i in (0, 1)))
    names = ("lens", "same", "in_range", "node", "distance", "reach", "usual")
    return Located(matches=matches, nearest=nearest, **{name: joined(name) for name in names})
