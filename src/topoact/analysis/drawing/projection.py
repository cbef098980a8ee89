"""Projections of a layer's points to the plane, by PCA or UMAP: `project`."""

import warnings
from importlib.util import find_spec
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput, UnknownName
from topoact.mapper import lens_values
from topoact.mapper.protocols import Vectors

UMAP_NEIGHBOURS: Final = 20
UMAP_MIN_DIST: Final = 0.01


def projections() -> list[str]:
    """Return the names of the projections that can be computed here."""
    return ["pca", "umap"] if find_spec("umap") else ["pca"]


def check_projection(kind: str) -> None:
    """Raise `UnknownName` unless the projection can be computed here."""
    if kind not in projections():
        hint = "; install umap-learn for it" if kind == "umap" else ""
        raise UnknownName(f"projection {kind!r} is not available{hint}: choose {', '.join(projections())}")


def project(kind: str, vectors: Vectors, *, seed: int = 0) -> npt.NDArray[np.float32]:
    """Project vectors to the plane.

    Parameters
    ----------
    kind
        ``"pca"``: the first two principal components; ``"umap"`` (needs umap-learn): 20 neighbours and min_dist 0.01,
        as in Rathore et al. 2021.
    vectors
        Shape (n_points, n_channels).
    seed
        Seed of UMAP.

    Returns
    -------
    ndarray of float32, shape (n_points, 2)

    Raises
    ------
    UnknownName
        If the projection does not exist, or its library is not installed.
    """
    check_projection(kind)
    return _umap(vectors, seed) if kind == "umap" else _pca(vectors)


def _pca(vectors: Vectors) -> npt.NDArray[np.float32]:
    columns = [lens_values(f"pca:{i}", vectors) for i in range(min(2, *vectors.shape))]
    columns += [np.zeros(len(vectors))] * (2 - len(columns))
    return np.stack(columns, axis=1).astype(np.float32)


def _umap(vectors: Vectors, seed: int) -> npt.NDArray[np.float32]:
    if len(vectors) <= UMAP_NEIGHBOURS:
        raise InvalidInput(f"umap needs more than {UMAP_NEIGHBOURS} points: got {len(vectors)}")
    from umap import UMAP

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # umap warns that a seed makes it run on one core, which is what we ask for
        reducer = UMAP(n_neighbors=UMAP_NEIGHBOURS, min_dist=UMAP_MIN_DIST, random_state=seed, n_jobs=1)
        return np.asarray(reducer.fit_transform(vectors), dtype=np.float32)
