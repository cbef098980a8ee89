"""How the candidates of a `Skyband` are found, with one product for each pair of points.

Each point has to meet the points on either side outwards: then one is a candidate if it is nearer than the k-th of
those met before. Diagonal by diagonal of the matrix of pairs, both points of a pair do so at once; and since on one
diagonal each list of candidates belongs to one pair of groups, threads work side by side.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.float64 import measured, points, quick_square
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.nearest import _between, _limit, _tiles_of
from topoact.mapper.neighbors._kernels.simd_f32 import (
    DENSE_ROWS,
    dense_bounds,
    lowest_bit,
    sparse_bounds,
    within,
)
from topoact.mapper.neighbors._kernels.skyband import Skyband
from topoact.mapper.neighbors._layout import WORD, Layout
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.neighbors.memory import check_candidates, n_candidates, working_bytes
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import Progress, Rows, Vectors

GROUP: Final = 8
"""Blocks of 64 points that meet others together."""
PIECES: Final = 4
"""Pieces of a diagonal for each thread."""

Entries = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float64]]
"""Lists, candidates and measures, as they were found."""


class Met(NamedTuple):
    """The k nearest of those that each point has met, to the right (0) and to the left (1)."""

    measures: npt.NDArray[np.float64]
    """Shape (2, n_points, k), ascending."""
    rows: npt.NDArray[np.int32]
    limits: npt.NDArray[np.float32]
    """Squared distance in the tiles up to which another can be nearer than the last of them; shape (2, n_padded)."""


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
    check = partial(check_candidates, working=working, limit=limit)
    how: dict[str, Any] = {"metric": metric, "n_jobs": n_jobs, "progress": progress}
    return _gathered(_found(vectors, order, layout, k, check, **how), len(order))


def _found(
    vectors: Vectors,
    order: Rows,
    layout: Layout,
    k: int,
    check: Callable[[int], None],
    *,
    metric: Metric,
    n_jobs: int,
    progress: Progress,
) -> list[Entries]:
    """Return the entries of all lists, those of one list outwards; `check` is told how many there are."""
    tiles = _tiles_of(vectors, order, metric=metric, n_jobs=n_jobs, progress=progress)
    compared = points(vectors, order, np.empty(0), metric)
    met, upper = _strangers(len(order), k), layout.upper
    n_groups = -(-len(upper) // GROUP)
    reach = -(-upper[np.minimum(np.arange(1, n_groups + 1) * GROUP, len(upper)) - 1] // GROUP) - np.arange(n_groups)
    found: list[Entries] = []
    for distance in range(reach.max()):
        n_pairs = n_groups - distance
        step = -(-n_pairs // (PIECES * n_jobs))

        def meet(first: int, last: int, distance: int = distance) -> Entries:
            entries: Entries = _diagonal(compared, tiles, tiles.sparse, upper, met, GROUP, distance, first, last)
            return entries

        def told(stage: str, done: int, total: int, distance: int = distance) -> None:
            progress(stage, distance * 100 + done * 100 // total, int(reach.max()) * 100)

        pieces = [partial(meet, first, min(n_pairs, first + step)) for first in range(0, n_pairs, step)]
        found += side_by_side(lambda piece: piece(), pieces, n_jobs=n_jobs, stage="finding neighbours", progress=told)
        check(sum(len(lists) for lists, _, _ in found))
    return found


def _strangers(n_points: int, k: int) -> Met:
    n_padded = -(-n_points // WORD) * WORD
    return Met(
        np.full((2, n_points, k), np.inf),
        np.full((2, n_points, k), -1, dtype=np.int32),
        np.full((2, n_padded), np.inf, dtype=np.float32),
    )


def _gathered(found: list[Entries], n_points: int) -> Skyband:
    """Sort what was found into lists, each in the order in which it was found; `found` is emptied."""
    counts = np.zeros(2 * n_points, dtype=np.int64)
    for lists, _, _ in found:
        counts += np.bincount(lists, minlength=len(counts))
    starts = np.concatenate([[0], np.cumsum(counts)])
    places, measures = np.empty(starts[-1], dtype=np.int32), np.empty(starts[-1])
    cursor = starts[:-1].copy()
    found.reverse()
    while found:
        _file(*found.pop(), cursor, places, measures)
    return Skyband(starts, places, measures)


@compiled
def _file(lists: Any, others: Any, measures: Any, cursor: Any, places: Any, kept: Any) -> None:
    for entry in range(len(lists)):
        into = cursor[lists[entry]]
        places[into], kept[into] = others[entry], measures[entry]
        cursor[lists[entry]] += 1


@compiled
def _diagonal(
    points: Any, tiles: Any, sparse: Any, upper: Any, met: Any, size: Any, distance: Any, first: Any, last: Any
) -> Any:
    """Let the groups ``first:last`` meet those that lie `distance` groups to the right of them."""
    lists, others = np.empty(1 << 14, dtype=np.int32), np.empty(1 << 14, dtype=np.int32)
    measures, count = np.empty(1 << 14), 0
    bounds = np.empty((DENSE_ROWS, 2, 64), dtype=np.float32)
    for group in range(first, last):
        for column in range((group + distance) * size, min(len(upper), (group + distance + 1) * size)):
            for block in range(min(column, (group + 1) * size - 1), group * size - 1, -1):
                if column >= upper[block]:
                    break
                if count + 2 * 64 * 64 > len(lists):
                    lists, others, measures = _longer(lists), _longer(others), _longer(measures)
                count = _meet(points, tiles, sparse, met, block, column, bounds, lists, others, measures, count)
    return lists[:count].copy(), others[:count].copy(), measures[:count].copy()


@compiled
def _longer(array: Any) -> Any:
    longer = np.empty(2 * len(array), dtype=array.dtype)
    longer[: len(array)] = array
    return longer


@compiled
def _meet(
    points: Any, tiles: Any, sparse: Any, met: Any, block: Any, column: Any, bounds: Any, lists: Any, others: Any,
    measures: Any, count: Any,
) -> Any:  # fmt: skip
    """Let the points of two blocks meet: those of `column` outwards to the right, those of `block` to the left."""
    n_points = met.measures.shape[1]
    limits = met.limits[1, 64 * column : 64 * column + 64]
    for start in range(64 - DENSE_ROWS, -1, -DENSE_ROWS):
        first = 64 * block + start
        n_rows = min(DENSE_ROWS, n_points - first)
        if n_rows <= 0:
            continue
        if sparse:
            for k in range(n_rows):
                begin, end = tiles.starts[first + k], tiles.starts[first + k + 1]
                sparse_bounds(
                    tiles.values, tiles.channels, begin, end, tiles.tiles, column, tiles.norms, first + k, bounds[k]
                )
        else:
            dense_bounds(tiles.tiles, block, start, column, tiles.norms, bounds)
        for k in range(n_rows - 1, -1, -1):
            place = first + k
            allowed = _between(place + 1, n_points, column)
            _certain, right = within(bounds[k], met.limits[0, place])
            _certain, left = within(bounds[k], limits)
            right, left = right & allowed, left & allowed
            some = right | left
            while some:
                bit = lowest_bit(some)
                some &= some - np.uint64(1)
                other, one = 64 * column + bit, np.uint64(1) << np.uint64(bit)
                measure = _measure(points, place, other)
                if right & one and _enters(points, tiles.scale, met, 0, place, other, measure):
                    lists[count], others[count], measures[count] = 2 * place, other, measure
                    count += 1
                if left & one and _enters(points, tiles.scale, met, 1, other, place, measure):
                    lists[count], others[count], measures[count] = 2 * other + 1, place, measure
                    count += 1
    return count


@compiled
def _measure(points: Any, place: Any, other: Any) -> Any:
    if len(points.lengths) > 0:
        return measured(points.vectors, points.lengths, points.order[place], points.order[other])
    return quick_square(points.vectors, points.order[place], points.order[other])


@compiled
def _enters(points: Any, scale: Any, met: Any, side: Any, place: Any, other: Any, measure: Any) -> Any:
    """Insert a point among the k nearest that another has met on a side; return whether it is one of them."""
    measures, rows, row = met.measures[side, place], met.rows[side, place], points.order[other]
    last = len(rows) - 1
    if not (measure < measures[last] or (measure == measures[last] and row < rows[last])):
        return False
    k = last
    while k > 0 and (measure < measures[k - 1] or (measure == measures[k - 1] and row < rows[k - 1])):
        rows[k], measures[k] = rows[k - 1], measures[k - 1]
        k -= 1
    rows[k], measures[k] = row, measure
    met.limits[side, place] = _limit(measures[last], scale, len(points.lengths) > 0)
    return True
