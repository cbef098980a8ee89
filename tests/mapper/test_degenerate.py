"""Input that cannot be summarised gets one sentence that names value, rule and, where there is one, a remedy."""

import numpy as np
import pytest

from topoact import DBSCAN, Mapper, UniformCover
from topoact.errors import InvalidInput, UnknownName
from topoact.mapper import DistanceTo, build_graph, lens_values, no_progress

CLOUD = np.random.default_rng(0).normal(size=(20, 3))
NAN, INF = float("nan"), float("inf")


def with_value(value, rows=(7, 11)):
    cloud = CLOUD.copy()
    cloud[list(rows), 1] = value
    return cloud


def refused(mapper, cloud):
    with pytest.raises(InvalidInput) as caught:
        mapper.fit(cloud)
    assert not hasattr(mapper, "graph_")
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


class TestPoints:
    @pytest.mark.parametrize(
        ("cloud", "words"),
        [
            pytest.param(np.empty((0, 3)), ["0 sample(s)", "minimum of 2"], id="empty"),
            pytest.param(np.empty((5, 0)), ["0 feature(s)", "minimum of 1"], id="no-channels"),
            pytest.param(CLOUD[:1], ["1 sample(s)", "minimum of 2"], id="one-point"),
            pytest.param(np.ones((20, 3)), ["all 20 points are equal"], id="all-equal"),
            pytest.param(with_value(NAN), ["2 of 20 rows", "NaN", "first is row 7", "leave them out"], id="nan"),
            pytest.param(with_value(INF), ["2 of 20 rows", "infinity", "first is row 7"], id="infinite"),
            pytest.param(with_value(-INF).astype(np.float32), ["2 of 20 rows", "row 7"], id="float32"),
            pytest.param(CLOUD[:4], ["min_samples is 5", "n_samples=4", "lower min_samples"], id="fewer-than-minPts"),
            pytest.param(CLOUD[:5], ["5-th neighbour", "more than 5 points", "got 5"], id="too-few-for-the-elbow"),
            pytest.param(CLOUD[0], ["Expected 2D array, got 1D array"], id="one-dimensional"),
            pytest.param(CLOUD[:, :, None], ["dim 3"], id="three-dimensional"),
            pytest.param([["a", "b"]] * 9, ["could not convert string to float"], id="strings"),
            pytest.param(CLOUD * 1j, ["Complex data not supported"], id="complex"),
        ],
    )
    def test_refused(self, cloud, words):
        sentence = refused(Mapper(), cloud)
        assert [word for word in words if word not in sentence] == []

    def test_minpts_given_as_a_numpy_number_is_held_against_the_points(self):
        assert "min_samples is 30" in refused(Mapper(clusterer=DBSCAN(eps=1.0, min_samples=np.int64(30))), CLOUD)

    def test_no_points_for_the_kernel(self):
        with pytest.raises(InvalidInput, match="all 0 points are equal"):
            build_graph(np.empty((0, 3)), np.empty(0), cover=UniformCover(), clusterer=DBSCAN(), progress=no_progress)

    def test_two_points_are_enough(self):
        graph = Mapper(n_intervals=2, clusterer=DBSCAN(eps=0.1, min_samples=1)).fit([[0.0], [1.0]]).graph_
        assert [graph.members(node).tolist() for node in range(graph.n_nodes)] == [[0], [1]]

    def test_duplicates_count_as_neighbours(self):
        cloud = np.repeat([[0.0, 1.0], [0.0, 3.0]], 5, axis=0)
        graph = Mapper(n_intervals=3, clusterer=DBSCAN(eps=1e-9, min_samples=5)).fit(cloud).graph_
        assert [graph.members(node).tolist() for node in range(graph.n_nodes)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]

    def test_only_noise_is_a_graph_without_nodes(self):
        graph = Mapper(clusterer=DBSCAN(eps=1e-9)).fit(CLOUD).graph_
        assert (graph.n_nodes, graph.n_edges, graph.coverage) == (0, 0, 0.0)
        assert graph.uncovered.tolist() == list(range(20))
        assert graph.means.shape == (0, 3)
        assert len(graph.nodes) == len(graph.edges) == len(graph.to_networkx()) == 0

    def test_a_node_that_does_not_exist(self):
        graph = Mapper(n_intervals=1, clusterer=DBSCAN(eps=100.0)).fit(CLOUD).graph_
        for node in (-1, 1):
            with pytest.raises(InvalidInput, match=rf"node {node} does not exist: the graph has 1 nodes"):
                graph.members(node)


