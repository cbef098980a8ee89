"""Finding the candidates of a `Skyband`: `skyband` computes one product for each pair of points.

Each point has to be compared with the points on either side outwards: another point is a candidate if it is nearer than
the k-th nearest of those between the two. Along a diagonal of the matrix of pairs both points of a pair are compared at
once; and since on one diagonal each list of candidates belongs to one pair of groups, threads work side by side.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.float64 import Points, measured, points, quick_square
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.nearest import _bits_between, _squared_limit, _tiles_of
from topoact.mapper.neighbors._kernels.simd_f32 import DENSE_ROWS, dense_bounds, lowest_bit, sparse_bounds, within
from topoact.mapper.neighbors._kernels.skyband import Skyband, insert, ranked
from topoact.mapper.neighbors._kernels.tiles import Tiles
from topoact.mapper.neighbors._layout import WORD, Indices, Layout
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.neighbors.memory import check_candidates, n_candidates, working_bytes
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import Progress, Rows, Vectors

GROUP: Final = 8
"""Blocks of 64 points that are compared with as many others at a time."""
TASKS_PER_THREAD: Final = 4
"""Pieces that a diagonal is cut into, for each thread."""
RIGHT: Final = 0
LEFT: Final = 1


class NearestSoFar(NamedTuple):
    """The k nearest of the points that each point was compared with, to its `RIGHT` and to its `LEFT`."""

    measures: npt.NDArray[np.float64]
    """Shape (2, n_points, k), ascending."""
    rows: npt.NDArray[np.int32]
    limits: npt.NDArray[np.float32]
    """Squared distance in the tiles up to which another can be nearer than the last of them; shape (2, n_padded)."""
    scale: float
    """Units of the tiles."""
    cosine: bool
    """Whether measures are those of cosine distances."""


class Search(NamedTuple):
    """What is compared, and the state of the search."""

    points: Points
    tiles: Tiles
    upper: Indices
    """One past the last block that each block sees, as in `Layout`."""
    nearest: NearestSoFar


class Entries(NamedTuple):
    """Candidates in the order in which they were found; arrays may be longer than their number."""

    lists: npt.NDArray[np.int32]
    """List of each, as numbered in `Skyband`."""
    positions: npt.NDArray[np.int32]
    measures: npt.NDArray[np.float64]


def skyband(
    vectors: Vectors,
    order: Rows,
    layout: Layout,
    k: int,
    limit: int,
    *,
    metric: Metric,
    n_jobs: int,
    progress: Progress,
) -> Skyband:
    """Return the candidates of every point among those that a layout lets it see.

    Raises
    ------
    TooLarge
        If more than `limit` bytes are expected, before any is taken; or needed, where there are more candidates.
    """
    working = working_bytes(vectors, k)
    check_candidates(n_candidates(layout.reach(len(order)), k), working, limit)
    tiles = _tiles_of(vectors, order, metric=metric, n_jobs=n_jobs, progress=progress)
    compared = points(vectors, order, np.empty(0), metric)
    search = Search(compared, tiles, layout.upper, _none_so_far(len(order), k, tiles.scale, metric))
    check = partial(check_candidates, working=working, limit=limit)
    lists = _as_lists(_search_all(search, check, n_jobs=n_jobs, progress=progress), len(order))
    return Skyband(*lists, ranked(*lists, order, n_jobs))


def _search_all(search: Search, check: Callable[[int], None], *, n_jobs: int, progress: Progress) -> list[Entries]:
    """Return the entries of all lists, those of one list outwards; `check` is called with how many there are."""
    upper = search.upper
    n_groups = -(-len(upper) // GROUP)
    reach = -(-upper[np.minimum(np.arange(1, n_groups + 1) * GROUP, len(upper)) - 1] // GROUP) - np.arange(n_groups)
    n_diagonals = int(reach.max())
    parts: list[Entries] = []
    for distance in range(n_diagonals):
        n_pairs = n_groups - distance
        step = -(-n_pairs // (TASKS_PER_THREAD * n_jobs))

        def compare(first: int, distance: int = distance, n_pairs: int = n_pairs, step: int = step) -> Entries:
            return _compare_groups(search, distance, first, min(n_pairs, first + step))

        def report(stage: str, done: int, total: int, distance: int = distance) -> None:
            progress(stage, distance * 100 + done * 100 // total, n_diagonals * 100)

        firsts = range(0, n_pairs, step)
        parts += side_by_side(compare, firsts, n_jobs=n_jobs, stage="finding neighbours", progress=report)
        check(sum(len(part.lists) for part in parts))
    return parts


def _none_so_far(n_points: int, k: int, scale: float, metric: Metric) -> NearestSoFar:
    n_padded = -(-n_points // WORD) * WORD
    return NearestSoFar(
        np.full((2, n_points, k), np.inf),
        np.full((2, n_points, k), -1, dtype=np.int32),
        np.full((2, n_padded), np.inf, dtype=np.float32),
        scale,
        metric == "cosine",
    )


def _as_lists(parts: list[Entries], n_points: int) -> tuple[Indices, npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Return the starts, places and measures of a `Skyband`: entries in the order of discovery; empties `parts`."""
    counts = np.zeros(2 * n_points, dtype=np.int64)
    for part in parts:
        counts += np.bincount(part.lists, minlength=len(counts))
    starts = np.concatenate([[0], np.cumsum(counts)])
    positions, measures = np.empty(starts[-1], dtype=np.int32), np.empty(starts[-1])
    cursor = starts[:-1].copy()
    parts.reverse()
    while parts:
        _file(parts.pop(), cursor, positions, measures)
    return starts, positions, measures


