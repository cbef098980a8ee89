"""Modes against the algorithm by the book and GUDHI's, and where points are few, equal or apart."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_digits

from topoact import Mapper, Modes
from topoact.errors import InvalidInput
from topoact.mapper import mode_tree, noise_level
from topoact.mapper.clusterers._tomato import inverse_dimension, log_radii, merge_tree, points_averaged, smoothed
from topoact.mapper.clusterers.modes import log_density
from topoact.mapper.neighbors.nearest import k_nearest
from topoact.testing.strategies import STEADY, clouds

THRESHOLDS = (0.0, 0.05, 0.1, 0.3, 1.0, 3.0, np.inf)


def neighbours_by_falling_height(rows, heights):
    """Neighbours in both directions, of equal heights the first row first."""
    sets = [set(row) for row in rows.tolist()]
    for point, row in enumerate(rows.tolist()):
        for other in row:
            sets[other].add(point)
    return [sorted(some - {point}, key=lambda other: (-heights[other], other)) for point, some in enumerate(sets)]


def tomato(neighbours, heights, threshold):
    """The algorithm of Chazal et al. (2013), figure 4: merge on the way down, one threshold at a time."""
    order = sorted(range(len(heights)), key=lambda point: (-heights[point], point))
    rank = {point: place for place, point in enumerate(order)}
    root = {}
    for point in order:
        above = [other for other in neighbours[point] if rank[other] < rank[point]]
        root[point] = root[above[0]] if above else point
        for other in above:
            pair = sorted({root[point], root[other]}, key=rank.__getitem__)
            if len(pair) == 2 and heights[pair[1]] - heights[point] < threshold:
                root = {key: pair[0] if value == pair[1] else value for key, value in root.items()}
    return [root[point] for point in range(len(heights))]


def labels_of(rows, heights, threshold):
    mode, saddle, parent, basin = merge_tree(rows, heights, np.argsort(-heights, kind="stable"))
    into = np.where(heights[mode] - saddle >= threshold, np.arange(len(mode)), parent)
    for _ in mode:
        into = into[into]
    return mode[into][basin]


@STEADY
@given(clouds(max_points=60), st.integers(1, 6), st.data())
def test_every_threshold_is_a_cut_of_one_tree(cloud, k, data):
    rows = k_nearest(cloud, min(k, len(cloud) - 1)).rows
    heights = np.array(data.draw(st.lists(st.integers(0, 12), min_size=len(cloud), max_size=len(cloud)))) / 4
    neighbours = neighbours_by_falling_height(rows, heights)
    for threshold in THRESHOLDS:
        assert labels_of(rows, heights, threshold).tolist() == tomato(neighbours, heights, threshold)


@pytest.mark.parametrize("k", [5, 10, 30])
@pytest.mark.parametrize("n_channels", [1, 2, 8, 20])
def test_partitions_are_those_of_gudhi(k, n_channels):
    gudhi = pytest.importorskip("gudhi.clustering.tomato", reason="gudhi is not installed here")
    # Where three basins meet in a point the order of merging is arbitrary; here no such point matters.
    cloud = np.random.default_rng([k, n_channels]).normal(size=(700, n_channels))
    rows, distances = k_nearest(cloud, k)
    heights, _ = log_density(rows, distances, n_channels)
    theirs = gudhi.Tomato(graph_type="manual", density_type="manual")
    theirs.fit(neighbours_by_falling_height(rows, heights), weights=heights)
    for threshold in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0):
        theirs.merge_threshold_ = threshold
        ours = labels_of(rows, heights, threshold)
        pairs = set(zip(ours.tolist(), theirs.labels_.tolist(), strict=True))
        assert len(pairs) == len(set(ours.tolist())) == len(set(theirs.labels_.tolist()))


def test_of_its_own_density_gudhi_makes_other_partitions():
    """The parity is one of density and neighbours that are given, as the README says."""
    gudhi = pytest.importorskip("gudhi.clustering.tomato", reason="gudhi is not installed here")
    cloud = np.random.default_rng(0).normal(size=(60, 2))
    theirs = gudhi.Tomato(k=4)
    theirs.fit(cloud)
    rows, distances = k_nearest(cloud, 4)
    assert len(set(labels_of(rows, log_density(rows, distances, 2)[0], 0.0))) != theirs.n_leaves_


def test_the_density_by_the_book():
    cloud = np.random.default_rng(0).normal(size=(80, 3))
    rows, distances = k_nearest(cloud, 6)
    inverse = np.mean(np.log(distances[:, -1:] / distances[:, :-1]))
    raw = -np.log(np.sqrt((distances**2).mean(axis=1))) / inverse
    heights, dimension = log_density(rows, distances, 99)
    assert dimension == pytest.approx(1 / inverse)
    np.testing.assert_allclose(heights, [np.mean([raw[point], *raw[row]]) for point, row in enumerate(rows)])


def test_how_many_points_are_averaged():
    rows = k_nearest(np.random.default_rng(0).normal(size=(60, 3)), 5).rows
    shares = np.zeros((60, 60))
    for point, row in enumerate(rows):
        for near in [point, *row]:
            shares[point, rows[near]] += 1 / 30
    assert points_averaged(rows, 1) == pytest.approx(1 / (shares**2).sum(axis=1).mean())
    assert points_averaged(rows, 7) == pytest.approx(1 / (shares[::7] ** 2).sum(axis=1).mean())


@pytest.mark.parametrize("dimension", [1, 2, 5, 10])
def test_the_intrinsic_dimension_does_not_depend_on_the_channels(dimension):
    rng = np.random.default_rng(dimension)
    flat = rng.random((2000, dimension)) @ np.linalg.qr(rng.normal(size=(40, dimension)))[0].T
    assert mode_tree(flat, [np.arange(2000)], 20).dimension[0] == pytest.approx(dimension, rel=0.2)


def two_groups(gap=6.0, size=200):
    rng = np.random.default_rng(3)
    return np.r_[rng.normal(size=(size, 3)), rng.normal(size=(size, 3)) + np.array([gap, 0, 0])]


class TestTree:
    def test_cuts_are_nested_and_a_mode_keeps_its_node(self):
        cloud = np.random.default_rng(0).random((900, 2))
        tree = mode_tree(cloud, [np.arange(500), np.arange(400, 900)], 8)
        labels = [tree.cut(prominence) for prominence in (0, 0.1, 0.3, 1, np.inf)]
        for fine, coarse in pairwise(labels):
            assert len(set(zip(fine.tolist(), coarse.tolist(), strict=True))) == fine.max() + 1
        assert labels[0].max() + 1 == len(tree.mode)
        within = tree.within(0.1, 0.3)
        assert [within[node] for node in labels[1]] == labels[2].tolist()
        kept = tree.kept(0.3)
        places = [np.flatnonzero((tree.rows == tree.mode[one]) & (tree.interval[tree.basin] == tree.interval[one]))
                  for one in kept]  # fmt: skip
        assert [labels[2][place].item() for place in places] == list(range(len(kept)))

    def test_members_are_the_labels(self):
        tree = mode_tree(two_groups(), [np.arange(0, 400, 2), np.arange(100, 400)], 8)
        members, labels = tree.members(0.5), tree.cut(0.5)
        for node in range(len(members.sizes)):
            rows = members.indices[members.indptr[node] : members.indptr[node + 1]]
            assert rows.tolist() == tree.rows[labels == node].tolist()

    def test_numbers_by_interval_then_by_falling_density(self):
        tree = mode_tree(np.random.default_rng(0).random((900, 2)), [np.arange(500), np.arange(400, 900)], 8)
        assert np.all(np.diff(tree.interval) >= 0)
        assert np.all((np.diff(tree.height) <= 0) | (np.diff(tree.interval) > 0))
        assert repr(tree) == f"<ModeTree: {len(tree.mode)} modes in 2 intervals>"

    def test_the_same_for_any_number_of_threads(self):
        cloud = np.random.default_rng(0).random((900, 5)).astype(np.float32)
        trees = [mode_tree(cloud, [np.arange(600), np.arange(300, 900)], 9, n_jobs=n_jobs) for n_jobs in (1, 2)]
        for name in ("basin", "mode", "saddle", "parent", "noise"):
            assert getattr(trees[0], name).tolist() == getattr(trees[1], name).tolist()

    @pytest.mark.parametrize("value", [-0.1, np.nan, "1", None, True])
    def test_refusals(self, value):
        with pytest.raises(InvalidInput) as caught:
            mode_tree(two_groups(), [np.arange(400)], 8).cut(value)
        assert str(caught.value) == f"prominence must be a number, at least 0: got {value!r}"

    def test_the_fine_cut_comes_first(self):
        with pytest.raises(InvalidInput, match="the fine cut must not be the more prominent one: got 2 within 1"):
            mode_tree(two_groups(), [np.arange(400)], 8).within(2, 1)


class TestDegenerate:
    def test_sets_without_points_or_with_few(self):
        cloud = np.random.default_rng(0).normal(size=(40, 3))
        sets = [np.arange(n) for n in (0, 1, 2, 3, 30, 31, 40)]
        tree = mode_tree(cloud, sets, 30)
        assert tree.starts.tolist() == [0, 0, 1, 3, 6, 36, 67, 107]
        assert tree.interval.tolist()[:5] == [1, 2, 3, 4, 5]
        assert np.isnan(tree.dimension[:2]).all()
        assert np.isinf(tree.prominence[:5]).all()

    def test_no_set(self):
        assert len(mode_tree(np.zeros((4, 2)), [], 3).cut(1.0)) == 0

    def test_all_points_equal(self):
        tree = mode_tree(np.ones((50, 3)), [np.arange(50)], 5)
        assert (tree.mode.tolist(), tree.height.tolist(), tree.prominence.tolist()) == ([0], [0.0], [np.inf])
        assert tree.dimension.tolist() == [3.0]

    def test_heaps_of_duplicates_that_no_neighbour_joins_stay_apart(self):
        cloud = np.repeat([[0.0, 0.0], [0.0, 1.0], [5.0, 5.0]], 10, axis=0)
        tree = mode_tree(cloud, [np.arange(30)], 4)
        assert tree.cut(1e9).tolist() == [0] * 10 + [1] * 10 + [2] * 10

    def test_duplicates_are_as_dense_as_the_densest_others(self):
        distances = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
        np.testing.assert_allclose(log_radii(distances), [0, 0, np.log(2)])
        np.testing.assert_allclose(inverse_dimension(distances), 0)

    def test_distances_near_the_ends_of_floats(self):
        for size in (1e-300, 1e300):
            np.testing.assert_allclose(log_radii(np.array([[size, 2 * size]])), np.log(size) + np.log(2.5) / 2)

    def test_equal_heights_go_by_row(self):
        rows = np.array([[1], [0], [1], [2]])
        mode, saddle, parent, basin = merge_tree(rows, np.zeros(4), np.arange(4))
        assert (mode.tolist(), saddle.tolist(), parent.tolist()) == ([0], [-np.inf], [0])
        assert basin.tolist() == [0] * 4
        assert smoothed(np.arange(4.0), rows).tolist() == [0.5, 0.5, 1.5, 2.5]

    def test_an_isolated_point_belongs_to_the_nearest_hill(self):
        cloud = np.r_[two_groups(), [[50.0, 0, 0]]]
        labels = mode_tree(cloud, [np.arange(401)], 15).cut(1.0)
        assert labels[400] == np.bincount(labels[200:400]).argmax()


class TestMapper:
    def test_every_point_is_in_a_node(self):
        cloud = two_groups()
        graph = Mapper(lens=cloud[:, 1], n_intervals=6, clusterer=Modes(k=10)).fit(cloud).graph_
        assert graph.coverage == 1
        assert graph.eps is None
        assert np.bincount(graph.interval).max() == 2

    def test_nodes_tell_how_prominent_they_are(self):
        cloud = np.random.default_rng(0).random((800, 2))
        graph = Mapper(lens=cloud[:, 0], n_intervals=4, clusterer=Modes(k=6, prominence=0.2)).fit(cloud).graph_
        assert graph.nodes["prominence"].min() >= 0.2
        assert np.isinf(graph.nodes["prominence"]).sum() >= 4
        small = graph.without_subsets()
        assert len(small.nodes["prominence"]) == small.n_nodes

    @pytest.mark.parametrize("coarse", [0.05, 0.2, 0.3, 0.5, 1.0, np.inf])
    def test_a_graph_knows_its_coarser_cuts(self, coarse):
        cloud = np.random.default_rng(0).random((800, 2))
        fine, other = (
            Mapper(lens=cloud[:, 0], n_intervals=4, clusterer=Modes(k=6, prominence=least)).fit(cloud).graph_
            for least in (0.2, coarse)
        )
        within = fine.within(coarse)
        if coarse <= 0.2:
            assert within.tolist() == list(range(fine.n_nodes))
            return
        assert within.max() + 1 == other.n_nodes < fine.n_nodes
        for node in range(other.n_nodes):
            parts = [fine.members(part) for part in np.flatnonzero(within == node)]
            assert np.sort(np.concatenate(parts)).tolist() == other.members(node).tolist()

    def test_parents_are_nodes_of_the_interval(self):
        cloud = np.random.default_rng(1).random((800, 2))
        graph = Mapper(lens=cloud[:, 0], n_intervals=4, clusterer=Modes(k=6, prominence=0.1)).fit(cloud).graph_
        nodes = graph.nodes
        assert (nodes["interval"][nodes["parent"]].to_numpy() == nodes["interval"]).all()
        assert ((nodes["parent"] == nodes["node"]) == np.isinf(nodes["prominence"])).all()

    def test_without_subsets_the_parents_are_those_that_are_left(self):
        cloud = np.random.default_rng(2).random((900, 2))
        graph = (
            Mapper(lens=cloud[:, 0], n_intervals=9, overlap=0.7, clusterer=Modes(k=5, prominence=0)).fit(cloud).graph_
        )
        small = graph.without_subsets()
        assert small.n_nodes < graph.n_nodes
        assert (small.interval[small.parent] == small.interval).all()
        assert small.within(np.inf).max() + 1 == (small.parent == np.arange(small.n_nodes)).sum()

    def test_other_graphs_have_no_coarser_cut(self):
        cloud = two_groups()
        with pytest.raises(InvalidInput, match="only nodes that Modes found merge"):
            Mapper(n_intervals=3).fit(cloud).graph_.within(1)

    def test_boxes_of_two_lenses(self):
        cloud = two_groups(8.0)
        mapper = Mapper(lens=["pca:1", "pca:2"], n_intervals=(3, 3), overlap=0.3, clusterer=Modes(k=10))
        graph = mapper.fit(cloud).graph_
        assert graph.coverage == 1
        assert np.bincount(graph.interval).max() >= 2

    def test_cosine_is_euclidean_of_unit_vectors(self):
        cloud = np.random.default_rng(0).normal(size=(300, 4)) * np.linspace(1, 9, 300)[:, None]
        unit = cloud / np.linalg.norm(cloud, axis=1)[:, None]
        trees = [mode_tree(cloud, [np.arange(300)], 9, metric="cosine"), mode_tree(unit, [np.arange(300)], 9)]
        np.testing.assert_allclose(trees[0].height, trees[1].height)
        assert trees[0].basin.tolist() == trees[1].basin.tolist()

    def test_parameters(self):
        chosen = clone(Modes(k=12, prominence=0.5, metric="cosine")).set_params(k=13)
        assert chosen.get_params() == {"k": 13, "prominence": 0.5, "metric": "cosine"}

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"k": 0}, "k must be a whole number, at least 2: got 0"),
            ({"k": 1}, "k must be a whole number, at least 2: got 1"),
            ({"k": 2.5}, "k must be a whole number, at least 2: got 2.5"),
            ({"prominence": -1}, "prominence must be a number, at least 0: got -1"),
            ({"metric": "city"}, "metric must be 'euclidean' or 'cosine': got 'city'"),
        ],
    )
    def test_refused(self, options, words):
        with pytest.raises(InvalidInput) as caught:
            Mapper(clusterer=Modes(**options)).fit(two_groups())
        assert str(caught.value) == words


class TestNoise:
    def test_more_points_reach_higher_and_more_averaging_lowers(self):
        assert noise_level(3000, 50) > noise_level(300, 50) > noise_level(300, 100) > 0
        assert noise_level(10, 30) == 5 / np.sqrt(30)

    @pytest.mark.parametrize("kind", ["gaussian", "ball", "shuffled"])
    def test_structureless_points_have_one_mode(self, kind):
        rng, digits = np.random.default_rng(0), load_digits(return_X_y=True)[0][:800]
        clouds = {
            "gaussian": lambda: rng.normal(size=(800, 6)),
            "ball": lambda: ball(rng, 800, 3),
            "shuffled": lambda: rng.permuted(digits, axis=0),
        }
        counts = [len(mode_tree(clouds[kind](), [np.arange(800)], 15).kept(1.0)) for _ in range(20)]
        assert counts == [1] * 20


def ball(rng, n_points, n_channels):
    directions = rng.normal(size=(n_points, n_channels))
    return directions / np.linalg.norm(directions, axis=1)[:, None] * rng.random((n_points, 1)) ** (1 / n_channels)
