"""Where arms meet: the branching nodes of a graph of modes, while the prominence rises."""

from collections.abc import Iterable
from math import inf
from typing import Final

from topoact.analysis.shape._cycles import (
    Edge,
    Forest,
    adjacency,
    breadth_first,
    way,
)
from topoact.analysis.shape.persistence import Life, Tower

REACH: Final = 2
"""Nodes that an arm has at least, one behind the other: what is shorter is a stub."""

Stems = list[list[int]]
"""Neighbours of a node, those of one arm together."""


def branches(given: Tower) -> list[Life]:
    """Return the nodes at which three arms or more meet, with the nodes of each arm up to the next such node.

    Two ways out of a node belong to one arm where they meet within `REACH` steps. A branching node lives on in the node
    that it merges into, or in one at most `REACH` steps away if arms merge from their roots on.
    """
    stage = _Stage(given.n_nodes, given.edges)
    alive, found = dict[int, int](), list[Life]()
    for level, edge in [(given.birth, None), *given.merges]:
        if edge:
            stage.merge(edge)
        followed = {}
        for node, place in alive.items():
            near = [one for one in stage.ball(stage.now(node)) if one in stage.meeting and one not in followed]
            if near:
                followed[near[0]] = place
            else:
                found[place] = found[place]._replace(death=level)
        for node in stage.meeting.keys() - followed.keys():
            followed[node] = len(found)
            found.append(Life([node], level, inf, stage.arms(node)))
        alive = followed
    return [branch for branch in found if branch.birth < branch.death]


class _Stage:
    """The edges that are left at a level, and the nodes at which arms meet."""

    def __init__(self, n_nodes: int, edges: Iterable[Edge]) -> None:
        self.beside = {node: set(others) for node, others in enumerate(adjacency(n_nodes, edges))}
        self.into: dict[int, int] = {}
        self.meeting: dict[int, Stems] = {}
        self._look(self.beside)

    def merge(self, edge: Edge) -> None:
        """Merge a node into another, and look again at what is near."""
        node, into = edge[0], self.now(edge[1])
        for other in self.beside.pop(node):
            self.beside[other].discard(node)
            if other != into:
                self.beside[other].add(into)
                self.beside[into].add(other)
        self.into[node] = into
        self.meeting.pop(node, None)
        self._look(self.ball(into))

    def now(self, node: int) -> int:
        """Return the node that one has merged into."""
        while node in self.into:
            node = self.into[node]
        return node

    def _look(self, nodes: Iterable[int]) -> None:
        for node in nodes:
            self.meeting.pop(node, None)
            if len(stems := self._stems(node)) > 2:
                self.meeting[node] = stems

    def ball(self, node: int, reach: int = REACH) -> dict[int, int]:
        """Return how many steps away the nodes are that are at most so far, the nearest first."""
        steps = {node: 0}
        shell = [node]
        for step in range(1, reach + 1):
            shell = [
                other for one in shell for other in sorted(self.beside[one]) if steps.setdefault(other, step) == step
            ]
        return steps

    def _stems(self, node: int) -> Stems:
        if len(self.beside[node]) < 3:
            return []
        ball, forest = self.ball(node), Forest()
        for one in ball.keys() - {node}:
            for other in self.beside[one] & ball.keys() - {node}:
                forest.join((one, other))
        stems: dict[int, list[int]] = {forest.find(one)[0]: [] for one, step in ball.items() if step == REACH}
        for one in sorted(self.beside[node]):
            if (root := forest.find(one)[0]) in stems:
                stems[root].append(one)
        return list(stems.values())

    def arms(self, node: int) -> tuple[list[int], ...]:
        """Return the nodes that are reached first through each arm, the nearest first."""
        stems = self.meeting[node]
        ways = {one: [] if one in self.meeting else sorted(others - {node}) for one, others in self.beside.items()}
        before = breadth_first(ways | {node: [one for stem in stems for one in stem]}, node)
        arm = {one: number for number, stem in enumerate(stems) for one in stem}
        arms: list[list[int]] = [[] for _ in stems]
        for one in list(before)[1:]:
            arms[arm[way(before, one)[-2]]].append(one)
        return tuple(arms)
