"""Nodes and targets by the options of the command line: `nodes_of` and `targets_of`."""

from collections.abc import Sequence

from topoact.analysis.shape.ranking import ranked
from topoact.errors import InvalidInput
from topoact.mapper import MapperGraph
from topoact.workbench.images.targets import ChannelTarget, NodesTarget, PointTarget, Target


def nodes_of(graph: MapperGraph, *, top: int | None = None, by: str = "size", nodes: str | None = None) -> list[int]:
    """Return the nodes that options name, each once.

    Parameters
    ----------
    graph
        A mapper graph.
    top, by
        Number of nodes to take from all of them, and in which order; see `ranked`.
    nodes
        ``3,7,9`` for these nodes instead.

    Raises
    ------
    InvalidInput
        If `nodes` is no list of nodes, or options do not go together.
    """
    if nodes is None:
        if top is not None and top < 1:
            raise InvalidInput(f"--top must be 1 or more: got {top}")
        return [int(node) for node in ranked(graph, by)[:top]]
    if top is not None:
        raise InvalidInput("--top chooses among all nodes: leave it out with --nodes")
    named = list(dict.fromkeys(_numbers(nodes, "--nodes", "3,7,9")))
    for node in named:
        graph.members(node)
    return named


def targets_of(
    graph: MapperGraph,
    *,
    top: int | None = None,
    by: str = "size",
    nodes: str | None = None,
    minus: str | None = None,
    points: Sequence[int] | None = None,
    channels: Sequence[int] | None = None,
) -> list[Target]:
    """Return the targets that options name, each once.

    Parameters
    ----------
    graph
        A mapper graph.
    top, by
        Number of nodes to take from all of them, and in which order; see `ranked`.
    nodes
        ``3,7,9`` for three nodes, ``3+7,9`` for two together and one.
    minus
        ``4,5``: nodes whose mean is subtracted from that of each of `nodes`.
    points, channels
        Numbers of points and of channels.

    Raises
    ------
    InvalidInput
        If a list is no list of numbers, or options do not go together.
    """
    singles: list[Target] = [*map(PointTarget, points or ()), *map(ChannelTarget, channels or ())]
    if nodes is None and minus is not None:
        raise InvalidInput("--minus takes nodes from others: name these with --nodes")
    if nodes is None and not singles:
        return [NodesTarget((node,)) for node in nodes_of(graph, top=top, by=by)]
    if top is not None:
        raise InvalidInput("--top chooses among all nodes: leave it out with --nodes, --point and --channel")
    subtracted = _numbers(minus, "--minus", "4,5") if minus is not None else ()
    parts, example = nodes.split(",") if nodes is not None else (), "3,7,9, or 3+7 for two together"
    groups = [NodesTarget(_numbers(part.replace("+", ","), "--nodes", example), subtracted) for part in parts]
    return list(dict.fromkeys([*groups, *singles]))


def _numbers(text: str, option: str, example: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise InvalidInput(f"{option} needs numbers of nodes, as {example}: got {text!r}")
    return tuple(map(int, parts))
