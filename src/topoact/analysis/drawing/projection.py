"""Projections of a layer's points to the plane, by PCA, UMAP or t-SNE: `project`.

UMAP and t-SNE are given the exact nearest neighbours, which are found here; their own search is approximate and slower.
"""

import re
import warnings
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput, UnknownName
from topoact.mapper import Progress, k_nearest, lens_values, no_progress
from topoact.mapper.protocols import Vectors

UMAP_NEIGHBOURS: Final = 20
UMAP_MIN_DIST: Final = 0.01
TSNE_PERPLEXITY: Final = 30
TSNE_MIN_POINTS: Final = 10
TSNE_STEPS: Final = 750
"""Steps of t-SNE, of which the first 250 exaggerate, as openTSNE takes them."""
TSNE_STEPS_TOLD: Final = 10
LIBRARIES: Final = MappingProxyType({"umap": ("umap", "umap-learn"), "tsne": ("openTSNE", "openTSNE")})
"""Module and package of each projection that needs one."""


def projections() -> list[str]:
    """Return the names of the projections that can be computed here."""
    return ["pca", *(kind for kind, (module, _) in LIBRARIES.items() if find_spec(module))]


def check_projection(kind: str) -> None:
    """Raise `UnknownName` unless the projection can be computed here."""
    if kind not in projections():
        hint = f"; install {LIBRARIES[kind][1]} for it" if kind in LIBRARIES else ""
        raise UnknownName(f"projection {kind!r} is not available{hint}: choose {', '.join(projections())}")


def project(kind: str, vectors: Vectors, *, seed: int = 0, progress: Progress = no_progress) -> npt.NDArray[np.float32]:
    """Project vectors to the plane.

    Parameters
    ----------
    kind
        ``"pca"``: the first two principal components; ``"umap"`` (needs umap-learn): 20 neighbours and min_dist 0.01,
        as in Rathore et al. 2021; ``"tsne"`` (needs openTSNE): perplexity 30, or a third of the points where these are
        fewer than 91, 250 steps of exaggeration 12 and 500 without, from the first two principal components.
    vectors
        Shape (n_points, n_channels).
    seed
        Seed of UMAP and t-SNE, which run on one core with it but for the search for neighbours.
    progress
        Called with each stage; may raise `topoact.errors.Cancelled`.

    Returns
    -------
    ndarray of float32, shape (n_points, 2)

    Raises
    ------
    UnknownName
        If the projection does not exist, or its library is not installed.
    InvalidInput
        If there are too few points.
    """
    check_projection(kind)
    if kind == "umap":
        return _umap(vectors, seed, progress)
    return _tsne(vectors, seed, progress) if kind == "tsne" else _pca(vectors)


def _pca(vectors: Vectors) -> npt.NDArray[np.float32]:
    columns = [lens_values(f"pca:{i}", vectors) for i in range(min(2, *vectors.shape))]
    columns += [np.zeros(len(vectors))] * (2 - len(columns))
    return np.stack(columns, axis=1).astype(np.float32)


def _umap(vectors: Vectors, seed: int, progress: Progress) -> npt.NDArray[np.float32]:
    _check_enough("umap", len(vectors), UMAP_NEIGHBOURS)
    near = k_nearest(vectors, UMAP_NEIGHBOURS - 1, progress=progress)
    rows = np.column_stack([np.arange(len(vectors)), near.rows])  # here a point is its own first neighbour
    distances = np.column_stack([np.zeros(len(vectors)), near.distances]).astype(np.float32)
    progress("joining neighbours", 0, 1)
    from umap import UMAP

    bar = {"file": _Bar(progress), "bar_format": "{n}/{total}", "disable": False, "leave": False}
    options: dict[str, Any] = {"n_neighbors": UMAP_NEIGHBOURS, "min_dist": UMAP_MIN_DIST, "random_state": seed}
    options |= {"n_jobs": 1, "precomputed_knn": (rows, distances), "tqdm_kwds": bar}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a seed means one core, and such neighbours no `transform`, is meant
        return np.asarray(UMAP(**options).fit_transform(vectors), dtype=np.float32)


class _Bar:
    """The file to which UMAP's progress bar is written, ``done/total``."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def write(self, text: str) -> None:
        """Report what the bar shows."""
        shown = re.search(r"(\d+)/(\d+)", text)
        if shown:
            self._progress("moving points", int(shown[1]), int(shown[2]))

    def flush(self) -> None:
        """Do nothing: each report was passed on."""


def _tsne(vectors: Vectors, seed: int, progress: Progress) -> npt.NDArray[np.float32]:
    n_points = len(vectors)
    _check_enough("tsne", n_points, TSNE_MIN_POINTS)
    perplexity = min(TSNE_PERPLEXITY, (n_points - 1) / 3)
    near = k_nearest(vectors, int(3 * perplexity), progress=progress)
    progress("joining neighbours", 0, 1)
    from openTSNE import TSNE
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    affinities = PerplexityBasedNN(perplexity=perplexity, knn_index=PrecomputedNeighbors(near.rows, near.distances))
    start = _pca(vectors).astype(np.float64)
    start *= 1e-4 / max(float(start[:, 0].std()), np.finfo(np.float64).tiny)
    n_done = 0

    def told(_step: int, _error: float, _positions: Any) -> None:
        nonlocal n_done
        n_done += TSNE_STEPS_TOLD
        progress("moving points", min(n_done, TSNE_STEPS), TSNE_STEPS)

    fit = TSNE(perplexity=perplexity, random_state=seed, callbacks=told, callbacks_every_iters=TSNE_STEPS_TOLD)
    return np.asarray(fit.fit(affinities=affinities, initialization=start), dtype=np.float32)


def _check_enough(kind: str, n_points: int, n_least: int) -> None:
    if n_points <= n_least:
        raise InvalidInput(f"{kind} needs more than {n_least} points: got {n_points}")
