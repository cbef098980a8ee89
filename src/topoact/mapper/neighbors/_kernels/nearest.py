"""Exact k-nearest neighbours of points in lens order, from the tiles and the products of the band.

A word of `_words` tells which of 64 points lie within a limit. Here the limit of a query is the distance to the k-th
neighbour found so far, so the bits are the few points that may still enter; their exact distances decide. Blocks are
visited outwards from a query's own, where near points are, so that the limit soon is tight.

`NeighborIndex.nearest(k)` is ``nearest(vectors, order, reach, k, …)`` with the reach that made its layout.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from topoact.mapper.neighbors._kernels.float64 import measured, points, quick_square
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.simd_f32 import (
    DENSE_ROWS,
    dense_bounds,
    lowest_bit,
    sparse_word,
    within,
)
from topoact.mapper.neighbors._kernels.tiles import Tiles, cut
from topoact.mapper.neighbors._layout import WORD, Places
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.neighbors.memory import is_sparse
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import Nearest, Progress, Rows, Vectors

GROUP: Final = 8
"""Blocks of queries that share each visit of a tile."""


class Queries(NamedTuple):
    """Points whose neighbours are wanted; they lie next to each other in the tiles, in ascending order of `home`."""

    place: int
    """Where the first lies in the tiles, a multiple of 64."""
    home: Places
    """Place of each among the points in lens order."""
    begin: Places
    """First point, in lens order, that may be a neighbour of each."""
    end: Places
    """One past the last."""


def nearest(
    vectors: Vectors,
    order: Rows,
    reach: Places,
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
    how: dict[str, Any] = {"metric": metric, "n_jobs": n_jobs, "progress": progress}
    places = np.arange(len(order))
    queries = Queries(0, places, np.searchsorted(reach, places, side="right"), reach)
    found = _search_all(vectors, order, _tiles_of(vectors, order, **how), queries, k, **how)
    rows, distances = np.empty_like(found.rows), np.empty_like(found.distances)
    rows[order], distances[order] = found
    return Nearest(rows, distances)


def nearest_of(
    vectors: Vectors,
    order: Rows,
    homes: Places,
    k: int,
    *,
    metric: Metric = "euclidean",
    n_jobs: int,
    progress: Progress,
) -> Nearest:
    """Return the k nearest neighbours of some points, by their place in lens order, among all points."""
    how: dict[str, Any] = {"metric": metric, "n_jobs": n_jobs, "progress": progress}
    # The queries get tiles of their own, behind those of the points.
    extended = np.concatenate([order, np.resize(order, -len(order) % WORD), order[homes]])
    none = np.zeros(len(homes), dtype=np.int64)
    queries = Queries(len(extended) - len(homes), homes, none, none + len(order))
    return _search_all(vectors, extended, _tiles_of(vectors, extended, **how), queries, k, **how)


def _tiles_of(vectors: Vectors, order: Rows, *, metric: Metric, n_jobs: int, progress: Progress) -> Tiles:
    """Lay points out in units in which no coordinate is large, where there is no ε to say what is."""
    unit = 1.0 if metric == "cosine" else float(max(vectors.max(), -vectors.min())) or 1.0
    return cut(vectors, order, unit, metric=metric, sparse=is_sparse(vectors), n_jobs=n_jobs, progress=progress)


def _search_all(
    vectors: Vectors,
    order: Rows,
    tiles: Tiles,
    queries: Queries,
    k: int,
    *,
    metric: Metric = "euclidean",
    n_jobs: int,
    progress: Progress,
) -> Nearest:
    """Return the k nearest neighbours of each query, in the order of the queries."""
    n_queries = len(queries.home)
    rows = np.full((n_queries, k), -1, dtype=np.int64)
    measures = np.full((n_queries, k), np.inf)
    compared = points(vectors, order, np.empty(0), metric)
    step = WORD * max(1, min(GROUP, n_queries // (4 * n_jobs * WORD)))

    def find(first: int) -> None:
        _search(compared, tiles, tiles.sparse, queries, first, min(n_queries, first + step), rows, measures)

    side_by_side(find, range(0, n_queries, step), n_jobs=n_jobs, stage="finding neighbours", progress=progress)
    return Nearest(rows, measures if metric == "cosine" else np.sqrt(measures, out=measures))


@compiled
def _search(
    points: Any, tiles: Any, sparse: Any, queries: Any, first: Any, last: Any, rows: Any, measures: Any
) -> None:
    """Visit all blocks that the queries ``first:last`` may have neighbours in, outwards."""
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
        if sparse:
            _visit_sparse(points, tiles, queries, first, last, column, limits, rows, measures)
        else:
            _visit_dense(points, tiles, queries, first, last, column, limits, rows, measures)


@compiled
def _visit_sparse(
    points: Any, tiles: Any, queries: Any, first: Any, last: Any, column: Any, limits: Any, rows: Any,
    measures: Any,
) -> None:  # fmt: skip
    """Let the points of block `column` enter among the neighbours of the queries ``first:last``."""
    for query in range(first, last):
        allowed = _between(queries.begin[query], queries.end[query], column)
        if allowed == 0:
            continue
        place = queries.place + query
        begin, end = tiles.starts[place], tiles.starts[place + 1]
        _certain, possible = sparse_word(
            tiles.values, tiles.channels, begin, end, tiles.tiles, column, tiles.norms, place, limits[query - first]
        )
        if possible & allowed:
            _enter(points, place, column, possible & allowed, rows[query], measures[query])
            limits[query - first] = _limit(measures[query, -1], tiles.scale, len(points.lengths) > 0)


@compiled
def _visit_dense(
    points: Any, tiles: Any, queries: Any, first: Any, last: Any, column: Any, limits: Any, rows: Any,
    measures: Any,
) -> None:  # fmt: skip
    """Do as `_visit_sparse` does, channel by channel for some queries at once."""
    bounds = np.empty((DENSE_ROWS, 2, 64), dtype=np.float32)
    for start in range(first, last, DENSE_ROWS):
        stop, some = min(start + DENSE_ROWS, last), np.uint64(0)
        for query in range(start, stop):
            some |= _between(queries.begin[query], queries.end[query], column)
        if some == 0:
            continue
        place = queries.place + start
        dense_bounds(tiles.tiles, place >> 6, place & 63, column, tiles.norms, bounds)
        for query in range(start, stop):
            _certain, possible = within(bounds[query - start], limits[query - first])
            possible &= _between(queries.begin[query], queries.end[query], column)
            if possible:
                _enter(points, queries.place + query, column, possible, rows[query], measures[query])
                limits[query - first] = _limit(measures[query, -1], tiles.scale, len(points.lengths) > 0)


@compiled
def _between(begin: Any, end: Any, column: Any) -> Any:
    """Return the bits of the points ``begin:end`` in block `column`."""
    low, high = max(begin - 64 * column, 0), min(end - 64 * column, 64)
    if low >= high:
        return np.uint64(0)
    return (~np.uint64(0) >> np.uint64(64 - high)) & (~np.uint64(0) << np.uint64(low))


@compiled
def _limit(measure: Any, scale: Any, cosine: Any) -> Any:
    """Return the squared distance in the tiles that a measure stands for, rounded up beyond what float32 may lose."""
    distance = np.sqrt(2 * measure if cosine else measure) * scale
    return np.float32(distance * distance * 1.000001 + 1e-36)


@compiled
def _enter(points: Any, place: Any, column: Any, possible: Any, rows: Any, measures: Any) -> None:
    """Insert the possible neighbours that are nearer than the last of those found so far."""
    own, cosine = points.order[place], len(points.lengths) > 0
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
