"""Rules for ε as text, and what they read from a curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoact.errors import InvalidInput
from topoact.mapper import DBSCAN, DistanceCurve, distance_curve
from topoact.mapper.clusterers.epsilon import Rule, distance_curves, parse_rule
from topoact.testing.strategies import STEADY


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (3, Rule(radius=3.0)),
        (np.float32(0.5), Rule(radius=0.5)),
        ("2.5", Rule(radius=2.5)),
        ("1e-3", Rule(radius=1e-3)),
        ("elbow", Rule()),
        ("elbow:interval", Rule(per_interval=True)),
        ("quantile:0.8", Rule(share=0.8)),
        ("quantile:1", Rule(share=1.0)),
        ("quantile:.25:interval", Rule(share=0.25, per_interval=True)),
    ],
    ids=str,
)
def test_rules(text, rule):
    assert parse_rule(text) == rule


@STEADY
@given(
    st.one_of(
        st.builds(Rule, radius=st.floats(1e-300, 1e300)),
        st.builds(Rule, share=st.none() | st.floats(0.001, 1), per_interval=st.booleans()),
    )
)
def test_a_rule_is_read_back_from_its_text(rule):
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    "rule",
    [
        *(0, -1, float("nan"), float("inf"), True, None, [1.0], "", "knee", "ELBOW", "1_0", "nan", "inf", "-1", "0"),
        *("5:interval", "quantile", "quantile:", "quantile:0", "quantile:1.1", "quantile:x", "elbow:intervals"),
    ],
    ids=repr,
)
def test_bad_rules(rule):
    with pytest.raises(InvalidInput) as caught:
        parse_rule(rule)
    assert str(caught.value) == (
        "eps must be a positive number, 'elbow' or 'quantile:q' with q in (0, 1], the last two also with ':interval': "
        f"got {rule!r}"
    )


@pytest.mark.parametrize(
    ("rule", "eps"), [("elbow", 1.3), ("quantile:1", 9), ("quantile:0.5", 1.25), ("quantile:0.2", 1.1), (7, 7)]
)
def test_reading_a_curve(rule, eps):
    curve = DistanceCurve(5, np.array([1, 1.1, 1.2, 1.3, 5, 9]))
    read = parse_rule(rule).read(curve)
    assert read == pytest.approx(eps, rel=2e-9)
    assert read >= eps


def test_one_search_gives_the_curve_of_every_k():
    cloud = np.random.default_rng(0).normal(size=(400, 7))
    curves = distance_curves(cloud, 9, seed=3, n_queries=100)
    assert [curve.k for curve in curves] == list(range(1, 10))
    for curve in curves:
        expected = distance_curve(cloud, curve.k, seed=3, n_queries=100)
        assert curve.distances.tolist() == expected.distances.tolist()


def test_the_cosine_curve_knows_no_lengths():
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(300, 6))
    first = distance_curve(cloud, 3, seed=0, metric="cosine").distances
    np.testing.assert_allclose(
        distance_curve(cloud * rng.uniform(1, 9, (300, 1)), 3, seed=0, metric="cosine").distances, first, atol=1e-14
    )


def test_cosine_radii_between_the_rounding_of_0_and_2():
    line = np.r_[np.arange(1.0, 11), -np.arange(1.0, 4)][:, None] * [[0.1, 0.3, 0.7]]
    assert DBSCAN("quantile:1", 4, "cosine").bind(line, seed=0).eps == 2.0
    with pytest.raises(InvalidInput, match=r"eps='elbow' gives 0: most points have 4 exact duplicates"):
        DBSCAN("elbow", 4, "cosine").bind(line, seed=0)
    assert DBSCAN("elbow:interval", 4, "cosine").bind(line, seed=0).radius(line) == 2.0
    assert DBSCAN("elbow:interval", 4, "cosine").bind(line, seed=0).radius(line[:10]) == 1e-6


def test_the_clusterer_takes_a_quantile():
    cloud = np.random.default_rng(0).normal(size=(100, 3))
    bound = DBSCAN(eps="quantile:0.8", min_samples=4).bind(cloud, seed=0)
    assert bound.eps == bound.curve.quantile(0.8) == distance_curve(cloud, 4, seed=0).quantile(0.8)
    assert (bound.curve.distances <= bound.eps).mean() == 0.8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"eps": "quantile:0.5"}, "eps='quantile:0.5' gives 0: most points have 5 exact", id="duplicates"),
        pytest.param({"metric": "cityblock"}, "metric must be 'euclidean' or 'cosine'", id="metric"),
        pytest.param({"eps": 2.5, "metric": "cosine"}, "eps must be in (0, 2] for metric 'cosine'", id="cosine-radius"),
    ],
)
def test_refusals(arguments, words):
    with pytest.raises(InvalidInput) as caught:
        DBSCAN(**arguments).bind(np.repeat(np.eye(4), 10, axis=0), seed=0)
    assert words in str(caught.value)
