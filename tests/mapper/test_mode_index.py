"""The index of modes gives the tree that each interval gives alone, whatever the cover, to the last digit."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_index_serialize import kept_and_opened
from test_neighbor_index import lattice

from topoact import IntervalCover, Mapper, ModeIndex, Modes, QuantileCover, UniformCover
from topoact.errors import Cancelled, InvalidInput
from topoact.mapper import ModeTree, TooLarge, lens_values, mode_tree, no_progress
from topoact.mapper.clusterers import _recent_trees
from topoact.mapper.covers.pullback import pullback
from topoact.mapper.neighbors._kernels.candidates import skyband
from topoact.mapper.neighbors._layout import lay_out
from topoact.testing.strategies import STEADY, clouds, lenses

HOW = {"n_jobs": 1, "progress": no_progress}
COVERS = [
    UniformCover(12, 0.2),
    UniformCover(25, 0.6),
    QuantileCover(9, 0.4),
    QuantileCover(60, 0.0),
    UniformCover(2, 0.5),
    IntervalCover((0.0, 3.0, 3.0, 500.0), (1e9, 3.0, 3.5, 600.0)),
]


def assert_equal(ours, theirs):
    for field in fields(ModeTree):
        np.testing.assert_array_equal(getattr(ours, field.name), getattr(theirs, field.name), err_msg=field.name)


def alone(index, cover, k=None):
    """The tree that each interval gives without an index."""
    rows = pullback(index.lens, cover.intervals(index.lens))
    return mode_tree(index.vectors, rows, k or index.k, metric=index.metric)


def nearest_by_the_book(cloud, rows, k):
    """Squared distances and row numbers in ascending order, of all pairs."""
    squares = ((cloud[rows][:, None].astype(np.float64) - cloud[rows]) ** 2).sum(axis=2)
    found = [sorted((square, other) for other, square in enumerate(row) if other != i) for i, row in enumerate(squares)]
    return [[other for _, other in pairs[:k]] for pairs in found], [
        [square for square, _ in pairs[:k]] for pairs in found
    ]


@STEADY
@given(clouds(max_points=200), st.integers(1, 5), st.data())
def test_candidates_hold_the_nearest_of_every_range(cloud, k, data):
    order = np.array(data.draw(st.permutations(range(len(cloud)))))
    found = skyband(cloud, order, lay_out(np.full(len(cloud), len(cloud))), k, 2**30, metric="euclidean", **HOW)
    for _ in range(5):
        start = data.draw(st.integers(0, len(cloud) - 2))
        stop = data.draw(st.integers(start + 2, len(cloud)))
        few = min(k, stop - start - 1)
        near = found.nearest(order[start:stop], start, stop, few, "euclidean")
        rows, squares = nearest_by_the_book(cloud, np.sort(order[start:stop]), few)
        assert near.rows.tolist() == rows
        assert near.distances.tolist() == np.sqrt(squares).tolist()


def test_no_candidate_is_kept_in_vain():
    cloud, k = lattice(150, 4, 0.0), 3
    found = skyband(cloud, np.arange(150), lay_out(np.full(150, 150)), k, 2**30, metric="euclidean", **HOW)
    for place in range(150):
        for side, others in enumerate((range(place + 1, 150), range(place - 1, -1, -1))):
            met, wanted = [], []
            for other in others:
                own = (((cloud[place] - cloud[other]).astype(np.float64) ** 2).sum(), other)
                wanted += [other] * int(sum(one < own for one in met) < k)
                met.append(own)
            start, stop = found.starts[2 * place + side : 2 * place + side + 2]
            assert found.places[start:stop].tolist() == wanted


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_trees_are_those_of_intervals_alone(metric, zeros, dtype):
    index = ModeIndex(lattice(700, 7, zeros, dtype=dtype), "l1", k=6, max_interval=0.2, metric=metric)
    for cover in COVERS:
        for k in (6, 2):
            assert_equal(index.tree(cover.intervals(index.lens), k=k), alone(index, cover, k))
    served = [index.serves(cover.intervals(index.lens)) for cover in COVERS]
    assert served == [True, True, True, True, False, False]


def test_trees_of_real_numbers():
    cloud = np.random.default_rng(0).normal(size=(2000, 30))
    index = ModeIndex(cloud, "pca:0", k=15, max_interval=0.3)
    for cover in COVERS[:5]:
        assert_equal(index.tree(cover.intervals(index.lens)), alone(index, cover))


@STEADY
@given(clouds(), st.integers(2, 6), st.floats(0.05, 1), st.data())
def test_any_cloud_and_cover(cloud, k, max_interval, data):
    index = ModeIndex(cloud, data.draw(lenses(len(cloud))), k, max_interval)
    even = st.tuples(st.sampled_from([UniformCover, QuantileCover]), st.integers(1, 12), st.floats(0, 0.8))
    kind, n_intervals, overlap = data.draw(even)
    cover = kind(n_intervals, overlap)
    assert_equal(index.tree(cover.intervals(index.lens)), alone(index, cover))


@STEADY
@given(clouds(), st.integers(1, 12), st.floats(0, 0.8), st.data())
def test_covers_no_wider_than_asked_for_are_served(cloud, n_intervals, overlap, data):
    lens = data.draw(lenses(len(cloud)))
    index = ModeIndex(cloud, lens, 2, min(1.0, 1 / (n_intervals * (1 - overlap))))
    for cover in (UniformCover(n_intervals, overlap), QuantileCover(n_intervals, overlap)):
        assert index.serves(cover.intervals(lens))


@pytest.mark.parametrize("prominence", [0.0, 0.3, 1.0])
def test_graphs_are_those_of_the_estimator(cloud, prominence):
    index = ModeIndex(cloud, k=10, max_interval=0.2)
    graph = index.graph(12, 0.3, prominence)
    wanted = Mapper(n_intervals=12, overlap=0.3, clusterer=Modes(10, prominence)).fit(cloud).graph_
    assert graph.nodes.equals(wanted.nodes)
    assert graph.edges.equals(wanted.edges)
    assert graph.memberships.indices.tolist() == wanted.memberships.indices.tolist()
    assert graph.means.tolist() == wanted.means.tolist()


def test_given_intervals_are_served():
    cloud = lattice(900, 4, 0.5)
    lens = lens_values("l1", cloud)
    wide = UniformCover(3, 0.2).intervals(lens)
    index = ModeIndex(cloud, lens, 5, intervals=wide)
    assert index.serves(wide)
    assert not index.serves(UniformCover(1).intervals(lens))
    assert_equal(index.tree(wide), alone(index, UniformCover(3, 0.2)))


def test_threads_change_nothing():
    cloud = lattice(3000, 6, 0.6)
    first, second, again = (ModeIndex(cloud, "l1", 8, 0.3, n_jobs=n_jobs) for n_jobs in (1, 2, 2))
    for name, array in first.arrays().items():
        assert np.array_equal(array, second.arrays()[name])
        assert np.array_equal(array, again.arrays()[name])
    for cover in COVERS:
        assert_equal(first.tree(cover.intervals(first.lens)), second.tree(cover.intervals(first.lens)))


def test_another_prominence_cuts_the_tree_at_hand(monkeypatch):
    index = ModeIndex(lattice(500, 4, 0.0), "l1", 5, 1.0)
    fine = index.graph(4, 0.3, 0.0)
    monkeypatch.setattr(ModeIndex, "_tree", None)
    coarse = index.graph(4, 0.3, 2.0)
    assert coarse.n_nodes < fine.n_nodes
    assert len(set(fine.within(2.0))) == coarse.n_nodes


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_restored(metric, tmp_path):
    cloud = lattice(700, 6, 0.5)
    index = ModeIndex(cloud, "l1", 7, 0.3, metric=metric)
    restored = ModeIndex.restore(cloud, "l1", kept_and_opened(index, tmp_path), n_jobs=1)
    assert repr(restored) == repr(index)
    for cover in COVERS:
        assert_equal(restored.tree(cover.intervals(index.lens)), index.tree(cover.intervals(index.lens)))
    again = restored.arrays()
    assert all(np.array_equal(array, again[name]) for name, array in index.arrays().items())


class TestDegenerate:
    def test_two_points(self):
        index = ModeIndex([[0.0], [1.0]], k=15, max_interval=1.0)
        assert index.graph(1, 0.0).n_nodes == 1
        assert index.graph(2, 0.0).n_nodes == 2

    def test_interval_of_fewer_points_than_neighbours(self):
        index = ModeIndex(lattice(40, 3, 0.0), "l1", 30, 1.0)
        assert_equal(index.tree(UniformCover(5, 0.2).intervals(index.lens)), alone(index, UniformCover(5, 0.2)))

    def test_duplicates(self):
        cloud = np.repeat([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], 50, axis=0)
        index = ModeIndex(cloud, cloud[:, 0], 4, 1.0)
        assert_equal(index.tree(UniformCover(2, 0.5).intervals(index.lens)), alone(index, UniformCover(2, 0.5)))

    def test_empty_intervals(self):
        index = ModeIndex(lattice(40, 3, 0.0), "l1", 3, 1.0)
        assert index.graph_of(IntervalCover((-9.0, -5.0), (-8.0, -4.0))).n_nodes == 0

    def test_huge_and_tiny(self):
        cloud = np.random.default_rng(0).normal(size=(200, 3))
        for scale in (1e-160, 1e150):
            index = ModeIndex(cloud * scale, cloud[:, 0], 5, 1.0)
            assert_equal(index.tree(UniformCover(3, 0.3).intervals(index.lens)), alone(index, UniformCover(3, 0.3)))


class TestRefusals:
    CLOUD = lattice(300, 5, 0.0)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"k": 1}, "k must be a whole number, at least 2: got 1"),
            ({"k": 2.5}, "k must be a whole number, at least 2: got 2.5"),
            ({"max_interval": 0}, "max_interval must be in (0, 1]: got 0"),
            ({"metric": "l1"}, "metric must be 'euclidean' or 'cosine': got 'l1'"),
            ({"lens": np.zeros(300)}, "the lens is 0 at every point"),
        ],
    )
    def test_parameters(self, arguments, said):
        with pytest.raises(InvalidInput) as caught:
            ModeIndex(self.CLOUD, **arguments)
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_more_neighbours_than_it_has(self):
        with pytest.raises(InvalidInput, match="this index has k=5 neighbours: got k=6"):
            ModeIndex(self.CLOUD, k=5).graph_of(UniformCover(5), k=6)

    def test_negative_prominence(self):
        with pytest.raises(InvalidInput, match="prominence must be a number, at least 0: got -1"):
            ModeIndex(self.CLOUD, k=5).graph(5, 0.3, -1)

    def test_memory(self):
        with pytest.raises(TooLarge, match=r"the mode index needs [\d.]+ MiB and may take 0\.0 MiB: ask for a smaller"):
            ModeIndex(self.CLOUD, memory_limit=1000)

    def test_more_candidates_than_expected(self):
        """Half of the points have the others on their right, and these lie the nearer the farther along the lens."""
        cloud = np.r_[np.zeros(300), np.arange(1300.0, 1000.0, -1)][:, None]
        with pytest.raises(TooLarge, match="the mode index needs"):
            ModeIndex(cloud, np.arange(600.0), 2, 1.0, memory_limit=2**20)

    @pytest.mark.parametrize("stage", ["sorting points", "finding neighbours", "clustering", "averaging nodes"])
    def test_cancelled(self, stage):
        def stop(now, _done, _total):
            if now == stage:
                raise Cancelled("enough")

        with pytest.raises(Cancelled):
            ModeIndex(self.CLOUD, k=5, progress=stop).graph(5, progress=stop)

    def test_progress_ascends(self):
        told = []
        ModeIndex(lattice(5000, 3, 0.0), k=3, progress=lambda *now: told.append(now))
        shares = [done / total for stage, done, total in told if stage == "finding neighbours"]
        assert shares == sorted(shares)
        assert 0 <= shares[0] < shares[-1] < 1

    @pytest.fixture
    def arrays(self):
        return ModeIndex(self.CLOUD, "l1", 5, 0.5).arrays()

    def refused(self, arrays, cloud=CLOUD, lens="l1"):
        with pytest.raises(InvalidInput) as caught:
            ModeIndex.restore(cloud, lens, arrays)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    def test_foreign(self, arrays):
        assert "made of other vectors" in self.refused(arrays, self.CLOUD + 1)
        assert "made with another lens" in self.refused(arrays, lens="linf")

    @pytest.mark.parametrize(
        "name", ["format", "fingerprint", "max_interval", "order", "upper", "k", "starts", "places"]
    )
    def test_missing(self, arrays, name):
        del arrays[name]
        assert f"the array {name!r} of this neighbour index is missing" in self.refused(arrays)

    @pytest.mark.parametrize(
        ("name", "index", "value"),
        [
            ("places", 3, 400),
            ("places", 0, -1),
            ("starts", 5, 0),
            ("starts", -1, 7),
            ("k", 0, 1),
            ("measures", 2, -1.0),
            ("measures", 2, np.nan),
        ],
    )
    def test_damaged(self, arrays, name, index, value):
        array = arrays[name] = arrays[name].copy()
        array[index] = value
        assert "candidates of this neighbour index are damaged: build it again" in self.refused(arrays)

    @pytest.mark.parametrize("value", [0, 60_000], ids=["twice", "beyond"])
    def test_damaged_ranks(self, arrays, value):
        arrays["ranks"] = arrays["ranks"].copy()
        arrays["ranks"][1] = value or arrays["ranks"][0]
        assert "'ranks' of this neighbour index is damaged: build it again" in self.refused(arrays)
        arrays["ranks"] = arrays["ranks"].astype(np.float64)
        assert "'ranks' of this neighbour index is damaged" in self.refused(arrays)

    def test_stored_before_there_were_ranks(self, arrays):
        wanted = arrays.pop("ranks")
        restored = ModeIndex.restore(self.CLOUD, "l1", arrays)
        assert restored.arrays()["ranks"].tolist() == wanted.tolist()


def test_trees_of_several_covers_are_kept_while_they_are_small(monkeypatch):
    index = ModeIndex(lattice(300, 3, 0.0), "l1", k=5, max_interval=0.5)
    one, other = (UniformCover(n, 0.3).intervals(index.lens) for n in (4, 5))
    tree = index.tree(one)
    assert index.tree(other) is not tree
    assert index.tree(one) is tree
    assert index.tree(one, k=4) is not tree
    monkeypatch.setattr(_recent_trees, "MAX_BYTES", tree.n_bytes)
    index.tree(other)
    assert index.tree(one) is not tree


def test_cuts_of_one_tree_share_the_centres_of_equal_nodes():
    index = ModeIndex(lattice(600, 4, 0.0), "l1", k=5, max_interval=0.5)
    cover, centred = UniformCover(4, 0.3), []
    index._gatherer.centres = counted(index._gatherer.centres, centred)
    for prominence in (0.0, 0.1, 0.1, 1.0):
        graph = index.graph_of(cover, prominence)
        alone = ModeIndex(index.vectors, index.lens, k=5, max_interval=0.5).graph_of(cover, prominence)
        assert graph.medoids.tolist() == alone.medoids.tolist()
        assert graph.means.tolist() == alone.means.tolist()
    n_nodes = [index.graph_of(cover, prominence).n_nodes for prominence in (0.0, 0.1, 1.0)]
    assert centred[0] == n_nodes[0]
    assert 0 < centred[1] < n_nodes[1]
    assert centred[2] == 0
    assert centred[3] <= n_nodes[2]


def counted(centres, counts):
    def count(members, progress):
        counts.append(len(members.indptr) - 1)
        return centres(members, progress)

    return count