class TestLens:
    @pytest.mark.parametrize(
        ("lens", "words"),
        [
            pytest.param(np.ones(20), ["the lens is 1 at every point", "choose another lens"], id="constant"),
            pytest.param("pca:2x", ["unknown lens 'pca:2x'", "choose l2, l1, linf, l<p>, max, pca:<i>"], id="unknown"),
            pytest.param("L2", ["unknown lens 'L2'"], id="wrong-case"),
            pytest.param("pca:-1", ["unknown lens 'pca:-1'"], id="negative-component"),
            pytest.param("pca:3", ["'pca:3' does not exist", "3 channels", "3 components"], id="no-such-component"),
            pytest.param(np.arange(19.0), ["one number per point", "(19,)", "20 points"], id="too-short"),
            pytest.param(CLOUD.T, ["one number per point", "(3, 20)"], id="matrix-of-wrong-shape"),
            pytest.param(1.5, ["one number per point", "()"], id="scalar"),
            pytest.param(with_value(NAN)[:, 1], ["finite", "2 of 20", "row 7"], id="nan"),
            pytest.param(np.array(["a"] * 20), ["gives numbers", "<U1"], id="strings"),
            pytest.param(["l2", "a"], ["unknown lens 'a'"], id="one-of-several-unknown"),
            pytest.param(CLOUD[:, 0] * 1j, ["gives real numbers", "complex128"], id="complex"),
            pytest.param("l0", ["the exponent of a norm must be positive: got 0"], id="no-norm"),
            pytest.param("eccentricity:0.5", ["eccentricity must be at least 1: got 0.5"], id="no-eccentricity"),
            pytest.param("knn:0", ["neighbours are counted from 1: got the 0-th"], id="no-neighbour"),
            pytest.param("knn:20", ["20-th neighbour needs more than 20 points: got 20"], id="too-few-neighbours"),
            pytest.param("distance:20", ["'distance:20' does not exist", "20 points"], id="no-such-point"),
            pytest.param(DistanceTo([0.0, 1.0]), ["the point has 2 channels, the vectors have 3"], id="other-space"),
            pytest.param(lambda vectors: vectors.T, ["one number per point", "(3, 20)"], id="callable-of-wrong-shape"),
            pytest.param(CLOUD * [1, 0, 1], ["lens 1 of 3", "the lens is 0 at every point"], id="one-constant"),
        ],
    )
    def test_refused(self, lens, words):
        sentence = refused(Mapper(lens=lens), CLOUD)
        assert [word for word in words if word not in sentence] == []

    def test_an_unknown_name_is_told_from_other_bad_input(self):
        with pytest.raises(UnknownName):
            lens_values("nope", CLOUD)


class TestParameters:
    @pytest.mark.parametrize("overlap", [1, 1.0, 1.5, -0.1, NAN, INF, "0.3", None], ids=repr)
    def test_overlap(self, overlap):
        assert refused(Mapper(overlap=overlap), CLOUD) == f"overlap must be in [0, 1): got {overlap!r}"

    @pytest.mark.parametrize("n_intervals", [0, -3, 10.0, "10", None], ids=repr)
    def test_n_intervals(self, n_intervals):
        expected = f"n_intervals must be a whole number, at least 1: got {n_intervals!r}"
        assert refused(Mapper(n_intervals=n_intervals), CLOUD) == expected

    @pytest.mark.parametrize("eps", [0, 0.0, -1.0, NAN, INF, "knee", "-1", None, [1.0], True], ids=repr)
    def test_eps(self, eps):
        assert refused(Mapper(clusterer=DBSCAN(eps=eps)), CLOUD) == (
            "eps must be a positive number, 'elbow' or 'quantile:q' with q in (0, 1], the last two also with "
            f"':interval': got {eps!r}"
        )

    @pytest.mark.parametrize("min_samples", [0, -1, 2.5, "5", None], ids=repr)
    def test_min_samples(self, min_samples):
        expected = f"min_samples must be a whole number, at least 1: got {min_samples!r}"
        assert refused(Mapper(clusterer=DBSCAN(min_samples=min_samples)), CLOUD) == expected
