"""Exact k-nearest neighbours of points in lens order: `nearest` of all points, `nearest_of` of some.

A word of `simd_f32` says which of 64 points lie within a limit. Here the limit of a query is the distance to its k-th
neighbour so far, so the bits are the few points that may still enter; their exact distances decide. Blocks are visited
outwards from a query's own, where near points are, so that the limit soon is tight.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.float64 import Points, measured, points, quick_square
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.simd_f32 import DENSE_ROWS, dense_bounds, lowest_bit, sparse_word, within
from topoact.mapper.neighbors._kernels.tiles import Tiles, cut
from topoact.mapper.neighbors._layout import WORD, Indices
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.neighbors.memory import is_sparse
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import Nearest, Progress, Rows, Vectors

GROUP: Final = 8
"""Blocks of queries that share each visit of a tile."""


class Queries(NamedTuple):
    """Points whose neighbours are wanted; they are consecutive in the tiles, in ascending order of `home`."""

    offset: int
    """Position of the first in the tiles, a multiple of 64."""
    home: Indices
    """Position of each in lens order."""
    begin: Indices
    """First point, in lens order, that may be a neighbour of each."""
    end: Indices
    """One past the last."""


class Search(NamedTuple):
    """What is searched, and the neighbours so far."""

    points: Points
    tiles: Tiles
    queries: Queries
    rows: npt.NDArray[np.int64]
    """Shape (n_queries, k), nearest first; −1 where there are fewer."""
    measures: npt.NDArray[np.float64]
    """Measure of each neighbour, as in `float64`."""


def nearest(
    vectors: Vectors,
    order: Rows,
    reach: Indices,
    k: int,
    *,
    metric: Metric = "euclidean",
    n_jobs: int,
    progress: Progress,
) -> Nearest:
    """Return the k nearest neighbours of every point among those that it reaches or that reach it.

    Parameters
    ----------
    vectors
        Shape (n_points, n_channels).
    order
        Rows in lens order.
    reach
        For each point in lens order, one past the last that it may be compared with; ascending.
    k
        How many neighbours.

    Returns
    -------
    Nearest
        By row of `vectors`. Memory: 32 bytes per neighbour, and the tiles.
    """
    options: dict[str, Any] = {"metric": metric, "n_jobs": n_jobs, "progress": progress}
    positions = np.arange(len(order))
    queries = Queries(0, positions, np.searchsorted(reach, positions, side="right"), reach)
    by_position = _search_all(vectors, order, queries, k, **options)
    rows, distances = np.empty_like(by_position.rows), np.empty_like(by_position.distances)
    rows[order], distances[order] = by_position
    return Nearest(rows, distances)


def nearest_of(
    vectors: Vectors,
    order: Rows,
    homes: Indices,
    k: int,
    *,
    metric: Metric = "euclidean",
    n_jobs: int,
    progress: Progress,
) -> Nearest:
    """Return the k nearest neighbours of some points, given by their positions in lens order, among all points."""
    # The queries get tiles of their own, behind those of the points.
    extended = np.concatenate([order, np.resize(order, -len(order) % WORD), order[homes]])
    none = np.zeros(len(homes), dtype=np.int64)
    queries = Queries(len(extended) - len(homes), homes, none, none + len(order))
    return _search_all(vectors, extended, queries, k, metric=metric, n_jobs=n_jobs, progress=progress)


def _tiles_of(vectors: Vectors, order: Rows, *, metric: Metric, n_jobs: int, progress: Progress) -> Tiles:
    """Lay points out in units of the largest coordinate, as there is no ε."""
    unit = 1.0 if metric == "cosine" else float(max(vectors.max(), -vectors.min())) or 1.0
    return cut(vectors, order, unit, metric=metric, sparse=is_sparse(vectors), n_jobs=n_jobs, progress=progress)


def _search_all(
    vectors: Vectors,
    order: Rows,
    queries: Queries,
    k: int,
    *,
    metric: Metric,
    n_jobs: int,
    progress: Progress,
) -> Nearest:
    """Return the k nearest neighbours of each query, in the order of the queries."""
    n_queries = len(queries.home)
    tiles = _tiles_of(vectors, order, metric=metric, n_jobs=n_jobs, progress=progress)
    rows = np.full((n_queries, k), -1, dtype=np.int64)
    measures = np.full((n_queries, k), np.inf)
    search = Search(points(vectors, order, np.empty(0), metric), tiles, queries, rows, measures)
    step = WORD * max(1, min(GROUP, n_queries // (4 * n_jobs * WORD)))

    def search_some(first: int) -> None:
        _search(search, first, min(n_queries, first + step))

    side_by_side(search_some, range(0, n_queries, step), n_jobs=n_jobs, stage="finding neighbours", progress=progress)
    return Nearest(rows, measures if metric == "cosine" else np.sqrt(measures, out=measures))


@compiled
def _search(search: Any, first: Any, last: Any) -> None:
    """Visit all blocks that the queries ``first:last`` may have neighbours in, outwards."""
    queries = search.queries
    low, high = queries.begin[first:last].min() >> 6, (queries.end[first:last].max() + 63) >> 6
    home = min(max(queries.home[(first + last) // 2] >> 6, low), high)
    left, right = home - 1, home
    limits = np.full(last - first, np.inf, dtype=np.float32)
    while left >= low or right < high:
        if right < high and (left < low or right - home < home - left):
            column = right
            right += 1
        else:
            column = left
            left -= 1
        if len(search.tiles.starts) > 1:
            _visit_sparse(search, first, last, column, limits)
        else:
            _visit_dense(search, first, last, column, limits)


@compiled
def _visit_sparse(search: Any, first: Any, last: Any, column: Any, limits: Any) -> None:
    """Let the points of block `column` enter among the neighbours of the queries ``first:last``."""
    points, tiles, queries, rows, measures = search
    cosine = len(points.lengths) > 0
    for query in range(first, last):
        allowed = _bits_between(queries.begin[query], queries.end[query], column)
        if allowed == 0:
            continue
        point = queries.offset + query
        begin, end = tiles.starts[point], tiles.starts[point + 1]
        _certain, possible = sparse_word(
            tiles.values, tiles.channels, begin, end, tiles.tiles, column, tiles.norms, point, limits[query - first]
        )
        if possible & allowed:
            _enter(points, point, column, possible & allowed, rows[query], measures[query])
            limits[query - first] = _squared_limit(measures[query, -1], tiles.scale, cosine)


@compiled
def _visit_dense(search: Any, first: Any, last: Any, column: Any, limits: Any) -> None:
    """Do as `_visit_sparse` does, channel by channel for some queries at once."""
    points, tiles, queries, rows, measures = search
    cosine = len(points.lengths) > 0
    bounds = np.empty((DENSE_ROWS, 2, 64), dtype=np.float32)
    for start in range(first, last, DENSE_ROWS):
        stop, allowed = min(start + DENSE_ROWS, last), np.uint64(0)
        for query in range(start, stop):
            allowed |= _bits_between(queries.begin[query], queries.end[query], column)
        if allowed == 0:
            continue
        point = queries.offset + start
        dense_bounds(tiles.tiles, point >> 6, point & 63, column, tiles.norms, bounds)
        for query in range(start, stop):
            _certain, possible = within(bounds[query - start], limits[query - first])
            possible &= _bits_between(queries.begin[query], queries.end[query], column)
            if possible:
                _enter(points, queries.offset + query, column, possible, rows[query], measures[query])
                limits[query - first] = _squared_limit(measures[query, -1], tiles.scale, cosine)


@compiled
def _bits_between(begin: Any, end: Any, column: Any) -> Any:
    """Return the bits of the points ``begin:end`` in block `column`."""
    low, high = max(begin - 64 * column, 0), min(end - 64 * column, 64)
    if low >= high:
        return np.uint64(0)
    return (~np.uint64(0) >> np.uint64(64 - high)) & (~np.uint64(0) << np.uint64(low))


@compiled
def _squared_limit(measure: Any, scale: Any, cosine: Any) -> Any:
    """Return the squared distance in the tiles that a measure stands for, rounded up beyond what float32 may lose."""
    distance = np.sqrt(2 * measure if cosine else measure) * scale
    return np.float32(distance * distance * 1.000001 + 1e-36)


@compiled
def _enter(points: Any, point: Any, column: Any, possible: Any, rows: Any, measures: Any) -> None:
    """Insert the possible neighbours of a point that are nearer than the last one so far."""
    own, cosine = points.order[point], len(points.lengths) > 0
    while possible:
        row = points.order[64 * column + lowest_bit(possible)]
        possible &= possible - np.uint64(1)
        if row == own:
            continue
        if cosine:
            measure = measured(points.vectors, points.lengths, own, row)
        else:
            measure = quick_square(points.vectors, own, row)
        k = len(rows)
        while k > 0 and (measure < measures[k - 1] or (measure == measures[k - 1] and row < rows[k - 1])):
            k -= 1
            if k + 1 < len(rows):
                rows[k + 1], measures[k + 1] = rows[k], measures[k]
        if k < len(rows):
            rows[k], measures[k] = row, measure
