"""How findings are drawn: the `rim` of a loop, in order, and the path of each arm of a branch, `arm_path`.

Both go along edges of the graph that is shown. In a finer graph than the one that a loop was found in, the rim goes
once round groups of nodes, and where edges alone do not close it, from node to node of one group: the drawing ties
them. In a coarser one the loop is a closed walk, and `rim_of_walk` leaves out what turns back.
"""

from collections import defaultdict
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
        Edges have a larger Jaccard index; those of a rim only if there is one of such edges. Nodes that are one in the
        skeleton are joined where edges alone do not close a rim, or reach less of an arm.
    """
    ranged = graph.prominence is not None
    group = graph.within(SKELETON).tolist() if ranged else range(graph.n_nodes)
    strong, every = _neighbours(graph, min_jaccard), _neighbours(graph, 0.0)
    tied = _tied(strong, group)

    def outline(feature: Feature) -> Feature:
        if not feature.lives_at(SKELETON):
            return feature
        if feature.kind == "loop":
            around = [list(nodes) for _, nodes in groupby(feature.nodes, key=group.__getitem__)]
            return replace(feature, rim=rim(around, strong) or rim(around, every) or rim(around, tied))
        return _with_paths(feature, strong, tied)

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
        return _with_paths(feature, strong, strong)

    moved = report.within(number)
    features = tuple(map(outline, report.features, moved.features))
    return replace(moved, features=features, on_skeleton=True)


def rim(around: Sequence[Sequence[int]], beside: Beside) -> Nodes:
    """Return the shortest cycle that goes once round groups of nodes, in order; empty where there is none.

    Parameters
    ----------
    around
        Three or more disjoint groups, each beside the next and the last beside the first.
    beside
        Neighbours of each node, the preferred first; those in no group, or in one further away, are passed over.

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
            step = (place[other] - place[node]) % size if other in place else None
            if step not in (0, 1, size - 1):
                continue
            further = other, ahead + (-1 if step == size - 1 else step)
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


def arm_path(stem: Sequence[int], arm: Sequence[int], beside: Beside) -> tuple[Nodes, int]:
    """Return a path from the stem to the node of an arm that is most steps away, and how many of its nodes are reached.

    Parameters
    ----------
    stem
        Nodes at which arms meet; the path begins with one of them.
    arm
        Nodes of the arm.
    beside
        Neighbours of each node. Where none joins the arm to the stem the path is empty.
    """
    hub, inside = -1, set(arm)
    ways = {node: [other for other in beside[node] if other in inside] for node in (*stem, *arm)}
    before = breadth_first(ways | {hub: list(stem)}, hub)
    end = list(before)[-1]
    path = way(before, end)[-2::-1] if end in inside else []
    return tuple(path), len(inside & before.keys())


def _with_paths(feature: Feature, beside: Beside, tied: Beside) -> Feature:
    """Return a branch with disjoint arms, each with its path; as it is where fewer than three are left."""
    taken, kept = set(feature.nodes), list[tuple[Nodes, Nodes]]()
    for arm in feature.arms:
        own = tuple(node for node in arm if node not in taken)
        taken.update(own)
        (path, n_reached), (other, n_others) = (arm_path(feature.nodes, own, near) for near in (beside, tied))
        longest = other if n_others > n_reached else path
        if longest:
            kept.append((own, longest))
    if len(kept) < MIN_ARMS:
        return feature
    return replace(feature, arms=tuple(arm for arm, _ in kept), paths=tuple(path for _, path in kept))


def _tied(beside: Beside, group: Sequence[int]) -> list[list[int]]:
    """Return the neighbours of each node, with the other nodes of its group."""
    groups: dict[int, list[int]] = defaultdict(list)
    for node in range(len(beside)):
        groups[group[node]].append(node)
    return [[*near, *(one for one in groups[group[node]] if one != node)] for node, near in enumerate(beside)]


def _neighbours(graph: MapperGraph, min_jaccard: float) -> list[list[int]]:
    """Return the neighbours of each node along edges of a larger Jaccard index, those of the strongest first."""
    edges = graph.edges[graph.edges["jaccard"] > min_jaccard].sort_values(
        ["jaccard", "source", "target"], ascending=[False, True, True], kind="stable"
    )
    return adjacency(graph.n_nodes, zip(edges["source"].tolist(), edges["target"].tolist(), strict=True))
