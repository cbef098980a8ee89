"""Distances from vectors that are no points: those of a plain table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoact.mapper import Members
from topoact.mapper.neighbors.query import QueryIndex
from topoact.testing.strategies import STEADY, clouds

METRICS = ["euclidean", "cosine"]


def table(new, points, metric):
    new, points = new.astype(np.float64), points.astype(np.float64)
    if metric == "euclidean":
        return np.sqrt(((new[:, None] - points) ** 2).sum(axis=2))
    unit = [part / np.where(part.any(1), np.linalg.norm(part, axis=1), 1)[:, None] for part in (new, points)]
    return np.clip(1 - (unit[0][:, None] * unit[1]).sum(axis=2), 0, 2)


def nearest(cloud, new, k):
    found = [view.nearest(k) for view in cloud.views(new)]
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]


@STEADY
@given(clouds(), st.integers(1, 9), st.sampled_from(METRICS))
def test_nearest_points(cloud, k, metric):
    points, new = cloud[: len(cloud) // 2 + 1], cloud[len(cloud) // 2 :]
    rows, distances = nearest(QueryIndex(points, metric), new, k)
    expected = table(new, points, metric)
    assert rows.shape == (len(new), min(k, len(points)))
    np.testing.assert_allclose(distances, np.sort(expected, axis=1)[:, :k], atol=1e-12)
    np.testing.assert_allclose(np.take_along_axis(expected, rows, axis=1), distances, atol=1e-12)
    if metric == "euclidean":  # exact on a lattice, so that the first of equals is known
        assert rows.tolist() == np.argsort(expected, axis=1, kind="stable")[:, :k].tolist()


@STEADY
@given(clouds(), st.data(), st.sampled_from(METRICS))
def test_nearest_member_of_each_node(cloud, data, metric):
    nodes = data.draw(st.lists(st.sets(st.integers(0, len(cloud) - 1), min_size=1).map(sorted), max_size=5))
    members = Members(
        np.cumsum([0, *map(len, nodes)]), np.array([row for node in nodes for row in node], dtype=np.int64)
    )
    (view,) = QueryIndex(cloud, metric).views(cloud[:3])
    found, expected = view.nearest_of(members), table(cloud[:3], cloud, metric)
    assert found.rows.shape == found.distances.shape == (min(3, len(cloud)), len(nodes))
    for number, node in enumerate(nodes):
        np.testing.assert_allclose(found.distances[:, number], expected[:, node].min(axis=1), atol=1e-12)
        assert np.isin(found.rows[:, number], node).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30], ids=str)
def test_any_magnitude(scale, metric):
    rng = np.random.default_rng(0)
    points, new = scale * rng.normal(size=(300, 20)), scale * rng.normal(size=(40, 20))
    rows, distances = nearest(QueryIndex(points, metric), new, 4)
    expected = table(new, points, metric)
    assert rows.tolist() == np.argsort(expected, axis=1)[:, :4].tolist()
    np.testing.assert_allclose(distances, np.sort(expected, axis=1)[:, :4], rtol=1e-9, atol=1e-12)


def test_a_vector_far_outside_what_float32_can_square():
    points = np.random.default_rng(0).normal(size=(50, 6))
    rows, distances = nearest(QueryIndex(points), np.full((1, 6), 1e30), 1)
    assert distances[0, 0] == pytest.approx(6**0.5 * 1e30)
    assert rows.shape == (1, 1)


def test_points_far_from_zero_and_near_to_each_other():
    rng = np.random.default_rng(0)
    points = 1000 + rng.normal(size=(2000, 30)).astype(np.float32) / 100
    rows, _ = nearest(QueryIndex(points), points[:100], 1)
    assert rows[:, 0].tolist() == list(range(100))


def test_many_vectors_are_looked_at_in_parts(monkeypatch):
    monkeypatch.setattr("topoact.mapper.neighbors.query.MAX_DISTANCES", 1000)
    rng = np.random.default_rng(0)
    points, new = rng.normal(size=(300, 5)), rng.normal(size=(20, 5))
    assert [len(view.new) for view in QueryIndex(points).views(new)] == [3] * 6 + [2]
    rows, _ = nearest(QueryIndex(points), new, 3)
    assert rows.tolist() == np.argsort(table(new, points, "euclidean"), axis=1)[:, :3].tolist()
