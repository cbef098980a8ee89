"""Outlines of findings against a slow oracle: the rim is a closed walk round its hole, arms are paths from the stem."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from graphs import graph_of, modes_of
from hypothesis import given, settings
from hypothesis import strategies as st

from topoact import Mapper, Modes
from topoact.analysis.shape.outlines import arm_path, oriented, outlined_within, rim, rim_of_walk
from topoact.analysis.shape.topology import MIN_JACCARD, shape_report
from topoact.testing.shapes import planted


def rank(rows):
    """Rank over the field of two elements, by elimination."""
    rows, found = [set(row) for row in rows], 0
    while rows:
        row = rows.pop()
        if row:
            found += 1
            lead = max(row)
            rows = [other ^ row if lead in other else other for other in rows]
    return found


def around(cycle):
    return {frozenset(edge) for edge in pairwise([*cycle, cycle[0]])}


def strong_edges(graph, groups):
    """The edges of groups of nodes whose Jaccard index is large enough, by their members."""
    members = {}
    for node, group in enumerate(groups):
        members.setdefault(group, set()).update(graph.members(node).tolist())
    pairs = [(a, b) for a in members for b in members if a < b and members[a] & members[b]]
    edges = [(a, b) for a, b in pairs if len(members[a] & members[b]) > MIN_JACCARD * len(members[a] | members[b])]
    return members, edges


def fillings(graph, groups):
    """Cycles that are filled, as sets of edges: triangles with common points, and cycles within two intervals."""
    members, edges = strong_edges(graph, groups)
    interval = {group: int(graph.interval[node]) for node, group in enumerate(groups)}
    whole = nx.Graph(edges)
    triangles = [
        clique
        for clique in nx.enumerate_all_cliques(whole)
        if len(clique) == 3 and set.intersection(*map(members.get, clique))
    ]
    between = {}
    for a, b in edges:
        between.setdefault(frozenset((interval[a], interval[b])), []).append((a, b))
    flat = [cycle for some in between.values() for cycle in nx.cycle_basis(nx.Graph(some))]
    return [{tuple(sorted(edge)) for edge in around(cycle)} for cycle in [*triangles, *flat]]


def sum_of_edges(cycle):
    total = set()
    for edge in pairwise([*cycle, cycle[0]]):
        total ^= {tuple(sorted(edge))} if edge[0] != edge[1] else set()
    return total


def is_filled(total, filled):
    return rank([*filled, total]) == rank(filled)


def check(graph, report):
    """Every rim and every arm is what it should be, in a graph and its skeleton."""
    drawn = nx.Graph(list(zip(graph.links.source.tolist(), graph.links.target.tolist(), strict=True)))
    groups = graph.within(1.0).tolist() if graph.prominence is not None else list(range(graph.n_nodes))
    filled = fillings(graph, groups)

    def joined(one, other):
        """Whether an edge joins two nodes, or they are one in the skeleton."""
        return drawn.has_edge(one, other) or groups[one] == groups[other]

    for feature in report.features:
        if feature.rim:
            assert len(set(feature.rim)) == len(feature.rim) >= 3
            assert all(joined(*edge) for edge in around(feature.rim))
            assert feature.rim == oriented(feature.rim)
            own = list(dict.fromkeys(groups[node] for node in feature.nodes))
            image = [groups[node] for node in feature.rim]
            assert not is_filled(sum_of_edges(image), filled)
            assert is_filled(sum_of_edges(image) ^ sum_of_edges(own), filled)
        if not feature.paths:
            continue
        for arm, path in zip(feature.arms, feature.paths, strict=True):
            assert path[0] in feature.nodes
            assert set(path[1:]) <= set(arm)
            assert len(set(path)) == len(path) >= 2
            assert all(joined(*edge) for edge in pairwise(path))
        inside = [node for arm in feature.arms for node in arm]
        assert len(inside) == len(set(inside))
        assert not set(inside) & set(feature.nodes)
        assert feature.kind == "branch"
        assert len(feature.arms) >= 3


@st.composite
def clouds(draw):
    """Points of a few strands over a lens, that meet here and there; a seed makes the rest."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n_strands, n_points = draw(st.integers(2, 4)), draw(st.integers(200, 500))
    lens = rng.random(n_points)
    strand = rng.integers(0, n_strands, n_points)
    side = 2.0 * strand * np.abs(np.sin(draw(st.integers(1, 3)) * np.pi * lens)) + rng.normal(0, 0.05, n_points)
    return np.c_[lens * 10, side].astype(np.float32)


@settings(max_examples=15, deadline=None)
@given(clouds(), st.sampled_from([0.1, 0.5, 1.0]))
def test_outlines_are_of_the_graph_and_go_round_the_same_hole(cloud, prominence):
    graph = Mapper(lens=cloud[:, 0], n_intervals=9, overlap=0.35, clusterer=Modes(5, prominence)).fit(cloud).graph_
    report = shape_report(graph)
    check(graph, report)
    assert report == shape_report(graph)
    if prominence == 1:
        assert all(one.rim for one in report.features if one.kind == "loop" and one.seen)


