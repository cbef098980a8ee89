"""The neighbour index gives the nodes, in their order, that scikit-learn's DBSCAN gives interval by interval."""

from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.sparse import block_diag
from sklearn.cluster import DBSCAN as SklearnDBSCAN
from sklearn.neighbors import NearestNeighbors

from topoact import DBSCAN, Mapper, NeighborIndex, QuantileCover
from topoact.errors import Cancelled, InvalidInput
from topoact.mapper import Intervals, UniformCover, build_graph, distance_curve, lens_values, no_progress
from topoact.mapper.covers.pullback import pullback
from topoact.testing import oracle
from topoact.testing.strategies import STEADY, clouds, lenses, parameters

COVERS = [(4, 0.2), (7, 0.3), (11, 0.5), (70, 0.5)]
MIN_SAMPLES = [1, 2, 3, 5, 20]


def near_pairs(cloud, eps):
    """Which points are near, from scikit-learn in float64, as a matrix of ones."""
    points = cloud.astype(np.float64)
    return NearestNeighbors(radius=eps).fit(points).radius_neighbors_graph(points)


def blocks_of(near, lens, intervals):
    """The rows of each interval, and which of them are near, all intervals side by side in one matrix."""
    rows = list(pullback(lens, intervals))
    return rows, block_diag([near[own][:, own] for own in rows], format="csr")


def clusters(blocks, min_samples):
    """(interval, members) of each cluster, from scikit-learn's DBSCAN of all intervals side by side."""
    rows, near = blocks
    labels = SklearnDBSCAN(eps=1, min_samples=min_samples, metric="precomputed").fit_predict(near)
    number, row = np.repeat(np.arange(len(rows)), list(map(len, rows))), np.concatenate(rows)
    places = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
    return [(int(number[found[0]]), row[found].tolist()) for found in places]


def expected_nodes(cloud, lens, intervals, eps, min_samples):
    return clusters(blocks_of(near_pairs(cloud, eps), lens, intervals), min_samples)


def nodes_of(graph):
    return [(int(graph.interval[node]), graph.members(node).tolist()) for node in range(graph.n_nodes)]


