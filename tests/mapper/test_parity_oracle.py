"""The same graph as a literal mapper, on clouds full of duplicates, ties and border points."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from topoact import DBSCAN, Mapper
from topoact.testing import oracle
from topoact.testing.strategies import STEADY, Parameters, clouds, dyadic_parameters, lenses, parameters


def graph_of(cloud, lens, chosen):
    clusterer = DBSCAN(eps=chosen.eps, min_samples=chosen.min_samples)
    return Mapper(lens=lens, n_intervals=chosen.n_intervals, overlap=chosen.overlap, clusterer=clusterer)


def assert_same(graph, expected):
    nodes = [(int(graph.interval[node]), frozenset(graph.members(node).tolist())) for node in range(graph.n_nodes)]
    assert nodes == expected.nodes
    links = graph.links
    pairs = list(zip(links.source.tolist(), links.target.tolist(), strict=True))
    weights = list(zip(links.shared.tolist(), links.jaccard.tolist(), strict=True))
    assert dict(zip(pairs, weights, strict=True)) == expected.edges
    assert pairs == sorted(expected.edges)


@STEADY
@given(st.data(), clouds(), parameters())
def test_any_cover(data, cloud, chosen):
    chosen = chosen._replace(min_samples=min(chosen.min_samples, len(cloud)))
    lens = data.draw(lenses(len(cloud)))
    assume(oracle.clear_of_ends(lens, chosen.n_intervals, chosen.overlap))
    graph = graph_of(cloud, lens, chosen).fit(cloud).graph_
    assert_same(graph, oracle.mapper(cloud, lens, **chosen._asdict()))


@STEADY
@given(st.data(), clouds(), dyadic_parameters())
def test_points_on_the_ends_of_intervals(data, cloud, chosen):
    chosen = chosen._replace(min_samples=min(chosen.min_samples, len(cloud)))
    lens = data.draw(lenses(len(cloud)))
    lens[np.argmin(lens)], lens[np.argmax(lens)] = 0, 32
    graph = graph_of(cloud, lens, chosen).fit(cloud).graph_
    assert_same(graph, oracle.mapper(cloud, lens, **chosen._asdict()))


def test_a_border_point_goes_to_the_cluster_found_first():
    cloud = np.array([[3.0], [4.0], [4.0], [2.0], [0.0], [0.0], [1.0]])
    chosen = Parameters(n_intervals=1, overlap=0.0, eps=1.0, min_samples=4)
    lens = np.arange(7.0)
    graph = graph_of(cloud, lens, chosen).fit(cloud).graph_
    expected = oracle.mapper(cloud, lens, **chosen._asdict())
    assert_same(graph, expected)
    assert [sorted(members) for _, members in expected.nodes] == [[0, 1, 2, 3], [4, 5, 6]]
