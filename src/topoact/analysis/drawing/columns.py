"""The arrangement by lens: `lens_layout` places each interval in a column of its own, in the order of the lens.

Heights are those of least stress, in an order of each column with few crossings. Of graphs of modes the cut that is
seen first is drawn by itself. The other nodes, which are there at smaller prominences, are placed where it has room,
one after the other as they appear: so a node keeps its place at every cut.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import spsolve

from topoact.analysis.drawing.crossings import n_crossings, untangled
from topoact.analysis.drawing.cut import Cut, cut_at, first_prominence
from topoact.analysis.drawing.discs import GAP, MIN_RADIUS, disc_radii, fitted, free_place
from topoact.analysis.drawing.edges import weighed
from topoact.analysis.drawing.heights import (
    STEP_SIZE,
    STEPS,
    Stress,
    lengths,
    relax_heights,
    separated,
    start_heights,
    stress_of,
)
from topoact.analysis.drawing.layout import ASPECT, MIN_CONTINUED, Drawing, expected_positions, layout
from topoact.analysis.shape.matching import continued_nodes
from topoact.mapper import Edges, ImportedGraph, MapperGraph

MAX_STRETCH: Final = 4.0
"""How much a flat drawing is stretched upwards at most."""
HOLD: Final = 1e-4
"""How strongly columns are held at height 0, where the edge of most points has weight 1."""
MAX_STARTS: Final = 4
STARTED_NODES: Final = 1000
"""Nodes that are drawn at all starts together: of a large graph there is one."""
MAX_BINS: Final = 25
"""Columns of a graph whose intervals are in no order."""

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


def columns_of(graph: MapperGraph) -> Numbers:
    """Return the column of each node, from 0: the place of its interval in the order of the lens.

    Boxes over several lenses are ordered by the first. The cubes of an imported graph are taken as they are numbered if
    the lens grows with the number; otherwise nodes are sorted into equal ranges of their mean lens value.
    """
    if isinstance(graph, ImportedGraph):
        return _imported_columns(graph)
    lower, upper = graph.intervals
    if lower.ndim > 1:
        return np.unique(lower[:, 0], return_inverse=True)[1][graph.interval]
    place = np.empty(len(lower), dtype=np.int64)
    place[np.lexsort((upper, lower))] = np.arange(len(lower))
    return place[graph.interval]


def lens_layout(
    graph: MapperGraph, anchor: MapperGraph | None = None, anchor_positions: Floats | None = None
) -> Drawing:
    """Draw a graph by itself, or beside another of the same points.

    Parameters
    ----------
    graph
        A mapper graph; of a graph of modes the finest cut.
    anchor, anchor_positions
        A graph that is drawn in this arrangement. Nodes that continue one of its nodes (`analysis.shape.matching`) are
        drawn at the same height, unless less than a fifth do.

    Returns
    -------
    Drawing
        With radii; without them, and arranged freely, if all nodes are in one column.
    """
    column = columns_of(graph)
    if len(np.unique(column)) < 2:
        return layout(graph)
    first = first_cut(graph)
    order = np.argsort(column, kind="stable")
    columns = np.split(order, np.searchsorted(column[order], np.arange(1, column.max() + 1)))
    plan = _Plan(graph, column, columns, first, disc_radii(first.sizes, first.sizes.max(initial=1)))
    known, continues = np.full(graph.n_nodes, np.nan), np.full(graph.n_nodes, -1)
    matched, expected = continues, known
    if anchor is not None and anchor_positions is not None and anchor.n_nodes:
        matched, expected = (
            continued_nodes(graph, anchor),
            expected_positions(graph, anchor, anchor_positions)[:, 1],
        )
    if anchor_positions is not None and (matched >= 0).mean() >= MIN_CONTINUED:
        kept = np.where(matched >= 0, anchor_positions[matched, 1], np.nan)
        known, stretch = _beside(plan, kept, expected)
        continues = np.where((matched >= 0) & (known == kept), matched, -1)
    else:
        heights, stretch = _by_itself(plan)
        known[first.nodes] = heights
        known = _mirrored(known, expected)
    height = _filled(plan, known, stretch).round(3) + 0.0
    spacing = max(1.0, float(np.ptp(height[first.nodes])) * ASPECT / float(np.ptp(column)))
    radius = fitted(column, height, disc_radii(graph.memberships.sizes, largest_disc(graph)))
    return Drawing(np.stack([(column * spacing).round(3) + 0.0, height], axis=1), continues, radius)


def cut_drawing(finest: MapperGraph, drawing: Drawing, prominence: float) -> Drawing:
    """Return the drawing of a coarser cut, whose nodes have the positions that they have in the finest one."""
    nodes, sizes, _ = cut_at(finest, prominence)
    positions, continues, radius = drawing.positions[nodes], drawing.continues[nodes], drawing.radius
    if radius is not None:
        radius = fitted(positions[:, 0], positions[:, 1], disc_radii(sizes, largest_disc(finest)))
    return Drawing(positions, continues, radius)


def first_cut(graph: MapperGraph) -> Cut:
    """Return the cut of a graph that is seen first; the graph itself where nodes are not modes."""
    if graph.prominence is None:
        return Cut(np.arange(graph.n_nodes), graph.memberships.sizes, graph.links)
    return cut_at(graph, first_prominence(graph))


def largest_disc(finest: MapperGraph) -> int:
    """Return the number of points that the largest disc stands for, at every cut: of the first cut the largest node."""
    within = np.arange(finest.n_nodes) if finest.prominence is None else finest.within(first_prominence(finest))
    return int(np.bincount(within, weights=finest.memberships.sizes).max(initial=1))


class _Plan(NamedTuple):
    """A graph, the column of each node, the nodes of each, the cut that is drawn first, and the radii of its nodes."""

    graph: MapperGraph
    column: Numbers
    columns: list[Numbers]
    first: Cut
    radius: Floats

    def placed(self, node: int, height: Floats) -> Numbers:
        """Return the nodes of a node's column whose height is known."""
        nodes = self.columns[self.column[node]]
        return nodes[~np.isnan(height[nodes])]


