"""Every lens against a line of numpy."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from topoact.mapper import LENSES, lens_values, lenses

RANDOM = np.random.default_rng(1)
VECTORS = RANDOM.normal(size=(257, 6)) * [5, 3, 2, 1, 0.5, 0.1] + [1, 0, -2, 3, 0, 0]


@pytest.fixture(params=[lenses.BLOCK_ROWS, 64], ids=["one-block", "five-blocks"], autouse=True)
def block_rows(request, monkeypatch):
    monkeypatch.setattr(lenses, "BLOCK_ROWS", request.param)


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


@pytest.mark.parametrize("lens", LENSES)
def test_every_lens_on_offer_works(lens):
    assert lens_values(lens, VECTORS).shape == (257,)
