"""How many pieces and loops a graph has: what of its shape may be a statement about the points."""

from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from topoact.mapper import MapperGraph


class Shape(NamedTuple):
    """Connected components and independent loops."""

    components: int
    loops: int


def shape(graph: MapperGraph, *, min_jaccard: float = 0.02) -> Shape:
    """Count the components and the loops of a graph.

    A loop through no more than two intervals is not counted: there the clusters of one and those of the other cross,
    and the lens is too coarse to tell what is round. Nor is the boundary of triangles, three nodes that share points.

    Parameters
    ----------
    graph
        A mapper graph.
    min_jaccard
        Edges must have a larger Jaccard index: a few points on a border are no passage.

    Returns
    -------
    Shape
        `loops` is the rank of the loops of the graph (over two elements) modulo those that are not counted.
    """
    table = graph.edges[graph.edges["jaccard"] > min_jaccard]
    edges = list(zip(table["source"].tolist(), table["target"].tolist(), strict=True))
    network = nx.Graph(edges)
    network.add_nodes_from(range(graph.n_nodes))
    components = nx.number_connected_components(network)
    number = {edge: place for place, edge in enumerate(edges)}
    filled = _crossings(graph, edges, number) + _triangles(graph, number)
    return Shape(components, len(edges) - graph.n_nodes + components - _rank(filled))


def _crossings(graph: MapperGraph, edges: list[tuple[int, int]], number: dict[tuple[int, int], int]) -> list[int]:
    """Return a basis of the loops between two intervals, each as the bits of its edges."""
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for source, target in edges:
        first, second = sorted((int(graph.interval[source]), int(graph.interval[target])))
        pairs.setdefault((first, second), []).append((source, target))
    loops = [loop for some in pairs.values() for loop in nx.cycle_basis(nx.Graph(some))]
    return [_bits(number, zip(loop, loop[1:] + loop[:1], strict=True)) for loop in loops]


def _triangles(graph: MapperGraph, number: dict[tuple[int, int], int]) -> list[int]:
    corners = np.stack([graph.triangles[name].to_numpy() for name in ("first", "second", "third")], axis=1).tolist()
    sides = [((a, b), (b, c), (a, c)) for a, b, c in corners]
    return [_bits(number, three) for three in sides if all(side in number for side in three)]


def _bits(number: dict[tuple[int, int], int], edges: Any) -> int:
    return sum(1 << number[min(edge), max(edge)] for edge in edges)


def _rank(vectors: list[int]) -> int:
    """Return the rank of vectors over the field of two elements, by elimination."""
    leading: dict[int, int] = {}
    for vector in vectors:
        rest = vector
        while rest and (row := leading.get(rest.bit_length())):
            rest ^= row
        if rest:
            leading[rest.bit_length()] = rest
    return len(leading)
