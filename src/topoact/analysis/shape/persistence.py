"""Persistent homology of a graph of modes while the prominence rises: `tower`, its `components` and its `loops`.

At prominence 1 the graph is its skeleton. Further up a node merges into another of its interval. To contract two nodes
is, up to homotopy, to draw an edge between them. So the tower of nerves (Dey, Mémoli, Wang 2016) is a filtration: the
edges of the skeleton come first, and at its prominence each node is joined to the one that it merges into. Cycles
within two intervals are filled, and so are triangles.

Edges that close a cycle when they come, *chords*, are a basis of the cycles. A set of chords, and so a cycle, is a
whole number whose bits are these chords.
"""

from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.analysis.shape._cycles import Edge, Forest, Span, adjacency, breadth_first, shortest_basis, way
from topoact.mapper import MapperGraph

Timed = tuple[float, Edge]


class Tower(NamedTuple):
    """The graph that is left at a prominence, and how its nodes merge further up."""

    birth: float
    """The prominence."""
    within: list[int]
    """For each node of the graph its node here."""
    interval: list[int]
    sizes: list[int]
    edges: list[Edge]
    """Those above the least Jaccard index, the strongest first."""
    triangles: list[tuple[int, int, int]]
    merges: list[Timed]
    """By rising prominence: a node and the one that it merges into."""

    @property
    def n_nodes(self) -> int:
        return len(self.interval)

    @property
    def filtration(self) -> list[Timed]:
        """All edges with the prominence at which they come."""
        return [(self.birth, edge) for edge in self.edges] + self.merges


class _Chord(NamedTuple):
    """An edge that closes a cycle when it comes."""

    edge: Edge
    level: float
    """The prominence at which it comes."""
    bit: int


class Life(NamedTuple):
    """A feature of the tower, and the range of prominence over which it lives."""

    nodes: list[int]
    """Where it is born; of a loop a short cycle, in its order."""
    birth: float
    death: float
    """Infinite where it never ends."""
    arms: tuple[list[int], ...] = ()
    """Of a branching node: the nodes of each arm."""


def tower(graph: MapperGraph, prominence: float, min_jaccard: float) -> Tower:
    """Return the tower of a graph of modes from a prominence on; any other graph is its own, and nothing merges.

    Parameters
    ----------
    graph
        A mapper graph.
    prominence
        Where the tower starts, as a multiple of the noise; at least that at which the graph was cut.
    min_jaccard
        Edges must have a larger Jaccard index.
    """
    nodes = np.arange(graph.n_nodes)
    if graph.prominence is None or graph.parent is None:
        within, merging = nodes, nodes[:0]
    else:
        within = graph.within(prominence)
        merging = np.flatnonzero((graph.prominence >= prominence) & (graph.parent != nodes))
        merging = merging[np.argsort(graph.prominence[merging], kind="stable")]
    n_left = int(within.max(initial=-1)) + 1
    interval = np.zeros(n_left, dtype=np.int64)
    interval[within] = graph.interval
    sizes = np.bincount(within, graph.memberships.sizes, n_left)
    edges = _edges(graph, within, sizes, min_jaccard)
    return Tower(
        birth=prominence,
        within=within.tolist(),
        interval=interval.tolist(),
        sizes=sizes.astype(np.int64).tolist(),
        edges=edges,
        triangles=_triangles(graph, within, set(edges)),
        merges=_merges(graph, within, merging),
    )


def _edges(graph: MapperGraph, within: Any, sizes: Any, min_jaccard: float) -> list[Edge]:
    """Return the edges that are left: nodes that merge are of one interval and have no points in common."""
    ends = np.sort(within[np.stack([graph.links.source, graph.links.target], axis=1)], axis=1)
    pairs, number = np.unique(ends, axis=0, return_inverse=True)
    shared = np.bincount(number.ravel(), graph.links.shared, len(pairs))
    jaccard = shared / (sizes[pairs].sum(axis=1) - shared)
    strong = np.flatnonzero((jaccard > min_jaccard) & (pairs[:, 0] != pairs[:, 1]))
    return list(map(tuple, pairs[strong[np.argsort(-jaccard[strong], kind="stable")]].tolist()))


def _triangles(graph: MapperGraph, within: Any, edges: set[Edge]) -> list[tuple[int, int, int]]:
    corners = np.sort(within[graph.triangles[["first", "second", "third"]].to_numpy()], axis=1)
    return [(a, b, c) for a, b, c in np.unique(corners, axis=0).tolist() if {(a, b), (b, c), (a, c)} <= edges]


def _merges(graph: MapperGraph, within: Any, merging: npt.NDArray[np.int64]) -> list[Timed]:
    if graph.prominence is None or graph.parent is None:
        return []
    into = within[graph.parent[merging]].tolist()
    return list(zip(graph.prominence[merging].tolist(), zip(within[merging].tolist(), into, strict=True), strict=True))


def components(tower: Tower) -> list[Life]:
    """Return the connected components; of two that merge the larger lives on."""
    forest = Forest()
    for edge in tower.edges:
        forest.join(edge)
    parts: dict[int, list[int]] = defaultdict(list)
    for node in range(tower.n_nodes):
        parts[forest.find(node)[0]].append(node)
    size = {root: sum(tower.sizes[node] for node in nodes) for root, nodes in parts.items()}
    death, eldest = dict.fromkeys(parts, np.inf), {root: root for root in parts}
    for level, edge in tower.merges:
        ends = {forest.find(node)[0] for node in edge}
        if len(ends) == 2:
            elder, younger = sorted((eldest[end] for end in ends), key=lambda root: (-size[root], root))
            death[younger] = level
            forest.join(edge)
            eldest[forest.find(edge[0])[0]] = elder
    return [Life(nodes, tower.birth, death[root]) for root, nodes in parts.items()]


