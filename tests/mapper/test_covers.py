"""Where the intervals lie, and which points they hold."""

from copy import deepcopy
from functools import partial
from itertools import product

import kmapper
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoact import IntervalCover, ProductCover, QuantileCover, UniformCover
from topoact.errors import InvalidInput
from topoact.mapper import CONVENTIONS
from topoact.mapper.covers.product import even_cover
from topoact.mapper.covers.pullback import pullback
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
    st.sampled_from([QuantileCover, *(partial(UniformCover, convention=name) for name in CONVENTIONS)]),
    st.lists(st.integers(-50, 50), min_size=2, max_size=60).filter(lambda values: len(set(values)) > 1),
    st.integers(1, 40),
    st.one_of(st.sampled_from([0.0, 0.5]), st.floats(0, 0.9)),
)
def test_every_cover_holds_every_point(kind, values, n_intervals, overlap):
    lens = np.array(values, dtype=np.float64)
    found = held(kind(n_intervals, overlap), lens)
    assert len(found) == n_intervals
    assert set(np.concatenate(found).tolist()) == set(range(len(lens)))


@STEADY
@given(st.sampled_from(CONVENTIONS), st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 300))
def test_no_number_lies_between_intervals_that_touch(convention, low, extent, n_intervals):
    intervals = UniformCover(n_intervals, 0.0, convention).intervals(np.array([low, low + extent]))
    assert (intervals.lower[1:] <= np.nextafter(intervals.upper[:-1], np.inf)).all()


def belongs(convention, x, low, high, n, number, p):
    """Tell as each library does whether a value lies in an interval."""
    spacing, length = (high - low) / n, (high - low) / (n - (n - 1) * p)
    start, centre = low + number * (1 - p) * length, low + (number + 0.5) * spacing
    margin = p * spacing / (2 - 2 * p)
    match convention:
        case "kepler-mapper":
            return centre - spacing / (2 * (1 - p)) <= x <= centre + spacing / (2 * (1 - p))
        case "tda-mapper":
            return abs(n * (x - low) / (high - low) - (0.5 + number)) < 1 / (2 - 2 * p)
        case "gudhi" if p < 0.5:
            return low + number * spacing - margin <= x < low + (number + 1) * spacing + margin
        case "gudhi":
            return low + number * spacing - margin <= x <= low + (number + 1) * spacing + margin
        case "giotto-tda":
            return (number == 0 or x > start) and (number == n - 1 or x < start + length)
        case "zen-mapper":
            return abs(x - (start + length / 2)) <= (length + 1e-9) / 2


