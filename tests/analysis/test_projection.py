"""Projections to the plane."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from topoact.analysis.drawing import projection
from topoact.analysis.drawing.projection import project, projections
from topoact.errors import InvalidInput, UnknownName

CLOUD = np.random.default_rng(0).normal(size=(90, 5)).astype(np.float32)


def test_pca_is_that_of_scikit_learn_up_to_signs():
    found = project("pca", CLOUD)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.abs(found), np.abs(PCA(2).fit_transform(CLOUD)), atol=1e-4)


def test_pca_of_one_channel_lies_on_a_line():
    found = project("pca", CLOUD[:, :1])
    assert found.shape == (90, 2)
    assert not found[:, 1].any()


UMAP_SCRIPT = """
import numpy as np
from topoact.analysis.drawing.projection import project
groups = np.repeat([[0, 0, 0], [20, 0, 5]], 13, axis=0)
found = project("umap", (groups + np.random.default_rng(0).normal(size=(26, 3))).astype(np.float32))
assert found.dtype == np.float32 and found.shape == (26, 2) and np.isfinite(found).all()
nearest = (np.linalg.norm(found[:, None] - found, axis=2) + 1e9 * np.eye(26)).argmin(axis=1)
assert ((nearest < 13) == (np.arange(26) < 13)).mean() > 0.9
"""


def test_umap_keeps_neighbours_together():
    """In a process of its own, where numba does not spend half a minute on compiling for 26 points."""
    pytest.importorskip("umap", reason="umap-learn is an extra that is not installed here")
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    found = subprocess.run(
        [sys.executable, "-c", UMAP_SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


def test_umap_is_asked_for_the_settings_of_the_paper(monkeypatch):
    asked = {}

    class Fake:
        def __init__(self, **settings):
            asked.update(settings)

        def fit_transform(self, vectors):
            return vectors[:, :2].astype(np.float64)

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Fake, __spec__=object()))
    assert project("umap", CLOUD, seed=7).dtype == np.float32
    assert asked == {"n_neighbors": 20, "min_dist": 0.01, "random_state": 7, "n_jobs": 1}


def test_umap_of_too_few_points(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(__spec__=object()))
    with pytest.raises(InvalidInput, match="umap needs more than 20 points: got 20"):
        project("umap", CLOUD[:20])


def test_names(monkeypatch):
    with pytest.raises(UnknownName, match=r"projection 'tsne' is not available: choose pca"):
        project("tsne", CLOUD)
    monkeypatch.setattr(projection, "find_spec", lambda name: None)
    assert projections() == ["pca"]
    with pytest.raises(UnknownName, match=r"projection 'umap' is not available; install umap-learn for it: choose pca"):
        project("umap", CLOUD)
