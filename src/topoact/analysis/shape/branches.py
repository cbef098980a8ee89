"""Branching nodes of a graph of modes, at which three arms or more meet: `branches`."""

from collections.abc import Iterable
from math import inf
from typing import Final

from topoact.analysis.shape._cycles import Edge, Forest, adjacency, breadth_first, way
from topoact.analysis.shape.persistence import Life, Tower

MIN_ARM: Final = 2
"""Nodes that an arm has at least, one behind the other: what is shorter is a stub."""

Stems = list[list[int]]
"""Neighbours of a node, those of one arm together."""


def branches(tower: Tower) -> list[Life]:
    """Return the nodes at which three arms or more meet, with the nodes of each arm up to the next such node.

    Two neighbours of a node belong to one arm where they are joined within `MIN_ARM` steps. A branching node lives on
    in the node that it merges into, or in one at most `MIN_ARM` steps away if arms merge from their roots on.
    """
    stage = _Level(tower.n_nodes, tower.edges)
    alive, lives = dict[int, int](), list[Life]()
    for level, edge in [(tower.birth, None), *tower.merges]:
        if edge:
            stage.merge(edge)
        followed = {}
        for node, number in alive.items():
            near = [one for one in stage.ball(stage.now(node)) if one in stage.branching and one not in followed]
            if near:
                followed[near[0]] = number
            else:
                lives[number] = lives[number]._replace(death=level)
        for node in stage.branching.keys() - followed.keys():
            followed[node] = len(lives)
            lives.append(Life([node], level, inf, stage.arms(node)))
        alive = followed
    return [branch for branch in lives if branch.birth < branch.death]


class _Level:
    """The edges that are left at a level of prominence, and the nodes at which arms meet."""

    def __init__(self, n_nodes: int, edges: Iterable[Edge]) -> None:
        self.beside = {node: set(others) for node, others in enumerate(adjacency(n_nodes, edges))}
        self.into: dict[int, int] = {}
        self.branching: dict[int, Stems] = {}
        self._look(self.beside)

    def merge(self, edge: Edge) -> None:
        """Merge a node into another, and look again at the nodes nearby."""
        node, into = edge[0], self.now(edge[1])
        for other in self.beside.pop(node):
            self.beside[other].discard(node)
            if other != into:
                self.beside[other].add(into)
                self.beside[into].add(other)
        self.into[node] = into
        self.branching.pop(node, None)
        self._look(self.ball(into))

    def now(self, node: int) -> int:
        """Return the node that one has merged into."""
        while node in self.into:
            node = self.into[node]
        return node

    def _look(self, nodes: Iterable[int]) -> None:
        """Find out again at which of some nodes arms meet."""
        for node in nodes:
            self.branching.pop(node, None)
            if len(stems := self._stems(node)) > 2:
                self.branching[node] = stems

    def ball(self, node: int, reach: int = MIN_ARM) -> dict[int, int]:
        """Return the number of steps to each node that is at most `reach` away, the nearest first."""
        steps = {node: 0}
        shell = [node]
        for step in range(1, reach + 1):
            shell = [
                other for one in shell for other in sorted(self.beside[one]) if steps.setdefault(other, step) == step
            ]
        return steps

    def _stems(self, node: int) -> Stems:
        """Return the neighbours of a node by arm; none where it has fewer than three neighbours."""
        if len(self.beside[node]) < 3:
            return []
        ball, forest = self.ball(node), Forest()
        for one in ball.keys() - {node}:
            for other in self.beside[one] & ball.keys() - {node}:
                forest.join((one, other))
        stems: dict[int, list[int]] = {forest.find(one)[0]: [] for one, step in ball.items() if step == MIN_ARM}
        for one in sorted(self.beside[node]):
            if (root := forest.find(one)[0]) in stems:
                stems[root].append(one)
        return list(stems.values())

    def arms(self, node: int) -> tuple[list[int], ...]:
        """Return the nodes that are reached first through each arm, the nearest first."""
        stems = self.branching[node]
        ways = {one: [] if one in self.branching else sorted(others - {node}) for one, others in self.beside.items()}
        before = breadth_first(ways | {node: [one for stem in stems for one in stem]}, node)
        arm = {one: number for number, stem in enumerate(stems) for one in stem}
        arms: list[list[int]] = [[] for _ in stems]
        for one in list(before)[1:]:
            arms[arm[way(before, one)[-2]]].append(one)
        return tuple(arms)
