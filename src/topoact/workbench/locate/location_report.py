"""`LayerLocation`: where one input lies in the graph of a layer, as plain values and in a sentence."""

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
"""Nearest examples that are listed."""


@dataclass(frozen=True, slots=True)
class NodeDistance:
    """A node that holds vectors of an input."""

    node: int
    distance: float
    """From the nearest member, the least of these vectors."""
    margin: float | None
    """How much nearer the node is than the next of its interval, 0 to 1, the most of these; None without another."""
    vectors: list[int]
    """Which of the input's vectors."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An example near to an input."""

    point: int
    example: int
    distance: float


@dataclass(frozen=True, slots=True)
class LayerLocation:
    """Where an input lies in the graph of a layer."""

    layer: int
    name: str
    graph: str
    """Digest."""
    sentence: str
    n: int = 0
    """How many vectors the input has there."""
    n_inside: int = 0
    nodes: list[NodeDistance] = field(default_factory=list)
    """Those of most vectors first, then the nearest."""
    nearest: list[Neighbour] = field(default_factory=list)
    closest: int | None = None
    """The nearest node, of any interval, where no node holds a vector."""
    distance: float | None = None
    """From the nearest node, where there is one vector."""
    reach: float | None = None
    usual: float | None = None
    same: int | None = None
    """The example that is identical to the input, where there is one vector."""
    y: list[int] = field(default_factory=list)
    """Position of each vector, −1 without one."""
    x: list[int] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)


def layer_location(
    layer: Layer, number: int, *, graph: MapperGraph, key: str, vectors: LayerVectors, located: Located
) -> LayerLocation:
    """Return where an input lies, given its vectors in a layer and where these are located."""
    examples, alone = layer.points["example"].to_numpy(), len(vectors.vectors) == 1
    hits, n_inside = _hits(located), int(located.inside.sum())
    closest = int(located.node[located.distance.argmin()])
    same = int(examples[located.same[0]]) if alone and located.same[0] >= 0 else None
    numbers = {
        name: plain_number(getattr(located, name)[0]) if alone else None for name in ("distance", "reach", "usual")
    }
    location = LayerLocation(
        layer=number,
        name=layer.name,
        graph=key,
        sentence="",
        n=len(vectors.vectors),
        n_inside=n_inside,
        nodes=hits,
        nearest=_nearest(located, examples),
        closest=None if n_inside or closest < 0 else closest,
        same=same,
        y=vectors.y.tolist(),
        x=vectors.x.tolist(),
        spans=list(vectors.spans),
        **numbers,
    )
    if alone:
        return replace(location, sentence=_sentence_of_one(location, located, graph))
    return replace(location, sentence=_sentence_of_many(location, "words" if vectors.spans else "positions"))


def no_location(layer: Layer, number: int, key: str, reason: str) -> LayerLocation:
    """Return the report of a layer whose graph cannot be made."""
    return LayerLocation(layer=number, name=layer.name, graph=key, sentence=f"it has no graph: {reason}")


def _hits(located: Located) -> list[NodeDistance]:
    indptr, nodes, distances, margins = located.matches
    by_node: dict[int, list[int]] = defaultdict(list)
    for match, node in enumerate(nodes.tolist()):
        by_node[node].append(match)
    of = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    hits = [
        NodeDistance(node, float(distances[at].min()), _greatest(margins[at]), of[at].tolist())
        for node, at in ((node, np.array(matches)) for node, matches in by_node.items())
    ]
    return sorted(hits, key=lambda hit: (-len(hit.vectors), hit.distance, hit.node))


def _nearest(located: Located, examples: npt.NDArray[Any]) -> list[Neighbour]:
    """Return the nearest examples of all vectors, each once."""
    rows, distances = (part.ravel() for part in located.nearest)
    order = np.lexsort((rows, distances))
    _, first = np.unique(examples[rows[order]], return_index=True)
    listed = order[np.sort(first)][:MAX_NEIGHBOURS]
    return [Neighbour(int(rows[i]), int(examples[rows[i]]), float(distances[i])) for i in listed]


def _sentence_of_one(location: LayerLocation, located: Located, graph: MapperGraph) -> str:
    if location.nodes:
        held = f"in {_nodes([hit.node for hit in location.nodes])}"
        if location.same is not None:
            return f"{held}: it is an example of the study"
        return f"{held}, {_margin(location.nodes[0].margin)}" if location.nodes[0].margin is not None else held
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


def _sentence_of_many(location: LayerLocation, things: str) -> str:
    n_outside = location.n - location.n_inside
    if not location.nodes:
        nearest = "" if location.closest is None else f"; node {location.closest} is nearest"
        return f"outside: none of its {location.n} {things} is in a node{nearest}"
    most = location.nodes[0]
    count = f", {len(most.vectors)} of them in node {most.node}" if len(location.nodes) > 1 else ""
    where = f"{len(location.nodes)} nodes" if len(location.nodes) > 1 else f"node {most.node}"
    rest = f"; {n_outside} {'are' if n_outside > 1 else 'is'} outside" if n_outside else ""
    return f"{location.n_inside} of its {location.n} {things} are in {where}{count}{rest}"


def _nodes(nodes: Sequence[int]) -> str:
    names = [str(node) for node in nodes]
    return f"node {names[0]}" if len(names) == 1 else f"nodes {', '.join(names[:-1])} and {names[-1]}"


def _margin(margin: float) -> str:
    return f"{100 * margin:.0f} % nearer than the next node"


def _greatest(values: npt.NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else None
