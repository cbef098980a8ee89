"""Lenses that are distances: `DistanceTo` a point, `Eccentricity` (all points), `NeighbourDistance`.

Distances are Euclidean, in float64.
"""

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.numbers import check_numbers
from topoact.mapper.protocols import LensValues, Progress, Vectors, no_progress

TILE_ROWS = 2_048
"""Points on each side of a block of distances: 32 MiB."""

Matrix = npt.NDArray[np.float64]


class DistanceTo:
    """Distance to a given point.

    Parameters
    ----------
    point
        Shape (n_channels,).
    """

    def __init__(self, point: npt.ArrayLike) -> None:
        check_numbers("the point", point)
        self.point: Matrix = np.asarray(point, dtype=np.float64)
        if self.point.ndim != 1 or not np.isfinite(self.point).all():
            raise InvalidInput(f"a point is a list of finite numbers, one per channel: got shape {self.point.shape}")

    def __call__(self, vectors: Vectors) -> LensValues:
        if len(self.point) != vectors.shape[1]:
            raise InvalidInput(f"the point has {len(self.point)} channels, the vectors have {vectors.shape[1]}")
        result = np.empty(len(vectors))
        for start in range(0, len(vectors), TILE_ROWS):
            difference = vectors[start : start + TILE_ROWS] - self.point
            result[start : start + TILE_ROWS] = np.sqrt(np.einsum("ij,ij->i", difference, difference))
        return result


class Eccentricity:
    """Mean distance to all points, of exponent p: (Σ d(x, y)^p / n)^(1/p), the largest distance for p = inf.

    Singh, Mémoli, Carlsson 2007, section 4.2. Exact: p = 2 from the mean of all points, in time proportional to their
    number n; any other exponent from all n² distances, half of which are computed, with 64 MiB of memory.

    Parameters
    ----------
    p
        At least 1.
    """

    def __init__(self, p: float = 1.0) -> None:
        if not p >= 1:
            raise InvalidInput(f"the exponent of an eccentricity must be at least 1: got {p:g}")
        self.p = p

    def __call__(self, vectors: Vectors, progress: Progress = no_progress) -> LensValues:
        mean = vectors.mean(axis=0, dtype=np.float64)
        if self.p == 2:
            squares = DistanceTo(mean)(vectors) ** 2
            return np.sqrt(squares + squares.mean())
        return self._of_all(vectors, mean, progress)

    def _of_all(self, vectors: Vectors, mean: Matrix, progress: Progress) -> LensValues:
        n_points, result = len(vectors), np.zeros(len(vectors))
        tiles = [slice(start, start + TILE_ROWS) for start in range(0, n_points, TILE_ROWS)]
        for number, rows in enumerate(tiles):
            progress("computing the lens", number, len(tiles))
            block = vectors[rows] - mean
            for columns in tiles[number:]:
                other = block if columns == rows else vectors[columns] - mean
                distances = _distances(block, other)
                self._add(result[rows], distances)
                if columns != rows:
                    self._add(result[columns], distances.T)
        return result if self.p == np.inf else (result / n_points) ** (1 / self.p)

    def _add(self, result: Matrix, distances: Matrix) -> None:
        if self.p == np.inf:
            np.maximum(result, distances.max(axis=1), out=result)
        else:
            result += (distances if self.p == 1 else distances**self.p).sum(axis=1)


class NeighbourDistance:
    """Distance to the k-th nearest neighbour, exact: small where points are dense. A point is not its own neighbour.

    Parameters
    ----------
    k
        At least 1.
    """

    def __init__(self, k: int) -> None:
        if k < 1:
            raise InvalidInput(f"neighbours are counted from 1: got the {k}-th")
        self.k = k

    def __call__(self, vectors: Vectors, progress: Progress = no_progress) -> LensValues:
        if len(vectors) <= self.k:
            raise InvalidInput(
                f"the distance to the {self.k}-th neighbour needs more than {self.k} points: got {len(vectors)}"
            )
        from topoact.mapper.neighbors.nearest import k_nearest

        return k_nearest(vectors, self.k, progress=progress).distances[:, -1]


def squares_between(a: Matrix, b: Matrix) -> Matrix:
    """Return the squared distances between rows, as one matrix product; rounding may leave them below 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        sizes, others = (np.einsum("ij,ij->i", points, points)[:, None] for points in (a, b))
        return np.hstack([-2 * a, sizes, np.ones_like(sizes)]) @ np.hstack([b, np.ones_like(others), others]).T


def _distances(a: Matrix, b: Matrix) -> Matrix:
    """Return the distances between rows, 0 where they are equal but for rounding."""
    squares = squares_between(a, b)
    sizes, others = np.einsum("ij,ij->i", a, a), np.einsum("ij,ij->i", b, b)
    rounding = 4 * a.shape[1] * np.finfo(np.float64).eps
    i, j = np.nonzero(squares < (sizes.max() + others.max()) * rounding)
    squares[i, j] *= squares[i, j] >= (sizes[i] + others[j]) * rounding
    return np.sqrt(squares, out=squares)
