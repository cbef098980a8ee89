"""Graphs go to KeplerMapper and come back."""

import kmapper
import numpy as np
import pytest
from sklearn.cluster import DBSCAN as SklearnDBSCAN

from topoact import DBSCAN, Mapper
from topoact.errors import InvalidInput
from topoact.mapper import from_kepler_mapper, to_kepler_mapper

CLOUD = np.random.default_rng(0).normal(size=(300, 3))
CLUSTERER = SklearnDBSCAN(eps=0.8, min_samples=4)


def ours(lens="l2"):
    return Mapper(lens=lens, n_intervals=7, overlap=0.4, clusterer=DBSCAN(eps=0.8, min_samples=4)).fit(CLOUD).graph_


def theirs(graph, **options):
    lens = graph.lens.reshape(len(CLOUD), -1)
    cover = kmapper.Cover(n_cubes=7, perc_overlap=0.4)
    return kmapper.KeplerMapper(verbose=0).map(lens, CLOUD, cover=cover, clusterer=CLUSTERER, **options)


def test_the_same_dictionary():
    graph = ours()
    found, expected = to_kepler_mapper(graph), theirs(graph)
    assert found["nodes"] == expected["nodes"]
    assert found["links"] == expected["links"]
    assert sorted(map(sorted, found["simplices"])) == sorted(map(sorted, expected["simplices"]))
    assert found.keys() == expected.keys()
    assert found["meta_data"].keys() == expected["meta_data"].keys()


@pytest.mark.parametrize("lens", ["l2", ["l2", "pca:0"]], ids=["one-lens", "two"])
def test_there_and_back(lens):
    graph = ours(lens)
    back = from_kepler_mapper(to_kepler_mapper(graph), CLOUD, lens)
    assert back.memberships.indices.tolist() == graph.memberships.indices.tolist()
    assert back.memberships.indptr.tolist() == graph.memberships.indptr.tolist()
    assert back.edges.equals(graph.edges)
    assert back.nodes.drop(columns="interval").equals(graph.nodes.drop(columns="interval"))
    np.testing.assert_allclose(back.means, graph.means, rtol=1e-6, atol=1e-7)
    assert back.interval.tolist() == np.unique(graph.interval, return_inverse=True)[1].tolist()
    for number in range(len(back.intervals.lower)):
        own = np.concatenate([graph.members(node) for node in np.flatnonzero(back.interval == number)])
        assert back.intervals.lower[number].tolist() == back.lens[own].min(axis=0).tolist()
        assert back.intervals.upper[number].tolist() == back.lens[own].max(axis=0).tolist()


def test_keplermapper_draws_it(tmp_path):
    graph = to_kepler_mapper(ours())
    path = tmp_path / "graph.html"
    html = kmapper.KeplerMapper(verbose=0).visualize(graph, path_html=str(path))
    assert "cube0_cluster0" in html
    exported = kmapper.adapter.to_networkx(graph)
    assert set(exported.nodes) == set(graph["nodes"])
    assert exported.number_of_edges() == ours().n_edges


def test_links_that_keplermapper_left_out_stay_out():
    graph = ours()
    strict = from_kepler_mapper(theirs(graph, nerve=kmapper.GraphNerve(min_intersection=10)), CLOUD)
    assert 0 < strict.n_edges < graph.n_edges
    assert strict.edges["shared"].min() >= 10


def test_nodes_in_any_order():
    nodes = {"cube5_cluster0": [3, 1], "cube2_cluster0": [0, 1]}
    found = {"nodes": nodes, "links": {"cube5_cluster0": ["cube2_cluster0"]}}
    graph = from_kepler_mapper(found, CLOUD)
    assert [graph.members(node).tolist() for node in (0, 1)] == [[0, 1], [1, 3]]
    assert graph.interval.tolist() == [0, 1]
    assert graph.edges.to_numpy().tolist() == [[0, 1, 1, 1 / 3]]


def test_no_nodes():
    graph = from_kepler_mapper({"nodes": {}, "links": {}}, CLOUD)
    assert (graph.n_nodes, graph.n_edges, graph.coverage) == (0, 0, 0)
    assert to_kepler_mapper(graph)["nodes"] == {}


NODES = {"cube0_cluster0": [0, 1], "cube1_cluster0": [1, 2], "cube2_cluster0": [5]}


def one_node(members, name="cube0_cluster0"):
    return {"nodes": {name: members}, "links": {}}


def linked(source, *targets):
    return {"nodes": NODES, "links": {source: list(targets)}}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param({"nodes": NODES, "edges": {}}, "'edges' is no field of a graph of KeplerMapper", id="field"),
        pytest.param({"nodes": NODES}, "with the dictionaries 'nodes' and 'links'", id="no-links"),
        pytest.param({"nodes": [[0]], "links": {}}, "with the dictionaries 'nodes' and 'links'", id="list"),
        pytest.param(one_node([0, 300]), "holds row 300, but there are 300 points", id="row"),
        pytest.param(one_node([-1, 2]), "'cube0_cluster0' holds row -1", id="minus"),
        pytest.param(one_node([]), "must be a list of row numbers, not empty", id="none"),
        pytest.param(one_node(["a"]), "must be a list of row numbers", id="strings"),
        pytest.param(one_node([0], "a"), "nodes: 'a' is no name that KeplerMapper gives", id="name"),
        pytest.param(
            linked("cube0_cluster0", "cube9_cluster0"),
            "links: 'cube0_cluster0' is linked to 'cube9_cluster0', but there is no node 'cube9_cluster0'",
            id="to-nowhere",
        ),
        pytest.param(
            linked("cube9_cluster0", "cube0_cluster0"), "there is no node 'cube9_cluster0'", id="from-nowhere"
        ),
        pytest.param(linked("cube0_cluster0", "cube0_cluster0"), "is linked to itself", id="loop"),
        pytest.param(
            linked("cube0_cluster0", "cube1_cluster0", "cube2_cluster0"),
            "links: 1 of 2 join nodes that share no point",
            id="nothing-shared",
        ),
    ],
)
def test_refused(found, words):
    with pytest.raises(InvalidInput) as caught:
        from_kepler_mapper(found, CLOUD)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