def loops(tower: Tower) -> list[Life]:
    """Return the loops that do not lie within two intervals.

    Those of the skeleton are a basis of short cycles, the shorter being the elder: of loops whose sum is filled the
    youngest dies. One that is born later is the shortest cycle that the merging closes.
    """
    chords = _chords(tower)
    if not chords:
        return []
    cells = _cells(tower, {chord.edge: chord.bit for chord in chords})
    classes = _classes(chords, Span(cell for level, cell in cells if level <= tower.birth))
    later = [chord for chord in chords if chord.level > tower.birth]
    first = _skeleton_loops(tower, chords, classes)
    basis = Span([cycle for _, cycle in first] + [chord.bit for chord in later])
    deaths = _deaths(basis, [(level, _class(cell, classes)) for level, cell in cells if level > tower.birth])
    births = [(nodes, tower.birth) for nodes, _ in first]
    births += [(_shortest_cycle(tower, chord), chord.level) for chord in later]
    lives = [Life(nodes, birth, deaths.get(number, np.inf)) for number, (nodes, birth) in enumerate(births, start=1)]
    return [loop for loop in lives if loop.birth < loop.death]


def edge_classes(tower: Tower) -> dict[Edge, int]:
    """Return the class of each edge: a cycle is filled where those of its edges cancel, as sets of chords."""
    chords = _chords(tower)
    cells = _cells(tower, {chord.edge: chord.bit for chord in chords})
    return _by_edge(tower, chords, _classes(chords, Span(cell for level, cell in cells if level <= tower.birth)))


def _by_edge(tower: Tower, chords: list[_Chord], classes: dict[int, int]) -> dict[Edge, int]:
    class_of = {chord.edge: classes[chord.bit] for chord in chords}
    return {edge: class_of.get(edge, 0) for edge in tower.edges}


def _chords(tower: Tower) -> list[_Chord]:
    """Return the edges that close a cycle, in the order in which they come."""
    forest, chords = Forest(), list[_Chord]()
    for level, edge in tower.filtration:
        if forest.join(edge) is not None:
            chords.append(_Chord(edge, level, 1 << len(chords)))
    return chords


def _skeleton_loops(tower: Tower, chords: list[_Chord], classes: dict[int, int]) -> list[tuple[list[int], int]]:
    """Return the nodes and the class of each cycle of a shortest basis of the skeleton's loops."""
    n_free = sum(classes[chord.bit] == chord.bit for chord in chords)
    n_later = sum(chord.level > tower.birth for chord in chords)
    return shortest_basis(tower.n_nodes, _by_edge(tower, chords, classes), n_free - n_later)


def _cells(tower: Tower, bits: dict[Edge, int]) -> list[tuple[float, int]]:
    """Return what is filled and when: triangles and cycles within two intervals, as sets of chords."""
    cells = [
        (tower.birth, bits.get((a, b), 0) ^ bits.get((b, c), 0) ^ bits.get((a, c), 0)) for a, b, c in tower.triangles
    ]
    for edges in _edges_by_intervals(tower):
        forest = Forest()
        for level, edge in sorted(edges, key=lambda timed: timed[0]):
            if cell := forest.join(edge, bits.get(edge, 0)):
                cells.append((level, cell))
    return sorted(cells, key=lambda cell: cell[0])


def _edges_by_intervals(tower: Tower) -> list[list[Timed]]:
    """Return the edges within each two intervals that an edge joins, and within each interval."""
    between: dict[tuple[int, int], list[Timed]] = defaultdict(list)
    inside: dict[int, list[Timed]] = defaultdict(list)
    for level, edge in tower.filtration:
        first, second = sorted(tower.interval[node] for node in edge)
        (inside[first] if first == second else between[first, second]).append((level, edge))
    return [edges + inside[i] + inside[j] for (i, j), edges in between.items()] + list(inside.values())


def _classes(chords: list[_Chord], filled: Span) -> dict[int, int]:
    """Return the class of each chord modulo what is filled, as a set of those chords that are free."""
    classes: dict[int, int] = {}
    for _, _, bit in chords:
        row = filled.rows.get(bit.bit_length())
        classes[bit] = _class(row[0] ^ bit, classes) if row else bit
    return classes


def _class(cell: int, classes: dict[int, int]) -> int:
    """Return the class of a set of chords."""
    total = 0
    while cell:
        lowest = cell & -cell
        total, cell = total ^ classes[lowest], cell ^ lowest
    return total


def _deaths(basis: Span, cells: list[tuple[float, int]]) -> dict[int, float]:
    """Return the level at which each member of a basis, counted from 1, dies."""
    span, deaths = Span(), {}
    for level, cell in cells:
        if number := span.add(basis.reduce(cell)[1]):
            deaths[number] = level
    return deaths


def _shortest_cycle(tower: Tower, chord: _Chord) -> list[int]:
    """Return the nodes of the shortest cycle that a chord closes when it comes."""
    earlier = [edge for level, edge in tower.filtration if level <= chord.level and edge != chord.edge]
    return way(breadth_first(adjacency(tower.n_nodes, earlier), chord.edge[0]), chord.edge[1])
