"""The free arrangement of the nodes of a mapper graph in the plane: `layout` and `anchored_layout`.

Only the edges that are drawn (`analysis.drawing.edges`) have a part in it. `layout` draws a graph by itself: every
component by stress majorisation, turned so that the lens grows to the right, the largest first. `anchored_layout` draws
it beside another graph of the same points: a node that continues one there keeps its position exactly, the others are
arranged around. Nothing is random: equal graphs have equal drawings.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from topoact.analysis.drawing.edges import drawn_edges
from topoact.analysis.drawing.heights import lengths
from topoact.analysis.drawing.stress import Positions, initial_positions, relax
from topoact.analysis.shape.matching import common_points, continued_nodes
from topoact.analysis.shape.skeleton import skeleton
from topoact.mapper import Edges, MapperGraph

GAP: Final = 1.0
"""Space left between components, in edges."""
ASPECT: Final = 1.7
"""Width over height of the whole drawing that is aimed at."""
MIN_CONTINUED: Final = 0.2
"""Share of nodes that must continue an anchor's nodes; below it the graph is drawn by itself."""
MIN_DISTANCE: Final = 0.7
"""Distance up to which free nodes are pushed apart."""
SEPARATION_STEPS: Final = 40
MAX_STRETCH: Final = 4.0
"""How much a flat drawing of modes may be stretched across its length."""
TIE_LENGTH: Final = 2.0
"""Length of a tie between nodes that are one in the skeleton."""
MIN_MODE_DISTANCE: Final = 0.95
"""Distance up to which modes are pushed apart."""


class Drawing(NamedTuple):
    """Positions of the nodes, and what they continue."""

    positions: Positions
    continues: npt.NDArray[np.int64]
    """Node of the anchor whose position each node keeps, or −1; in the arrangement by lens, whose height."""
    radius: npt.NDArray[np.float64] | None = None
    """Radius of the disc of each node, in the unit of the positions; None in the free arrangement."""


def components(graph: MapperGraph) -> npt.NDArray[np.int64]:
    """Return the component of each node along drawn edges, numbered by falling number of nodes, then by lowest node."""
    return _ranked(_adjacency(graph))


def _ranked(adjacency: sparse.csr_array) -> npt.NDArray[np.int64]:
    component = connected_components(adjacency, directed=False)[1]
    _, first, size = np.unique(component, return_index=True, return_counts=True)
    rank = np.empty(len(size), dtype=np.int64)
    rank[np.lexsort((first, -size))] = np.arange(len(size))
    return rank[component]


def layout(graph: MapperGraph) -> Drawing:
    """Draw a graph by itself."""
    positions = np.zeros((graph.n_nodes, 2))
    if graph.n_nodes:
        adjacency = _tied(graph)
        parts = _parts(_ranked(adjacency))
        lens = graph.nodes.filter(like="lens_mean").iloc[:, 0].to_numpy()  # of several lenses, the first
        drawings = [_draw_component(adjacency[nodes][:, nodes], lens[nodes]) for nodes in parts]
        if graph.parent is not None:
            drawings = [_opened(drawing) for drawing in drawings]
        for nodes, drawing, corner in zip(parts, drawings, _pack(drawings), strict=True):
            positions[nodes] = drawing + corner
    return Drawing(_rounded(positions), np.full(graph.n_nodes, -1))


def anchored_layout(graph: MapperGraph, anchor: MapperGraph, anchor_positions: Positions) -> Drawing:
    """Draw a graph beside another one of the same points.

    Nodes that continue a node of `anchor` (`analysis.matching`) are drawn exactly where it was. When fewer than a fifth
    do, holding them would only distort, and the graph is drawn by itself, mirrored to resemble the anchor.
    """
    if graph.n_nodes == 0 or anchor.n_nodes == 0:
        return layout(graph)
    continues = continued_nodes(graph, anchor)
    expected = expected_positions(graph, anchor, anchor_positions)
    fixed = continues >= 0
    if fixed.mean() < MIN_CONTINUED:
        return Drawing(_mirrored(layout(graph).positions, expected), np.full(graph.n_nodes, -1))
    start = _start(graph, expected)
    start[fixed] = anchor_positions[continues[fixed]]
    adjacency = _tied(graph)
    for nodes in _parts(_ranked(adjacency)):
        if len(nodes) > 1 and not fixed[nodes].all():
            start[nodes] = relax(adjacency[nodes][:, nodes], start[nodes], ~fixed[nodes])
    return Drawing(_rounded(_separated(start, ~fixed)), continues)


def _adjacency(graph: MapperGraph) -> sparse.csr_array:
    source, target, *_ = _drawn(graph)
    shape = (graph.n_nodes, graph.n_nodes)
    half = sparse.csr_array((np.ones(len(source)), (source, target)), shape=shape)
    return (half + half.T).tocsr()


def _drawn(graph: MapperGraph) -> Edges:
    return graph.links.of(drawn_edges(graph).drawn)


def _tied(graph: MapperGraph) -> sparse.csr_array:
    """Return how long the edges of a graph are to be drawn.

    In graphs of modes those that share little are long: a few points on the border of two arms must not draw them
    together. Nodes that are one in the skeleton are tied, each to the one that it merges into there.
    """
    skeleton_node = skeleton(graph)
    if skeleton_node is None:
        return _adjacency(graph)
    source, target, _, jaccard = _drawn(graph)
    nodes = np.flatnonzero(skeleton_node != np.arange(len(skeleton_node)))
    ends = np.concatenate([source, nodes]), np.concatenate([target, skeleton_node[nodes]])
    shape = (graph.n_nodes, graph.n_nodes)
    half = sparse.csr_array((np.concatenate([lengths(jaccard), np.full(len(nodes), TIE_LENGTH)]), ends), shape=shape)
    return (half + half.T).tocsr()


