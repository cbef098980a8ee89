"""Triangles, and nodes within other nodes, by the book."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoact import DBSCAN, Mapper, MapperGraph
from topoact.mapper import Intervals, nerve
from topoact.mapper.build import assemble, ragged
from topoact.mapper.nerve import Nodes, triangles
from topoact.testing import oracle
from topoact.testing.strategies import STEADY

CLOUD = np.random.default_rng(0).normal(size=(300, 2))


def graph_of(sets: list[set[int]], n_points: int) -> MapperGraph:
    """A graph with these nodes, two to an interval."""
    clusters = [np.array(sorted(members)) for members in sets]
    interval = np.arange(len(sets)) // 2
    ends = np.arange((len(sets) + 1) // 2, dtype=np.float64)
    nodes = Nodes(interval, ragged(clusters), np.arange(2 * len(sets), dtype=np.float32).reshape(-1, 2), interval)
    return assemble(np.arange(float(n_points)), Intervals(ends, ends + 1), nodes)


def sets_of(graph):
    return [set(graph.members(node).tolist()) for node in range(graph.n_nodes)]


families = st.lists(st.sets(st.integers(0, 11), min_size=1), max_size=9)


@STEADY
@given(families, st.sampled_from([1, 3, 4_000_000]))
def test_triangles_are_triples_that_meet(sets, block):
    graph = graph_of(sets, 12)
    expected = [
        (*triple, len(common))
        for triple in combinations(range(len(sets)), 3)
        if (common := set.intersection(*(sets[node] for node in triple)))
    ]
    assert list(graph.triangles.itertuples(index=False, name=None)) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nerve, "MAX_MATCHED", block)
        found = triangles(graph.memberships, graph.links, 12)
    assert list(zip(*(column.tolist() for column in found), strict=True)) == expected
    assert list(graph.triangles.columns) == ["first", "second", "third", "shared"]


@STEADY
@given(families)
def test_without_subsets(sets):
    graph = graph_of(sets, 12)
    kept = [
        node
        for node, members in enumerate(sets)
        if not any(members < other or (members == other and place < node) for place, other in enumerate(sets))
    ]
    smaller = graph.without_subsets()
    assert sets_of(smaller) == [sets[node] for node in kept]
    assert smaller.interval.tolist() == graph.interval[kept].tolist()
    assert smaller.means.tolist() == graph.means[kept].tolist()
    assert smaller.medoids.tolist() == graph.medoids[kept].tolist()
    assert smaller.uncovered.tolist() == graph.uncovered.tolist()
    assert smaller.intervals is graph.intervals
    edges = oracle.nerve([frozenset(sets[node]) for node in kept])
    assert {(a, b): (shared, jaccard) for a, b, shared, jaccard in smaller.edges.itertuples(index=False)} == edges
    assert sets_of(smaller.without_subsets()) == sets_of(smaller)


def test_the_estimator_merges_subsets():
    options = {"n_intervals": 12, "overlap": 0.6, "clusterer": DBSCAN(eps=0.4, min_samples=3)}
    graph = Mapper(**options).fit(CLOUD).graph_
    merged = Mapper(**options, merge_subsets=True).fit(CLOUD).graph_
    assert merged.n_nodes < graph.n_nodes
    assert sets_of(merged) == sets_of(graph.without_subsets())
    assert merged.eps == graph.eps


def test_triangles_of_a_graph_with_much_overlap():
    graph = Mapper(n_intervals=8, overlap=0.7, clusterer=DBSCAN(eps=0.8, min_samples=2)).fit(CLOUD).graph_
    sets = sets_of(graph)
    expected = [triple for triple in combinations(range(len(sets)), 3) if set.intersection(*(sets[i] for i in triple))]
    found = graph.triangles[["first", "second", "third"]].itertuples(index=False, name=None)
    assert list(found) == expected
    assert len(expected) > 3
