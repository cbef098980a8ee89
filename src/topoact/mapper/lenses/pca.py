"""The lens `PrincipalComponent`: the coordinate of every vector along a principal axis."""

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.norms import BLOCK_ROWS, by_blocks
from topoact.mapper.protocols import Lens, LensValues, Vectors


class PrincipalComponent:
    """Coordinate along the i-th principal axis, whose largest loading is positive.

    Parameters
    ----------
    index
        Number of the axis, from 0.
    """

    def __init__(self, index: int) -> None:
        self.index = index

    def __call__(self, vectors: Vectors) -> LensValues:
        return self.fitted(vectors)(vectors)

    def fitted(self, vectors: Vectors) -> Lens:
        """Return the coordinate along the axis of these points, as a function of any vectors.

        Raises
        ------
        InvalidInput
            If the points have no such axis.
        """
        n_points, n_channels = vectors.shape
        if self.index >= min(n_points, n_channels):
            raise InvalidInput(
                f"lens 'pca:{self.index}' does not exist: {n_points} points of {n_channels} channels have "
                f"{min(n_points, n_channels)} components, counted from 0"
            )
        mean, covariance = _moments(vectors)
        variances, axes = np.linalg.eigh(covariance)
        if variances[-1 - self.index] <= variances[-1] * n_channels * np.finfo(np.float64).eps:
            return lambda others: np.zeros(len(others))  # the points have no extent along the axis but rounding errors
        axis = axes[:, -1 - self.index]
        axis = axis * np.sign(axis[np.abs(axis).argmax()])
        return lambda others: by_blocks(others, lambda block: (block - mean) @ axis)


def _moments(vectors: Vectors) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(vectors), BLOCK_ROWS):
        centred = vectors[start : start + BLOCK_ROWS] - mean
        covariance += centred.T @ centred
    return mean, covariance / len(vectors)
