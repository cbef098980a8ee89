"""Exact distances from new vectors to a point cloud: `QueryIndex`, whose `views` yields a `QueryBatch` at a time.

Products in float32 say which points may be nearest (the error bound is that of `tiles`), and distances in float64, as
in `float64`, decide among these. Of points that are equally far away the first row is the nearer one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.float64 import lengths
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.tiles import error_bound, middle, row_factors, unit_scale
from topoact.mapper.neighbors.metrics import Metric, checked_metric
from topoact.mapper.nerve import Members
from topoact.mapper.protocols import Nearest, Vectors

MAX_COORDINATES: Final = 2**22
"""Coordinates that are converted to float64 at a time."""
MAX_DISTANCES: Final = 2**24
"""Distances that are held at a time."""

Floats = npt.NDArray[np.float64]


class QueryIndex:
    """A point cloud, and distances from new vectors to it.

    Parameters
    ----------
    vectors
        Shape (n_points, n_channels), finite.
    metric
        ``"euclidean"`` or ``"cosine"``.

    Notes
    -----
    Memory: 4 bytes per coordinate besides the vectors.
    """

    def __init__(self, vectors: Vectors, metric: Metric = "euclidean") -> None:
        self.vectors, self.metric = vectors, checked_metric(metric)
        self.lengths = self.lengths_of(vectors)
        largest = float(np.abs(vectors).max(initial=0)) or 1.0
        self._scale = 1.0 if metric == "cosine" else unit_scale(largest)
        self._middle = middle(vectors, row_factors(vectors, self._scale, self.metric))
        self._points, self._squares = self._scaled(vectors)

    def __len__(self) -> int:
        return len(self.vectors)

    def views(self, new: Vectors) -> Iterator["QueryBatch"]:
        """Yield the distances from some of the new vectors, finite, shape (n_new, n_channels), then from the next.

        Memory: 4 bytes for each point and each of some vectors, 64 MiB or those of one.
        """
        step = max(1, MAX_DISTANCES // max(1, len(self)))
        for start in range(0, len(new), step):
            yield self._view(new[start : start + step])

    def lengths_of(self, vectors: Vectors) -> Floats:
        """Return the lengths that cosine distances divide by; nothing for Euclidean ones."""
        return lengths(vectors) if self.metric == "cosine" else np.empty(0)

    def _view(self, new: Vectors) -> "QueryBatch":
        with np.errstate(over="ignore", invalid="ignore"):  # distances that overflow are computed in float64
            scaled, squares = self._scaled(new)
            estimates = scaled @ self._points.T
            estimates *= -2
            estimates += squares[:, None]
            estimates += self._squares
            bound = float(error_bound(np.array([new.shape[1]]))[0])
            slack = bound * (squares + self._squares.max()) + (1e-12 if self.metric == "cosine" else 1e-36)
        return QueryBatch(self, new, self.lengths_of(new), estimates, slack)

    def _scaled(self, vectors: Vectors) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return vectors relative to the mean of the points and in units of their size, and their squared norms."""
        scaled, squares = np.empty(vectors.shape, dtype=np.float32), np.empty(len(vectors))
        factors = row_factors(vectors, self._scale, self.metric)
        for start, stop in _blocks(len(vectors), vectors.shape[1]):
            block = vectors[start:stop] * factors[start:stop, None] - self._middle
            scaled[start:stop], squares[start:stop] = block, np.einsum("ij,ij->i", block, block)
        if self.metric == "cosine":
            squares += factors == 0  # a vector without direction is at distance 1 from all others
        return scaled, squares.astype(np.float32)


@dataclass(frozen=True, slots=True)
class QueryBatch:
    """Distances from some vectors to the points of a cloud."""

    cloud: QueryIndex
    new: Vectors
    lengths: Floats
    estimates: npt.NDArray[np.float32]
    """Squared distances, (n_new, n_points), in units of the cloud, with an error of at most `slack`."""
    slack: npt.NDArray[np.float32]

    def nearest(self, k: int) -> Nearest:
        """Return the k nearest points of each vector, or all where there are fewer."""
        rows, measures = _nearest(self._pairs, self.estimates, self.slack, min(k, len(self.cloud)))
        return Nearest(rows, self._distances(measures))

    def nearest_of(self, members: Members) -> Nearest:
        """Return the nearest member of each node, and its distance, shape (n_new, n_nodes)."""
        rows, measures = _nearest_of(self._pairs, self.estimates, self.slack, members.indptr, members.indices)
        return Nearest(rows, self._distances(measures))

    @property
    def _pairs(self) -> "Pairs":
        return Pairs(self.new, self.lengths, self.cloud.vectors, self.cloud.lengths)

    def _distances(self, measures: Floats) -> Floats:
        return measures if self.cloud.metric == "cosine" else np.sqrt(measures)


