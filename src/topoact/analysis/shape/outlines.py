"""How findings are drawn: the `rim` of a loop, in order, and the path of each arm of a branch, `arm_paths`.

Both go along edges of the graph that is shown. In a finer graph than the one that a loop was found in, the rim goes
once round groups of nodes; in a coarser one the loop is a closed walk, and `rim_of_walk` leaves out what turns back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Final

from topoact.analysis.shape._cycles import Edge, adjacency, breadth_first, way
from topoact.analysis.shape.persistence import edge_classes, tower
from topoact.analysis.shape.report import SKELETON, Feature, ShapeReport
from topoact.mapper import MapperGraph

Nodes = tuple[int, ...]
Beside = Sequence[Sequence[int]]
"""The neighbours of each node, those of the strongest edges first."""

MIN_ARMS: Final = 3
"""Arms that a branch has at least."""


def outlined(report: ShapeReport, graph: MapperGraph, min_jaccard: float) -> ShapeReport:
    """Return a report with the outlines of its features in the graph that they were found in.

    Parameters
    ----------
    report
        A report of `graph`; the nodes of a loop are the groups of its skeleton, in order.
    graph
        Of modes at a prominence of at most 1, or of any other kind.
    min_jaccard
        Edges have a larger Jaccard index; those of a rim only if there is one of such edges.
    """
    ranged = graph.prominence is not None
    group = graph.within(SKELETON).tolist() if ranged else range(graph.n_nodes)
    strong, every = _neighbours(graph, min_jaccard), _neighbours(graph, 0.0)

    def outline(feature: Feature) -> Feature:
        if not feature.lives_at(SKELETON):
            return feature
        if feature.kind == "loop":
            around = [list(nodes) for _, nodes in groupby(feature.nodes, key=group.__getitem__)]
            return replace(feature, rim=rim(around, strong) or rim(around, every))
        return _with_paths(feature, strong)

    return replace(report, features=tuple(map(outline, report.features)))


def outlined_within(
    report: ShapeReport, number: Sequence[int], graph: MapperGraph, prominence: float, min_jaccard: float
) -> ShapeReport:
    """Return a report for a coarser cut of the graph, with the outlines in that cut.

    A loop that is filled there, or not yet closed, has no rim; a branch that is not there, or of which fewer than three
    arms are left, has no paths.

    Parameters
    ----------
    report
        Of the finer graph.
    number
        The node of the cut that each node of the finer graph is in.
    graph, prominence
        The cut, and where it was made.
    min_jaccard
        Edges have a larger Jaccard index.
    """
    classes = edge_classes(tower(graph, 0.0, min_jaccard)._replace(merges=[]))
    strong = _neighbours(graph, min_jaccard)

    def outline(found: Feature, feature: Feature) -> Feature:
        if not feature.lives_at(prominence):
            return feature
        if feature.kind == "loop":
            walk = [node for node, _ in groupby(number[fine] for fine in found.nodes)]
            return replace(feature, rim=rim_of_walk(walk, classes))
        return _with_paths(feature, strong)

    moved = report.within(number)
    return replace(moved, features=tuple(map(outline, report.features, moved.features)))


def rim(around: Sequence[Sequence[int]], beside: Beside) -> Nodes:
    """Return the shortest cycle that goes once round groups of nodes, in order; empty where there is none.

    Parameters
    ----------
    around
        Three or more disjoint groups, each beside the next and the last beside the first.
    beside
        Neighbours of each node, the preferred first.

    Notes
    -----
    A walk knows how many groups it is ahead of where it began: one that is back in its node as many groups ahead as
    there are has gone round. The shortest of all visits no node twice, as the part in between could be left out.
    """
    size = len(around)
    if size < MIN_ARMS:
        return ()
    place = {node: number for number, nodes in enumerate(around) for node in nodes}
    first = min(range(size), key=lambda number: len(around[number]))
    cycles = [_once_round(node, size, place, beside) for node in around[first]]
    found = [cycle for cycle in cycles if cycle]
    return oriented(min(found, key=len)) if found else ()


def _once_round(root: int, size: int, place: Mapping[int, int], beside: Beside) -> list[int]:
    """Return a shortest closed walk from a node round all groups, without its end."""
    start, end = (root, 0), (root, size)
    before, queue = {start: start}, [start]
    for state in queue:
        if state == end:
            break
        node, ahead = state
        for other in beside[node]:
            step = (place[other] - place[node]) % size if other in place else 0
            if step not in (1, size - 1):
                continue
            further = other, ahead + (1 if step == 1 else -1)
            if further not in before and abs(further[1]) <= size:
                before[further] = state
                queue.append(further)
    if end not in before:
        return []
    walk = [end]
    while walk[-1] != start:
        walk.append(before[walk[-1]])
    return [node for node, _ in walk[:0:-1]]


def rim_of_walk(walk: Sequence[int], classes: Mapping[Edge, int]) -> Nodes:
    """Return the longest simple cycle of a closed walk that is not filled; empty where there is none.

    Parameters
    ----------
    walk
        Nodes in order, of which the last is beside the first, or is the first.
    classes
        The class of each edge, ends in rising order: a cycle is filled where those of its edges cancel.
    """
    stack, cycles = list[int](), list[list[int]]()
    for node in [*walk, *walk[:1]]:
        if node in stack:
            at = stack.index(node)
            cycles.append(stack[at:])
            del stack[at + 1 :]
        else:
            stack.append(node)
    open_ones = [cycle for cycle in cycles if len(cycle) >= MIN_ARMS and _class(cycle, classes)]
    return oriented(max(open_ones, key=len)) if open_ones else ()


def _class(cycle: Sequence[int], classes: Mapping[Edge, int]) -> int:
    """Return the class of a cycle, and 0 where the graph lacks one of its edges."""
    total = 0
    for a, b in pairwise([*cycle, cycle[0]]):
        edge = min(a, b), max(a, b)
        if edge not in classes:
            return 0
        total ^= classes[edge]
    return total


def oriented(cycle: Sequence[int]) -> Nodes:
    """Return a cycle from its smallest node on, towards the smaller of the two neighbours."""
    at = cycle.index(min(cycle))
    turned = [*cycle[at:], *cycle[:at]]
    return tuple(turned if turned[1] < turned[-1] else [turned[0], *turned[:0:-1]])


def arm_paths(stem: Sequence[int], arms: Sequence[Sequence[int]], beside: Beside) -> tuple[Nodes, ...]:
    """Return for each arm a path from the stem to the node of the arm that is most steps away.

    Parameters
    ----------
    stem
        Nodes at which the arms meet.
    arms
        Nodes of each arm; no two arms have one in common.
    beside
        Neighbours of each node.

    Returns
    -------
    tuple of tuple of int
        The node of the stem first; empty for an arm that no edge joins to the stem.
    """
    return tuple(_furthest(stem, set(arm), beside) for arm in arms)


def _furthest(stem: Sequence[int], arm: set[int], beside: Beside) -> Nodes:
    hub = -1
    ways = {node: [other for other in beside[node] if other in arm] for node in (*stem, *arm)}
    before = breadth_first(ways | {hub: list(stem)}, hub)
    end = list(before)[-1]
    return tuple(way(before, end)[-2::-1]) if end in arm else ()


def _with_paths(feature: Feature, beside: Beside) -> Feature:
    """Return a branch with disjoint arms, each with its path; as it is where fewer than three are left."""
    taken, arms = set(feature.nodes), list[Nodes]()
    for arm in feature.arms:
        arms.append(tuple(node for node in arm if node not in taken))
        taken.update(arm)
    paths = arm_paths(feature.nodes, arms, beside)
    kept = [(arm, path) for arm, path in zip(arms, paths, strict=True) if path]
    if len(kept) < MIN_ARMS:
        return feature
    return replace(feature, arms=tuple(arm for arm, _ in kept), paths=tuple(path for _, path in kept))


def _neighbours(graph: MapperGraph, min_jaccard: float) -> list[list[int]]:
    """Return the neighbours of each node along edges of a larger Jaccard index, those of the strongest first."""
    edges = graph.edges[graph.edges["jaccard"] > min_jaccard].sort_values(
        ["jaccard", "source", "target"], ascending=[False, True, True], kind="stable"
    )
    return adjacency(graph.n_nodes, zip(edges["source"].tolist(), edges["target"].tolist(), strict=True))
