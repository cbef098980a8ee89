"""Communities against networkx, the links between them by the book, and where points are few or equal."""

import sys

import networkx as nx
import numpy as np
import pytest

from topoact import Communities, Mapper, QuantileCover
from topoact.analysis.shape.topology import shape
from topoact.errors import Cancelled, InvalidInput
from topoact.mapper import k_nearest


def groups(n_points=600):
    """Three groups side by side along the first axis; the lens is the second."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, n_points)
    return rng.normal(size=(n_points, 2)) + np.stack([12.0 * codes, np.zeros(n_points)], axis=1), codes


def graph_of(cloud, clusterer, **options):
    return Mapper(lens=cloud[:, 1], n_intervals=4, overlap=0.3, clusterer=clusterer, **options).fit(cloud).graph_


def links_of(points, k):
    """How many of two points are among the nearest neighbours of the other."""
    links = {}
    for point, row in enumerate(k_nearest(points, k).rows.tolist()):
        for other in row:
            pair = min(point, other), max(point, other)
            links[pair] = links.get(pair, 0) + 1
    return links


def network_of(points, k):
    network = nx.Graph()
    network.add_nodes_from(range(len(points)))
    network.add_weighted_edges_from((a, b, weight) for (a, b), weight in links_of(points, k).items())
    return network


@pytest.mark.parametrize("n_channels", [1, 2, 8])
def test_communities_are_connected_and_as_good_as_those_of_networkx(n_channels):
    cloud = np.random.default_rng(n_channels).normal(size=(400, n_channels))
    labels = Communities(k=8).bind(cloud, seed=0).labels(np.arange(400))
    network = network_of(cloud, 8)
    ours = [set(np.flatnonzero(labels == label).tolist()) for label in range(labels.max() + 1)]
    assert all(nx.is_connected(network.subgraph(one)) for one in ours)
    theirs = nx.community.louvain_communities(network, seed=0)
    assert nx.community.modularity(network, ours) > nx.community.modularity(network, theirs) - 0.01


def test_every_point_is_in_a_node_and_no_node_mixes_groups_that_are_apart():
    cloud, codes = groups()
    graph = graph_of(cloud, Communities(k=10), cover=QuantileCover(4, 0.3))
    assert graph.coverage == 1
    assert {len(set(codes[graph.members(node)].tolist())) for node in range(graph.n_nodes)} == {1}
    for interval in range(4):
        firsts = [graph.members(node)[0] for node in np.flatnonzero(graph.interval == interval)]
        assert firsts == sorted(firsts)


def test_resolution_makes_more_of_them():
    cloud, _ = groups()
    counts = [graph_of(cloud, Communities(k=10, resolution=resolution)).n_nodes for resolution in (0.1, 1.0, 5.0)]
    assert counts == sorted(set(counts))


def test_contacts_by_the_book():
    cloud, _ = groups()
    k = 7
    graph = graph_of(cloud, Communities(k=k))
    node_of = [np.full(len(cloud), -1) for _ in range(4)]
    for node, interval in enumerate(graph.interval.tolist()):
        node_of[interval][graph.members(node)] = node
    between = np.zeros((graph.n_nodes, graph.n_nodes))
    for nodes in node_of:
        rows = np.flatnonzero(nodes >= 0)
        for (a, b), weight in links_of(cloud[rows], k).items():
            between[nodes[rows[a]], nodes[rows[b]]] += weight
            between[nodes[rows[b]], nodes[rows[a]]] += weight
    pairs = [(a, b) for a, b in zip(*np.nonzero(between), strict=True) if a < b]
    assert list(zip(graph.contacts.source, graph.contacts.target, strict=True)) == pairs
    total = between.sum(axis=1)
    assert graph.contacts.share == pytest.approx([between[a, b] / min(total[a], total[b]) for a, b in pairs])


def test_contacts_are_no_edges():
    line = np.stack([np.zeros(500), np.linspace(0, 1, 500)], axis=1) + np.linspace(0, 1e-3, 500)[:, None]
    graph = Mapper(lens=line[:, 0], n_intervals=1, overlap=0.3, clusterer=Communities(k=5)).fit(line).graph_
    assert graph.n_nodes > 2
    assert len(graph.contacts.source) == graph.n_nodes - 1
    assert graph.n_edges == 0
    assert shape(graph) == (graph.n_nodes, 0)


def test_contacts_follow_their_nodes():
    cloud, _ = groups()
    graph = graph_of(cloud, Communities(k=7))
    keep = np.arange(graph.n_nodes) % 3 > 0
    less = graph._of(keep)
    old = np.flatnonzero(keep)
    kept = [pair for pair in zip(*graph.contacts[:2], strict=True) if keep[list(pair)].all()]
    assert [(old[a], old[b]) for a, b in zip(*less.contacts[:2], strict=True)] == kept
    assert kept


def test_the_same_seed_gives_the_same_nodes():
    cloud = np.random.default_rng(0).normal(size=(800, 5))
    first, again, other = (graph_of(cloud, Communities(k=5), random_state=seed) for seed in (3, 3, 4))
    assert first.nodes.equals(again.nodes)
    assert np.array_equal(first.memberships.indices, again.memberships.indices)
    assert np.array_equal(first.contacts.share, again.contacts.share)
    assert not first.nodes.equals(other.nodes)


def test_cosine_is_that_of_unit_vectors():
    cloud = np.random.default_rng(0).normal(size=(300, 4)) + 2
    unit = cloud / np.linalg.norm(cloud, axis=1)[:, None]
    labels = [
        Communities(k=6, metric=metric).bind(points, seed=0).labels(np.arange(300))
        for metric, points in (("cosine", cloud), ("euclidean", unit))
    ]
    assert np.array_equal(*labels)


def test_few_points_are_one_node():
    cloud = np.random.default_rng(0).normal(size=(17, 2))
    bound = Communities(k=15).bind(cloud, seed=0)
    assert bound.labels(np.arange(16)).tolist() == [0] * 16
    assert bound.labels(np.arange(0)).tolist() == []
    assert len(bound.labels(np.arange(17))) == 17


def test_an_interval_without_points_has_no_node():
    cloud = np.r_[np.random.default_rng(0).normal(size=(200, 2)), np.random.default_rng(1).normal(size=(200, 2)) + 50]
    graph = Mapper(lens=cloud[:, 1], n_intervals=9, overlap=0.1, clusterer=Communities(k=5)).fit(cloud).graph_
    assert not {3, 4, 5} & set(graph.interval.tolist())
    assert graph.coverage == 1


def test_duplicates():
    cloud = np.repeat([[0.0, 0.0], [1.0, 1.0]], 100, axis=0)
    graph = graph_of(cloud, Communities(k=5))
    assert graph.coverage == 1


def test_it_can_be_stopped():
    def stop(_stage, done, _total):
        if done == 2:
            raise Cancelled

    cloud, _ = groups()
    with pytest.raises(Cancelled):
        Mapper(lens=cloud[:, 1], clusterer=Communities(k=5)).fit(cloud, progress=stop)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"k": 0}, "k must be a whole number, at least 1: got 0"),
        ({"resolution": 0}, "resolution must be a positive number: got 0"),
        ({"resolution": "much"}, "resolution must be a positive number: got 'much'"),
        ({"resolution": np.inf}, "resolution must be a positive number: got inf"),
        ({"metric": "hamming"}, "metric must be 'euclidean' or 'cosine': got 'hamming'"),
    ],
    ids=["k", "resolution", "word", "infinite", "metric"],
)
def test_bad_input(options, said):
    cloud, _ = groups()
    with pytest.raises(InvalidInput, match=said):
        graph_of(cloud, Communities(**options))


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "graspologic_native", None)
    cloud, _ = groups()
    with pytest.raises(InvalidInput, match=r"pip install 'topoact\[communities\]'"):
        graph_of(cloud, Communities())