class Pairs(NamedTuple):
    """New vectors and points, between which there are distances; lengths are empty for Euclidean ones."""

    new: Vectors
    new_lengths: Floats
    points: Vectors
    lengths: Floats


@compiled
def _nearest(pairs: Any, estimates: Any, slack: Any, k: Any) -> Any:
    """Return rows and measures of the k nearest points; where the estimate is NaN they are measured."""
    n_new, n_points = estimates.shape
    rows, measures = np.full((n_new, k), -1), np.full((n_new, k), np.inf)
    for query in range(n_new):
        smallest = np.full(k, np.float32(np.inf))
        for row in range(n_points):
            if estimates[query, row] < smallest[k - 1]:
                _insert(smallest, estimates[query, row])
        limit = smallest[k - 1] + 2 * slack[query]
        for row in range(n_points):
            if not estimates[query, row] > limit:
                _enter(rows[query], measures[query], row, _measure(pairs, query, row))
    return rows, measures


@compiled
def _nearest_of(pairs: Any, estimates: Any, slack: Any, indptr: Any, indices: Any) -> Any:
    """Return row and measure of the nearest member of each node."""
    n_new, n_nodes = len(estimates), len(indptr) - 1
    rows, measures = np.full((n_new, n_nodes), -1), np.full((n_new, n_nodes), np.inf)
    for query in range(n_new):
        for node in range(n_nodes):
            smallest = np.float32(np.inf)
            for member in range(indptr[node], indptr[node + 1]):
                smallest = min(smallest, estimates[query, indices[member]])
            limit = smallest + 2 * slack[query]
            for member in range(indptr[node], indptr[node + 1]):
                row = indices[member]
                if not estimates[query, row] > limit:
                    measure = _measure(pairs, query, row)
                    if measure < measures[query, node]:
                        rows[query, node], measures[query, node] = row, measure
    return rows, measures


@compiled
def _insert(smallest: Any, value: Any) -> None:
    """Insert a number into ascending ones, of which the last is dropped."""
    k = len(smallest) - 1
    while k > 0 and value < smallest[k - 1]:
        smallest[k] = smallest[k - 1]
        k -= 1
    smallest[k] = value


@compiled
def _enter(rows: Any, measures: Any, row: Any, measure: Any) -> None:
    """Insert a point, of a higher row than those before it, among the nearest."""
    k = len(rows)
    while k > 0 and measure < measures[k - 1]:
        k -= 1
        if k + 1 < len(rows):
            rows[k + 1], measures[k + 1] = rows[k], measures[k]
    if k < len(rows):
        rows[k], measures[k] = row, measure


@compiled
def _measure(pairs: Any, query: Any, row: Any) -> Any:
    """Return the measure of a pair as `float64` has it."""
    total = 0.0
    if len(pairs.lengths) == 0:
        for channel in range(pairs.new.shape[1]):
            difference = np.float64(pairs.new[query, channel]) - np.float64(pairs.points[row, channel])
            total += difference * difference
        return total
    if pairs.new_lengths[query] > 0 and pairs.lengths[row] > 0:
        for channel in range(pairs.new.shape[1]):
            unit = np.float64(pairs.new[query, channel]) / pairs.new_lengths[query]
            total += unit * (np.float64(pairs.points[row, channel]) / pairs.lengths[row])
    return min(2.0, max(0.0, 1.0 - total))


def _blocks(n_rows: int, n_channels: int) -> Iterator[tuple[int, int]]:
    step = max(1, MAX_COORDINATES // max(1, n_channels))
    return ((start, min(n_rows, start + step)) for start in range(0, n_rows, step))
