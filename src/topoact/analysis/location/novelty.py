"""How near to the points of a layer a new vector usually is, wherever it lands.

The reach of a vector is the distance to its 15th nearest point, and it is compared with the reaches of these 15 points
themselves (a local outlier factor without its smoothing: Schubert, Zimek, Kriegel 2014). How much larger it may be is
read from points that are treated as if they were new: those of a tenth of the examples, measured against the others
(split conformal prediction: Vovk, Gammerman, Shafer 2005). So one new input in a hundred of the same kind counts as
unusual, in dense places and in thin ones.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper import k_nearest
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import LensValues, Rows, Vectors

NEIGHBOURS: Final = 15
SHARE: Final = 0.99
"""Of new vectors of the same kind that are usual."""
TRIED: Final = 1_000
"""Points that are treated as if they were new, at most."""
MOST: Final = 50_000
"""Points that vectors are measured against, at most."""


class Reach(NamedTuple):
    """How far vectors have to reach for their neighbours."""

    reach: LensValues
    """Distance to the 15th nearest point, of at most 50,000."""
    usual: LensValues
    """What that is at most where such vectors usually lie."""


class Novelty:
    """What is usual in a layer.

    Parameters
    ----------
    vectors
        Shape (n_points, n_channels).
    examples
        What each point was taken from, shape (n_points,), where several may be from one input.
    metric
        Of distances.
    limit
        What `limit` was before, where that is known: it takes some seconds to find.
    seed
        Of the examples that are treated as if they were new.
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
        self._tried, self._others = _split(len(vectors), examples, np.random.default_rng(seed))
        self._cloud = QueryIndex(vectors[self._others], metric)
        self._k = min(NEIGHBOURS, len(self._others) - 1)
        self._reach = np.full(len(self._others), np.nan)

    @property
    def limit(self) -> float:
        """How many times the reach of its neighbours that of a vector may be; infinite where nothing can be said."""
        if self._limit is None:
            reach, around = self._measure(self._vectors[self._tried])
            ratio = np.divide(reach, around, out=np.full(len(reach), np.inf), where=around > 0)
            ratio = ratio[np.isfinite(ratio)]
            self._limit = float(np.quantile(ratio, SHARE, method="higher")) if ratio.size else np.inf
        return self._limit

    def of(self, new: Vectors) -> Reach:
        """Return how far new vectors have to reach, and what is usual there."""
        reach, around = self._measure(new)
        return Reach(reach, np.where(np.isfinite(self.limit), around, 1.0) * self.limit)

    def _measure(self, new: Vectors) -> tuple[LensValues, LensValues]:
        """Return the reach of vectors, and the mean reach of their neighbours."""
        if self._k < 1 or not len(new):
            return np.zeros(len(new)), np.zeros(len(new))
        found = [view.nearest(self._k) for view in self._cloud.views(new)]
        rows, distances = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return distances[:, -1], self._reaches(rows).mean(axis=1)

    def _reaches(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the reach of points; what was measured once is remembered."""
        missing = np.unique(rows[np.isnan(self._reach[rows])])
        if missing.size:
            found = k_nearest(self._cloud.vectors, self._k, metric=self._metric, queries=missing)
            self._reach[missing] = found.distances[:, -1]
        return self._reach[rows]


def _split(n_points: int, examples: npt.ArrayLike | None, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Return points that are treated as if they were new, and points of other examples."""
    of = np.arange(n_points) if examples is None else np.unique(np.asarray(examples), return_inverse=True)[1]
    if not of.max():
        of = np.arange(n_points)  # all points are from one example
    n_examples = int(of.max()) + 1
    new = np.zeros(n_examples, dtype=bool)
    new[rng.permutation(n_examples)[: min(TRIED, max(1, n_examples // 10))]] = True
    return _some(np.flatnonzero(new[of]), TRIED, rng), _some(np.flatnonzero(~new[of]), MOST, rng)


def _some(rows: Rows, most: int, rng: np.random.Generator) -> Rows:
    return np.sort(rng.choice(rows, most, replace=False)) if len(rows) > most else rows
