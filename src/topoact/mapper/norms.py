"""Norms of activation vectors, computed block by block in float64: `l2_norm`, `l1_norm`, `Norm`, `max_channel`."""

import numpy as np

from topoact.errors import InvalidInput
from topoact.mapper.protocols import Lens, LensValues, Vectors

BLOCK_ROWS = 16_384
"""Vectors that are converted to float64 together."""


def l2_norm(vectors: Vectors) -> LensValues:
    """Return the Euclidean norm of each vector, summed in float64."""
    return np.sqrt(by_blocks(vectors, lambda block: np.einsum("ij,ij->i", block, block)))


def l1_norm(vectors: Vectors) -> LensValues:
    """Return the sum of absolute values of each vector."""
    return by_blocks(vectors, lambda block: np.abs(block).sum(axis=1))


class Norm:
    """(Σ |x|^p)^(1/p) of each vector, the largest |x| for p = inf, summed in float64; a norm for p ≥ 1."""

    def __init__(self, p: float) -> None:
        if not p > 0:
            raise InvalidInput(f"the exponent of a norm must be positive: got {p:g}")
        self.p = p

    def __call__(self, vectors: Vectors) -> LensValues:
        return by_blocks(vectors, self._of_block)

    def _of_block(self, block: Vectors) -> LensValues:
        sizes = np.abs(block)
        largest = sizes.max(axis=1)
        if self.p == np.inf:
            return largest
        scale = np.where(largest > 0, largest, 1)  # so that powers neither overflow nor vanish
        return scale * ((sizes / scale[:, None]) ** self.p).sum(axis=1) ** (1 / self.p)


def max_channel(vectors: Vectors) -> LensValues:
    """Return the largest value of each vector."""
    return vectors.max(axis=1).astype(np.float64)


def by_blocks(vectors: Vectors, function: Lens) -> LensValues:
    """Apply a row-wise function in float64 without a float64 copy of the whole matrix."""
    result = np.empty(len(vectors))
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = vectors[start : start + BLOCK_ROWS].astype(np.float64)
        result[start : start + BLOCK_ROWS] = function(block)
    return result
