"""Nearest neighbours among the points that an index compares: those of a plain table of distances."""

import numpy as np
import pytest
from test_neighbor_index import lattice

from topoact import NeighborIndex
from topoact.errors import InvalidInput


def table(cloud, metric):
    points = cloud.astype(np.float64)
    if metric == "cosine":
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        points = np.divide(points, lengths, out=np.zeros_like(points), where=lengths > 0)
        return 1 - points @ points.T
    return np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
def test_whole_cloud(zeros, metric):
    cloud = np.random.default_rng(0).random((300, 12)) * (np.random.default_rng(1).random((300, 12)) >= zeros)
    cloud = cloud.astype(np.float32)
    index = NeighborIndex(cloud, "l1", 0.5, 1.0, metric=metric)
    expected = table(cloud, metric)
    np.fill_diagonal(expected, np.inf)
    found = index.nearest(7)
    np.testing.assert_allclose(found.distances, np.sort(expected, axis=1)[:, :7], atol=1e-12)
    np.testing.assert_allclose(np.take_along_axis(expected, found.rows, axis=1), found.distances, atol=1e-12)
    assert index.nearest(3).rows.tolist() == found.rows[:, :3].tolist()


def test_only_points_that_share_an_interval():
    cloud = lattice(1000, 3, 0.0)
    lens = np.arange(1000.0)
    found = NeighborIndex(cloud, lens, 0.5, 0.05).nearest(5)
    far = np.abs(found.rows - np.arange(1000)[:, None])
    assert (far[found.rows >= 0] < 50 + 2 * 64).all()
    shared = table(cloud, "euclidean")
    shared[np.abs(lens[:, None] - lens) > 49] = np.inf
    np.fill_diagonal(shared, np.inf)
    assert (found.distances <= np.sort(shared, axis=1)[:, :5]).all()


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "3"])
def test_refusals(k):
    index = NeighborIndex(lattice(60, 3, 0.0), eps=0.5, max_interval=1.0)
    with pytest.raises(InvalidInput, match="k must be a whole number, at least 1: got"):
        index.nearest(k)
