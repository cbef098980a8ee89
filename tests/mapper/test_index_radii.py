"""An index of several radii answers each of them as an index of that radius does."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_neighbor_index import lattice, nodes_of

from topoact import NeighborIndex, QuantileCover
from topoact.errors import InvalidInput
from topoact.testing.strategies import EPSILONS, STEADY, clouds, lenses

RADII = [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0]
"""Distances of a lattice, so that many pairs are as far apart as a radius."""


def assert_same_graphs(cloud, lens, radii, metric="euclidean", settings=((7, 0.3, 3),)):
    ladder = NeighborIndex(cloud, lens, radii, 1.0, metric=metric)
    assert ladder.radii == tuple(radii)
    for eps in radii:
        one = NeighborIndex(cloud, lens, eps, 1.0, metric=metric)
        for n_intervals, overlap, min_samples in settings:
            expected = one.graph(n_intervals, overlap, min_samples)
            graph = ladder.graph(n_intervals, overlap, min_samples, eps=eps)
            assert nodes_of(graph) == nodes_of(expected)
            assert graph.means.tolist() == expected.means.tolist()
            assert graph.eps == eps


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
@pytest.mark.parametrize("n_radii", [1, 2, 3, 4, 7])
def test_every_level(n_radii, zeros, metric):
    cloud = lattice(577, 5, zeros, seed=n_radii)
    assert_same_graphs(cloud, "l1", RADII[:n_radii], metric, [(7, 0.3, 3), (3, 0.5, 1), (11, 0.2, 20)])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_levels(dtype):
    cloud = lattice(300, 6, 0.2, dtype=dtype)
    radii = np.sqrt(np.arange(1, 256) / 16)  # every distance that occurs up to 4
    ladder = NeighborIndex(cloud, "l1", radii, 1.0)
    for level in range(0, 255, 17):
        one = NeighborIndex(cloud, "l1", radii[level], 1.0).graph(5, 0.4, 3)
        assert nodes_of(ladder.graph(5, 0.4, 3, eps=radii[level])) == nodes_of(one)


@STEADY
@given(st.data(), clouds(max_points=90), st.sets(st.sampled_from(EPSILONS), min_size=2))
def test_any_cloud(data, cloud, radii):
    assert_same_graphs(cloud, data.draw(lenses(len(cloud))), sorted(radii), settings=[(3, 0.4, 2)])


@pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
def test_radii_of_very_different_size(zeros):
    cloud = lattice(200, 4, zeros, dtype=np.float64)
    cloud[::9] *= 2.0**80
    assert_same_graphs(cloud, np.arange(200.0), [2.0**-60, 0.5, 1.0, 2.0**80, 2.0**90])


def test_other_covers():
    cloud = lattice(400, 5, 0.0)
    ladder = NeighborIndex(cloud, eps=RADII, max_interval=1.0)
    for eps in RADII:
        expected = NeighborIndex(cloud, eps=eps, max_interval=1.0).graph_of(QuantileCover(6, 0.3))
        assert nodes_of(ladder.graph_of(QuantileCover(6, 0.3), eps=eps)) == nodes_of(expected)


def test_graphs_at_the_same_time():
    cloud = lattice(900, 5, 0.0)
    ladder = NeighborIndex(cloud, eps=RADII, max_interval=1.0)
    alone = {eps: nodes_of(ladder.graph(6, 0.4, eps=eps)) for eps in RADII}
    assert len({str(nodes) for nodes in alone.values()}) > 3
    wanted = [eps for _ in range(4) for eps in RADII]
    with ThreadPoolExecutor(4) as executor:
        for eps, graph in zip(wanted, executor.map(lambda eps: ladder.graph(6, 0.4, eps=eps), wanted), strict=True):
            assert nodes_of(graph) == alone[eps]


class TestRefusals:
    @pytest.mark.parametrize(
        ("eps", "words"),
        [
            pytest.param([1.0, 1.0], "the radii of eps must ascend: got 1.0 before 1.0", id="equal"),
            pytest.param([2.0, 1.0], "the radii of eps must ascend: got 2.0 before 1.0", id="falling"),
            pytest.param([1.0, -1.0], "eps must be a positive number: got -1.0", id="negative"),
            pytest.param([1.0, "elbow"], "eps must be a positive number: got 'elbow'", id="name"),
            pytest.param([], "eps may be 1 to 255 radii: got 0", id="none"),
            pytest.param(np.arange(1, 257), "eps may be 1 to 255 radii: got 256", id="too-many"),
            pytest.param([[1.0]], "eps must be a positive number: got", id="table"),
        ],
    )
    def test_radii(self, eps, words):
        with pytest.raises(InvalidInput) as caught:
            NeighborIndex(lattice(60, 3, 0.0), eps=eps, max_interval=1.0)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_another_radius(self):
        ladder = NeighborIndex(lattice(60, 3, 0.0), eps=RADII, max_interval=1.0)
        with pytest.raises(InvalidInput, match=r"not built for eps=1\.1: .* are 0\.75, 1\.0, 1\.25, 1\.5"):
            ladder.graph(3, 0.0, eps=1.1)
        with pytest.raises(InvalidInput, match=r"has 7 radii, so eps must be one of them: got None"):
            ladder.graph(3, 0.0)
        one = NeighborIndex(lattice(60, 3, 0.0), eps=0.5, max_interval=1.0)
        assert nodes_of(one.graph(3, 0.0)) == nodes_of(one.graph(3, 0.0, eps=0.5))
        with pytest.raises(InvalidInput, match=r"not built for eps=1\.1: .* are 0\.5"):
            one.graph(3, 0.0, eps=1.1)

    def test_memory(self):
        cloud = np.random.default_rng(0).random((4000, 3))
        with pytest.raises(
            InvalidInput, match=r"needs 9\.7 MiB \(9\.7 MiB for pairs of points\) and may take 4\.8 MiB"
        ):
            NeighborIndex(cloud, eps=np.arange(1, 16) / 10, max_interval=1.0, memory_limit=5_000_000)
