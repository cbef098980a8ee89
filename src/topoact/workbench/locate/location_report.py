"""Where one input lands in the graph of a layer, as plain values and in a sentence."""

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

SHOWN: Final = 8
"""Examples that are told as the nearest."""


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
    """Where an input lands in a layer."""

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
    """The nearest node, of any interval, where nothing lands."""
    distance: float | None = None
    """From the nearest node, where there is one vector."""
    reach: float | None = None
    usual: float | None = None
    same: int | None = None
    """The example that the input is, where there is one vector."""
    y: list[int] = field(default_factory=list)
    """Position of each vector, −1 without one."""
    x: list[int] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)


def layer_location(
    layer: Layer, number: int, *, graph: MapperGraph, key: str, answer: LayerVectors, located: Located
) -> LayerLocation:
    """Return where an input lands, given what a layer answers to it."""
    examples, alone = layer.points["example"].to_numpy(), len(answer.vectors) == 1
    hits, n_inside = _hits(located), int(located.inside.sum())
    closest = int(located.node[located.distance.argmin()])
    same = int(examples[located.same[0]]) if alone and located.same[0] >= 0 else None
    numbers = {
        name: plain_number(getattr(located, name)[0]) if alone else None for name in ("distance", "reach", "usual")
    }
    place = LayerLocation(
        layer=number,
        name=layer.name,
        graph=key,
        sentence="",
        n=len(answer.vectors),
        n_inside=n_inside,
        nodes=hits,
        nearest=_nearest(located, examples),
        closest=None if n_inside or closest < 0 else closest,
        same=same,
        y=answer.y.tolist(),
        x=answer.x.tolist(),
        spans=list(answer.spans),
        **numbers,
    )
    if alone:
        return replace(place, sentence=_said_of_one(place, located, graph))
    return replace(place, sentence=_said_of_many(place, "words" if answer.spans else "positions"))


def no_location(layer: Layer, number: int, key: str, reason: str) -> LayerLocation:
    """Return what is told of a layer whose graph cannot be made."""
    return LayerLocation(layer=number, name=layer.name, graph=key, sentence=f"it has no graph: {reason}")


def _hits(located: Located) -> list[NodeDistance]:
    indptr, nodes, distances, margins = located.matches
    by_node: dict[int, list[int]] = defaultdict(list)
    for landing, node in enumerate(nodes.tolist()):
        by_node[node].append(landing)
    of = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    hits = [
        NodeDistance(node, float(distances[at].min()), _most(margins[at]), of[at].tolist())
        for node, at in ((node, np.array(landings)) for node, landings in by_node.items())
    ]
    return sorted(hits, key=lambda hit: (-len(hit.vectors), hit.distance, hit.node))


def _nearest(located: Located, examples: npt.NDArray[Any]) -> list[Neighbour]:
    """Return the nearest examples of all vectors, each once."""
    rows, distances = (part.ravel() for part in located.nearest)
    order = np.lexsort((rows, distances))
    _, first = np.unique(examples[rows[order]], return_index=True)
    told = order[np.sort(first)][:SHOWN]
    return [Neighbour(int(rows[i]), int(examples[rows[i]]), float(distances[i])) for i in told]


def _said_of_one(place: LayerLocation, located: Located, graph: MapperGraph) -> str:
    if place.nodes:
        said = f"lands in {_nodes([hit.node for hit in place.nodes])}"
        if place.same is not None:
            return f"{said}: it is an example of the study"
        return f"{said}, {_margin(place.nodes[0].margin)}" if place.nodes[0].margin is not None else said
    if place.same is not None:
        return "outside: it is an example of the study that is in no node"
    return f"outside: {_said_outside(place, located, graph)}"


def _said_outside(place: LayerLocation, located: Located, graph: MapperGraph) -> str:
    if place.closest is None:
        return "the graph has no node"
    nearest = f"node {place.closest} is nearest, at distance {place.distance:.3g}"
    if not located.in_range[0]:
        span = f"{float(graph.lens.min()):.3g} to {float(graph.lens.max()):.3g}"
        return f"{nearest}, but its lens value {located.lens[0]:.3g} is beyond the layer's {span}"
    if graph.eps is None:
        usual = f"up to {place.usual:.3g} is usual here"
        return f"{nearest}; its {NEIGHBOURS} nearest points lie within {place.reach:.3g}, and {usual}"
    if place.reach is None or place.usual is None:
        return f"{nearest}, and its interval has no node"
    return f"{nearest}; of its interval's nodes the nearest is {place.reach:.3g} away, and ε is {place.usual:.3g}"


def _said_of_many(place: LayerLocation, things: str) -> str:
    n_outside = place.n - place.n_inside
    if not place.nodes:
        nearest = "" if place.closest is None else f"; node {place.closest} is nearest"
        return f"outside: none of its {place.n} {things} lands in a node{nearest}"
    most = place.nodes[0]
    count = f", {len(most.vectors)} of them in node {most.node}" if len(place.nodes) > 1 else ""
    where = f"{len(place.nodes)} nodes" if len(place.nodes) > 1 else f"node {most.node}"
    rest = f"; {n_outside} {'land' if n_outside > 1 else 'lands'} outside" if n_outside else ""
    return f"{place.n_inside} of its {place.n} {things} land in {where}{count}{rest}"


def _nodes(nodes: Sequence[int]) -> str:
    names = [str(node) for node in nodes]
    return f"node {names[0]}" if len(names) == 1 else f"nodes {', '.join(names[:-1])} and {names[-1]}"


def _margin(margin: float) -> str:
    return f"{100 * margin:.0f} % nearer than the next node"


def _most(values: npt.NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else None