@compiled
def _file(entries: Any, cursor: Any, positions: Any, measures: Any) -> None:
    """Write entries behind those that their lists hold already."""
    for entry in range(len(entries.lists)):
        end = cursor[entries.lists[entry]]
        positions[end], measures[end] = entries.positions[entry], entries.measures[entry]
        cursor[entries.lists[entry]] += 1


@compiled
def _compare_groups(search: Any, distance: Any, first: Any, last: Any) -> Any:
    """Compare the groups ``first:last`` with those that lie `distance` groups to the right of them."""
    entries, count = _longer(Entries(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0)), 1 << 14), 0
    bounds = np.empty((DENSE_ROWS, 2, 64), dtype=np.float32)
    for group in range(first, last):
        for column in range((group + distance) * GROUP, min(len(search.upper), (group + distance + 1) * GROUP)):
            for block in range(min(column, (group + 1) * GROUP - 1), group * GROUP - 1, -1):
                if column >= search.upper[block]:
                    break
                if count + 2 * 64 * 64 > len(entries.lists):
                    entries = _longer(entries, 2 * len(entries.lists))
                count = _compare_blocks(search, block, column, bounds, entries, count)
    return Entries(entries.lists[:count].copy(), entries.positions[:count].copy(), entries.measures[:count].copy())


@compiled
def _longer(entries: Any, length: Any) -> Any:
    """Return the same entries in longer arrays."""
    n = len(entries.lists)
    lists, positions = np.empty(length, dtype=np.int32), np.empty(length, dtype=np.int32)
    measures = np.empty(length)
    lists[:n], positions[:n], measures[:n] = entries.lists, entries.positions, entries.measures
    return Entries(lists, positions, measures)


@compiled
def _compare_blocks(search: Any, block: Any, column: Any, bounds: Any, entries: Any, count: Any) -> Any:
    """Compare two blocks: each point of `column` with those of `block` outwards to the left, and the reverse.

    Writes the candidates behind the first `count` entries and returns their new number.
    """
    # Tuples are taken apart here: in the loops numba would count a reference at each access.
    points, tiles, _upper, nearest = search
    lists, positions, measures = entries
    sparse = len(tiles.starts) > 1
    n_points, limits = len(points.order), nearest.limits[LEFT, 64 * column : 64 * column + 64]
    for start in range(64 - DENSE_ROWS, -1, -DENSE_ROWS):
        first = 64 * block + start
        n_rows = min(DENSE_ROWS, n_points - first)
        if n_rows <= 0:
            continue
        if sparse:
            for k in range(n_rows):
                point = first + k
                begin, end = tiles.starts[point], tiles.starts[point + 1]
                sparse_bounds(
                    tiles.values, tiles.channels, begin, end, tiles.tiles, column, tiles.norms, point, bounds[k]
                )
        else:
            dense_bounds(tiles.tiles, block, start, column, tiles.norms, bounds)
        for k in range(n_rows - 1, -1, -1):
            point = first + k
            later = _bits_between(point + 1, n_points, column)
            _certain, right = within(bounds[k], nearest.limits[RIGHT, point])
            _certain, left = within(bounds[k], limits)
            possible = (right | left) & later
            while possible:
                bit = lowest_bit(possible)
                possible &= possible - np.uint64(1)
                other, mask = 64 * column + bit, np.uint64(1) << np.uint64(bit)
                measure = _measure(points, point, other)
                if right & mask and _enters(nearest, RIGHT, point, points.order[other], measure):
                    lists[count], positions[count], measures[count] = 2 * point, other, measure
                    count += 1
                if left & mask and _enters(nearest, LEFT, other, points.order[point], measure):
                    lists[count], positions[count], measures[count] = 2 * other + 1, point, measure
                    count += 1
    return count


@compiled
def _measure(points: Any, point: Any, other: Any) -> Any:
    if len(points.lengths) > 0:
        return measured(points.vectors, points.lengths, points.order[point], points.order[other])
    return quick_square(points.vectors, points.order[point], points.order[other])


@compiled
def _enters(nearest: Any, side: Any, point: Any, row: Any, measure: Any) -> Any:
    """Insert a row among the k nearest of a point on one side; return whether it is one of them."""
    measures, rows = nearest.measures[side, point], nearest.rows[side, point]
    last = len(rows) - 1
    if not (measure < measures[last] or (measure == measures[last] and row < rows[last])):
        return False
    insert(rows, measures, row, measure)
    nearest.limits[side, point] = _squared_limit(measures[last], nearest.scale, nearest.cosine)
    return True
