"""What a panel of graphs agrees on: planted shapes, and clouds that say nothing."""

import numpy as np
import pytest
from graphs import graph_of

from topoact.analysis.shape.consensus import _confirmed, consensus, significant, without_tips
from topoact.analysis.shape.report import Count
from topoact.errors import Cancelled, InvalidInput
from topoact.testing.shapes import SHAPES, planted


def cloud(name, **how):
    return planted(name, 2000, 16, noise=0.03, **how).astype(np.float32)


@pytest.mark.parametrize("name", SHAPES)
def test_planted_shapes_are_told(name):
    found = consensus(cloud(name, seed=0), "pca:0")
    assert (found.components.value, found.loops.value) == SHAPES[name][1]
    assert found.features == ()


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_behind_a_relu_they_are_told_or_not_but_never_wrong(name, noise):
    points = planted(name, 1500, 64, noise=noise, relu=True, seed=1).astype(np.float32)
    found = consensus(points, "pca:0", n_intervals=20)
    for count, truth in zip((found.components, found.loops), SHAPES[name][1], strict=True):
        assert count.value in (truth, None)
        assert (count.value is None) == bool(count.reason)


def test_noise_says_nothing():
    found = consensus(np.random.default_rng(0).normal(size=(2000, 32)), "pca:0")
    assert found.components.value is found.loops.value is None
    assert found.loops.reason == "no principal component stands out from noise"


def test_few_points_say_nothing():
    found = consensus(cloud("ring")[:300], "pca:0")
    assert found.loops.reason == "300 points are fewer than 32 for each of 25 intervals"


def test_the_same_points_are_judged_alike():
    points = cloud("eight", seed=3)
    assert consensus(points, "pca:0") == consensus(points, "pca:0")


@pytest.mark.parametrize("shape", [(400, 8), (60, 200)])
def test_components_above_noise_are_found(shape):
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(shape[0], 2)) @ (rng.normal(size=(2, shape[1])) * 2)
    noise = rng.normal(size=shape)
    assert significant(noise).shape == (shape[0], 0)
    assert significant(signal + noise).shape == (shape[0], 2)


def test_a_tip_is_no_passage():
    arm, beside, mixed = list(range(20)), list(range(20, 60)), list(range(17, 60))
    links = without_tips(graph_of([arm, beside, mixed], interval=[0, 0, 1]), 5).links
    assert list(zip(links.source, links.target, strict=True)) == [(1, 2)]
    whole = graph_of([arm, mixed], interval=[0, 1])
    assert without_tips(whole, 5).n_edges == without_tips(whole, 2).n_edges == 1


def test_it_can_be_cancelled():
    def cancel(*_):
        raise Cancelled

    with pytest.raises(Cancelled):
        consensus(cloud("ring"), "pca:0", progress=cancel)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"k": 1}, "k must be"),
        ({"n_intervals": 0}, "n_intervals must be"),
        ({"overlap": 1.0}, "overlap must be"),
        ({"lens": ["l2", "pca:0"]}, "cover is for one lens"),
    ],
)
def test_bad_input(how, said):
    with pytest.raises(InvalidInput, match=said):
        consensus(cloud("line"), **how)


def test_equal_points():
    with pytest.raises(InvalidInput, match="equal"):
        consensus(np.ones((900, 3)))


def test_persistence_tells_a_loop_on_which_covers_do_not_agree():
    points = planted("ring", 2000, 16, noise=0.15, seed=2).astype(np.float32)
    found = consensus(points, "pca:0")
    assert found.loops.value == found.persistence.value == 1
    assert (found.branches.value, found.branches.seen) == (None, 0)


@pytest.mark.parametrize(
    ("covers", "persistence", "told"),
    [
        ((1, 1), (None, 0), 1),
        ((None, 0), (1, 1), 1),
        ((None, 0), (None, 0), None),
        ((0, 0), (1, 1), None),
        ((2, 2), (1, 1), 2),
    ],
)
def test_loops_of_covers_and_of_persistence(covers, persistence, told):
    first, second = (
        Count(value, least, least, "" if value is not None else "why") for value, least in (covers, persistence)
    )
    found = _confirmed([first] * 5, second)
    assert found.value == told
    assert (found.value is None) == bool(found.reason)


@pytest.mark.parametrize(("seen", "told"), [((1, 1, 0, 2, 2), 1), ((2, 3, 2, 2, 1), None), ((0, 1, 2, 3, 2), None)])
def test_persistence_may_have_missed_what_most_covers_show(seen, told):
    found = _confirmed([Count(None, 0, number, "why") for number in seen], Count(1, 1, 1))
    assert (found.value, found.least) == (told, 1)
    assert told or found.reason.endswith("persistence of the points shows 1 or more")