def _imported_columns(graph: ImportedGraph) -> Numbers:
    cubes, cube = np.unique(graph.interval, return_inverse=True)
    mean = np.bincount(cube, weights=graph.node_lens) / np.bincount(cube)
    if (np.diff(mean) > 0).all():
        return cube
    ends = np.linspace(graph.node_lens.min(), graph.node_lens.max(), min(MAX_BINS, len(cubes)) + 1)
    return np.unique(np.searchsorted(ends[1:-1], graph.node_lens, side="right"), return_inverse=True)[1]


def _drawn(links: Edges, interval: Numbers) -> Edges:
    return links.of(weighed(links, interval).drawn)


def _by_itself(plan: _Plan) -> tuple[Floats, float]:
    """Return the heights of the nodes of the first cut, and how much they are stretched."""
    nodes, _, links = plan.first
    column, radius, edges = plan.column[nodes], plan.radius, _drawn(links, plan.graph.interval[nodes])
    stress = stress_of(column.astype(np.float64), edges.source, edges.target, lengths(edges.jaccard))
    height, order = _least_tangled(stress, column, edges)
    height = _settled(stress, height, column, order, radius)
    height += _shifts(height, column, edges)[column]
    width, tall = float(np.ptp(column)), float(np.ptp(height))
    stretch = min(width / ASPECT / tall, MAX_STRETCH) if tall > 0 else 1.0
    return separated(column, height * stretch, order, radius, GAP), stretch


