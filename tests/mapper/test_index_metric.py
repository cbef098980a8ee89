"""Cosine distances: the nodes that scikit-learn's cosine DBSCAN gives interval by interval, in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN as SklearnDBSCAN
from test_neighbor_index import lattice, nodes_of

from topoact import NeighborIndex
from topoact.errors import InvalidInput
from topoact.mapper.covers.pullback import pullback
from topoact.testing.strategies import STEADY, clouds, lenses

EPSILONS = [0.02, 0.1, 0.3, 0.5, 0.8, 1.0, 1.2, 1.7]
ROOM = 1 + 1e-9
"""Between two distances that occur, lest the rounding of matrix products decide."""


def expected_nodes(cloud, lens, intervals, eps, min_samples):
    """(interval, members) of each cluster; a zero vector is near itself, which scikit-learn leaves to its blocks."""
    nodes = []
    for number, rows in enumerate(pullback(lens, intervals)):
        if len(rows):
            units = cloud[rows].astype(np.float64)
            lengths = np.sqrt((units**2).sum(axis=1, keepdims=True))
            units = np.divide(units, lengths, out=np.zeros_like(units), where=lengths > 0)
            distances = np.clip(1 - units @ units.T, 0, 2)
            np.fill_diagonal(distances, 0)
            found = SklearnDBSCAN(eps=eps, min_samples=min_samples, metric="precomputed").fit_predict(distances)
            nodes += [(number, rows[found == label].tolist()) for label in range(found.max() + 1)]
    return nodes


def directions(n_points, n_channels, zeros, seed=0, dtype=np.float32):
    """Vectors of which many point the same way, and some are zero."""
    rng = np.random.default_rng(seed)
    cloud = rng.normal(size=(n_points, n_channels)) * (rng.random((n_points, n_channels)) >= zeros)
    cloud[: n_points // 8] = cloud[n_points // 8 : n_points // 8 * 2] * rng.random((n_points // 8, 1)) * 9
    cloud[-n_points // 20 :] = 0
    return cloud.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_channels", "zeros"), [(3, 0.0), (40, 0.0), (40, 0.8), (300, 0.95)])
def test_against_scikit_learn(n_channels, zeros, dtype):
    cloud = directions(700, n_channels, zeros, dtype=dtype)
    for eps in EPSILONS:
        index = NeighborIndex(cloud, eps=eps * ROOM, max_interval=0.6, metric="cosine")
        for n_intervals, overlap, min_samples in [(4, 0.2, 1), (7, 0.3, 2), (11, 0.5, 5)]:
            graph = index.graph(n_intervals, overlap, min_samples)
            assert nodes_of(graph) == expected_nodes(cloud, index.lens, graph.intervals, eps * ROOM, min_samples)


@pytest.mark.parametrize("zeros", [0.0, 0.8], ids=["dense", "sparse"])
def test_against_the_metric_of_scikit_learn(zeros):
    cloud = directions(400, 20, zeros)[:-20]  # no zero vectors
    index = NeighborIndex(cloud, eps=0.3, max_interval=1.0, metric="cosine")
    graph = index.graph(1, 0.0, 4)
    labels = SklearnDBSCAN(eps=0.3, min_samples=4, metric="cosine").fit_predict(cloud.astype(np.float64))
    assert nodes_of(graph) == [(0, np.flatnonzero(labels == label).tolist()) for label in range(labels.max() + 1)]


@STEADY
@given(st.data(), clouds(max_points=80), st.sampled_from(EPSILONS), st.booleans())
def test_any_cloud(data, cloud, eps, thin):
    if thin:
        cloud = np.where(np.abs(cloud) < 2, 0, cloud)
        cloud[-1] = cloud[0] + 1
    lens = data.draw(lenses(len(cloud)))
    index = NeighborIndex(cloud, lens, eps * ROOM, 1.0, metric="cosine")
    for min_samples in {min(number, len(cloud)) for number in (1, 3, 5)}:
        graph = index.graph(3, 0.4, min_samples)
        assert nodes_of(graph) == expected_nodes(cloud, lens, graph.intervals, eps * ROOM, min_samples)


class TestExactComparison:
    @pytest.mark.parametrize("power", [-300, -40, 40, 100])
    def test_any_scale(self, power):
        cloud = directions(300, 6, 0.3, dtype=np.float64)
        lens = np.arange(300.0)
        small, scaled = (
            NeighborIndex(points, lens, 0.2, 1.0, metric="cosine").graph(4, 0.3, 3)
            for points in (cloud, cloud * 2.0**power)
        )
        assert nodes_of(small) == nodes_of(scaled)

    def test_angles_that_float32_cannot_tell_apart(self):
        angle = np.arange(200) * 1e-6  # 1 − cos of neighbours: 5e-13
        cloud = np.c_[np.cos(angle), np.sin(angle)]
        rng = np.random.default_rng(0)
        lens = rng.random(200)
        index = NeighborIndex(cloud, lens, 4e-12, 1.0, metric="cosine")
        graph = index.graph(4, 0.3, 3)
        assert nodes_of(graph) == expected_nodes(cloud, lens, graph.intervals, 4e-12, 3)

    def test_right_angles_are_at_distance_one(self):
        cloud = np.repeat(np.eye(4), 3, axis=0) * np.arange(1, 13)[:, None]
        lens = np.arange(12.0)
        near = NeighborIndex(cloud, lens, 1.0, 1.0, metric="cosine").graph(1, 0.0, 1)
        assert nodes_of(near) == [(0, list(range(12)))]
        apart = NeighborIndex(cloud, lens, np.nextafter(1.0, 0), 1.0, metric="cosine").graph(1, 0.0, 1)
        assert nodes_of(apart) == [(0, [3 * k, 3 * k + 1, 3 * k + 2]) for k in range(4)]

    def test_zero_vectors_are_near_to_none_but_themselves(self):
        cloud = np.r_[np.zeros((3, 2)), np.ones((3, 2))]
        lens = np.arange(6.0)
        index = NeighborIndex(cloud, lens, 0.99, 1.0, metric="cosine")
        assert nodes_of(index.graph(1, 0.0, 1)) == [(0, [0]), (0, [1]), (0, [2]), (0, [3, 4, 5])]
        assert nodes_of(NeighborIndex(cloud, lens, 1.0, 1.0, metric="cosine").graph(1, 0.0, 1)) == [(0, list(range(6)))]


@pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
def test_centres_are_those_of_the_vectors(zeros):
    cloud = directions(500, 20, zeros)
    graph = NeighborIndex(cloud, eps=0.4, max_interval=0.5, metric="cosine").graph(5, 0.4, 3)
    assert graph.n_nodes > 1
    for node in range(graph.n_nodes):
        own = cloud[graph.members(node)].astype(np.float64)
        np.testing.assert_allclose(graph.means[node], own.mean(axis=0), rtol=1e-5, atol=1e-6)
        spread = ((own - own.mean(axis=0)) ** 2).sum(axis=1)
        assert graph.medoids[node] in graph.members(node)[spread <= spread.min() * (1 + 1e-9)].tolist()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"metric": "cosine", "eps": 2.1}, r"eps must be in \(0, 2\] for metric 'cosine'.*2\.1", id="eps"),
        pytest.param({"metric": "cosine", "eps": 0}, "eps must be a positive number: got 0", id="eps-zero"),
        pytest.param({"metric": "manhattan"}, "metric must be 'euclidean' or 'cosine': got 'manhattan'", id="metric"),
    ],
)
def test_refusals(arguments, words):
    with pytest.raises(InvalidInput, match=words):
        NeighborIndex(lattice(50, 3, 0.0), **{"eps": 0.5, "max_interval": 1.0, **arguments})
