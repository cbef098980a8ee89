"""Lenses: functions that give every activation vector one number.

The L2 norm is the lens of Rathore et al. 2021 (section 4). Columns of metadata are lenses as well, but a matrix does
not know them: whoever has the table passes the column as an array.
"""

import re
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput, UnknownName
from topoact.mapper.protocols import Lens, LensValues, Vectors

LENSES: Final = ("l2", "l1", "max", "pca:0", "pca:1")
"""Lenses that can be named; ``pca:i`` takes any component."""

BLOCK_ROWS = 16_384


def lens_values(lens: "str | Lens | npt.ArrayLike", vectors: Vectors) -> LensValues:
    """Return the lens value of every point.

    Parameters
    ----------
    lens
        ``"l2"``, ``"l1"``, ``"max"`` (largest channel), ``"pca:i"`` (i-th principal component, from 0), a callable
        from vectors to values, or the values themselves.
    vectors
        Shape (n_points, n_channels).

    Returns
    -------
    ndarray of float64, shape (n_points,)

    Raises
    ------
    InvalidInput
        If the lens is unknown, or its values are not one finite number per point.
    """
    function = _named(lens) if isinstance(lens, str) else lens
    values = function(vectors) if callable(function) else function
    return _checked(np.asarray(values), len(vectors))


def _named(name: str) -> Lens:
    component = re.fullmatch(r"pca:(\d+)", name)
    if component:
        return PrincipalComponent(int(component[1]))
    try:
        return {"l2": l2_norm, "l1": l1_norm, "max": max_channel}[name]
    except KeyError:
        raise UnknownName(f"unknown lens {name!r}: choose l2, l1, max, pca:0, pca:1, …") from None


def _checked(values: npt.NDArray[np.generic], n_points: int) -> LensValues:
    if values.shape != (n_points,):
        raise InvalidInput(f"a lens gives one number per point: got shape {values.shape} for {n_points} points")
    if not (np.issubdtype(values.dtype, np.number) or values.dtype == np.bool_):
        raise InvalidInput(f"a lens gives numbers: got values of type {values.dtype}")
    result = values.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(result))
    if bad.size:
        raise InvalidInput(f"a lens is finite: {bad.size} of {n_points} values are not, the first at row {bad[0]}")
    return result


def l2_norm(vectors: Vectors) -> LensValues:
    """Return the Euclidean norm of each vector, summed in float64."""
    return np.sqrt(_by_blocks(vectors, lambda block: np.einsum("ij,ij->i", block, block)))


def l1_norm(vectors: Vectors) -> LensValues:
    """Return the sum of absolute values of each vector."""
    return _by_blocks(vectors, lambda block: np.abs(block).sum(axis=1))


def max_channel(vectors: Vectors) -> LensValues:
    """Return the largest value of each vector."""
    return vectors.max(axis=1).astype(np.float64)


def _by_blocks(vectors: Vectors, function: Lens) -> LensValues:
    """Apply a row-wise function in float64 without a float64 copy of the whole matrix."""
    result = np.empty(len(vectors))
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = vectors[start : start + BLOCK_ROWS].astype(np.float64)
        result[start : start + BLOCK_ROWS] = function(block)
    return result


class PrincipalComponent:
    """Coordinate along the i-th principal axis, its sign fixed by the axis's largest loading being positive."""

    def __init__(self, index: int) -> None:
        self.index = index

    def __call__(self, vectors: Vectors) -> LensValues:
        n_points, n_channels = vectors.shape
        if self.index >= min(n_points, n_channels):
            raise InvalidInput(
                f"lens 'pca:{self.index}' does not exist: {n_points} points of {n_channels} channels have "
                f"{min(n_points, n_channels)} components, counted from 0"
            )
        mean, covariance = _moments(vectors)
        variances, axes = np.linalg.eigh(covariance)
        if variances[-1 - self.index] <= variances[-1] * n_channels * np.finfo(np.float64).eps:
            return np.zeros(n_points)  # the points have no extent in this direction, only rounding errors
        axis = axes[:, -1 - self.index]
        axis = axis * np.sign(axis[np.abs(axis).argmax()])
        return _by_blocks(vectors, lambda block: (block - mean) @ axis)


def _moments(vectors: Vectors) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(vectors), BLOCK_ROWS):
        centred = vectors[start : start + BLOCK_ROWS] - mean
        covariance += centred.T @ centred
    return mean, covariance / len(vectors)
