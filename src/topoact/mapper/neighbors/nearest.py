"""Exact k-nearest neighbours of a point cloud: `k_nearest`.

Distances are exact: squared differences, or products of unit vectors, summed in float64. Of points that are equally far
away the first row is the nearer one, a point is not its own neighbour, and a duplicate is a neighbour at distance 0.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.checks import check_whole, checked_vectors
from topoact.mapper.neighbors._threads import usable_cores
from topoact.mapper.neighbors.metrics import Metric, checked_metric
from topoact.mapper.norms import l2_norm
from topoact.mapper.numbers import check_numbers
from topoact.mapper.protocols import Nearest, Progress, Rows, no_progress


def k_nearest(
    X: npt.ArrayLike,
    k: int,
    *,
    metric: Metric = "euclidean",
    queries: npt.ArrayLike | None = None,
    n_jobs: int | None = None,
    progress: Progress = no_progress,
) -> Nearest:
    """Find the k nearest neighbours of some or all points among all points.

    Parameters
    ----------
    X
        Shape (n_points, n_channels), finite.
    k
        How many neighbours, at least 1.
    metric
        ``"euclidean"``, or ``"cosine"``: 1 − cos, and 1 between a zero vector and all others.
    queries
        Row numbers of the points whose neighbours are wanted, in any order; all by default.
    n_jobs
        Threads; by default all cores that this process may use.
    progress
        Called with (stage, done, total); may raise `topoact.errors.Cancelled`.

    Returns
    -------
    Nearest
        In the order of `queries`. Memory: 16 bytes per neighbour, 4 per coordinate (10 per nonzero of sparse data).

    Raises
    ------
    InvalidInput
        If `X` is not finite, k is not a positive whole number, or a query is not a row of `X`.

    Examples
    --------
    >>> from topoact.mapper import k_nearest
    >>> rows, distances = k_nearest([[0.0], [1.0], [3.0]], k=1)
    >>> rows.ravel().tolist(), distances.ravel().tolist()
    ([1, 0, 1], [1.0, 1.0, 2.0])
    """
    vectors = checked_vectors(X)
    check_neighbours(k)
    how: dict[str, Any] = {
        "metric": checked_metric(metric),
        "n_jobs": n_jobs or usable_cores(),
        "progress": progress,
    }
    wanted = None if queries is None else _checked_queries(queries, len(vectors))
    from topoact.mapper.neighbors._kernels.nearest import nearest, nearest_of

    # In order of length near points are not far apart, so that the search soon knows how near is near.
    order, n_points = np.argsort(l2_norm(vectors), kind="stable").astype(np.int64), len(vectors)
    if wanted is None:
        return nearest(vectors, order, np.full(n_points, n_points), int(k), **how)
    position = np.empty_like(order)
    position[order] = np.arange(n_points)
    by_home = np.argsort(position[wanted], kind="stable")
    found = nearest_of(vectors, order, position[wanted[by_home]], int(k), **how)
    back = np.argsort(by_home, kind="stable")
    return Nearest(found.rows[back], found.distances[back])


def check_neighbours(k: object) -> None:
    """Refuse a number of neighbours that is no whole number or below 1; raises `InvalidInput`."""
    if isinstance(k, bool):
        raise InvalidInput(f"k must be a whole number, at least 1: got {k!r}")
    check_whole("k", k)


def _checked_queries(queries: npt.ArrayLike, n_points: int) -> Rows:
    check_numbers("queries", queries)
    rows = np.asarray(queries)
    if rows.ndim != 1 or not (np.issubdtype(rows.dtype, np.integer) or rows.size == 0):
        raise InvalidInput(f"queries are row numbers: got an array of {rows.dtype} of shape {rows.shape}")
    bad = rows[(rows < 0) | (rows >= n_points)]
    if bad.size:
        raise InvalidInput(f"queries are rows of X, from 0 to {n_points - 1}: got {bad[0]}")
    return rows.astype(np.int64)
