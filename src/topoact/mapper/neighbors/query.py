"""Exact distances from new vectors, which are no points, to a point cloud: its nearest points, and those of each node.

Products in float32 say which points may be nearest (the error bound is that of `_tiles`), and distances in float64, as
in `_exact`, decide among these. Of points that are equally far away the first row is the nearer one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.float64 import lengths
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.tiles import (
    error_bound,
    middle,
    row_factors,
    unit_scale,
)
from topoact.mapper.neighbors.metrics import Metric, checked_metric
from topoact.mapper.nerve import Members
from topoact.mapper.protocols import Nearest, Vectors

BLOCK: Final = 2**22
"""Coordinates that are brought to float64 at a time."""
ROOM: Final = 2**24
"""Distances that are held at a time."""

Floats = npt.NDArray[np.float64]


class QueryIndex:
    """A point cloud that is looked at from outside.

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
        self._placed, self._squares = self._place(vectors)

    def __len__(self) -> int:
        return len(self.vectors)

    def views(self, new: Vectors) -> Iterator["QueryBatch"]:
        """Yield the cloud as it is seen from some of the new vectors, finite, shape (n_new, n_channels), and the next.

        Memory: 4 bytes for each point and each of some vectors, 64 MiB or those of one.
        """
        step = max(1, ROOM // max(1, len(self)))
        for start in range(0, len(new), step):
            yield self._view(new[start : start + step])

    def lengths_of(self, vectors: Vectors) -> Floats:
        """Return the lengths that cosine distances divide by; nothing for Euclidean ones."""
        return lengths(vectors) if self.metric == "cosine" else np.empty(0)

    def _view(self, new: Vectors) -> "QueryBatch":
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is left to float64
            placed, squares = self._place(new)
            about = placed @ self._placed.T
            about *= -2
            about += squares[:, None]
            about += self._squares
            bound = float(error_bound(np.array([new.shape[1]]))[0])
            slack = bound * (squares + self._squares.max()) + (1e-12 if self.metric == "cosine" else 1e-36)
        return QueryBatch(self, new, self.lengths_of(new), about, slack)

    def _place(self, vectors: Vectors) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return vectors in units in which no point is large, from the middle of the points, and their squares."""
        placed, squares = np.empty(vectors.shape, dtype=np.float32), np.empty(len(vectors))
        factors = row_factors(vectors, self._scale, self.metric)
        for start, stop in _blocks(len(vectors), vectors.shape[1]):
            block = vectors[start:stop] * factors[start:stop, None] - self._middle
            placed[start:stop], squares[start:stop] = block, np.einsum("ij,ij->i", block, block)
        if self.metric == "cosine":
            squares += factors == 0  # a vector without direction is at distance 1 from all others
        return placed, squares.astype(np.float32)


@dataclass(frozen=True, slots=True)
class QueryBatch:
    """A cloud as it is seen from some vectors."""

    cloud: QueryIndex
    new: Vectors
    lengths: Floats
    about: npt.NDArray[np.float32]
    """Squared distances, (n_new, n_points), in units of the cloud, with an error of at most `slack`."""
    slack: npt.NDArray[np.float32]

    def nearest(self, k: int) -> Nearest:
        """Return the k nearest points of each vector, or all where there are fewer."""
        rows, measures = _nearest(self._pairs, self.about, self.slack, min(k, len(self.cloud)))
        return Nearest(rows, self._distances(measures))

    def nearest_of(self, members: Members) -> Nearest:
        """Return the nearest member of each node, and its distance, shape (n_new, n_nodes)."""
        rows, measures = _nearest_of(self._pairs, self.about, self.slack, members.indptr, members.indices)
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
def _nearest(pairs: Any, about: Any, slack: Any, k: Any) -> Any:
    """Return rows and measures of the k nearest points; NaN in `about` is left to the exact measure."""
    n_new, n_points = about.shape
    rows, measures = np.full((n_new, k), -1), np.full((n_new, k), np.inf)
    for query in range(n_new):
        least = np.full(k, np.float32(np.inf))
        for row in range(n_points):
            if about[query, row] < least[k - 1]:
                _insert(least, about[query, row])
        limit = least[k - 1] + 2 * slack[query]
        for row in range(n_points):
            if not about[query, row] > limit:
                _enter(rows[query], measures[query], row, _measure(pairs, query, row))
    return rows, measures


@compiled
def _nearest_of(pairs: Any, about: Any, slack: Any, indptr: Any, indices: Any) -> Any:
    """Return row and measure of the nearest member of each node."""
    n_new, n_nodes = len(about), len(indptr) - 1
    rows, measures = np.full((n_new, n_nodes), -1), np.full((n_new, n_nodes), np.inf)
    for query in range(n_new):
        for node in range(n_nodes):
            least = np.float32(np.inf)
            for place in range(indptr[node], indptr[node + 1]):
                least = min(least, about[query, indices[place]])
            limit = least + 2 * slack[query]
            for place in range(indptr[node], indptr[node + 1]):
                row = indices[place]
                if not about[query, row] > limit:
                    measure = _measure(pairs, query, row)
                    if measure < measures[query, node]:
                        rows[query, node], measures[query, node] = row, measure
    return rows, measures


@compiled
def _insert(least: Any, value: Any) -> None:
    """Put a number among the ascending ones that are kept."""
    place = len(least) - 1
    while place > 0 and value < least[place - 1]:
        least[place] = least[place - 1]
        place -= 1
    least[place] = value


@compiled
def _enter(rows: Any, measures: Any, row: Any, measure: Any) -> None:
    """Put a point, of a higher row than those before it, among the nearest."""
    place = len(rows)
    while place > 0 and measure < measures[place - 1]:
        place -= 1
        if place + 1 < len(rows):
            rows[place + 1], measures[place + 1] = rows[place], measures[place]
    if place < len(rows):
        rows[place], measures[place] = row, measure


@compiled
def _measure(pairs: Any, query: Any, row: Any) -> Any:
    """Return the measure of a pair as `_exact` has it."""
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
    step = max(1, BLOCK // max(1, n_channels))
    return ((start, min(n_rows, start + step)) for start in range(0, n_rows, step))
