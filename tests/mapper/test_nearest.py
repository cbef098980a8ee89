"""Nearest neighbours against sorted distances, computed by the book."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_distances
from sklearn.neighbors import NearestNeighbors

from topoact.errors import Cancelled, InvalidInput
from topoact.mapper.neighbors._kernels.nearest import nearest
from topoact.mapper.neighbors._layout import reach_of
from topoact.mapper.neighbors.nearest import k_nearest
from topoact.mapper.protocols import no_progress
from topoact.testing.strategies import STEADY, clouds, lenses


def brute(cloud, k, queries=None, allowed=None):
    """Neighbours by (squared distance, row); −1 and infinity where there are none."""
    exact = cloud.astype(np.float64)
    queries = range(len(cloud)) if queries is None else queries
    rows, distances = np.full((len(queries), k), -1), np.full((len(queries), k), np.inf)
    for place, query in enumerate(queries):
        squares = ((exact - exact[query]) ** 2).sum(axis=1)
        others = [row for row in range(len(cloud)) if row != query and (allowed is None or allowed[query, row])]
        best = sorted(others, key=lambda row: (squares[row], row))[:k]
        rows[place, : len(best)], distances[place, : len(best)] = best, np.sqrt(squares[best])
    return rows, distances


def assert_same(found, expected):
    assert found.rows.tolist() == expected[0].tolist()
    np.testing.assert_array_equal(found.distances, expected[1])


@STEADY
@given(st.data(), clouds(max_points=80), st.integers(1, 7), st.booleans())
def test_ties_and_duplicates(data, cloud, k, thin):
    if thin:
        cloud = np.where(np.abs(cloud) < 2, 0, cloud)
    assert_same(k_nearest(cloud, k), brute(cloud, k))
    queries = data.draw(st.lists(st.integers(0, len(cloud) - 1), max_size=80))
    assert_same(k_nearest(cloud, k, queries=queries), brute(cloud, k, queries))


@STEADY
@given(st.data(), clouds(max_points=140), st.integers(1, 5), st.floats(0.05, 1), st.booleans())
def test_only_what_the_lens_allows(data, cloud, k, width, thin):
    if thin:
        cloud = np.where(np.abs(cloud) < 2, 0, cloud)
    lens = data.draw(lenses(len(cloud)))
    order = np.argsort(lens, kind="stable")
    reach = reach_of(lens[order], width)
    allowed = np.abs(lens[:, None] - lens) <= (lens.max() - lens.min()) * width * (1 + 1e-9)
    found = nearest(cloud, order, reach, k, n_jobs=2, progress=no_progress)
    assert_same(found, brute(cloud, k, allowed=allowed))


@pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
@pytest.mark.parametrize("n_points", [2, 63, 64, 65, 128, 129, 511, 513])
def test_sizes_around_whole_words(n_points, zeros):
    rng = np.random.default_rng(n_points)
    cloud = (rng.integers(0, 9, (n_points, 6)) * (rng.random((n_points, 6)) >= zeros) / 4).astype(np.float32)
    assert_same(k_nearest(cloud, 5), brute(cloud, 5))


@pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
def test_against_scikit_learn(zeros):
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(3000, 40)) * (rng.random((3000, 40)) >= zeros)
    distances, rows = NearestNeighbors(n_neighbors=14, algorithm="kd_tree").fit(cloud).kneighbors(cloud)
    found = k_nearest(cloud, 12)
    np.testing.assert_allclose(found.distances, distances[:, 1:13], rtol=1e-12, atol=1e-300)
    told_apart = np.diff(distances, axis=1).min(axis=1) > 1e-9
    assert told_apart.sum() > 1000
    assert (found.rows == rows[:, 1:13])[told_apart].all()


def test_real_clouds(cloud):
    queries = np.random.default_rng(0).integers(0, len(cloud), 100)
    found, (_, distances) = k_nearest(cloud, 8, queries=queries), brute(cloud, 8, queries)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-12)


class TestCosine:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize(("n_channels", "zeros"), [(2, 0.3), (7, 0.0), (40, 0.9)])
    def test_against_scikit_learn(self, n_channels, zeros, dtype):
        rng = np.random.default_rng(n_channels)
        cloud = (rng.normal(size=(700, n_channels)) * (rng.random((700, n_channels)) >= zeros)).astype(dtype)
        cloud[::50] = 0
        expected = cosine_distances(cloud.astype(np.float64))
        np.fill_diagonal(expected, np.inf)
        found = k_nearest(cloud, 9, metric="cosine")
        np.testing.assert_allclose(found.distances, np.sort(expected, axis=1)[:, :9], rtol=0, atol=1e-14)
        np.testing.assert_allclose(np.take_along_axis(expected, found.rows, 1), found.distances, rtol=0, atol=1e-14)
        queries = rng.integers(0, 700, 90)
        assert_same(k_nearest(cloud, 9, metric="cosine", queries=queries), [part[queries] for part in found])

    def test_zero_vectors_are_at_distance_one_and_opposite_ones_at_two(self):
        found = k_nearest([[0.0, 0.0], [2.0, 0.0], [-4.0, 0.0], [0.0, 0.0]], 3, metric="cosine")
        assert found.rows.tolist() == [[1, 2, 3], [0, 3, 2], [0, 3, 1], [0, 1, 2]]
        assert found.distances.tolist() == [[1, 1, 1], [1, 1, 2], [1, 1, 2], [1, 1, 1]]


class TestScales:
    def test_pairs_that_float32_cannot_tell_apart(self):
        cloud = 1000 + np.random.default_rng(0).integers(0, 9, (200, 8)) * 2.0**-24
        assert_same(k_nearest(cloud, 4), brute(cloud, 4))

    @pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
    @pytest.mark.parametrize("factor", [2.0**-500, 2.0**-70, 2.0**70, 2.0**500])
    def test_points_of_very_different_size(self, factor, zeros):
        rng = np.random.default_rng(1)
        cloud = rng.integers(0, 9, (300, 4)) / 4 * (rng.random((300, 4)) >= zeros)
        cloud[::3] *= factor
        assert_same(k_nearest(cloud, 3), brute(cloud, 3))


@pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
def test_the_same_on_every_run(zeros):
    rng = np.random.default_rng(0)
    cloud = (rng.random((1500, 20)) * (rng.random((1500, 20)) >= zeros)).astype(np.float32)
    first = k_nearest(cloud, 6, n_jobs=1)
    assert_same(k_nearest(cloud, 6, n_jobs=3), first)
    assert_same(k_nearest(cloud, 6, queries=np.arange(1500)), first)


def test_a_search_can_be_stopped():
    def progress(heard, _done, _total):
        if heard == "finding neighbours":
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        k_nearest(np.eye(9), 2, progress=progress)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"k": 0}, "k must be a whole number, at least 1: got 0", id="none"),
        pytest.param({"k": 2.5}, "k must be a whole number, at least 1: got 2.5", id="half"),
        pytest.param({"k": True}, "k must be a whole number, at least 1: got True", id="truth"),
        pytest.param({"queries": [0, 9]}, "queries are rows of X, from 0 to 8: got 9", id="no-such-row"),
        pytest.param({"queries": [0.5]}, "queries are row numbers: got an array of float64", id="fractions"),
        pytest.param({"X": np.full((9, 2), np.nan)}, "X must be finite: 9 of 9 rows", id="nan"),
        pytest.param({"metric": "cityblock"}, "metric must be 'euclidean' or 'cosine': got 'cityblock'", id="metric"),
    ],
)
def test_refusals(arguments, words):
    with pytest.raises(InvalidInput) as caught:
        k_nearest(**{"X": np.eye(9), "k": 2, **arguments})
    assert words in str(caught.value)
