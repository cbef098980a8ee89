"""Nearest texts of a vector, where several points may have the same text: `nearest_kinds`."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.neighbors.metrics import Metric

Vectors = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]


class Kinds(NamedTuple):
    """Points grouped by what they stand for, such as a text."""

    code: npt.NDArray[np.int64]
    """Kind of each point, shape (n_points,), from 0 without a gap."""
    order: npt.NDArray[np.int64]
    """All points, those of one kind beside each other."""
    starts: npt.NDArray[np.int64]
    """Where each kind begins in `order`."""

    @classmethod
    def of(cls, code: npt.NDArray[np.integer[Any]]) -> "Kinds":
        """Return the kinds of points by their codes."""
        order = np.argsort(code, kind="stable")
        return cls(code.astype(np.int64), order, np.flatnonzero(np.diff(code[order], prepend=-1)))


class Near(NamedTuple):
    """The nearest point of each of the nearest kinds, the nearest first."""

    points: npt.NDArray[np.int64]
    distances: Numbers


def nearest_kinds(vectors: Vectors, lengths: Numbers, kinds: Kinds, target: Vectors, *, k: int, metric: Metric) -> Near:
    """Return the k kinds that are nearest to a vector, and the nearest point of each.

    Distances are exact, summed in float64; of points that are equally far away the first is the nearer one. Distances
    to all points are bounded in float32 first; only points whose bounds do not exclude them are measured in float64.

    Parameters
    ----------
    vectors
        Shape (n_points, n_channels).
    lengths
        Their L2 norms, in float64.
    kinds
        Kinds of the points.
    target
        Shape (n_channels,), finite.
    k
        At least 1.
    metric
        ``"euclidean"`` or ``"cosine"``: 1 − cos, and 1 between a zero vector and all others.

    Raises
    ------
    InvalidInput
        If the target is not one finite vector of as many channels.
    """
    if target.shape != vectors.shape[1:] or not np.isfinite(target).all():
        raise InvalidInput(f"the target must be a finite vector of {vectors.shape[1]} channels: got {target.shape}")
    length = float(np.linalg.norm(target.astype(np.float64)))
    products = (vectors @ target).astype(np.float64)
    # The bound of a product summed in any order (Higham 2002, section 3.1), doubled for the rounding of what follows.
    error = (len(target) + 4) * float(np.finfo(np.float32).eps) * lengths * length
    if metric == "euclidean":
        estimate, slack = lengths**2 - 2 * products + length**2, 2 * error
    else:
        scale = lengths * length
        estimate = 1 - np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
        slack = np.divide(error, scale, out=np.zeros_like(error), where=scale > 0)
    best = np.minimum.reduceat((estimate + slack)[kinds.order], kinds.starts)
    rank = min(k, len(best)) - 1
    candidates = np.flatnonzero(estimate - slack <= np.partition(best, rank)[rank])
    return _first_of_kinds(candidates, _exact(vectors[candidates], target, metric), kinds.code[candidates], k)


def _exact(vectors: Vectors, target: Vectors, metric: Metric) -> Numbers:
    """Return the distances to the target, in float64."""
    wide, wide_target = vectors.astype(np.float64), target.astype(np.float64)
    if metric == "euclidean":
        return np.linalg.norm(wide - wide_target, axis=1)
    scale = np.linalg.norm(wide, axis=1) * np.linalg.norm(wide_target)
    return 1 - np.divide(wide @ wide_target, scale, out=np.zeros(len(wide)), where=scale > 0)


def _first_of_kinds(points: npt.NDArray[np.int64], distances: Numbers, code: npt.NDArray[np.int64], k: int) -> Near:
    """Return the nearest point of each of the k nearest kinds."""
    order = np.lexsort((points, distances))
    first = np.sort(np.unique(code[order], return_index=True)[1])[:k]
    return Near(points[order[first]], distances[order[first]])
