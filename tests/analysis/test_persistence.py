"""The tower of a graph of modes against an oracle that contracts nodes and takes ranks, and by hand."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoact.analysis.shape._cycles import adjacency
from topoact.analysis.shape.branches import branches
from topoact.analysis.shape.persistence import Tower, components, loops
from topoact.testing.strategies import STEADY

LEVELS = [1.0, 1.25, 1.5, 2.0, 4.0]


def tower_of(interval, edges, merges=(), triangles=(), sizes=None):
    nodes = list(range(len(interval)))
    return Tower(1.0, nodes, list(interval), sizes or [1] * len(nodes), list(edges), list(triangles), list(merges))


@st.composite
def towers(draw, max_nodes=11):
    interval = sorted(draw(st.lists(st.integers(0, 4), min_size=1, max_size=max_nodes)))
    nodes = range(len(interval))
    pairs = [(a, b) for a, b in combinations(nodes, 2) if interval[a] != interval[b]]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=24)) if pairs else []
    flags = [three for three in combinations(nodes, 3) if all(side in edges for side in combinations(three, 2))]
    triangles = draw(st.lists(st.sampled_from(flags), unique=True)) if flags else []
    merges = []
    for node in nodes:
        denser = [other for other in range(node) if interval[other] == interval[node]]
        if denser and draw(st.booleans()):
            merges.append((draw(st.sampled_from(LEVELS)), (node, draw(st.sampled_from(denser)))))
    return tower_of(interval, edges, sorted(merges), triangles)


class Contracted:
    """The quotient at a level: its cycles and what is filled, as sets of edges over two elements."""

    def __init__(self, tower, level):
        merged = nx.Graph([edge for time, edge in tower.merges if time <= level])
        merged.add_nodes_from(range(tower.n_nodes))
        self.into = {node: min(part) for part in nx.connected_components(merged) for node in part}
        self.graph = nx.Graph(self.image(tower.edges))
        self.graph.add_nodes_from(self.into.values())
        self.filled = [set(self.image(combinations(three, 2))) for three in tower.triangles]
        self.filled = [side for side in self.filled if len(side) == 3]
        for pair in combinations(range(5), 2):
            within = self.graph.subgraph(node for node in self.graph if tower.interval[node] in pair)
            self.filled += cycles_of(within)

    def image(self, edges):
        ends = [sorted((self.into[a], self.into[b])) for a, b in edges]
        return [(a, b) for a, b in ends if a != b]

    def pushed(self, cycle):
        total = set()
        for edge in self.image(cycle):
            total ^= {edge}
        return total

    def rank(self, cycles):
        number = {tuple(sorted(edge)): place for place, edge in enumerate(self.graph.edges)}
        matrix = np.zeros((len(cycles), len(number)), dtype=bool)
        for row, cycle in enumerate(cycles):
            matrix[row, [number[edge] for edge in cycle]] = True
        return rank_over_two(matrix)


def cycles_of(graph):
    return [
        {tuple(sorted(edge)) for edge in zip(loop, loop[1:] + loop[:1], strict=True)} for loop in nx.cycle_basis(graph)
    ]


def rank_over_two(matrix):
    rank = 0
    for column in range(matrix.shape[1]):
        rows = np.flatnonzero(matrix[rank:, column]) + rank
        if len(rows):
            matrix[[rank, rows[0]]] = matrix[[rows[0], rank]]
            others = np.flatnonzero(matrix[:, column])
            matrix[others[others != rank]] ^= matrix[rank]
            rank += 1
    return rank


@given(towers())
@STEADY
def test_loops_live_as_long_as_ranks_of_contractions_say(tower):
    found = loops(tower)
    stages = {level: Contracted(tower, level) for level in LEVELS}
    for early, late in [(a, b) for a in LEVELS for b in LEVELS if a <= b]:
        filled = stages[late].filled
        moved = [stages[late].pushed(cycle) for cycle in cycles_of(stages[early].graph)]
        expected = stages[late].rank(moved + filled) - stages[late].rank(filled)
        assert sum(loop.birth <= early and loop.death > late for loop in found) == expected


@given(towers())
@STEADY
def test_the_cycle_of_a_loop_is_one_where_it_is_born(tower):
    for loop in loops(tower):
        stage = Contracted(tower, loop.birth)
        edges = stage.pushed(zip(loop.nodes, loop.nodes[1:] + loop.nodes[:1], strict=True))
        assert len(set(loop.nodes)) == len(loop.nodes)
        assert edges
        assert edges <= {tuple(sorted(edge)) for edge in stage.graph.edges}
        assert stage.rank([*stage.filled, edges]) == stage.rank(stage.filled) + 1


@given(towers())
@STEADY
def test_components_live_as_long_as_contractions_say(tower):
    found = components(tower)
    assert sorted(node for part in found for node in part.nodes) == list(range(tower.n_nodes))
    for level in LEVELS:
        expected = nx.number_connected_components(Contracted(tower, level).graph)
        assert sum(part.death > level for part in found) == expected


@given(towers())
@STEADY
def test_branching_nodes_are_those_of_contractions(tower):
    found = branches(tower)
    for level in LEVELS:
        graph = Contracted(tower, level).graph
        assert sum(one.birth <= level < one.death for one in found) == sum(n_arms(graph, node) > 2 for node in graph)
    for one in found:
        assert len(one.arms) > 2
        assert len({node for arm in one.arms for node in arm}) == sum(map(len, one.arms))


def n_arms(graph, node):
    ball = nx.ego_graph(graph, node, radius=2)
    steps = nx.single_source_shortest_path_length(ball, node)
    ball.remove_node(node)
    return sum(any(steps[one] == 2 for one in part) for part in nx.connected_components(ball))


def test_the_larger_component_lives_on():
    tower = tower_of([0, 0, 1], [(0, 2)], [(3.0, (1, 0))], sizes=[1, 9, 1])
    assert [(part.nodes, part.death) for part in components(tower)] == [([0, 2], 3.0), ([1], np.inf)]


def test_a_ring_dies_when_its_sides_have_merged():
    ring = [(0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 5)]
    interval = [0, 1, 1, 2, 2, 3]
    (loop,) = loops(tower_of(interval, ring, [(1.5, (2, 1)), (3.0, (4, 3))]))
    assert (set(loop.nodes), loop.birth, loop.death) == ({0, 1, 2, 3, 4, 5}, 1.0, 3.0)


def test_two_pieces_that_merge_at_both_ends_close_a_loop():
    lines = [(0, 2), (2, 4), (1, 3), (3, 5)]
    tower = tower_of([0, 0, 1, 1, 2, 2], lines, [(1.25, (1, 0)), (2.0, (5, 4)), (4.0, (3, 2))])
    (loop,) = loops(tower)
    assert (set(loop.nodes), loop.birth, loop.death) == ({0, 1, 2, 3, 4, 5}, 2.0, 4.0)


def test_of_two_loops_that_become_one_the_younger_dies():
    theta = [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 5)]
    found = loops(tower_of([0, 1, 1, 1, 2, 2], theta, [(1.25, (5, 4)), (1.5, (3, 1))]))
    assert [(loop.birth, loop.death) for loop in found] == [(1.0, np.inf), (1.25, 1.5)]
    assert set(found[0].nodes) == {0, 1, 2, 4}


def test_a_basis_of_loops_has_the_shortest():
    wheel = [(0, i) for i in range(1, 7)] + [(i, i % 6 + 1) for i in range(1, 7)]
    found = loops(tower_of(range(7), wheel))
    assert [len(loop.nodes) for loop in found] == [3] * 6


FORK = [(0, 1), (1, 2), (2, 3), (3, 4), (2, 5), (5, 6)]


def test_three_arms_meet():
    (fork,) = branches(tower_of(range(7), FORK))
    assert fork.nodes == [2]
    assert [sorted(arm) for arm in fork.arms] == [[0, 1], [3, 4], [5, 6]]


def test_a_stub_is_no_arm():
    assert branches(tower_of(range(6), FORK[:-1])) == []


def test_a_small_detour_is_one_arm():
    detour = [(0, 1), (1, 2), (2, 3), (2, 4), (3, 5), (4, 5), (5, 6)]
    assert branches(tower_of(range(7), detour)) == []


def test_a_branching_moves_along_arms_that_merge_and_ends_with_them():
    edges = [(0, 1), (1, 2), (2, 3), (2, 4), (3, 5), (4, 6), (5, 7), (6, 8)]
    merges = [(1.5, (4, 3)), (2.0, (6, 5)), (4.0, (8, 7))]
    (fork,) = branches(tower_of([0, 1, 2, 3, 3, 4, 4, 5, 5], edges, merges))
    assert (fork.nodes, fork.birth, fork.death) == ([2], 1.0, 2.0)


@pytest.mark.parametrize("n_nodes", [0, 1, 3])
def test_nodes_alone(n_nodes):
    tower = tower_of(range(n_nodes), [])
    assert len(components(tower)) == n_nodes
    assert loops(tower) == branches(tower) == []


def test_adjacency():
    assert adjacency(3, [(0, 2), (1, 2)]) == [[2], [2], [0, 1]]
