"""The points that can be among the k nearest neighbours of a point in some interval of the lens.

Let y come after x in lens order. An interval that holds both holds all points between them, so y is among the k nearest
neighbours of x in one of them only if fewer than k points between them are nearer to x: the *k-skyband* (Papadias, Tao,
Fu, Seeger 2005) of lens and distance. The same holds to the left. With it, the k nearest neighbours in any interval are
the k nearest of the few candidates that lie in it. Of m points on a side about k (1 + log(m / k)) are candidates, where
lens and distance know nothing of each other.

Each point has to meet the points on either side outwards: then one is a candidate if it is nearer than the k-th of
those met before. Diagonal by diagonal of the matrix of pairs, both points of a pair do so at once, with one product;
and since on one diagonal each list of candidates belongs to one pair of groups, threads work side by side.
"""

from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._exact import Points, measured, points, quick_square
from topoact.mapper.neighbors._jit import compiled
from topoact.mapper.neighbors._layout import WORD, Layout, Places
from topoact.mapper.neighbors._nearest import _between, _limit, _tiles_of
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.neighbors._tiles import Tiles
from topoact.mapper.neighbors._words import DENSE_ROWS, dense_bounds, lowest_bit, sparse_bounds, within
from topoact.mapper.neighbors.memory import CANDIDATE, GATHERING, check_candidates
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.neighbors.nearest import Nearest
from topoact.mapper.protocols import Progress, Rows, Vectors

GROUP: Final = 8
"""Blocks of 64 points that meet others together."""
PIECES: Final = 4
"""Pieces of a diagonal for each thread."""

Entries = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float64]]
"""Lists, candidates and measures, as they were found."""


class Skyband(NamedTuple):
    """Candidates of every point, by place in lens order: to the right of place p list 2 p, to the left list 2 p + 1."""

    starts: Places
    """Where each list starts, shape (2 n_points + 1,)."""
    places: npt.NDArray[np.int32]
    """Places of the candidates, outwards in each list."""
    measures: npt.NDArray[np.float64]
    """Their squared distances; for cosine 1 − cos."""

    def nearest(self, rows: Rows, start: int, stop: int, k: int, metric: Metric) -> Nearest:
        """Return the k nearest neighbours, at least 1, of the points of a range of places among each other.

        Parameters
        ----------
        rows
            Row of each of these places.

        Returns
        -------
        Nearest
            In ascending order of the rows, and numbered so.
        """
        number = np.empty(len(rows), dtype=np.int64)
        number[np.argsort(rows)] = np.arange(len(rows))
        near, measures = np.full((len(rows), k), -1, dtype=np.int64), np.full((len(rows), k), np.inf)
        _select(self.starts, self.places, self.measures, start, stop, number, near, measures)
        return Nearest(near, measures if metric == "cosine" else np.sqrt(measures, out=measures))

    def is_sound(self, layout: Layout) -> bool:
        """Tell whether all candidates are where they can be."""
        n_points = (len(self.starts) - 1) // 2
        if self.starts[0] != 0 or self.starts[-1] != len(self.places) or (np.diff(self.starts) < 0).any():
            return False
        return bool(_outwards(self.starts, self.places, layout.lower * WORD, layout.reach(n_points)))


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

    Memory: `topoact.mapper.neighbors.memory.candidate_bytes`; where candidates turn out to be more, `TooLarge` is
    raised before `limit` is reached.
    """
    tiles = _tiles_of(vectors, order, metric=metric, n_jobs=n_jobs, progress=progress)
    compared = points(vectors, order, np.empty(0), metric)
    return _gathered(_found(compared, tiles, layout, k, limit, n_jobs, progress), len(order))


def _found(
    compared: Points, tiles: Tiles, layout: Layout, k: int, limit: int, n_jobs: int, progress: Progress
) -> list[Entries]:
    """Return the entries of all lists: those of one list outwards."""
    met, upper = _strangers(len(compared.order), k), layout.upper
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
        check_candidates((CANDIDATE + GATHERING) * sum(len(lists) for lists, _, _ in found), limit)
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


@compiled
def _select(
    starts: Any, places: Any, measures: Any, start: Any, stop: Any, number: Any, near: Any, nearest: Any
) -> None:
    """Write the nearest candidates within the places ``start:stop``, from the outermost, which are near, inwards."""
    last = near.shape[1] - 1
    for place in range(start, stop):
        rows, kept = near[number[place - start]], nearest[number[place - start]]
        for side in range(2):
            begin, end = starts[2 * place + side], starts[2 * place + side + 1]
            for entry in range(_until(places, begin, end, side, start, stop) - 1, begin - 1, -1):
                measure = measures[entry]
                if measure > kept[last]:
                    continue
                row = number[places[entry] - start]
                if measure == kept[last] and row > rows[last]:
                    continue
                k = last
                while k > 0 and (measure < kept[k - 1] or (measure == kept[k - 1] and row < rows[k - 1])):
                    rows[k], kept[k] = rows[k - 1], kept[k - 1]
                    k -= 1
                rows[k], kept[k] = row, measure


@compiled
def _until(places: Any, begin: Any, end: Any, side: Any, start: Any, stop: Any) -> Any:
    """Return one past the last entry of a list that lies in the range ``start:stop``."""
    while begin < end:
        middle = (begin + end) // 2
        if places[middle] < stop if side == 0 else places[middle] >= start:
            begin = middle + 1
        else:
            end = middle
    return begin


@compiled
def _outwards(starts: Any, places: Any, lowest: Any, reach: Any) -> Any:
    """Tell whether each list runs outwards from its point and stays within what the point sees."""
    for place in range(len(reach)):
        before = place
        for entry in range(starts[2 * place], starts[2 * place + 1]):
            if not before < places[entry] < reach[place]:
                return False
            before = places[entry]
        before = place
        for entry in range(starts[2 * place + 1], starts[2 * place + 2]):
            if not before > places[entry] >= lowest[place >> 6]:
                return False
            before = places[entry]
    return True