def lattice(n_points, n_channels, zeros, seed=0, dtype=np.float32):
    """Quarters of whole numbers, whose distances are exact, with duplicates; a share of `zeros`."""
    rng = np.random.default_rng(seed)
    cloud = rng.integers(0, 9, (n_points, n_channels)) / 4 * (rng.random((n_points, n_channels)) >= zeros)
    cloud[rng.integers(0, n_points, n_points // 8)] = cloud[rng.integers(0, n_points, n_points // 8)]
    return cloud.astype(dtype)


def radius(cloud, quantile):
    """Return a distance between two points, whose square is exact on a lattice."""
    rng = np.random.default_rng(1)
    pairs = cloud[rng.integers(0, len(cloud), (2, 500))].astype(np.float64)
    return float(np.quantile(np.sqrt(((pairs[0] - pairs[1]) ** 2).sum(axis=1)), quantile, method="nearest"))


@pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
@pytest.mark.parametrize("n_points", [2, 63, 64, 65, 127, 128, 129, 511, 512, 513, 577, 1100])
def test_sizes_around_whole_words(n_points, zeros):
    cloud = lattice(n_points, 6, zeros)
    cloud[-1] += 1
    index, near = NeighborIndex(cloud, "l1", eps=1.0, max_interval=1.0), near_pairs(cloud, 1.0)
    for n_intervals, overlap in COVERS:
        blocks = blocks_of(near, index.lens, UniformCover(n_intervals, overlap).intervals(index.lens))
        for min_samples in {min(number, n_points) for number in MIN_SAMPLES}:
            assert nodes_of(index.graph(n_intervals, overlap, min_samples)) == clusters(blocks, min_samples)


@pytest.mark.parametrize("quantile", [0.02, 0.1, 0.4])
@pytest.mark.parametrize(("n_channels", "zeros"), [(3, 0.0), (12, 0.8), (40, 0.0), (40, 0.9), (300, 0.95)])
def test_ties_and_duplicates(n_channels, zeros, quantile):
    cloud = lattice(600, n_channels, zeros, seed=n_channels)
    eps = np.ceil(radius(cloud, quantile) * 4) / 4  # a lattice distance: both conventions are exact
    single, double = (
        NeighborIndex(cloud.astype(dtype), eps=eps, max_interval=0.6) for dtype in (np.float32, np.float64)
    )
    assert single.lens.tolist() == double.lens.tolist()
    near = near_pairs(cloud, eps)
    for n_intervals, overlap in COVERS:
        blocks = blocks_of(near, single.lens, UniformCover(n_intervals, overlap).intervals(single.lens))
        for min_samples in MIN_SAMPLES:
            expected = clusters(blocks, min_samples)
            assert nodes_of(single.graph(n_intervals, overlap, min_samples)) == expected
            assert nodes_of(double.graph(n_intervals, overlap, min_samples)) == expected


@STEADY
@given(st.data(), clouds(max_points=90), parameters(), st.booleans())
def test_any_cloud_against_the_oracle(data, cloud, chosen, thin):
    if thin:
        cloud = np.where(np.abs(cloud) < 2, 0, cloud)
        assume((cloud != cloud[0]).any())
    lens = data.draw(lenses(len(cloud)))
    assume(oracle.clear_of_ends(lens, chosen.n_intervals, chosen.overlap))
    index = NeighborIndex(cloud, lens, chosen.eps, max_interval=1.0)
    for min_samples in {min(number, len(cloud)) for number in (chosen.min_samples, 1, 3, 5, 20)}:
        cover = {"n_intervals": chosen.n_intervals, "overlap": min(chosen.overlap, 1 - 1 / chosen.n_intervals)}
        graph = index.graph(**cover, min_samples=min_samples)
        expected = oracle.mapper(cloud, lens, eps=chosen.eps, min_samples=min_samples, **cover)
        assert [(number, frozenset(rows)) for number, rows in nodes_of(graph)] == expected.nodes
        links = graph.links
        assert list(zip(links.source.tolist(), links.target.tolist(), strict=True)) == sorted(expected.edges)


@pytest.mark.parametrize("overlap", [0.2, 0.3, 0.5])
@pytest.mark.parametrize("quantile", [0.5, 0.8, 0.9])
def test_real_clouds(cloud, overlap, quantile):
    distances = distance_curve(cloud, 5, seed=0).distances
    # Between two distances that occur, lest the rounding of scikit-learn's brute-force search decide.
    eps = float(np.quantile(distances[distances > 0], quantile)) * (1 + 1e-9)
    index, near = NeighborIndex(cloud, eps=eps, max_interval=0.3), near_pairs(cloud, eps)
    blocks = blocks_of(near, index.lens, UniformCover(12, overlap).intervals(index.lens))
    for min_samples in MIN_SAMPLES:
        assert nodes_of(index.graph(12, overlap, min_samples)) == clusters(blocks, min_samples)


class TestExactComparison:
    def test_pairs_that_float32_cannot_tell_apart(self):
        rng = np.random.default_rng(0)
        cloud = 1000 + rng.integers(0, 3, (200, 8)) * 2.0**-24  # all equal in float32
        lens = rng.random(200)
        index = NeighborIndex(cloud, lens, eps=2.0**-24 * 2, max_interval=1.0)
        graph = index.graph(3, 0.3, 3)
        assert nodes_of(graph) == expected_nodes(cloud, lens, graph.intervals, 2.0**-24 * 2, 3)

    @pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
    @pytest.mark.parametrize("power", [-300, -40, 40, 200])
    def test_any_scale(self, power, zeros):
        cloud = lattice(300, 4, zeros, dtype=np.float64)
        scale = 2.0 ** (power // 2)
        small = NeighborIndex(cloud, "l1", eps=0.75, max_interval=1.0).graph(6, 0.4, 3)
        assert nodes_of(NeighborIndex(cloud * scale, "l1", 0.75 * scale, 1.0).graph(6, 0.4, 3)) == nodes_of(small)

    @pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
    def test_points_too_far_out_for_float32(self, zeros):
        cloud = lattice(300, 4, zeros, dtype=np.float64)
        cloud[::7] *= 2.0**70
        index = NeighborIndex(cloud, np.arange(300.0), eps=0.75, max_interval=1.0)
        graph = index.graph(3, 0.4, 3)
        assert nodes_of(graph) == expected_nodes(cloud, index.lens, graph.intervals, 0.75, 3)

    def test_a_distance_of_exactly_eps_is_near_and_the_next_number_is_not(self):
        cloud = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, np.nextafter(4.0, 5)]] * 3)
        index = NeighborIndex(cloud, np.arange(9.0), eps=5.0, max_interval=1.0)
        assert nodes_of(index.graph(1, 0.0, 1)) == [(0, list(range(9)))]
        index = NeighborIndex(cloud, np.arange(9.0), eps=np.nextafter(5.0, 4), max_interval=1.0)
        assert nodes_of(index.graph(1, 0.0, 1)) == [(0, [0, 3, 6]), (0, [1, 2, 4, 5, 7, 8])]


