"""What is usual in a layer is taken out of a target: directions in which activations vary much count less."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput

RIDGE: Final = 1e-2
"""Added to the diagonal, as a share of the mean of the diagonal: directions in which hardly anything varies."""


def whitening(vectors: NDArray[np.float32], *, ridge: float = RIDGE) -> NDArray[np.float64]:
    """Return the inverse of the correlation matrix of a layer's activations, E[h hᵀ], uncentred.

    Parameters
    ----------
    vectors
        Shape (n, n_channels), finite, not all zero.
    ridge
        Added to the diagonal before inverting, as a share of its mean.

    Returns
    -------
    ndarray of float64, shape (n_channels, n_channels)
        Symmetric and positive definite.

    Raises
    ------
    InvalidInput
        If there are no vectors, or they are not finite or all zero.

    Notes
    -----
    Source: Carter et al. 2019 (Activation Atlas), "whitened". O(n c²) time; memory: the matrix, and float64 copies of
    4,096 vectors.
    """
    if vectors.ndim != 2 or not len(vectors):
        raise InvalidInput(f"whitening needs vectors, shape (n, channels): got shape {vectors.shape}")
    n, width = vectors.shape
    correlation = np.zeros((width, width))
    for start in range(0, n, 4096):
        some = np.asarray(vectors[start : start + 4096], dtype=np.float64)
        correlation += some.T @ some / n
    scale = np.trace(correlation) / width
    if not (np.isfinite(scale) and scale > 0):
        raise InvalidInput("whitening needs activations that are finite and not all zero")
    inverse = np.linalg.inv(correlation + ridge * scale * np.eye(width))
    return (inverse + inverse.T) / 2
