"""Products of eight bits and the exact comparison of what they leave in doubt give the same bits as float32 does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_neighbor_index import expected_nodes, lattice, nodes_of

from topoact import NeighborIndex
from topoact.mapper.neighbors._kernels import quantise, simd_int8
from topoact.testing.strategies import STEADY, lenses

pytestmark = pytest.mark.skipif(not simd_int8.AVAILABLE, reason="this machine has no products of eight bits")


@pytest.fixture
def coarse(monkeypatch):
    """Take them however many pairs are left in doubt, and return those that were taken."""
    taken = []
    original = quantise.quantise
    monkeypatch.setattr(quantise, "DOUBT", 1.0)

    def recorded(*arguments, **keywords):
        taken.append(original(*arguments, **keywords))
        return taken[-1]

    monkeypatch.setattr("topoact.mapper.indexes._build_bits.quantise", recorded)
    return taken


def bits(index):
    return index.arrays()["words"].tolist()


def fine(cloud, lens, eps, monkeypatch, metric="euclidean"):
    with monkeypatch.context() as patch:
        patch.setattr(quantise, "DOUBT", -1.0)
        return NeighborIndex(cloud, lens, eps, 0.7, metric=metric)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_channels", [16, 17, 40, 300])
def test_the_same_bits(n_channels, dtype, metric, coarse, monkeypatch):
    rng = np.random.default_rng(n_channels)
    cloud = np.maximum(rng.normal(size=(500, n_channels)), 0).astype(dtype)
    cloud[::50] = 0
    for n_points in (65, 128, 500):
        points, lens = cloud[:n_points], rng.random(n_points)
        for eps in [0.2, 0.4, 0.9] if metric == "cosine" else np.sqrt(n_channels) * np.array([0.5, 0.8, 1.0]):
            index = NeighborIndex(points, lens, float(eps), 0.7, metric=metric)
            assert coarse[-1] is not None
            assert bits(index) == bits(fine(points, lens, float(eps), monkeypatch, metric))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_the_same_counts(metric, coarse, monkeypatch):
    cloud = lattice(300, 17, 0.3)
    cloud[::50] = 0
    for radii in [[0.5, 0.7], [0.01, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5], [1e-3, 1.5, 2.0]]:
        index = NeighborIndex(cloud, "l1", radii, 0.7, metric=metric)
        assert coarse[-1] is not None
        assert bits(index) == bits(fine(cloud, "l1", radii, monkeypatch, metric))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ties(dtype, coarse):
    cloud = lattice(700, 16, 0.0, dtype=dtype)
    for eps in (2.5, 3.0, 3.75):
        ladder = NeighborIndex(cloud, eps=[2.0, eps, 4.0], max_interval=0.7)
        index = NeighborIndex(cloud, eps=eps, max_interval=0.7)
        graph = index.graph(7, 0.4, 3)
        assert coarse[-1] is not None
        assert nodes_of(graph) == expected_nodes(cloud, index.lens, graph.intervals, eps, 3)
        assert nodes_of(ladder.graph(7, 0.4, 3, eps=eps)) == nodes_of(graph)


@STEADY
@given(st.data(), st.integers(0, 10**6), st.floats(0.1, 3), st.booleans())
def test_any_cloud(data, seed, spread, far):
    rng = np.random.default_rng(seed)
    cloud = rng.integers(-3, 4, (90, 18)) * np.exp(spread * rng.normal(size=18))
    if far:
        cloud[::11] *= 2.0 ** data.draw(st.integers(-60, 400))
    lens = data.draw(lenses(90))
    with pytest.MonkeyPatch.context() as patch:
        eps = float(np.quantile(np.linalg.norm(cloud[:40] - cloud[40:80], axis=1), 0.3)) or 1.0
        patch.setattr(quantise, "DOUBT", 1.0)
        index = NeighborIndex(cloud, lens, eps, 0.7)
        assert bits(index) == bits(fine(cloud, lens, eps, patch))


def test_points_that_float32_cannot_tell_apart(coarse, monkeypatch):
    rng = np.random.default_rng(0)
    cloud = 1000 + rng.integers(0, 3, (200, 16)) * 2.0**-30
    lens, eps = rng.random(200), 2.0**-30 * 3
    index = NeighborIndex(cloud, lens, eps, 0.7)
    assert coarse[-1] is not None
    assert bits(index) == bits(fine(cloud, lens, eps, monkeypatch))


def test_few_are_in_doubt_where_points_are_far_apart(coarse):
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, 64))
    cloud = np.maximum(centres[rng.integers(0, 40, 2000)] + 0.3 * rng.normal(size=(2000, 64)), 0).astype(np.float32)
    index = NeighborIndex(cloud, eps=2.0, max_interval=0.5)
    (taken,) = coarse
    assert np.median(taken.errors[:2000]) < 0.05 * taken.limits[0]
    assert nodes_of(index.graph(9, 0.4)) == expected_nodes(cloud, index.lens, index.graph(9, 0.4).intervals, 2.0, 5)


def test_not_where_most_are_in_doubt():
    cloud = lattice(700, 16, 0.0)
    cloud[0, 0] = 1e4
    from topoact.mapper.neighbors._kernels.float64 import points
    from topoact.mapper.neighbors._kernels.quantise import quantise
    from topoact.mapper.neighbors._layout import lay_out

    order = np.argsort(cloud[:, 0], kind="stable").astype(np.int64)
    known = points(cloud, order, np.array([2.0]), "euclidean")
    layout = lay_out(np.full(700, 700))
    assert quantise(known, layout, n_jobs=1, progress=lambda *_: None) is None