@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.5])
@pytest.mark.parametrize("kind", [QuantileCover, partial(UniformCover, convention="giotto-tda")])
def test_other_covers(kind, overlap):
    cloud = lattice(900, 5, 0.3)
    for n_intervals in (1, 3, 20):
        cover = kind(n_intervals, overlap)
        graph = Mapper(cover=cover, clusterer=DBSCAN(eps=1.25)).fit(cloud).graph_
        assert nodes_of(graph) == expected_nodes(cloud, graph.lens, graph.intervals, 1.25, 5)
        assert nodes_of(NeighborIndex(cloud, eps=1.25, max_interval=1.0).graph_of(cover)) == nodes_of(graph)


class TestShapes:
    def test_one_cluster(self):
        cloud = lattice(700, 5, 0.0)
        graph = NeighborIndex(cloud, eps=100.0, max_interval=1.0).graph(1, 0.0, 5)
        assert nodes_of(graph) == [(0, list(range(700)))]

    def test_a_long_chain(self):
        cloud = np.c_[np.arange(3000.0), np.zeros(3000)]
        index = NeighborIndex(cloud, "l1", eps=1.0, max_interval=1.0)
        assert nodes_of(index.graph(1, 0.0, 3)) == [(0, list(range(3000)))]
        assert nodes_of(index.graph(1, 0.0, 4)) == []

    def test_empty_intervals(self):
        cloud = np.r_[np.zeros((70, 2)), np.ones((70, 2))] + np.arange(140)[:, None] / 1e4
        index = NeighborIndex(cloud, "l1", eps=0.01, max_interval=0.2)
        graph = index.graph(20, 0.3, 3)
        assert set(graph.interval.tolist()) == {0, 19}
        assert nodes_of(graph) == expected_nodes(cloud, index.lens, graph.intervals, 0.01, 3)

    def test_intervals_in_any_order(self):
        cloud = lattice(400, 5, 0.0)
        index = NeighborIndex(cloud, "l1", eps=1.25, max_interval=0.5)
        low, high = index.lens.min(), index.lens.max()
        starts = low + (high - low) * np.array([0.5, 0.0, 0.2, 0.9])
        intervals = Intervals(starts, starts + (high - low) * np.array([0.4, 0.1, 0.5, 0.2]))
        nodes = index.nodes(intervals, 3)
        assert [
            (int(number), nodes.members.indices[slice(*nodes.members.indptr[node : node + 2])].tolist())
            for node, number in enumerate(nodes.interval)
        ] == expected_nodes(cloud, index.lens, intervals, 1.25, 3)

    @pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_means_and_medoids(self, zeros, dtype):
        cloud = lattice(600, 20, zeros, dtype=dtype) * dtype(0.7)
        graph = NeighborIndex(cloud, "l1", eps=2.5, max_interval=0.5).graph(6, 0.4, 3)
        assert graph.n_nodes > 3
        for node in range(graph.n_nodes):
            own = cloud[graph.members(node)].astype(np.float64)
            np.testing.assert_allclose(graph.means[node], own.mean(axis=0), rtol=1e-6, atol=1e-7)
            spread = ((own - own.mean(axis=0)) ** 2).sum(axis=1)
            nearest = graph.members(node)[spread <= spread.min() * (1 + 1e-12)]
            assert graph.medoids[node] in nearest.tolist()


