"""The nearest kinds against a search through all points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoact.analysis.location.nearest import Kinds, nearest_kinds
from topoact.errors import InvalidInput
from topoact.mapper import lens_values


def slowly(vectors, code, target, k, metric):
    wide, aim = vectors.astype(np.float64), target.astype(np.float64)
    best = {}
    for point, vector in enumerate(wide):
        if metric == "euclidean":
            distance = np.sqrt(((vector - aim) ** 2).sum())
        else:
            scale = np.linalg.norm(vector) * np.linalg.norm(aim)
            distance = 1 - vector @ aim / scale if scale else 1.0
        kind = int(code[point])
        if kind not in best or distance < best[kind][0] - 1e-14:
            best[kind] = (distance, point)
    return sorted(best.values())[:k]


def found(vectors, code, target, k, metric):
    return nearest_kinds(vectors, lens_values("l2", vectors), Kinds.of(np.asarray(code)), target, k=k, metric=metric)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_points=st.integers(1, 80),
    n_kinds=st.integers(1, 30),
    k=st.integers(1, 9),
    metric=st.sampled_from(["euclidean", "cosine"]),
    offset=st.sampled_from([0.0, 1000.0]),
)
def test_nearest_kinds_are_those_of_a_search(seed, n_points, n_kinds, k, metric, offset):
    rng = np.random.default_rng(seed)
    vectors = (rng.normal(size=(n_points, 12)) + offset).astype(np.float32)
    code = np.unique(rng.integers(0, n_kinds, n_points), return_inverse=True)[1]
    target = (rng.normal(size=12) + offset).astype(np.float32)
    expected = slowly(vectors, code, target, k, metric)
    near = found(vectors, code, target, k, metric)
    np.testing.assert_allclose(near.distances, [distance for distance, _ in expected], rtol=1e-9, atol=1e-14)
    assert near.points.tolist() == [point for _, point in expected]


def test_of_equals_the_first_point_is_nearer():
    vectors = np.zeros((6, 3), dtype=np.float32)
    for metric in ("euclidean", "cosine"):
        near = found(vectors, [1, 0, 1, 2, 0, 2], np.ones(3, dtype=np.float32), 2, metric)
        assert near.points.tolist() == [0, 1]
    assert near.distances.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("target", [np.ones(2), np.full(3, np.nan), np.ones((1, 3))])
def test_targets_that_are_refused(target):
    with pytest.raises(InvalidInput, match="must be a finite vector of 3 channels"):
        found(np.ones((4, 3), dtype=np.float32), [0, 1, 2, 3], target.astype(np.float32), 1, "euclidean")