@pytest.mark.parametrize("n_intervals", [1, 2, 9, 40])
@pytest.mark.parametrize("overlap", [0.1, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_intervals_hold_what_those_of_the_library_hold(convention, overlap, n_intervals):
    low, high = LENS.min(), LENS.max()
    inner = [row for row, value in enumerate(LENS) if low < value < high]  # where rounding decides nothing
    for number, rows in enumerate(held(UniformCover(n_intervals, overlap, convention), LENS)):
        expected = [row for row in inner if belongs(convention, LENS[row], low, high, n_intervals, number, overlap)]
        assert [row for row in rows if low < LENS[row] < high] == expected


@pytest.mark.parametrize(
    ("convention", "overlap", "expected"),
    [
        pytest.param("kepler-mapper", 0.5, [[0, 1, 2, 3], [1, 2, 3, 4, 5], [3, 4, 5, 6]], id="kepler-closed"),
        pytest.param("tda-mapper", 0.5, [[0, 1, 2], [2, 3, 4], [4, 5, 6]], id="tda-open"),
        pytest.param("tda-mapper", 0.0, [[0, 1], [2, 3], [4, 5, 6]], id="tda-touching"),
        pytest.param("gudhi", 0.5, [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6]], id="gudhi-ends-are-the-next-number"),
        pytest.param("gudhi", 0.0, [[0, 1, 2], [3, 4], [5, 6]], id="gudhi-touching"),
        pytest.param("giotto-tda", 0.5, [[0, 1, 2], [2, 3, 4], [4, 5, 6]], id="giotto-open"),
        pytest.param("giotto-tda", 0.0, [[0, 1], [2, 3], [4, 5, 6]], id="giotto-touching"),
        pytest.param("zen-mapper", 0.5, [[0, 1, 2, 3], [2, 3, 4], [3, 4, 5, 6]], id="zen-closed"),
    ],
)
def test_points_on_the_ends_of_intervals(convention, overlap, expected):
    lens = np.arange(7.0)
    assert [rows.tolist() for rows in held(UniformCover(3, overlap, convention), lens)] == expected


def test_a_quantile_cover_is_balanced():
    lens = np.random.default_rng(0).lognormal(size=1000)
    sizes = [len(rows) for rows in held(QuantileCover(10, 0.5), lens)]
    assert max(sizes[1:-1]) - min(sizes[1:-1]) <= 1
    assert sizes[4] == 200


class TestIntervalsOfYourOwn:
    def test_they_are_kept_in_their_order(self):
        cover = IntervalCover([2.0, 0.0, 5.0, 9.0], np.array([4.0, 2.5, 5.0, 10.0]))
        rows = [rows.tolist() for rows in held(cover, np.array([5.0, 2.0, 3.0, 7.0, 2.5]))]
        assert rows == [[1, 2, 4], [1, 4], [0], []]

    def test_they_are_values(self):
        cover = IntervalCover(np.array([0.0, 1.0]), (2, 3))
        assert cover == IntervalCover((0.0, 1.0), [2.0, 3.0])
        assert hash(cover) == hash(deepcopy(cover))
        assert cover == deepcopy(cover)

    @pytest.mark.parametrize(
        ("lower", "upper", "words"),
        [
            pytest.param([], [], "as many lower as upper ends: got 0 and 0", id="none"),
            pytest.param([0.0], [1.0, 2.0], "got 1 and 2", id="unequal"),
            pytest.param([0.0, 3.0], [1.0, 2.0], "interval 1 ends at 2 before it begins at 3", id="reversed"),
            pytest.param([0.0], [float("inf")], "the upper ends of intervals must be a list of finite", id="infinite"),
            pytest.param([float("nan")], [1.0], "the lower ends of intervals must be a list of finite", id="nan"),
            pytest.param(0.0, 1.0, "the lower ends of intervals must be a list", id="numbers"),
            pytest.param(["a"], [1.0], "the lower ends of intervals must be numbers: got ['a']", id="strings"),
        ],
    )
    def test_refused(self, lower, upper, words):
        with pytest.raises(InvalidInput) as caught:
            IntervalCover(lower, upper)
        assert words in str(caught.value)


class TestProducts:
    LENSES = np.random.default_rng(1).gamma(2, size=(300, 3))

    @pytest.mark.parametrize("n_lenses", [2, 3])
    def test_boxes_are_products_the_last_lens_fastest(self, n_lenses):
        lens = self.LENSES[:, :n_lenses]
        sides = [UniformCover(3, 0.2), QuantileCover(4, 0.5), IntervalCover([0, 1], [3, 2])][:n_lenses]
        members = [[set(rows.tolist()) for rows in held(side, lens[:, i])] for i, side in enumerate(sides)]
        expected = [sorted(set.intersection(*chosen)) for chosen in product(*members)]
        intervals = ProductCover(*sides).intervals(lens)
        assert intervals.lower.shape == intervals.upper.shape == (len(expected), n_lenses)
        assert [rows.tolist() for rows in pullback(lens, intervals)] == expected

    @pytest.mark.parametrize(("n_intervals", "overlap"), [((5, 8), (0.2, 0.4)), ((1, 7), (0.5, 0.1))])
    def test_boxes_are_those_of_keplermapper(self, n_intervals, overlap):
        lens = self.LENSES[:, :2]
        other = kmapper.Cover(n_cubes=list(n_intervals), perc_overlap=list(overlap))
        cubes = other.fit_transform(np.c_[np.arange(len(lens)), lens])
        found = held(even_cover(n_intervals, overlap, lens), lens)
        assert [rows.tolist() for rows in found if len(rows)] == [cube[:, 0].tolist() for cube in cubes]

    def test_one_number_serves_all_lenses(self):
        assert even_cover(4, 0.25, self.LENSES) == ProductCover(*[UniformCover(4, 0.25)] * 3)
        pair = ProductCover(UniformCover(4, 0.25), UniformCover(4, 0.5))
        assert even_cover(4, (0.25, 0.5), self.LENSES[:, :2]) == pair
        assert even_cover((4,), 0.25, LENS) == UniformCover(4, 0.25)

    def test_refused(self):
        pair = ProductCover(UniformCover(2), UniformCover(2))
        for lens, words in [
            (self.LENSES, "a product of 2 and needs as many lenses: got 3"),
            (self.LENSES[:, 0], "a product of 2 and needs as many lenses: got 1"),
            (self.LENSES[:, :2] * [1, 0], "lens 1 of 2, counted from 0: the lens is 0 at every point"),
        ]:
            with pytest.raises(InvalidInput, match=words):
                pair.intervals(lens)
        with pytest.raises(InvalidInput, match="a product needs a cover for each of several lenses: got 1"):
            ProductCover(UniformCover(2))
        with pytest.raises(InvalidInput, match=r"8,000,000 boxes are more than 1,000,000: use fewer"):
            even_cover(200, 0.3, self.LENSES).intervals(self.LENSES)
        with pytest.raises(InvalidInput, match=r"n_intervals holds 2 numbers for 3 lens"):
            even_cover((4, 5), 0.3, self.LENSES)


@pytest.mark.parametrize("cover", [UniformCover(3), QuantileCover(3), IntervalCover([0], [1])])
def test_a_cover_of_one_lens_refuses_several(cover):
    with pytest.raises(InvalidInput, match="for one lens but there are 2: give ProductCover one for each"):
        cover.intervals(np.ones((5, 2)))


@pytest.mark.parametrize("kind", [UniformCover, QuantileCover])
def test_a_constant_lens_has_no_cover(kind):
    with pytest.raises(InvalidInput, match="the lens is 1 at every point"):
        kind(3, 0.5).intervals(np.ones(5))
    with pytest.raises(InvalidInput, match="overlap must be in"):
        kind(3, 1.0)


def test_an_unknown_convention():
    with pytest.raises(InvalidInput, match=r"unknown convention 'mapper' .* choose kepler-mapper, giotto-tda"):
        UniformCover(convention="mapper")