def _opened(drawing: Positions) -> Positions:
    """Stretch a flat drawing across its length, and push nodes apart."""
    width, height = np.ptp(drawing, axis=0)
    if height > 0:
        drawing = drawing * np.array([1, min(MAX_STRETCH, max(1.0, width / height / ASPECT))])
    return _separated(drawing, np.ones(len(drawing), dtype=bool), MIN_MODE_DISTANCE)


def _parts(component: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    order = np.argsort(component, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(component[order])) + 1)


def _draw_component(adjacency: sparse.csr_array, lens: npt.NDArray[np.float64]) -> Positions:
    if len(lens) == 1:
        return np.zeros((1, 2))
    drawing = relax(adjacency, initial_positions(adjacency), np.ones(len(lens), dtype=bool))
    return _turned(drawing, lens)


def _turned(drawing: Positions, lens: npt.NDArray[np.float64]) -> Positions:
    """Turn a drawing so that the lens grows to the right, its heavier side up."""
    centred = drawing - drawing.mean(axis=0)
    right = (lens - lens.mean()) @ centred
    length = np.linalg.norm(right)
    if length > 0:
        cosine, sine = right / length
        centred = centred @ np.array([[cosine, -sine], [sine, cosine]])
    upright = (centred[:, 1] ** 3).sum() >= 0
    return centred * np.array([1, 1 if upright else -1])


def _pack(drawings: list[Positions]) -> list[Positions]:
    """Arrange drawings in rows from the top left, in their order; return what to add to each."""
    sizes = [np.ptp(drawing, axis=0) + GAP for drawing in drawings]
    area = sum(float(width * height) for width, height in sizes)
    row_width = max(np.sqrt(area * ASPECT), *(width for width, _ in sizes))
    offsets, x, y, row_height = [], 0.0, 0.0, 0.0
    for drawing, (width, height) in zip(drawings, sizes, strict=True):
        if x > 0 and x + width > row_width + 1e-9:
            x, y, row_height = 0.0, y - row_height, 0.0
        low, high = drawing.min(axis=0), drawing.max(axis=0)
        offsets.append(np.array([x - low[0], y - high[1]]))
        x, row_height = x + width, max(row_height, height)
    return offsets


def expected_positions(graph: MapperGraph, anchor: MapperGraph, anchor_positions: Positions) -> Positions:
    """Return where the members of each node were drawn on average, NaN where none was."""
    common = common_points(graph, anchor)
    total = np.asarray(common.sum(axis=1), dtype=np.float64).reshape(-1, 1)
    return np.divide(common @ anchor_positions, total, out=np.full((graph.n_nodes, 2), np.nan), where=total > 0)


def _start(graph: MapperGraph, expected: Positions) -> Positions:
    """Return where every node starts: where expected, else at the mean of its neighbours, else below everything."""
    start = expected.copy()
    adjacency = _adjacency(graph)
    while True:
        placed = ~np.isnan(start[:, 0])
        reached = (adjacency @ placed.astype(np.float64) > 0) & ~placed
        if not reached.any():
            break
        total = (adjacency @ placed.astype(np.float64))[reached, None]
        start[reached] = (adjacency @ np.where(placed[:, None], start, 0))[reached] / total
    lost = np.flatnonzero(np.isnan(start[:, 0]))
    low = np.nanmin(start, axis=0)
    start[lost] = low + np.stack([np.arange(len(lost)) * GAP, np.full(len(lost), -GAP)], axis=1)
    return start + np.random.default_rng(0).normal(scale=0.05, size=start.shape)


def _separated(positions: Positions, free: npt.NDArray[np.bool_], min_distance: float = MIN_DISTANCE) -> Positions:
    """Push free nodes away from all others, to `min_distance` at least."""
    current = positions.copy()
    for _ in range(SEPARATION_STEPS):
        pairs = KDTree(current).query_pairs(min_distance, output_type="ndarray")
        if len(pairs) == 0:
            break
        gap = current[pairs[:, 0]] - current[pairs[:, 1]]
        distance = np.maximum(np.linalg.norm(gap, axis=1, keepdims=True), 1e-6)
        push = 0.5 * (min_distance - distance) * gap / distance
        shift = np.zeros_like(current)
        np.add.at(shift, pairs[:, 0], push)
        np.add.at(shift, pairs[:, 1], -push)
        current[free] += shift[free]
    return current


def _mirrored(positions: Positions, expected: Positions) -> Positions:
    """Turn a drawing upside down if that brings it nearer to what is expected."""
    known = ~np.isnan(expected[:, 0])
    if known.sum() < 2:
        return positions
    centred = positions[known] - positions[known].mean(axis=0)
    agreement = (centred[:, 1] * (expected[known, 1] - expected[known, 1].mean())).sum()
    return positions if agreement >= 0 else positions * np.array([1, -1])


def _rounded(positions: Positions) -> Positions:
    """Cut off digits that depend on the machine's arithmetic."""
    return positions.round(3) + 0.0
