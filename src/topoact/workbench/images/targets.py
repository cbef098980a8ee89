"""`Target`: what an activation image is made for, which is the mean of nodes, a difference, a point or a channel.

`vector` returns the vector of a target, `identity` its name, `check_target` refuses one that does not exist.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput, UnknownName
from topoact.mapper import MapperGraph, lens_values
from topoact.study import Layer

Rows = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

MAX_LISTED_NODES: Final = 8
"""Nodes that a label lists; of more it has only the number."""


@dataclass(frozen=True, slots=True)
class NodesTarget:
    """The mean of the members of one or more nodes, minus that of others if there are any."""

    kind: ClassVar[str] = "nodes"
    nodes: tuple[int, ...]
    minus: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Make equal targets the same values: nodes are sets."""
        for name in ("nodes", "minus"):
            object.__setattr__(self, name, tuple(sorted({int(node) for node in getattr(self, name)})))
        if not self.nodes:
            raise InvalidInput("an activation image of nodes needs at least one node")
        if self.nodes == self.minus:
            raise InvalidInput(f"{_named(self.nodes)} minus {_named(self.minus)} is nothing: take other nodes away")

    @property
    def label(self) -> str:
        """What it is, in words."""
        if not self.minus:
            return _named(self.nodes)
        return f"{_named(self.nodes)} minus {_named(self.minus).removeprefix('node ').removeprefix('nodes ')}"


@dataclass(frozen=True, slots=True)
class PointTarget:
    """The vector of a point."""

    kind: ClassVar[str] = "point"
    point: int

    @property
    def label(self) -> str:
        """What it is, in words."""
        return f"point {self.point}"


@dataclass(frozen=True, slots=True)
class ChannelTarget:
    """The direction of a channel."""

    kind: ClassVar[str] = "channel"
    channel: int

    @property
    def label(self) -> str:
        """What it is, in words."""
        return f"channel {self.channel}"


Target: TypeAlias = NodesTarget | PointTarget | ChannelTarget


def target_record(target: Target) -> dict[str, Any]:
    """Return a target as JSON, with its label."""
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(target).items()}
    return {"kind": target.kind, **plain, "label": target.label}


def has_length(target: Target) -> bool:
    """Return whether a target is a vector that an image can have, not only a direction."""
    return isinstance(target, PointTarget) or (isinstance(target, NodesTarget) and not target.minus)


def sampling_policy(target: Target, layer: Layer) -> str:
    """Return the policy by which the vector of an image is sampled from the layer.

    A mean of nodes is compared with the mean over all positions: the members of a node come from many positions of many
    inputs, and no single position has a vector like their mean.
    """
    is_mean = isinstance(target, NodesTarget) and layer.grid is not None
    return "mean" if is_mean else layer.policy


def check_target(target: Target, graph: MapperGraph, layer: Layer) -> None:
    """Refuse a target that does not exist.

    Raises
    ------
    UnknownName
        If there is no such node, point or channel; the message has their number.
    """
    match target:
        case NodesTarget(nodes, minus):
            _check_numbers("node", (*nodes, *minus), graph.n_nodes)
        case PointTarget(point):
            _check_numbers("point", (point,), layer.n_points)
        case ChannelTarget(channel):
            _check_numbers("channel", (channel,), layer.n_channels)


def identity(target: Target, graph: MapperGraph) -> str:
    """Return the name of a target on its layer, the same in all graphs: a digest of its points, or its channel."""
    match target:
        case NodesTarget(nodes, minus):
            return "-".join(_digest(members(graph, group)) for group in (nodes, minus) if group)
        case PointTarget(point):
            return _digest(np.array([point]))
        case ChannelTarget(channel):
            return f"channel {channel}"


def vector(
    target: Target, graph: MapperGraph, vectors: Callable[[], Vectors], *, lens: str = "l2"
) -> npt.NDArray[np.float32]:
    """Return the vector of a target, shape (n_channels,).

    A mean is shorter than the vectors that it is the mean of, and would lie in a lower interval than all of them. So
    that of nodes is scaled to the mean length of their members.

    Parameters
    ----------
    target, graph
        A target of that graph.
    vectors
        Returns the vectors of the layer; called only where they are needed.
    lens
        The lens of the graph: with ``"l2"`` the lengths of members are its values.
    """
    match target:
        case NodesTarget(nodes, minus) if minus:
            return _mean(graph, nodes, vectors) - _mean(graph, minus, vectors)
        case NodesTarget(nodes):
            mean, length = _mean(graph, nodes, vectors), _length(graph, nodes, vectors, lens)
            length_of_mean = float(np.linalg.norm(mean.astype(np.float64)))
            return mean * np.float32(length / length_of_mean) if length_of_mean else mean
        case PointTarget(point):
            return vectors()[point]
        case ChannelTarget(channel):
            direction = np.zeros(graph.means.shape[1], dtype=np.float32)
            direction[channel] = 1
            return direction


def nodes_around(target: Target, graph: MapperGraph) -> list[int]:
    """Return the nodes of which one should contain the vector of the image; none for a difference or a channel."""
    match target:
        case NodesTarget(nodes, minus) if not minus:
            return list(nodes)
        case PointTarget(point):
            entries = np.flatnonzero(graph.memberships.indices == point)
            return (np.searchsorted(graph.memberships.indptr, entries, "right") - 1).tolist()
        case _:
            return []


def members(graph: MapperGraph, nodes: Sequence[int]) -> Rows:
    """Return the points that are in any of the nodes, ascending."""
    return np.unique(np.concatenate([graph.members(node) for node in nodes]))


def _mean(graph: MapperGraph, nodes: Sequence[int], vectors: Callable[[], Vectors]) -> npt.NDArray[np.float32]:
    """Return the mean of all members, each counted once; the graph has that of a single node."""
    if len(nodes) == 1:
        return graph.means[nodes[0]].astype(np.float32)
    return vectors()[members(graph, nodes)].mean(axis=0, dtype=np.float64).astype(np.float32)


def _length(graph: MapperGraph, nodes: Sequence[int], vectors: Callable[[], Vectors], lens: str) -> float:
    """Return the mean length of all members."""
    if len(nodes) == 1 and lens == "l2":
        return float(graph.lens[graph.members(nodes[0])].mean())
    return float(lens_values("l2", vectors()[members(graph, nodes)]).mean())


def _check_numbers(what: str, numbers: Sequence[int], n: int) -> None:
    for number in numbers:
        if not 0 <= number < n:
            raise UnknownName(f"{what} {number} does not exist: there are {n:,}, numbered from 0")


def _digest(rows: Rows) -> str:
    return hashlib.blake2b(rows.astype("<i8").tobytes(), digest_size=8).hexdigest()


def _named(nodes: Sequence[int]) -> str:
    if len(nodes) > MAX_LISTED_NODES:
        return f"{len(nodes)} nodes"
    return f"node {nodes[0]}" if len(nodes) == 1 else f"nodes {', '.join(map(str, nodes))}"
