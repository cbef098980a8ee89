"""Every lens against a line of numpy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA

from topoact.errors import Cancelled, InvalidInput
from topoact.mapper import DistanceTo, Eccentricity, lens_menu, lens_values, norms
from topoact.mapper.lenses import distance, pca
from topoact.testing.strategies import STEADY, clouds

RANDOM = np.random.default_rng(1)
VECTORS = RANDOM.normal(size=(257, 6)) * [5, 3, 2, 1, 0.5, 0.1] + [1, 0, -2, 3, 0, 0]


@pytest.fixture(params=[norms.BLOCK_ROWS, 64], ids=["one-block", "five-blocks"], autouse=True)
def block_rows(request, monkeypatch):
    for module in (norms, pca):
        monkeypatch.setattr(module, "BLOCK_ROWS", request.param)


@pytest.mark.parametrize(
    ("lens", "expected"),
    [
        pytest.param("l2", np.linalg.norm(VECTORS, axis=1), id="l2"),
        pytest.param("l1", np.abs(VECTORS).sum(axis=1), id="l1"),
        pytest.param("max", VECTORS.max(axis=1), id="max"),
        pytest.param(lambda vectors: vectors[:, 2], VECTORS[:, 2], id="callable"),
        pytest.param(lambda vectors: vectors[:, 2].tolist(), VECTORS[:, 2], id="callable-giving-a-list"),
        pytest.param(VECTORS[:, 1], VECTORS[:, 1], id="array"),
        pytest.param(list(range(257)), np.arange(257), id="list"),
        pytest.param(pd.Series(VECTORS[:, 1], index=range(300, 557)), VECTORS[:, 1], id="series"),
        pytest.param(VECTORS[:, 1] > 0, VECTORS[:, 1] > 0, id="booleans"),
    ],
)
def test_values(lens, expected):
    found = lens_values(lens, VECTORS)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("component", range(6))
def test_principal_component_is_that_of_scikit_learn_up_to_sign(component):
    reference = PCA().fit(VECTORS)
    expected, axis = reference.transform(VECTORS)[:, component], reference.components_[component]
    sign = np.sign(axis[np.abs(axis).argmax()])
    np.testing.assert_allclose(lens_values(f"pca:{component}", VECTORS), sign * expected, atol=1e-9)


def test_sign_of_a_component_makes_its_largest_loading_positive():
    line = np.linspace(-1, 1, 50)[:, None]
    falling = lens_values("pca:0", line * [0.5, -2.0, 0.1])
    assert (np.diff(falling) < 0).all()
    rising = lens_values("pca:0", line * [0.5, 2.0, 0.1])
    assert (np.diff(rising) > 0).all()


def test_a_direction_without_extent_gives_zeros_not_rounding_errors():
    line = np.linspace(0, 1, 100)[:, None] * [0.3, 0.7, 0.1]
    assert not lens_values("pca:1", line).any()


def test_float32_is_summed_in_float64():
    vectors = np.array([[4096.0, 1.0], [4096.0, 0.0]], dtype=np.float32)
    assert lens_values("l2", vectors)[0] == np.sqrt(4096.0**2 + 1)
    assert lens_values("l1", np.float32([[2**24, 1.0]]))[0] == 2**24 + 1


@pytest.mark.parametrize("lens", lens_menu())
def test_every_lens_on_offer_works(lens):
    assert lens_values(lens, VECTORS).shape == (257,)


DISTANCES = cdist(VECTORS, VECTORS)


@pytest.mark.parametrize(
    ("lens", "expected"),
    [
        pytest.param("linf", np.abs(VECTORS).max(axis=1), id="linf"),
        pytest.param("l3", (np.abs(VECTORS) ** 3).sum(axis=1) ** (1 / 3), id="l3"),
        pytest.param("l0.5", (np.abs(VECTORS) ** 0.5).sum(axis=1) ** 2, id="l0.5"),
        pytest.param("l2.0", np.linalg.norm(VECTORS, axis=1), id="l2.0"),
        pytest.param("eccentricity", DISTANCES.mean(axis=1), id="eccentricity"),
        pytest.param("eccentricity:1", DISTANCES.mean(axis=1), id="eccentricity:1"),
        pytest.param("eccentricity:2", np.sqrt((DISTANCES**2).mean(axis=1)), id="eccentricity:2"),
        pytest.param("eccentricity:3.5", (DISTANCES**3.5).mean(axis=1) ** (1 / 3.5), id="eccentricity:3.5"),
        pytest.param("eccentricity:inf", DISTANCES.max(axis=1), id="eccentricity:inf"),
        pytest.param(Eccentricity(4), (DISTANCES**4).mean(axis=1) ** 0.25, id="eccentricity-object"),
        pytest.param("distance:7", DISTANCES[7], id="distance-to-a-row"),
        pytest.param(DistanceTo(VECTORS[7]), DISTANCES[7], id="distance-to-a-point"),
        pytest.param("knn:1", np.sort(DISTANCES)[:, 1], id="knn:1"),
        pytest.param("knn:5", np.sort(DISTANCES)[:, 5], id="knn:5"),
        pytest.param("knn:256", DISTANCES.max(axis=1), id="knn:256"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_distances(lens, expected, dtype, monkeypatch):
    monkeypatch.setattr(distance, "TILE_ROWS", 100)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(lens_values(lens, VECTORS.astype(dtype)), expected, rtol=tolerance, atol=tolerance)


def test_norms_of_any_size_and_of_nothing():
    vectors = np.array([[3e200, -4e200, 0], [0, 0, 0], [3e-200, 4e-200, 0]])
    np.testing.assert_allclose(lens_values("l2.0", vectors), [5e200, 0, 5e-200])
    np.testing.assert_allclose(lens_values("l40", vectors), [4e200, 0, 4e-200], rtol=1e-5)


@STEADY
@given(clouds(), st.sampled_from(["1", "2", "4", "inf"]))
def test_points_that_are_equal_are_at_no_distance(cloud, p):
    exponent, distances = float(p), cdist(cloud.astype(np.float64), cloud.astype(np.float64))
    expected = distances.max(axis=1) if p == "inf" else (distances**exponent).mean(axis=1) ** (1 / exponent)
    np.testing.assert_allclose(lens_values(f"eccentricity:{p}", cloud), expected, rtol=1e-12, atol=1e-12)


def test_a_long_lens_tells_of_its_progress_and_can_be_stopped():
    heard = []
    lens_values("eccentricity", VECTORS, progress=lambda *told: heard.append(told))
    assert heard == [("computing the lens", 0, 1)]

    def progress(*_):
        raise Cancelled("enough")

    for lens in ("eccentricity", ["l2", "eccentricity:inf"]):
        with pytest.raises(Cancelled):
            lens_values(lens, VECTORS, progress=progress)


def test_several_lenses():
    found = lens_values(["l1", VECTORS[:, 3], lambda vectors: vectors[:, :2]], VECTORS)
    expected = np.c_[np.abs(VECTORS).sum(axis=1), VECTORS[:, 3], VECTORS[:, :2]]
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert lens_values(VECTORS[:, :3].tolist(), VECTORS).tolist() == VECTORS[:, :3].tolist()
    assert lens_values(["l1"], VECTORS).tolist() == lens_values("l1", VECTORS).tolist()


def test_a_point_must_be_finite():
    with pytest.raises(InvalidInput, match="a point is a list of finite numbers"):
        DistanceTo([0.0, float("nan")])
