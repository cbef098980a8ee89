"""`DistanceCurve`: sorted distances to the k-th neighbour, their knee and quantiles."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

MARGIN: Final = 1e-9
"""Relative margin of ε above a distance, so that the distance is within ε however it is rounded."""


@dataclass(frozen=True, slots=True)
class DistanceCurve:
    """The sorted distance to the k-th nearest neighbour of a sample of points."""

    k: int
    distances: npt.NDArray[np.float64]
    """Ascending, shape (n_sampled,)."""

    @property
    def knee(self) -> float:
        """The distance at which the curve lies farthest below the chord between its ends."""
        curve = self.distances
        height = curve[-1] - curve[0]
        if height == 0:
            return float(curve[0])
        chord = np.linspace(0, 1, len(curve))
        return float(curve[np.argmax(chord - (curve - curve[0]) / height)])

    @property
    def elbow(self) -> float:
        """The ε at the knee of the curve, with a relative margin of 1e-9.

        The knee is the distance of some pair of points. With the margin that pair is within ε however its distance is
        rounded, so that this package, scikit-learn and KeplerMapper agree on it.
        """
        return self.knee * (1 + MARGIN)

    @property
    def min_eps(self) -> float:
        """The smallest ε, with the same margin, at which two points that differ are neighbours; 0 if there is none."""
        positive = self.distances[self.distances > 0]
        return float(positive[0]) * (1 + MARGIN) if positive.size else 0.0

    def quantile(self, share: float) -> float:
        """Return the ε, with the same margin, that reaches the k-th neighbour of this share of the points, 0 to 1."""
        return float(np.quantile(self.distances, share)) * (1 + MARGIN)
