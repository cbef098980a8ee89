"""DBSCAN of one set of points after the other: an ε per interval, boxes, single sets; scikit-learn gives the nodes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN as SklearnDBSCAN

from topoact import DBSCAN, Mapper
from topoact.errors import Cancelled
from topoact.mapper import QuantileCover, UniformCover, build_graph, distance_curve, no_progress
from topoact.mapper.clusterers.epsilon import INTERVAL_QUERIES, parse_rule
from topoact.mapper.covers.product import ProductCover
from topoact.mapper.covers.pullback import pullback
from topoact.testing.strategies import STEADY, clouds

RULES = ["elbow:interval", "quantile:0.5:interval", "quantile:0.9:interval"]
COVER = UniformCover(7, 0.4)


def grown(n_points=900, n_channels=5, seed=0):
    """Points whose distances grow with the lens, the first coordinate."""
    rng = np.random.default_rng(seed)
    cloud = rng.normal(size=(n_points, n_channels))
    return (cloud * np.geomspace(1, 40, n_points)[:, None] + [1, 0, 0, 0, 0][:n_channels]).astype(np.float32)


def expected_nodes(cloud, lens, graph, min_samples, metric="euclidean"):
    """(interval, members) of each cluster, from scikit-learn at the ε of each interval."""
    nodes = []
    for number, (rows, eps) in enumerate(zip(pullback(lens, graph.intervals), graph.eps, strict=True)):
        if np.isfinite(eps):
            clusterer = SklearnDBSCAN(eps=eps, min_samples=min_samples, metric=metric)
            labels = clusterer.fit_predict(cloud[rows].astype(np.float64))
            nodes += [(number, rows[labels == label].tolist()) for label in range(labels.max() + 1)]
    return nodes


def nodes_of(graph):
    return [(int(graph.interval[node]), graph.members(node).tolist()) for node in range(graph.n_nodes)]


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("min_samples", [1, 4, 20])
@pytest.mark.parametrize("rule", RULES)
def test_nodes_are_those_of_scikit_learn_at_the_same_radii(rule, min_samples, metric):
    cloud, lens = grown(), np.linalg.norm(grown(), axis=1).astype(np.float64)
    clusterer = DBSCAN(rule, min_samples, metric)
    graph = build_graph(cloud, lens, cover=COVER, clusterer=clusterer, progress=no_progress)
    assert graph.n_nodes > 3
    assert nodes_of(graph) == expected_nodes(cloud, lens, graph, min_samples, metric)
    for rows, eps in zip(pullback(lens, graph.intervals), graph.eps, strict=True):
        if len(rows) > min_samples:
            sample = {"seed": 0, "metric": metric, "n_queries": INTERVAL_QUERIES}
            assert eps == parse_rule(rule).read(distance_curve(cloud[rows], min_samples, **sample), metric)
        else:
            assert np.isnan(eps)


@STEADY
@given(clouds(max_points=60), st.integers(1, 6), st.sampled_from(RULES), st.integers(1, 5))
def test_small_intervals_with_duplicates(cloud, min_samples, rule, n_intervals):
    lens = np.arange(float(len(cloud)))
    cover, clusterer = QuantileCover(n_intervals, 0.3), DBSCAN(rule, min_samples)
    graph = build_graph(cloud, lens, cover=cover, clusterer=clusterer, progress=no_progress)
    assert nodes_of(graph) == expected_nodes(cloud, lens, graph, min_samples)
    sizes = np.array([len(rows) for rows in pullback(lens, graph.intervals)])
    assert (np.isnan(graph.eps) == (sizes <= min_samples)).all()
    assert (graph.eps[sizes > min_samples] > 0).all()


def test_means_and_medoids_are_those_of_the_whole_layer():
    cloud = grown()
    graph = Mapper(n_intervals=6, clusterer=DBSCAN("elbow:interval")).fit(cloud).graph_
    for node in range(graph.n_nodes):
        own = cloud[graph.members(node)].astype(np.float64)
        np.testing.assert_allclose(graph.means[node], own.mean(axis=0), rtol=1e-5, atol=1e-6)
        spread = ((cloud.astype(np.float64) - own.mean(axis=0)) ** 2).sum(axis=1)[graph.members(node)]
        assert graph.medoids[node] in graph.members(node)[spread <= spread.min() * (1 + 1e-9)]


class TestDegenerateIntervals:
    LENS = np.repeat([0.0, 1.0, 2.0], 20)

    def graph(self, third, rule="elbow:interval"):
        first = np.random.default_rng(0).normal(size=(20, 2))
        cloud = np.concatenate([first, np.full((20, 2), 7.0), third])
        return build_graph(
            cloud, self.LENS, cover=UniformCover(3, 0.0), clusterer=DBSCAN(rule, 3), progress=no_progress
        )

    def test_an_interval_of_duplicates_is_one_node(self):
        graph = self.graph(np.repeat([[0.0, 0.0], [0.0, 50.0]], 10, axis=0))
        nodes = nodes_of(graph)
        assert nodes[-3:] == [(1, list(range(20, 40))), (2, list(range(40, 50))), (2, list(range(50, 60)))]
        assert graph.eps[1:].tolist() == pytest.approx([7e-6, 50e-6])

    def test_a_rule_that_gives_0_takes_the_smallest_positive_distance(self):
        graph = self.graph(np.c_[np.r_[np.zeros(18), 2.0, 9.0], np.zeros(20)], "quantile:0.5:interval")
        assert graph.eps[2] == 2.0 * (1 + 1e-9)
        assert nodes_of(graph)[-1] == (2, list(range(40, 59)))

    def test_empty_intervals_have_no_radius(self):
        lens = np.where(self.LENS == 1, 0, self.LENS)
        graph = build_graph(
            np.random.default_rng(0).normal(size=(60, 2)), lens,
            cover=UniformCover(3, 0.0), clusterer=DBSCAN("elbow:interval"), progress=no_progress,
        )  # fmt: skip
        assert np.isnan(graph.eps).tolist() == [False, True, False]


class TestSingleSets:
    @pytest.mark.parametrize("rule", [0.8, "elbow", "elbow:interval"])
    @pytest.mark.parametrize("n_rows", [1, 3, 64, 500])
    def test_labels(self, rule, n_rows):
        cloud = np.random.default_rng(0).normal(size=(600, 3))
        rows = np.arange(0, n_rows)
        bound = DBSCAN(rule, 4).bind(cloud, seed=0)
        eps = bound.radius(cloud[rows]) if rule == "elbow:interval" else bound.eps
        expected = SklearnDBSCAN(eps=eps, min_samples=4).fit_predict(cloud[rows]) if n_rows > 4 else [-1] * n_rows
        assert bound.labels(rows).tolist() == list(expected)

    @pytest.mark.parametrize("rule", [1.2, "quantile:0.8:interval"])
    def test_boxes_of_two_lenses(self, rule):
        cloud = grown(500)
        cover = ProductCover(UniformCover(4, 0.3), UniformCover(3, 0.3))
        graph = Mapper(lens=cloud[:, :2], cover=cover, clusterer=DBSCAN(rule, 4)).fit(cloud).graph_
        lens = cloud[:, :2].astype(np.float64)
        radii = np.broadcast_to(np.asarray(graph.eps), len(graph.intervals.lower))
        expected = []
        for number, (rows, eps) in enumerate(zip(pullback(lens, graph.intervals), radii, strict=True)):
            if len(rows) > 4:
                labels = SklearnDBSCAN(eps=eps, min_samples=4).fit_predict(cloud[rows].astype(np.float64))
                expected += [(number, rows[labels == label].tolist()) for label in range(labels.max() + 1)]
        assert nodes_of(graph) == expected


@pytest.mark.parametrize("rule", [3.0, "elbow:interval"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_scikit_learn_where_memory_is_too_small(monkeypatch, rule, metric):
    cloud = grown(300)
    rule = 0.3 if (rule, metric) == (3.0, "cosine") else rule
    mapper = Mapper(n_intervals=5, clusterer=DBSCAN(rule, metric=metric))
    quick = mapper.fit(cloud).graph_
    monkeypatch.setattr("topoact.mapper.indexes.neighbor_index.available_memory", lambda: 1)
    slow = mapper.fit(cloud).graph_
    assert nodes_of(quick) == nodes_of(slow)
    assert quick.medoids.tolist() == slow.medoids.tolist()
    np.testing.assert_array_equal(quick.eps, slow.eps)


def test_one_interval_at_a_time_where_memory_is_too_small_for_all(monkeypatch):
    cloud = grown(2000)
    mapper = Mapper(cover=QuantileCover(10, 0.2), clusterer=DBSCAN(3.0))
    quick = mapper.fit(cloud).graph_
    monkeypatch.setattr("topoact.mapper.indexes.neighbor_index.available_memory", lambda: 60_000)
    monkeypatch.setattr("topoact.mapper.clusterers.interval_dbscan.SklearnDBSCAN", None)
    assert nodes_of(mapper.fit(cloud).graph_) == nodes_of(quick)


def test_the_same_on_every_run_and_stoppable():
    cloud = grown(3000)
    mapper = Mapper(n_intervals=4, clusterer=DBSCAN("elbow:interval"))
    first, again = mapper.fit(cloud).graph_, mapper.fit(cloud).graph_
    assert first.eps.tolist() == again.eps.tolist()
    assert nodes_of(first) == nodes_of(again)
    heard = []

    def progress(stage, done, total):
        heard.append((stage, done, total))
        if (stage, done) == ("clustering", 2):
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        mapper.fit(cloud, progress=progress)
    assert {entry[1:] for entry in heard if entry[0] == "clustering"} == {(0, 4), (1, 4), (2, 4)}