@settings(max_examples=15, deadline=None)
@given(clouds())
def test_in_a_coarser_cut_rims_are_of_that_cut_and_not_filled(cloud):
    fine, cut = (
        Mapper(lens=cloud[:, 0], n_intervals=9, overlap=0.35, clusterer=Modes(5, prominence)).fit(cloud).graph_
        for prominence in (0.1, 1.5)
    )
    report = outlined_within(shape_report(fine), fine.within(1.5).tolist(), cut, 1.5, MIN_JACCARD)
    drawn = nx.Graph(list(zip(cut.links.source.tolist(), cut.links.target.tolist(), strict=True)))
    filled = fillings(cut, range(cut.n_nodes))
    for feature in report.features:
        if feature.rim:
            assert len(set(feature.rim)) == len(feature.rim)
            assert all(drawn.has_edge(*edge) for edge in around(feature.rim))
            assert not is_filled(sum_of_edges(feature.rim), filled)
            assert feature.death > 1.5
        assert all(nx.is_path(drawn, path) and path[0] in feature.nodes for path in feature.paths)
        assert len(feature.paths) in (0, len(feature.arms))


@st.composite
def bands(draw):
    """Groups in a ring, and edges between neighbouring ones."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=3, max_size=6))
    starts = np.cumsum([0, *sizes])
    groups = [list(range(starts[i], starts[i + 1])) for i in range(len(sizes))]
    pairs = [(a, b) for one, other in pairwise([*groups, groups[0]]) for a in one for b in other]
    return groups, sorted(draw(st.sets(st.sampled_from(pairs))))


@given(bands())
def test_the_rim_is_the_shortest_cycle_that_goes_once_round(band):
    groups, pairs = band
    drawn = nx.Graph(pairs)
    drawn.add_nodes_from(range(groups[-1][-1] + 1))
    place = {node: number for number, nodes in enumerate(groups) for node in nodes}

    def turns(cycle):
        steps = [(place[b] - place[a]) % len(groups) for a, b in pairwise([*cycle, cycle[0]])]
        return sum(1 if step == 1 else -1 for step in steps) / len(groups)

    round_ones = [cycle for cycle in nx.simple_cycles(drawn) if abs(turns(cycle)) == 1]
    found = rim(groups, [sorted(drawn[node]) for node in sorted(drawn)])
    assert len(found) == min(map(len, round_ones), default=0)
    assert not found or around(found) in [around(cycle) for cycle in round_ones]


def test_a_walk_that_turns_back_is_cut_off():
    classes = {(0, 1): 1, (1, 2): 0, (2, 3): 0, (0, 3): 0, (2, 4): 0, (4, 5): 0, (2, 5): 0}
    assert rim_of_walk([3, 0, 1, 2, 4, 2], classes) == (0, 1, 2, 3)
    assert rim_of_walk([0, 1, 2, 4, 5, 2, 3], classes) == (0, 1, 2, 3)
    assert rim_of_walk([2, 4, 5], classes) == ()
    assert rim_of_walk([0, 1, 9], classes) == ()
    assert rim_of_walk([], classes) == ()


def test_the_path_of_an_arm_ends_at_its_far_end():
    beside = [[1, 4], [0, 2, 3], [1], [1, 5], [0], [3]]
    assert arm_path([0], [1, 2, 3, 5], beside) == ((0, 1, 3, 5), 4)
    assert arm_path([0], [4], beside) == ((0, 4), 1)
    assert arm_path([0], [5], beside) == ((), 0)


RING = [[0, 1, 20], [1, 2], [20, 21], [2, 3], [21, 22], [3, 22, 4]]


def test_nodes_that_are_one_in_the_skeleton_are_joined_where_edges_alone_leave_the_rim_open():
    whole = modes_of(RING, [0, 1, 1, 2, 2, 3], [np.inf] * 6, range(6))
    (loop,) = (one for one in shape_report(whole).features if one.kind == "loop")
    assert loop.rim == (0, 1, 3, 5, 4, 2)
    parted = [[0, 1, 20], [1, 2], [20, 21], [2, 3], [21, 22], [3, 4], [22, 5]]
    graph = modes_of(parted, [0, 1, 1, 2, 2, 3, 3], [np.inf] * 6 + [0.5], [0, 1, 2, 3, 4, 5, 5])
    (loop,) = (one for one in shape_report(graph).features if one.kind == "loop")
    assert loop.rim == (0, 1, 3, 5, 6, 4, 2)


@pytest.mark.parametrize(("name", "n_rims", "n_arms"), [("ring", 1, 0), ("eight", 2, 6), ("Y", 0, 3), ("line", 0, 0)])
def test_what_was_planted_has_its_outlines(name, n_rims, n_arms):
    cloud = planted(name, 3000, 8, noise=0.03, seed=1).astype(np.float32)
    graph = Mapper(lens="pca:0", n_intervals=16, overlap=0.35, clusterer=Modes(15, 1.0)).fit(cloud).graph_
    report = shape_report(graph)
    check(graph, report)
    sure = [one for one in report.features if one.sure]
    assert [len(one.rim) > 8 for one in sure if one.kind == "loop"] == [True] * n_rims
    assert sum(len(one.paths) for one in sure) == n_arms


def test_of_no_nodes_there_is_no_outline():
    assert shape_report(graph_of([], n_points=5)).features == ()
