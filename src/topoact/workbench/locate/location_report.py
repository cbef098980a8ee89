"""`LayerLocation`: the location of one input in the graph of a layer, as plain values and in a sentence."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.analysis.location.locate import Located
from topoact.analysis.location.novelty import NEIGHBOURS
from topoact.interpret.query import LayerVectors
from topoact.mapper import MapperGraph
from topoact.study import Layer
from topoact.study.files import plain_number

MAX_NEIGHBOURS: Final = 8
"""Listed nearest examples."""


@dataclass(frozen=True, slots=True)
class NodeDistance:
    """A node that contains vectors of an input."""

    node: int
    distance: float
    """From the nearest member, the smallest among these vectors."""
    margin: float | None
    """How much nearer the node is than the next of its interval, 0 to 1; the largest; None without a next one."""
    vectors: list[int]
    """Numbers of these vectors among those of the input."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An example near an input."""

    point: int
    example: int
    distance: float


@dataclass(frozen=True, slots=True)
class LayerLocation:
    """The location of an input in the graph of a layer."""

    layer: int
    name: str
    graph: str
    """Digest of the graph."""
    sentence: str
    n: int = 0
    """Number of vectors of the input."""
    n_inside: int = 0
    """Number of those that are in some node."""
    nodes: list[NodeDistance] = field(default_factory=list)
    """Those of most vectors first, then the nearest."""
    nearest: list[Neighbour] = field(default_factory=list)
    closest: int | None = None
    """The nearest node, of any interval, if no node contains a vector."""
    distance: float | None = None
    """From the nearest node, if there is one vector."""
    reach: float | None = None
    """See `Located.reach`; if there is one vector."""
    usual: float | None = None
    """Largest `reach` of a vector that a node contains."""
    same: int | None = None
    """The example that is identical to the input, if there is one vector."""
    y: list[int] = field(default_factory=list)
    """Position of each vector, −1 without one."""
    x: list[int] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    """Start and end of the word or token of each vector in a text."""


def layer_location(
    layer: Layer, number: int, *, graph: MapperGraph, key: str, vectors: LayerVectors, located: Located
) -> LayerLocation:
    """Return the location of an input, given its vectors in a layer and the locations of these."""
    examples, is_single = layer.points["example"].to_numpy(), len(vectors.vectors) == 1
    n_inside = int(located.inside.sum())
    closest = int(located.node[located.distance.argmin()])
    same = int(examples[located.same[0]]) if is_single and located.same[0] >= 0 else None
    numbers = {
        name: plain_number(getattr(located, column)[0]) if is_single else None
        for name, column in {"distance": "distance", "reach": "reach", "usual": "limit"}.items()
    }
    location = LayerLocation(
        layer=number,
        name=layer.name,
        graph=key,
        sentence="",
        n=len(vectors.vectors),
        n_inside=n_inside,
        nodes=_node_distances(located),
        nearest=_nearest(located, examples),
        closest=None if n_inside or closest < 0 else closest,
        same=same,
        y=vectors.y.tolist(),
        x=vectors.x.tolist(),
        spans=list(vectors.spans),
        **numbers,
    )
    if is_single:
        return replace(location, sentence=_sentence_of_one(location, located, graph))
    return replace(location, sentence=_sentence_of_many(location, "words" if vectors.spans else "positions"))


def no_location(layer: Layer, number: int, key: str, reason: str) -> LayerLocation:
    """Return the report of a layer whose graph cannot be made."""
    return LayerLocation(layer=number, name=layer.name, graph=key, sentence=f"it has no graph: {reason}")


def _node_distances(located: Located) -> list[NodeDistance]:
    """Return the nodes that contain vectors, those of most vectors first, then the nearest."""
    indptr, nodes, distances, margins = located.matches
    by_node: dict[int, list[int]] = defaultdict(list)
    for match, node in enumerate(nodes.tolist()):
        by_node[node].append(match)
    vector_of = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    unsorted = [
        NodeDistance(node, float(distances[matches].min()), _largest(margins[matches]), vector_of[matches].tolist())
        for node, matches in by_node.items()
    ]
    return sorted(unsorted, key=lambda hit: (-len(hit.vectors), hit.distance, hit.node))


def _nearest(located: Located, examples: npt.NDArray[Any]) -> list[Neighbour]:
    """Return the nearest examples of all vectors, each once."""
    rows, distances = (part.ravel() for part in located.nearest)
    order = np.lexsort((rows, distances))
    _, first = np.unique(examples[rows[order]], return_index=True)
    listed = order[np.sort(first)][:MAX_NEIGHBOURS]
    return [Neighbour(int(rows[i]), int(examples[rows[i]]), float(distances[i])) for i in listed]


def _sentence_of_one(location: LayerLocation, located: Located, graph: MapperGraph) -> str:
    if location.nodes:
        inside = f"in {_nodes([hit.node for hit in location.nodes])}"
        if location.same is not None:
            return f"{inside}: it is an example of the study"
        margin = location.nodes[0].margin
        return inside if margin is None else f"{inside}, {100 * margin:.0f} % nearer than the next node"
    if location.same is not None:
        return "outside: it is an example of the study that is in no node"
    return f"outside: {_sentence_outside(location, located, graph)}"


def _sentence_outside(location: LayerLocation, located: Located, graph: MapperGraph) -> str:
    if location.closest is None:
        return "the graph has no node"
    nearest = f"node {location.closest} is nearest, at distance {location.distance:.3g}"
    if not located.in_range[0]:
        span = f"{float(graph.lens.min()):.3g} to {float(graph.lens.max()):.3g}"
        return f"{nearest}, but its lens value {located.lens[0]:.3g} is beyond the layer's {span}"
    if graph.eps is None:
        limit = f"those of the layer lie within {location.usual:.3g}"
        return f"{nearest}; its {NEIGHBOURS} nearest points lie within {location.reach:.3g}, and {limit}"
    if location.reach is None or location.usual is None:
        return f"{nearest}, and its interval has no node"
    return f"{nearest}; of its interval's nodes the nearest is {location.reach:.3g} away, and ε is {location.usual:.3g}"


def _sentence_of_many(location: LayerLocation, unit: str) -> str:
    n_outside = location.n - location.n_inside
    if not location.nodes:
        nearest = "" if location.closest is None else f"; node {location.closest} is nearest"
        return f"outside: none of its {location.n} {unit} is in a node{nearest}"
    largest = location.nodes[0]
    count = f", {len(largest.vectors)} of them in node {largest.node}" if len(location.nodes) > 1 else ""
    where = f"{len(location.nodes)} nodes" if len(location.nodes) > 1 else f"node {largest.node}"
    rest = f"; {n_outside} {'are' if n_outside > 1 else 'is'} outside" if n_outside else ""
    return f"{location.n_inside} of its {location.n} {unit} are in {where}{count}{rest}"


def _nodes(nodes: Sequence[int]) -> str:
    names = [str(node) for node in nodes]
    return f"node {names[0]}" if len(names) == 1 else f"nodes {', '.join(names[:-1])} and {names[-1]}"


def _largest(values: npt.NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else None
