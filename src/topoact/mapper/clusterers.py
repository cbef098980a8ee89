"""Clusterers: what makes nodes of the points in one interval."""

from numbers import Real
from typing import Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.cluster import DBSCAN as SklearnDBSCAN

from topoact.errors import InvalidInput
from topoact.mapper.build import cluster_intervals
from topoact.mapper.epsilon import DistanceCurve, distance_curve
from topoact.mapper.memory import TooLarge
from topoact.mapper.nerve import Nodes
from topoact.mapper.protocols import Intervals, Labels, LensValues, Progress, Rows, Vectors


class DBSCAN(BaseEstimator):  # type: ignore[misc]
    """Density-based clusters (Ester et al. 1996), interval by interval, as scikit-learn computes them.

    Parameters
    ----------
    eps
        Radius of a point's neighbourhood, in units of the activations; or ``"elbow"``, the knee of the sorted distance
        to the `min_samples`-th neighbour over the whole layer.
    min_samples
        Points within `eps`, the point itself included, that make it a core point.

    Notes
    -----
    Memory is that of a `NeighborIndex`. Where it is too small, scikit-learn clusters the intervals; it keeps every
    neighbour list of one of them: 8 bytes times the pairs within `eps`.
    """

    def __init__(self, eps: float | Literal["elbow"] = "elbow", min_samples: int = 5) -> None:
        self.eps = eps
        self.min_samples = min_samples

    def bind(self, vectors: Vectors, *, seed: int) -> "BoundDBSCAN":
        """Fix ε for a layer.

        Raises
        ------
        InvalidInput
            If a parameter is out of range, or the elbow lies at distance 0.
        """
        self._validate()
        if self.eps != "elbow":
            return BoundDBSCAN(vectors, float(self.eps), self.min_samples, None)
        curve = distance_curve(vectors, self.min_samples, seed=seed)
        if curve.elbow == 0:
            raise InvalidInput(
                f"eps='elbow' gives 0: most points have {self.min_samples} exact duplicates; give eps as a number"
            )
        return BoundDBSCAN(vectors, curve.elbow, self.min_samples, curve)

    def _validate(self) -> None:
        if not isinstance(self.min_samples, int | np.integer) or self.min_samples < 1:
            raise InvalidInput(f"min_samples must be a whole number, at least 1: got {self.min_samples!r}")
        if self.eps == "elbow":
            return
        if not (isinstance(self.eps, Real) and 0 < self.eps < np.inf):
            raise InvalidInput(f"eps must be a positive number or 'elbow': got {self.eps!r}")


class BoundDBSCAN:
    """DBSCAN with its ε fixed and its layer at hand.

    A whole cover is answered by a `NeighborIndex` made for it; by scikit-learn, one interval after the other, where
    memory is too small for one.
    """

    def __init__(self, vectors: Vectors, eps: float, min_samples: int, curve: DistanceCurve | None) -> None:
        self.vectors = vectors
        self.eps = eps
        self.min_samples = min_samples
        self.curve = curve

    def nodes(self, lens: LensValues, intervals: Intervals, *, progress: Progress) -> Nodes:
        """Return the clusters of every interval."""
        from topoact.mapper.index import NeighborIndex

        try:
            index = NeighborIndex(self.vectors, lens, self.eps, intervals=intervals, progress=progress)
        except TooLarge:
            return cluster_intervals(self.vectors, lens, intervals, self, progress=progress)
        return index.nodes(intervals, self.min_samples, progress=progress)

    def labels(self, rows: Rows) -> Labels:
        """Return the cluster of each row; an interval with fewer than `min_samples` points is all noise."""
        if len(rows) < self.min_samples:
            return np.full(len(rows), -1, dtype=np.int64)
        # Float32 would move points whose distance is near ε.
        points = self.vectors[rows].astype(np.float64)
        labels = SklearnDBSCAN(eps=self.eps, min_samples=self.min_samples).fit_predict(points)
        return labels.astype(np.int64)
