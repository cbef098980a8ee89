"""Choosing DBSCAN's ε: the knee of the sorted k-NN distance.

Ester et al. 1996, section 4.2; it is what Rathore et al. 2021 call *adaptive* ε.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

from topoact.errors import InvalidInput
from topoact.mapper.protocols import Vectors

MAX_QUERIES = 2_000
ROOM = 1e-9


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
        """The ε that is read from the curve: a billionth above the knee.

        The knee is the distance of some pair of points. With a little room that pair is within ε however its distance
        is rounded, so that this index, scikit-learn and KeplerMapper agree on it.
        """
        return self.knee * (1 + ROOM)


def distance_curve(vectors: Vectors, k: int, *, seed: int) -> DistanceCurve:
    """Measure the k-NN distance curve on a seeded sample of at most `MAX_QUERIES` queries.

    Neighbours are searched among all points and the point itself is not its own neighbour. The distances are exact:
    they are computed again in float64 from the differences, for the neighbours that the search found.

    Parameters
    ----------
    vectors
        Shape (n_points, n_channels).
    k
        Which neighbour, from 1.
    seed
        Seed of the sample of queries.

    Raises
    ------
    InvalidInput
        If there are not more than k points.
    """
    n_points = len(vectors)
    if n_points <= k:
        raise InvalidInput(f"the distance to the {k}-th neighbour needs more than {k} points: got {n_points}")
    queries = _sample(n_points, seed)
    found = NearestNeighbors(n_neighbors=k + 1).fit(vectors).kneighbors(vectors[queries], return_distance=False)
    distances = np.empty(len(queries))
    for row, (query, neighbours) in enumerate(zip(queries, found, strict=True)):
        difference = vectors[neighbours].astype(np.float64) - vectors[query]
        distances[row] = np.sqrt(np.sort((difference**2).sum(axis=1))[k])
    return DistanceCurve(k, np.sort(distances))


def _sample(n_points: int, seed: int) -> npt.NDArray[np.int64]:
    if n_points <= MAX_QUERIES:
        return np.arange(n_points)
    return np.sort(np.random.default_rng(seed).choice(n_points, MAX_QUERIES, replace=False))