def _least_tangled(stress: Stress, column: Numbers, edges: Edges) -> tuple[Floats, Numbers]:
    """Return heights of little stress and an order of few crossings, the best of several starts."""
    best, fewest = None, np.inf
    for start in start_heights(stress, int(np.clip(STARTED_NODES // len(column), 1, MAX_STARTS))):
        height = relax_heights(stress, start)
        order = untangled(column, np.lexsort((height, column)), edges.source, edges.target)
        found = n_crossings(column, order, edges.source, edges.target)
        if found < fewest:
            best, fewest = (height, order), found
        if found == 0:
            break
    assert best is not None
    return best


def _settled(stress: Stress, height: Floats, column: Numbers, order: Numbers, radius: Floats) -> Floats:
    """Return heights of least stress among those in an order, with room for the discs."""
    for _ in range(STEPS):
        height = height + STEP_SIZE * (stress.optimum(height, height[stress.pivots]) - height)
        height = separated(column, height, order, radius, GAP)
    return height


def _shifts(height: Floats, column: Numbers, edges: Edges) -> Floats:
    """Return how far to shift each column so that edges lie level, those of most points first: a trunk is straight.

    They minimise Σ shared² (difference in height)². Columns that no edge holds are centred at 0.
    """
    n_columns = int(column.max()) + 1
    low, high = column[edges.source], column[edges.target]
    weight = (edges.shared / max(int(edges.shared.max(initial=1)), 1)) ** 2
    rise = weight * (height[edges.target] - height[edges.source])
    ends = np.concatenate([low, high, low, high]), np.concatenate([low, high, high, low])
    system = sparse.csc_array((np.concatenate([weight, weight, -weight, -weight]), ends), shape=(n_columns, n_columns))
    wanted = np.bincount(low, rise, n_columns) - np.bincount(high, rise, n_columns)
    centre = np.bincount(column, height, n_columns) / np.maximum(np.bincount(column, minlength=n_columns), 1)
    return np.asarray(spsolve(system + HOLD * sparse.eye_array(n_columns, format="csc"), wanted - HOLD * centre))


def _beside(plan: _Plan, kept: Floats, expected: Floats) -> tuple[Floats, float]:
    """Return heights of the nodes of the first cut beside those that are kept, and how much they are stretched.

    Parameters
    ----------
    plan
        Of the graph.
    kept
        Height of each node that continues one of the anchor, NaN of the others.
    expected
        Mean height at which the members of each node were drawn, NaN where none was.

    Returns
    -------
    tuple of ndarray and float
        Heights as in `_filled`.
    """
    nodes, known = plan.first.nodes, _kept(plan, kept)
    stress = _stress(plan, plan.first)
    own = np.full(len(known), np.nan)
    own[nodes] = relax_heights(stress, start_heights(stress, 1)[0])
    stretch = _stretch(own, known)
    start = np.where(np.isnan(known), np.where(np.isnan(expected), own * stretch, expected), known)[nodes]
    wanted = np.full(len(known), np.nan)
    wanted[nodes] = stretch * relax_heights(stress, start / stretch, np.isnan(known[nodes]))
    radius = np.full(len(known), MIN_RADIUS)
    radius[nodes] = plan.radius
    for node in nodes[np.argsort(-plan.first.sizes, kind="stable")]:
        if np.isnan(known[node]):
            there = plan.placed(node, known)
            known[node] = free_place(wanted[node], radius[node], known[there], radius[there])
    return known, stretch


def _stretch(own: Floats, drawn: Floats) -> float:
    """Return how much wider the drawn heights are spread than those of least stress, of the nodes that have both."""
    both = ~np.isnan(own) & ~np.isnan(drawn)
    spread = float(own[both].std()) if both.any() else 0.0
    return float(np.clip(drawn[both].std() / spread, 1 / MAX_STRETCH, MAX_STRETCH)) if spread > 0 else 1.0


def _kept(plan: _Plan, heights: Floats) -> Floats:
    """Return the heights of nodes that can keep theirs, those of the first cut before others; NaN of the rest."""
    known, is_first = np.full(len(heights), np.nan), np.isin(np.arange(len(heights)), plan.first.nodes)
    for node in np.lexsort((-plan.graph.memberships.sizes, ~is_first)):
        away = np.abs(known[plan.placed(node, known)] - heights[node])
        if (away >= 2 * MIN_RADIUS + GAP).all():
            known[node] = heights[node]
    return known


def _mirrored(own: Floats, expected: Floats) -> Floats:
    """Return heights upside down if that is nearer to what is expected."""
    both = ~np.isnan(own) & ~np.isnan(expected)
    if both.sum() < 2:
        return own
    agreement = ((own[both] - own[both].mean()) * (expected[both] - expected[both].mean())).sum()
    return own if agreement >= 0 else -own


def _wanted(plan: _Plan, cut: Cut, start: Floats, free: npt.NDArray[np.bool_]) -> Floats:
    """Return heights of all nodes, with little stress for those nodes of a cut that are free."""
    wanted = start.copy()
    wanted[cut.nodes] = relax_heights(_stress(plan, cut), start[cut.nodes], free[cut.nodes])
    return wanted


def _stress(plan: _Plan, cut: Cut) -> Stress:
    edges, column = _drawn(cut.links, plan.graph.interval[cut.nodes]), plan.column[cut.nodes]
    return stress_of(column.astype(np.float64), edges.source, edges.target, lengths(edges.jaccard))


def _filled(plan: _Plan, known: Floats, stretch: float) -> Floats:
    """Return heights of all nodes: those that are not known are placed in the order in which they appear."""
    graph = plan.graph
    if not np.isnan(known).any() or graph.parent is None or graph.prominence is None:
        return known
    appears = np.full(graph.n_nodes, -1)
    order = np.argsort(-graph.prominence, kind="stable")
    later = order[~np.isin(order, plan.first.nodes)]
    appears[later] = np.arange(len(later))
    before = _ancestors(graph.parent, appears)
    size = graph.memberships.sizes.copy()
    for node in later[::-1]:
        size[before[node]] += size[node]
    start = known.copy()
    for node in later:
        if np.isnan(start[node]):
            start[node] = start[before[node]]
    whole = Cut(np.arange(graph.n_nodes), graph.memberships.sizes, graph.links)
    wanted = _wanted(plan, whole, start / stretch, np.isnan(known)) * stretch
    largest, height = plan.first.sizes.max(), known.copy()
    radius = disc_radii(size, largest)
    for node in later:
        size[before[node]] -= size[node]
        radius[before[node]] = disc_radii(size[before[node]], largest)
        if np.isnan(height[node]):
            there = plan.placed(node, height)
            height[node] = free_place(wanted[node], radius[node], height[there], radius[there])
    return height


def _ancestors(parent: Numbers, appears: Numbers) -> Numbers:
    """Return for each node the first of its ancestors that appears before it does."""
    before = parent.copy()
    while (late := (appears[before] >= appears) & (parent[before] != before)).any():
        before[late] = parent[before[late]]
    return before
