"""What must hold of every mapper graph."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from topoact import DBSCAN, Mapper
from topoact.errors import Cancelled
from topoact.testing import oracle
from topoact.testing.strategies import STEADY, clouds, lenses, parameters


@st.composite
def cases(draw):
    cloud = draw(clouds())
    chosen = draw(parameters())
    chosen = chosen._replace(min_samples=min(chosen.min_samples, len(cloud)))
    return cloud, draw(lenses(len(cloud))), chosen


def graph_of(cloud, lens, chosen):
    clusterer = DBSCAN(eps=chosen.eps, min_samples=chosen.min_samples)
    mapper = Mapper(lens=lens, n_intervals=chosen.n_intervals, overlap=chosen.overlap, clusterer=clusterer)
    return mapper.fit(cloud).graph_


def members_of(graph):
    return [graph.members(node).tolist() for node in range(graph.n_nodes)]


def same(graph, other):
    assert members_of(graph) == members_of(other)
    for column, others in zip(graph.links, other.links, strict=True):
        assert column.tolist() == others.tolist()
    assert graph.interval.tolist() == other.interval.tolist()


@STEADY
@given(cases())
def test_structure(case):
    cloud, lens, _ = case
    graph = graph_of(*case)
    sets = [set(members) for members in members_of(graph)]
    assert all(members == sorted(set(members)) for members in members_of(graph))
    assert all(sets)
    assert graph.interval.tolist() == sorted(graph.interval.tolist())
    for node, members in enumerate(sets):
        low, high = (end[graph.interval[node]] for end in graph.intervals)
        assert all(low <= lens[row] <= high for row in members)
    for source, target, shared, jaccard in graph.edges.itertuples(index=False):
        assert source < target
        assert shared == len(sets[source] & sets[target]) > 0
        assert jaccard == shared / len(sets[source] | sets[target])
    covered = set().union(*sets)
    assert graph.uncovered.tolist() == sorted(set(range(len(cloud))) - covered)
    assert graph.coverage == pytest.approx(len(covered) / len(cloud))


@STEADY
@given(cases())
def test_node_columns(case):
    cloud, lens, _ = case
    graph = graph_of(*case)
    assert graph.nodes["node"].tolist() == list(range(graph.n_nodes))
    for node, members in enumerate(members_of(graph)):
        row, own = graph.nodes.iloc[node], cloud[members].astype(np.float64)
        assert row["size"] == len(members)
        assert row["lens_min"] == lens[members].min()
        assert row["lens_max"] == lens[members].max()
        assert row["lens_mean"] == pytest.approx(lens[members].mean())
        np.testing.assert_allclose(graph.means[node], own.mean(axis=0), rtol=1e-6, atol=1e-6)
        distances = cdist(own, own.mean(axis=0)[None])[:, 0]
        assert graph.medoids[node] in members
        assert distances[members.index(graph.medoids[node])] == pytest.approx(distances.min())


@STEADY
@given(cases())
def test_the_same_graph_twice(case):
    same(graph_of(*case), graph_of(*case))


@STEADY
@given(cases())
def test_float32_and_float64_agree_on_numbers_that_both_hold(case):
    cloud, lens, chosen = case
    same(graph_of(cloud.astype(np.float32), lens, chosen), graph_of(cloud.astype(np.float64), lens, chosen))


def test_whole_numbers_are_not_narrowed():
    cloud = np.array([[2**24], [2**24 + 1], [2**24 + 2], [0]])
    graph = Mapper(n_intervals=1, clusterer=DBSCAN(eps=0.5, min_samples=1)).fit(cloud).graph_
    assert graph.n_nodes == 4


@STEADY
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_only_renumbers(case, random):
    """Border points may change sides with the order, core points may not: minPts 1 makes every point a core point."""
    cloud, lens, chosen = case
    chosen = chosen._replace(min_samples=1)
    order = np.array(random.sample(range(len(cloud)), len(cloud)))
    graph, shuffled = graph_of(cloud, lens, chosen), graph_of(cloud[order], lens[order], chosen)
    back = Counter(frozenset(order[members].tolist()) for members in members_of(shuffled))
    assert back == Counter(frozenset(members) for members in members_of(graph))
    assert shuffled.n_edges == graph.n_edges


@STEADY
@given(cases(), st.integers(-64, 64), st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_moving_and_scaling_change_nothing(case, shift, scale):
    """By whole numbers and powers of two, so that no digit is lost."""
    cloud, lens, chosen = case
    assume(oracle.clear_of_ends(lens, chosen.n_intervals, chosen.overlap))
    moved = graph_of(cloud * scale + shift, lens * scale - shift, chosen._replace(eps=chosen.eps * scale))
    same(graph_of(*case), moved)


@STEADY
@given(cases())
def test_networkx_carries_all_columns(case):
    graph = graph_of(*case)
    exported = graph.to_networkx()
    assert set(exported.nodes) == set(range(graph.n_nodes))
    assert {frozenset(pair) for pair in exported.edges} == {
        frozenset(pair) for pair in zip(graph.links.source.tolist(), graph.links.target.tolist(), strict=True)
    }
    for node, attributes in exported.nodes(data=True):
        assert attributes == graph.nodes.drop(columns="node").iloc[node].to_dict()
    edges = graph.edges.set_index(["source", "target"])
    for source, target, attributes in exported.edges(data=True):
        assert attributes == edges.loc[(min(source, target), max(source, target))].to_dict()


def test_progress_is_told_in_order_and_may_stop_the_work():
    heard = []

    def progress(stage, done, total):
        heard.append((stage, done, total))
        if (stage, done) == ("clustering", 3):
            raise Cancelled("enough")

    cloud = np.random.default_rng(0).normal(size=(50, 2))
    with pytest.raises(Cancelled):
        Mapper(n_intervals=7).fit(cloud, progress=progress)
    stages = list(dict.fromkeys(stage for stage, _, _ in heard))
    assert stages[0] == "measuring distances"
    assert stages[-1] == "clustering"
    assert [entry for entry in heard if entry[0] == "clustering"] == [("clustering", number, 7) for number in range(4)]