class TestUse:
    def test_the_estimator_gives_the_same_graph(self):
        cloud = lattice(500, 8, 0.0)
        index = NeighborIndex(cloud, eps=1.5, max_interval=0.5)
        graph = index.graph(8, 0.4, 4)
        other = Mapper(n_intervals=8, overlap=0.4, clusterer=DBSCAN(eps=1.5, min_samples=4)).fit(cloud).graph_
        assert nodes_of(graph) == nodes_of(other)
        assert graph.medoids.tolist() == other.medoids.tolist()
        assert graph.means.tolist() == other.means.tolist()

    def test_scikit_learn_where_memory_is_too_small(self, monkeypatch):
        cloud = lattice(500, 8, 0.0)
        quick = Mapper(n_intervals=8, clusterer=DBSCAN(eps=1.5)).fit(cloud).graph_
        monkeypatch.setattr("topoact.mapper.indexes.neighbor_index.available_memory", lambda: 1)
        slow = Mapper(n_intervals=8, clusterer=DBSCAN(eps=1.5)).fit(cloud).graph_
        assert nodes_of(quick) == nodes_of(slow)

    def test_a_clusterer_of_single_intervals(self):
        class Halves:
            def bind(self, vectors, *, seed):
                return self

            def labels(self, rows):
                return (np.arange(len(rows)) >= len(rows) // 2).astype(np.int64)

        cloud = lattice(50, 3, 0.0)
        lens = np.arange(50.0)
        graph = build_graph(cloud, lens, cover=UniformCover(2, 0.0), clusterer=Halves(), progress=no_progress)
        assert graph.n_nodes == 4

    @pytest.mark.parametrize("n_jobs", [1, 2, 3])
    def test_the_same_on_every_run(self, n_jobs):
        cloud = np.random.default_rng(0).random((1500, 6)).astype(np.float32)
        graphs = [NeighborIndex(cloud, eps=0.3, max_interval=0.4, n_jobs=n_jobs).graph(9, 0.5, 4) for _ in range(2)]
        first = NeighborIndex(cloud, eps=0.3, max_interval=0.9).graph(9, 0.5, 4)
        for graph in graphs:
            assert nodes_of(graph) == nodes_of(first)
            assert graph.means.tolist() == first.means.tolist()

    @pytest.mark.parametrize("stage", ["sorting points", "comparing points", "counting neighbours"])
    def test_building_can_be_stopped(self, stage):
        def progress(heard, _done, _total):
            if heard == stage:
                raise Cancelled("enough")

        with pytest.raises(Cancelled):
            NeighborIndex(lattice(3000, 5, 0.0), eps=1.0, max_interval=1.0, progress=progress)

    @pytest.mark.parametrize("stage", ["clustering", "averaging nodes", "joining nodes"])
    def test_a_graph_can_be_stopped(self, stage):
        def progress(heard, _done, _total):
            if heard == stage:
                raise Cancelled("enough")

        index = NeighborIndex(lattice(600, 5, 0.0), eps=1.0, max_interval=1.0)
        with pytest.raises(Cancelled):
            index.graph(5, 0.5, 3, progress=progress)
        assert index.graph(5, 0.5, 3).n_nodes > 0


CLOUD = lattice(300, 4, 0.0)


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            pytest.param({"eps": 0}, "eps must be a positive number: got 0", id="eps-zero"),
            pytest.param({"eps": -1.5}, "eps must be a positive number: got -1.5", id="eps-negative"),
            pytest.param({"eps": float("nan")}, "eps must be a positive number: got nan", id="eps-nan"),
            pytest.param({"eps": "elbow"}, "eps must be a positive number: got 'elbow'", id="eps-name"),
            pytest.param({"max_interval": 0}, "max_interval must be in (0, 1]: got 0", id="no-width"),
            pytest.param({"max_interval": 1.5}, "max_interval must be in (0, 1]: got 1.5", id="wider-than-all"),
            pytest.param({"lens": np.ones(300)}, "the lens is 1 at every point", id="zero-width-lens"),
            pytest.param({"X": np.ones((9, 3)), "lens": np.arange(9)}, "all 9 points are equal", id="all-equal"),
            pytest.param({"X": CLOUD[:1]}, "minimum of 2", id="one-point"),
            pytest.param({"X": np.where(CLOUD > 1.9, np.nan, CLOUD)}, "NaN or infinity, the first is row", id="nan"),
            pytest.param({"X": CLOUD[0]}, "Expected 2D array", id="one-dimensional"),
        ],
    )
    def test_index(self, arguments, words):
        with pytest.raises(InvalidInput) as caught:
            NeighborIndex(**{"X": CLOUD, "eps": 1.0, "max_interval": 0.5, **arguments})
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_intervals_wider_than_the_index(self):
        index = NeighborIndex(CLOUD, eps=1.0, max_interval=0.2)
        with pytest.raises(InvalidInput, match=r"an interval takes 0\.5 of the lens range.*max_interval=0\.2"):
            index.graph(2, 0.0)
        with pytest.raises(InvalidInput, match="min_samples must be a whole number"):
            index.graph(10, 0.0, 0)
        with pytest.raises(InvalidInput, match=r"min_samples is 301 but n_samples=300"):
            index.graph(10, 0.0, 301)

    def test_the_widest_interval_is_served(self):
        for n_intervals, overlap in [(3, 0.2), (7, 0.3), (9, 0.5), (70, 0.75)]:
            share = min(1, 1 / (n_intervals * (1 - overlap)))
            cloud = np.random.default_rng(n_intervals).random((1000, 3))
            assert NeighborIndex(cloud, eps=0.1, max_interval=share).graph(n_intervals, overlap).n_points == 1000

    def test_too_little_memory(self, monkeypatch):
        def allocated(*_arguments, **_keywords):
            raise AssertionError("nothing may be allocated before the refusal")

        monkeypatch.setattr("topoact.mapper.neighbors._kernels.tiles.cut", allocated)
        cloud = np.random.default_rng(0).random((4000, 3))
        with pytest.raises(InvalidInput) as caught:
            NeighborIndex(cloud, eps=0.1, max_interval=1.0, memory_limit=1_000_000)
        assert "needs 2.0 MiB (1.9 MiB for pairs of points) and may take 1.0 MiB" in str(caught.value)
        assert "would fit" in str(caught.value)

    def test_the_remedy_helps(self):
        cloud = np.random.default_rng(0).random((4000, 3))
        with pytest.raises(InvalidInput) as caught:
            NeighborIndex(cloud, eps=0.1, max_interval=1.0, memory_limit=1_000_000)
        share = float(str(caught.value).split("max_interval=")[1].split()[0])
        assert NeighborIndex(cloud, eps=0.1, max_interval=share, memory_limit=1_000_000).n_bytes <= 1_000_000


def test_lens_by_name_is_that_of_the_estimator():
    assert NeighborIndex(CLOUD, "pca:0", 1.0, 0.5).lens.tolist() == lens_values("pca:0", CLOUD).tolist()


def test_nothing_is_compiled_before_an_index_is_made():
    import subprocess
    import sys

    script = "import sys, topoact.mapper, topoact.workbench; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
