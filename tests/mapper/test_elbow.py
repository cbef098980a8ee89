"""The distance curve against brute force, and its knee where it is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from topoact.errors import InvalidInput
from topoact.mapper import DBSCAN, DistanceCurve, distance_curve
from topoact.testing.strategies import STEADY, clouds


def brute(cloud, k):
    distances = cdist(cloud.astype(np.float64), cloud.astype(np.float64))
    return np.sort(np.sort(distances, axis=1)[:, k])


@pytest.mark.parametrize("k", [1, 5, 30])
@pytest.mark.parametrize(("n_channels", "dtype"), [(3, np.float64), (40, np.float64), (40, np.float32)])
def test_distances_are_exact(n_channels, dtype, k):
    cloud = np.random.default_rng(0).normal(size=(300, n_channels)).astype(dtype)
    np.testing.assert_allclose(distance_curve(cloud, k, seed=0).distances, brute(cloud, k), rtol=1e-12)


@STEADY
@given(clouds(), st.integers(1, 6))
def test_duplicates_are_neighbours_at_distance_zero(cloud, k):
    k = min(k, len(cloud) - 1)
    np.testing.assert_allclose(distance_curve(cloud, k, seed=0).distances, brute(cloud, k), rtol=1e-12)


def test_the_sample_is_seeded_and_bounded():
    cloud = np.random.default_rng(0).normal(size=(400, 3))
    first, again, other = (distance_curve(cloud, 4, seed=seed, n_queries=50).distances for seed in (0, 0, 1))
    assert len(first) == 50
    assert first.tolist() == again.tolist() != other.tolist()
    assert set(first.round(12)) <= set(brute(cloud, 4).round(12))
    assert (np.diff(first) >= 0).all()


@pytest.mark.parametrize(
    ("curve", "knee"),
    [
        pytest.param([1, 1.1, 1.2, 1.3, 5, 9], 1.3, id="hockey-stick"),
        pytest.param([0, 0, 0, 0, 8], 0, id="one-outlier"),
        pytest.param([2, 2, 2], 2, id="flat"),
        pytest.param((np.linspace(0, 1, 101) ** 2).tolist(), 0.25, id="parabola"),
    ],
)
def test_knee(curve, knee):
    assert DistanceCurve(5, np.array(curve, dtype=np.float64)).elbow == pytest.approx(knee)


def test_the_clusterer_uses_the_knee_and_keeps_the_curve():
    cloud = np.random.default_rng(0).normal(size=(100, 3))
    bound = DBSCAN(min_samples=4).bind(cloud, seed=0)
    assert bound.eps == bound.curve.elbow == distance_curve(cloud, 4, seed=0).elbow
    assert DBSCAN(eps=0.5).bind(cloud, seed=0).curve is None


def test_a_knee_at_zero_is_refused():
    cloud = np.repeat(np.eye(4), 10, axis=0)
    with pytest.raises(InvalidInput, match=r"eps='elbow' gives 0: most points have 5 exact duplicates; give eps"):
        DBSCAN().bind(cloud, seed=0)


def test_too_few_points_for_the_neighbour():
    with pytest.raises(InvalidInput, match=r"the 5-th neighbour needs more than 5 points: got 5"):
        distance_curve(np.eye(5), 5, seed=0)
