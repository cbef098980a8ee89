"""Arms that meet: told where they are, and what would be missed where none is seen."""

import numpy as np
import pytest

from topoact.analysis.shape.arms import branching, missed
from topoact.analysis.shape.evidence import MIN_POINTS, Signal, counts_of, signal_of
from topoact.testing.shapes import BRANCHES, planted, ring_with_whisker


def signal(shape, noise, n_points=2000, seed=3):
    return signal_of(planted(shape, n_points, 16, noise=noise, seed=seed).astype(np.float32))


@pytest.mark.parametrize("name", BRANCHES)
def test_branches_of_planted_shapes(name):
    found = branching(signal(name, 0.03).points)
    assert found.value in ((None, 1) if name == "eight" else (BRANCHES[name][0],))


@pytest.mark.parametrize("noise", [0.1, 0.15, 0.2, 0.3])
def test_a_noisy_ring_has_none(noise):
    assert branching(signal("ring", noise).points).value == 0


@pytest.mark.parametrize(("name", "length"), [("Y", 1.0), ("branch", 0.6)])
@pytest.mark.parametrize("noise", [0.05, 0.2, 0.3])
def test_an_arm_that_is_there_is_not_denied(name, length, noise):
    told = counts_of(signal(name, noise)).branches
    assert told.value in (1, None)
    assert told.value == 1 or told.seen or told.missed_below is None or told.missed_below > length


def test_longer_arms_than_would_be_missed_are_seen():
    ring = signal("ring", 0.05)
    shortest = missed(*ring)
    assert 0.1 < shortest.length < 0.8
    assert shortest.n_points == pytest.approx(2000 * shortest.length / (2 * np.pi), rel=0.2)
    grown = signal(ring_with_whisker(1.2 * shortest.length), 0.05)
    assert max(branching(grown.points).most) == 1


def test_more_noise_hides_longer_arms():
    lengths = [missed(*signal("line", noise)).length for noise in (0.02, 0.08)]
    assert lengths[0] < lengths[1]


def test_arms_that_leave_the_space_must_stand_out_from_noise():
    flat = signal("ring", 0.03)
    assert missed(*flat._replace(edge=100 * flat.edge)).length > missed(*flat).length


def test_the_same_points_are_told_alike_and_in_any_unit():
    line, larger = (missed(*signal("line", 0.05)), signal("line", 0.05))
    times = missed(8 * larger.points, 8 * larger.novel, 64 * larger.edge)
    assert line == missed(*larger)
    assert (times.length, times.n_points) == (pytest.approx(8 * line.length), line.n_points)


@pytest.mark.parametrize("n_dimensions", [1, 2, 3, 10])
@pytest.mark.parametrize("draw", ["normal", "random", "standard_exponential"])
def test_noise_has_none(draw, n_dimensions):
    points = getattr(np.random.default_rng(0), draw)(size=(1500, n_dimensions))
    assert branching(points).value == 0


def test_few_points_tell_nothing():
    few = counts_of(Signal(np.random.default_rng(0).normal(size=(MIN_POINTS - 1, 2)), np.zeros(MIN_POINTS - 1), 0.0))
    assert few.branches.reason == few.loops.reason == "fewer than 100 points"
    assert few.branches.missed_below is None


def test_points_in_one_place_have_none():
    assert branching(np.ones((200, 2))).value == 0
    assert missed(np.ones((200, 2)), np.zeros(200), 0.0) is None
