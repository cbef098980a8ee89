"""Components and loops of a graph of modes while the prominence rises: persistent homology of the tower of its nerves.

At prominence 1 the graph is its skeleton. Further up a node merges into another of its interval. To contract two nodes
is, up to homotopy, to draw an edge between them. So the tower is a filtration: the edges of the skeleton come first,
and at its prominence each node is joined to the one that it merges into. Cycles within two intervals are filled, and so
are triangles.
"""

from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.analysis.shape._cycles import (
    Edge,
    Forest,
    Span,
    adjacency,
    breadth_first,
    shortest_basis,
    way,
)
from topoact.mapper import MapperGraph

Timed = tuple[float, Edge]


class Tower(NamedTuple):
    """The graph that is left at a prominence, and how its nodes merge further up."""

    birth: float
    """The prominence."""
    within: list[int]
    """For each node of the graph given its node here."""
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
    """Return the tower of a graph of modes from a prominence on; any other graph is its own, and nothing merges."""
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
    pairs, place = np.unique(ends, axis=0, return_inverse=True)
    shared = np.bincount(place.ravel(), graph.links.shared, len(pairs))
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


def components(given: Tower) -> list[Life]:
    """Return the connected components; of two that merge the larger lives on."""
    forest = Forest()
    for edge in given.edges:
        forest.join(edge)
    parts: dict[int, list[int]] = defaultdict(list)
    for node in range(given.n_nodes):
        parts[forest.find(node)[0]].append(node)
    size = {root: sum(given.sizes[node] for node in nodes) for root, nodes in parts.items()}
    death, eldest = dict.fromkeys(parts, np.inf), {root: root for root in parts}
    for level, edge in given.merges:
        ends = {forest.find(node)[0] for node in edge}
        if len(ends) == 2:
            elder, younger = sorted((eldest[end] for end in ends), key=lambda root: (-size[root], root))
            death[younger] = level
            forest.join(edge)
            eldest[forest.find(edge[0])[0]] = elder
    return [Life(nodes, given.birth, death[root]) for root, nodes in parts.items()]


def loops(given: Tower) -> list[Life]:
    """Return the loops that do not lie within two intervals.

    Those of the skeleton are a basis of short cycles, the shorter being the elder: of loops whose sum is filled the
    youngest dies. One that is born later is the shortest cycle that the merging closes.
    """
    forest, chords = Forest(), dict[Edge, tuple[int, float]]()
    for level, edge in given.filtration:
        if forest.join(edge) is not None:
            chords[edge] = 1 << len(chords), level
    if not chords:
        return []
    bits = {edge: bit for edge, (bit, _) in chords.items()}
    cells = _cells(given, bits)
    classes = _classes(bits, Span(cell for level, cell in cells if level <= given.birth))
    later = [(level, edge) for edge, (_, level) in chords.items() if level > given.birth]
    rank = len({classes[bit] for bit in bits.values() if classes[bit] == bit}) - len(later)
    old = shortest_basis(given.n_nodes, {edge: classes.get(bits.get(edge, 0), 0) for edge in given.edges}, rank)
    basis = Span([cycle for _, cycle in old] + [bits[edge] for _, edge in later])
    deaths = _deaths(basis, [(level, _class(cell, classes)) for level, cell in cells if level > given.birth])
    born = [(nodes, given.birth) for nodes, _ in old] + [(_around(given, level, edge), level) for level, edge in later]
    lives = [Life(nodes, birth, deaths.get(place, np.inf)) for place, (nodes, birth) in enumerate(born, start=1)]
    return [loop for loop in lives if loop.birth < loop.death]


def _cells(given: Tower, bits: dict[Edge, int]) -> list[tuple[float, int]]:
    """Return what is filled and when, triangles and cycles within two intervals, as the bits of closing edges."""
    between: dict[tuple[int, int], list[Timed]] = defaultdict(list)
    inside: dict[int, list[Timed]] = defaultdict(list)
    for level, edge in given.filtration:
        first, second = sorted(given.interval[node] for node in edge)
        (inside[first] if first == second else between[first, second]).append((level, edge))
    groups = [edges + inside[i] + inside[j] for (i, j), edges in between.items()] + list(inside.values())
    cells = [
        (given.birth, bits.get((a, b), 0) ^ bits.get((b, c), 0) ^ bits.get((a, c), 0)) for a, b, c in given.triangles
    ]
    for group in groups:
        forest = Forest()
        closed = (
            (level, forest.join(edge, bits.get(edge, 0))) for level, edge in sorted(group, key=lambda one: one[0])
        )
        cells += [(level, cell) for level, cell in closed if cell]
    return sorted(cells, key=lambda cell: cell[0])


def _classes(bits: dict[Edge, int], filled: Span) -> dict[int, int]:
    """Return the class of each edge that closes a cycle modulo what is filled, as bits of those that are free."""
    classes: dict[int, int] = {}
    for bit in bits.values():
        row = filled.rows.get(bit.bit_length())
        classes[bit] = _class(row[0] ^ bit, classes) if row else bit
    return classes


def _class(cell: int, classes: dict[int, int]) -> int:
    total = 0
    while cell:
        lowest = cell & -cell
        total, cell = total ^ classes[lowest], cell ^ lowest
    return total


def _deaths(basis: Span, cells: list[tuple[float, int]]) -> dict[int, float]:
    """Return the level at which each member of a basis, counted from 1, dies."""
    span, deaths = Span(), {}
    for level, cell in cells:
        if place := span.add(basis.reduce(cell)[1]):
            deaths[place] = level
    return deaths


def _around(given: Tower, level: float, edge: Edge) -> list[int]:
    """Return the nodes of the shortest cycle that an edge closes when it comes."""
    earlier = [other for time, other in given.filtration if time <= level and other != edge]
    return way(breadth_first(adjacency(given.n_nodes, earlier), edge[0]), edge[1])
