"""Novelty of vectors in a layer: `Novelty.of` compares their distance to its points with that of held-out points.

The reach of a vector is the distance to its 15th nearest point, and it is compared with the reaches of these 15 points
themselves (a local outlier factor without its smoothing: Schubert, Zimek, Kriegel 2014). The limit of this ratio is a
quantile of that of held-out points: those of a tenth of the examples, measured against the others (split conformal
prediction: Vovk, Gammerman, Shafer 2005). So one new input in a hundred of the same kind is above the limit, in dense
regions and in sparse ones.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper import k_nearest
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import LensValues, Rows, Vectors

NEIGHBOURS: Final = 15
QUANTILE: Final = 0.99
"""Share of new vectors of the same kind that are within the limit."""
MAX_HELD_OUT: Final = 1_000
"""Points that are held out, at most."""
MAX_REFERENCE: Final = 50_000
"""Points that vectors are measured against, at most."""


class Reach(NamedTuple):
    """Distances of vectors to their neighbours."""

    reach: LensValues
    """Distance to the 15th nearest point, of at most 50,000."""
    limit: LensValues
    """The limit of the reach for vectors of the same kind in that region."""


class Novelty:
    """How far from the points of a layer new vectors of the same kind are.

    Parameters
    ----------
    vectors
        Shape (n_points, n_channels).
    examples
        What each point was taken from, shape (n_points,), where several may be from one input.
    metric
        Of distances.
    limit
        `limit` as computed before, which takes some seconds.
    seed
        Of the choice of held-out examples.
    """

    def __init__(
        self,
        vectors: Vectors,
        examples: npt.ArrayLike | None = None,
        *,
        metric: Metric = "euclidean",
        limit: float | None = None,
        seed: int = 0,
    ) -> None:
        from topoact.mapper.neighbors.query import QueryIndex

        self._vectors, self._metric, self._limit = vectors, metric, limit
        self._held_out, self._reference = _split(len(vectors), examples, np.random.default_rng(seed))
        self._cloud = QueryIndex(vectors[self._reference], metric)
        self._k = min(NEIGHBOURS, len(self._reference) - 1)
        self._reach = np.full(len(self._reference), np.nan)

    @property
    def limit(self) -> float:
        """How many times that of its neighbours the reach of a vector may be; infinite where it is not known."""
        if self._limit is None:
            reach, around = self._measure(self._vectors[self._held_out])
            ratio = np.divide(reach, around, out=np.full(len(reach), np.inf), where=around > 0)
            ratio = ratio[np.isfinite(ratio)]
            self._limit = float(np.quantile(ratio, QUANTILE, method="higher")) if ratio.size else np.inf
        return self._limit

    def of(self, new: Vectors) -> Reach:
        """Return the reach of new vectors, and its limit."""
        reach, around = self._measure(new)
        return Reach(reach, np.where(np.isfinite(self.limit), around, 1.0) * self.limit)

    def _measure(self, new: Vectors) -> tuple[LensValues, LensValues]:
        """Return the reach of vectors, and the mean reach of their neighbours."""
        if self._k < 1 or not len(new):
            return np.zeros(len(new)), np.zeros(len(new))
        parts = [view.nearest(self._k) for view in self._cloud.views(new)]
        rows, distances = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return distances[:, -1], self._reaches(rows).mean(axis=1)

    def _reaches(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the reach of points; it is computed once for each."""
        missing = np.unique(rows[np.isnan(self._reach[rows])])
        if missing.size:
            nearest = k_nearest(self._cloud.vectors, self._k, metric=self._metric, queries=missing)
            self._reach[missing] = nearest.distances[:, -1]
        return self._reach[rows]


def _split(n_points: int, examples: npt.ArrayLike | None, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Return points to hold out, and points of the other examples."""
    example = np.arange(n_points) if examples is None else np.unique(np.asarray(examples), return_inverse=True)[1]
    if not example.max():
        example = np.arange(n_points)  # all points are from one example
    n_examples = int(example.max()) + 1
    held_out = np.zeros(n_examples, dtype=bool)
    held_out[rng.permutation(n_examples)[: min(MAX_HELD_OUT, max(1, n_examples // 10))]] = True
    chosen = _sample(np.flatnonzero(held_out[example]), MAX_HELD_OUT, rng)
    return chosen, _sample(np.flatnonzero(~held_out[example]), MAX_REFERENCE, rng)


def _sample(rows: Rows, maximum: int, rng: np.random.Generator) -> Rows:
    return np.sort(rng.choice(rows, maximum, replace=False)) if len(rows) > maximum else rows
