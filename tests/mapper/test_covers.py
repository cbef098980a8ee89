"""Where the intervals lie, and which points they hold."""

import kmapper
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoact import FittedCover, QuantileCover, UniformCover
from topoact.errors import InvalidInput
from topoact.mapper.covers import pullback
from topoact.testing import oracle
from topoact.testing.strategies import STEADY

LENS = np.random.default_rng(0).gamma(2, size=500)


def held(cover, lens):
    return list(pullback(lens, cover.intervals(lens)))


@pytest.mark.parametrize("n_intervals", [1, 2, 7, 30, 200])
@pytest.mark.parametrize("overlap", [0.0, 0.2, 0.3, 0.5, 0.75])
def test_intervals_are_those_of_keplermapper(n_intervals, overlap):
    other = kmapper.Cover(n_cubes=n_intervals, perc_overlap=overlap)
    centres = np.array(other.fit(np.c_[np.arange(len(LENS)), LENS]))[:, 0]
    intervals = UniformCover(n_intervals, overlap).intervals(LENS)
    tolerance = 4 * np.spacing(LENS.max())
    assert np.abs(intervals.lower - (centres - other.radius_[0])).max() <= tolerance
    assert np.abs(intervals.upper - (centres + other.radius_[0])).max() <= tolerance


@STEADY
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(1, 60), st.floats(0, 0.9))
def test_intervals_follow_the_formula(low, extent, n_intervals, overlap):
    high = low + extent
    found = np.transpose(UniformCover(n_intervals, overlap).intervals(np.array([low, high])))
    expected = oracle.intervals(low, high, n_intervals, overlap)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * max(abs(low), abs(high), extent / (1 - overlap)))


@STEADY
@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=50, unique=True), st.integers(1, 300), st.floats(0, 0.95))
def test_every_point_is_in_an_interval(values, n_intervals, overlap):
    lens = np.array(values)
    found = held(UniformCover(n_intervals, overlap), lens)
    assert len(found) == n_intervals
    assert set(np.concatenate(found).tolist()) == set(range(len(lens)))


@STEADY
@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 300))
def test_intervals_that_touch_leave_no_gap(low, extent, n_intervals):
    intervals = UniformCover(n_intervals, 0.0).intervals(np.array([low, low + extent]))
    assert (intervals.lower[1:] <= intervals.upper[:-1]).all()


def test_ends_belong_to_both_intervals():
    lens = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert [rows.tolist() for rows in held(UniformCover(2, 0.0), lens)] == [[0, 1, 2], [2, 3, 4]]


def test_one_interval_holds_everything():
    assert held(UniformCover(1, 0.0), LENS)[0].tolist() == list(range(len(LENS)))


def test_points_come_sorted_whatever_the_order_of_the_lens():
    lens = np.array([3.0, 1.0, 2.0, 1.0, 3.0, 2.0])
    found = held(UniformCover(2, 0.5), lens)
    assert [rows.tolist() for rows in found] == [[1, 2, 3, 5], [0, 2, 4, 5]]


def test_an_interval_between_two_groups_is_empty():
    sizes = [len(rows) for rows in held(UniformCover(5, 0.1), np.array([0.0, 0.1, 9.9, 10.0]))]
    assert sizes == [2, 0, 0, 0, 2]


def test_overlap_is_the_shared_part_of_an_interval():
    lower, upper = UniformCover(10, 0.3).intervals(LENS)
    np.testing.assert_allclose((upper[:-1] - lower[1:]) / (upper - lower)[1:], 0.3)


@STEADY
@given(
    st.sampled_from([QuantileCover, FittedCover]),
    st.lists(st.integers(-50, 50), min_size=2, max_size=60).filter(lambda values: len(set(values)) > 1),
    st.integers(1, 40),
    st.floats(0, 0.9),
)
def test_other_covers_hold_every_point(kind, values, n_intervals, overlap):
    lens = np.array(values, dtype=np.float64)
    found = held(kind(n_intervals, overlap), lens)
    assert len(found) == n_intervals
    assert set(np.concatenate(found).tolist()) == set(range(len(lens)))


def test_a_fitted_cover_is_that_of_giotto():
    """L = R / (n − (n − 1) p), open ends: 4 intervals of overlap 0.5 over [0, 10] are 4 long and start 2 apart."""
    lower, upper = FittedCover(4, 0.5).intervals(np.array([0.0, 10.0]))
    np.testing.assert_allclose(lower, [0, 2, 4, 6])
    np.testing.assert_allclose(upper, [4, 6, 8, 10])
    lens = np.arange(11.0)
    rows = [rows.tolist() for rows in held(FittedCover(4, 0.5), lens)]
    assert rows == [[0, 1, 2, 3], [3, 4, 5], [5, 6, 7], [7, 8, 9, 10]]


def test_a_quantile_cover_is_balanced():
    lens = np.random.default_rng(0).lognormal(size=1000)
    sizes = [len(rows) for rows in held(QuantileCover(10, 0.5), lens)]
    assert max(sizes[1:-1]) - min(sizes[1:-1]) <= 1
    assert sizes[4] == 200


@pytest.mark.parametrize("kind", [UniformCover, QuantileCover, FittedCover])
def test_a_constant_lens_has_no_cover(kind):
    with pytest.raises(InvalidInput, match="the lens is 1 at every point"):
        kind(3, 0.5).intervals(np.ones(5))
    with pytest.raises(InvalidInput, match="overlap must be in"):
        kind(3, 1.0)
