"""Projections to the plane."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from topoact.analysis.drawing import projection
from topoact.analysis.drawing.projection import project, projections
from topoact.errors import Cancelled, InvalidInput, UnknownName

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
from sklearn.neighbors import NearestNeighbors
from topoact.analysis.drawing import projection
from topoact.analysis.drawing.projection import project
from topoact.mapper import Nearest
def nearest(vectors, k, progress):
    distances, rows = NearestNeighbors(n_neighbors=k + 1).fit(vectors).kneighbors()
    return Nearest(rows[:, :k], distances[:, :k])
projection.k_nearest = nearest
told = []
groups = np.repeat([[0, 0, 0], [20, 0, 5]], 13, axis=0)
cloud = (groups + np.random.default_rng(0).normal(size=(26, 3))).astype(np.float32)
found = project("umap", cloud, progress=lambda *now: told.append(now))
assert told[-1][0] == "moving points" and 0 <= told[-1][1] <= told[-1][2], told
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
    asked, told = {}, []

    class Fake:
        def __init__(self, **settings):
            asked.update(settings)

        def fit_transform(self, vectors):
            return vectors[:, :2].astype(np.float64)

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Fake, __spec__=object()))
    assert project("umap", CLOUD, seed=7, progress=lambda *now: told.append(now)).dtype == np.float32
    (rows, distances), bar = asked.pop("precomputed_knn"), asked.pop("tqdm_kwds")["file"]
    assert asked == {"n_neighbors": 20, "min_dist": 0.01, "random_state": 7, "n_jobs": 1}
    wanted, order = NearestNeighbors(n_neighbors=20).fit(CLOUD).kneighbors(CLOUD)
    np.testing.assert_allclose(distances, wanted, atol=1e-5)
    assert rows.tolist() == order.tolist()
    bar.write("\r12/200")
    bar.write("")
    bar.flush()
    assert told[-2:] == [("joining neighbours", 0, 1), ("moving points", 12, 200)]


def test_umap_is_cancelled_by_its_progress_bar(monkeypatch):
    def stop(stage, _done, _total):
        if stage == "moving points":
            raise Cancelled("enough")

    tqdm = pytest.importorskip("tqdm", reason="tqdm comes with umap-learn").tqdm

    class Fake:
        def __init__(self, tqdm_kwds, **_):
            self.bar = tqdm_kwds

        def fit_transform(self, _vectors):
            list(tqdm(range(5), **self.bar, mininterval=0))

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Fake, __spec__=object()))
    with pytest.raises(Cancelled):
        project("umap", CLOUD, progress=stop)


def test_tsne_keeps_neighbours_together_and_is_cancelled():
    pytest.importorskip("openTSNE", reason="openTSNE is an extra that is not installed here")
    groups = np.repeat([[0, 0, 0], [20, 0, 5]], 20, axis=0)
    cloud, told = (groups + np.random.default_rng(0).normal(size=(40, 3))).astype(np.float32), []
    found = project("tsne", cloud, progress=lambda *now: told.append(now))
    assert (found.dtype, found.shape, told[-1]) == (np.float32, (40, 2), ("moving points", 750, 750))
    assert found.tolist() == project("tsne", cloud).tolist()
    nearest = (np.linalg.norm(found[:, None] - found, axis=2) + 1e9 * np.eye(40)).argmin(axis=1)
    assert ((nearest < 20) == (np.arange(40) < 20)).mean() > 0.9

    def stop(stage, _done, _total):
        if stage == "moving points":
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        project("tsne", cloud, progress=stop)


def test_tsne_of_too_few_points(monkeypatch):
    monkeypatch.setitem(sys.modules, "openTSNE", SimpleNamespace(__spec__=object()))
    with pytest.raises(InvalidInput, match="tsne needs more than 10 points: got 10"):
        project("tsne", CLOUD[:10])


def test_umap_of_too_few_points(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(__spec__=object()))
    with pytest.raises(InvalidInput, match="umap needs more than 20 points: got 20"):
        project("umap", CLOUD[:20])


def test_names(monkeypatch):
    with pytest.raises(UnknownName, match=r"projection 'isomap' is not available: choose pca"):
        project("isomap", CLOUD)
    monkeypatch.setattr(projection, "find_spec", lambda name: None)
    assert projections() == ["pca"]
    with pytest.raises(UnknownName, match=r"projection 'umap' is not available; install umap-learn for it: choose pca"):
        project("umap", CLOUD)
    with pytest.raises(UnknownName, match=r"projection 'tsne' is not available; install openTSNE for it: choose pca"):
        project("tsne", CLOUD)
