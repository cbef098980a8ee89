"""Which texts are closest to a vector, where many points may say the same."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.neighbors.metrics import Metric

Vectors = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]


class Kinds(NamedTuple):
    """Which points say the same."""

    code: npt.NDArray[np.int64]
    """What each point says, shape (n_points,), from 0 without a gap."""
    order: npt.NDArray[np.int64]
    """All points, those that say the same beside each other."""
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
    """Return of each of the k kinds that are nearest to a vector the nearest point.

    Distances are exact, summed in float64; of points that are equally far away the first is the nearer one. All points
    are looked at in float32 first, and then those that the error of that leaves in question.

    Parameters
    ----------
    vectors
        Shape (n_points, n_channels).
    lengths
        Their L2 norms, in float64.
    kinds
        What each point says.
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
    # The usual bound of a product summed in any order, doubled for the rounding of what is made of it.
    error = (len(target) + 4) * float(np.finfo(np.float32).eps) * lengths * length
    if metric == "euclidean":
        rough, slack = lengths**2 - 2 * products + length**2, 2 * error
    else:
        scale = lengths * length
        rough = 1 - np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
        slack = np.divide(error, scale, out=np.zeros_like(error), where=scale > 0)
    best = np.minimum.reduceat((rough + slack)[kinds.order], kinds.starts)
    rank = min(k, len(best)) - 1
    asked = np.flatnonzero(rough - slack <= np.partition(best, rank)[rank])
    return _first_of_kinds(asked, _exact(vectors[asked], target, metric), kinds.code[asked], k)


def _exact(vectors: Vectors, target: Vectors, metric: Metric) -> Numbers:
    wide, aim = vectors.astype(np.float64), target.astype(np.float64)
    if metric == "euclidean":
        return np.linalg.norm(wide - aim, axis=1)
    scale = np.linalg.norm(wide, axis=1) * np.linalg.norm(aim)
    return 1 - np.divide(wide @ aim, scale, out=np.zeros(len(wide)), where=scale > 0)


def _first_of_kinds(points: npt.NDArray[np.int64], distances: Numbers, code: npt.NDArray[np.int64], k: int) -> Near:
    order = np.lexsort((points, distances))
    first = np.sort(np.unique(code[order], return_index=True)[1])[:k]
    return Near(points[order[first]], distances[order[first]])
