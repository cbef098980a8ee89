"""Exact distances from new vectors, which are no points, to a point cloud: its nearest points, and those of each node.

Products in float32 say which points may be nearest (the error bound is that of `_tiles`), and distances in float64, as
in `_exact`, decide among these. Of points that are equally far away the first row is the nearer one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._exact import lengths
from topoact.mapper.neighbors._tiles import error_bound, middle, row_factors, unit_scale
from topoact.mapper.neighbors.metrics import Metric, checked_metric
from topoact.mapper.neighbors.nearest import Nearest
from topoact.mapper.nerve import Members
from topoact.mapper.protocols import Rows, Vectors

BLOCK: Final = 2**22
"""Coordinates that are brought to float64 at a time."""
ROOM: Final = 2**24
"""Distances that are held at a time."""

Floats = npt.NDArray[np.float64]


class Cloud:
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

    def views(self, new: Vectors) -> Iterator["View"]:
        """Yield the cloud as it is seen from some of the new vectors, finite, shape (n_new, n_channels), and the next.

        Memory: 4 bytes for each point and each of some vectors, 64 MiB or those of one.
        """
        step = max(1, ROOM // max(1, len(self)))
        for start in range(0, len(new), step):
            yield self._view(new[start : start + step])

    def lengths_of(self, vectors: Vectors) -> Floats:
        """Return the lengths that cosine distances divide by; nothing for Euclidean ones."""
        return lengths(vectors) if self.metric == "cosine" else np.empty(0)

    def _view(self, new: Vectors) -> "View":
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is left to float64
            placed, squares = self._place(new)
            about = placed @ self._placed.T
            about *= -2
            about += squares[:, None]
            about += self._squares
            bound = float(error_bound(np.array([new.shape[1]]))[0])
            slack = bound * (squares + self._squares.max()) + (1e-12 if self.metric == "cosine" else 1e-36)
        return View(self, new, self.lengths_of(new), about, slack)

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
class View:
    """A cloud as it is seen from some vectors."""

    cloud: Cloud
    new: Vectors
    lengths: Floats
    about: npt.NDArray[np.float32]
    """Squared distances, (n_new, n_points), in units of the cloud, with an error of at most `slack`."""
    slack: npt.NDArray[np.float32]

    def nearest(self, k: int) -> Nearest:
        """Return the k nearest points of each vector, or all where there are fewer."""
        k = min(k, len(self.cloud))
        limit = np.partition(self.about, k - 1, axis=1)[:, k - 1] + 2 * self.slack
        query, row = np.nonzero(~(self.about > limit[:, None]))
        measures = self._measures(query, row)
        order = np.lexsort((row, measures, query))
        first = np.searchsorted(query, np.arange(len(self.new)))
        taken = order[first[:, None] + np.arange(k)]
        return Nearest(row[taken], self._distances(measures[taken]))

    def nearest_of(self, members: Members) -> Nearest:
        """Return the nearest member of each node, and its distance, shape (n_new, n_nodes)."""
        shape = (len(self.new), len(members.sizes))
        if not all(shape):
            return Nearest(np.empty(shape, dtype=np.int64), np.empty(shape))
        about = self.about[:, members.indices]
        limit = np.minimum.reduceat(about, members.indptr[:-1], axis=1) + 2 * self.slack[:, None]
        query, place = np.nonzero(~(about > np.repeat(limit, members.sizes, axis=1)))
        row, pair = members.indices[place], query * shape[1] + np.repeat(np.arange(shape[1]), members.sizes)[place]
        measures = self._measures(query, row)
        order = np.lexsort((row, measures, pair))
        best = order[np.searchsorted(pair, np.arange(shape[0] * shape[1]))].reshape(shape)
        return Nearest(row[best], self._distances(measures[best]))

    def _measures(self, query: Rows, row: Rows) -> Floats:
        """Return the measures of pairs of a vector and a point, as `_exact` has them."""
        found = np.empty(len(query))
        for start, stop in _blocks(len(query), self.new.shape[1]):
            new, old = query[start:stop], row[start:stop]
            left, right = self.new[new].astype(np.float64), self.cloud.vectors[old].astype(np.float64)
            if self.cloud.metric == "cosine":
                left, right = _unit(left, self.lengths[new]), _unit(right, self.cloud.lengths[old])
                found[start:stop] = np.clip(1 - np.einsum("ij,ij->i", left, right), 0, 2)
            else:
                left -= right
                found[start:stop] = np.einsum("ij,ij->i", left, left)
        return found

    def _distances(self, measures: Floats) -> Floats:
        return measures if self.cloud.metric == "cosine" else np.sqrt(measures)


def _unit(vectors: Floats, sizes: Floats) -> Floats:
    return np.divide(vectors, sizes[:, None], out=np.zeros_like(vectors), where=sizes[:, None] > 0)


def _blocks(n_rows: int, n_channels: int) -> Iterator[tuple[int, int]]:
    step = max(1, BLOCK // max(1, n_channels))
    return ((start, min(n_rows, start + step)) for start in range(0, n_rows, step))
