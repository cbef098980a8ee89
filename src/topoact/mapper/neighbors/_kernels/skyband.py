"""`Skyband`: the points that can be among the k nearest neighbours of a point in some interval of the lens.

Let y come after x in lens order. An interval that holds both holds all points between them, so y is among the k nearest
neighbours of x in one of them only if fewer than k points between them are nearer to x: the *k-skyband* (Papadias, Tao,
Fu, Seeger 2005) of lens and distance. The same holds to the left. With it, the k nearest neighbours in any
interval are the k nearest of the few candidates in that interval. Of m points on a side about k (1 + log(m / k)) are
candidates, where lens and distance are independent. `candidates` finds them. They are sorted by distance once, so that
the nearest in an interval are read off.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._layout import WORD, Indices, Layout
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import Nearest, Rows, no_progress

TASKS_PER_THREAD: Final = 8
MAX_SHORT: Final = np.iinfo(np.uint16).max
"""Candidates of a point up to which their ranks take two bytes."""
ROUNDING: Final = 1e-6
"""By how much a measure may be negative: 1 − cos is rounded."""


class Skyband(NamedTuple):
    """Candidates of every point: list 2 p holds those to the right of position p, list 2 p + 1 those to the left."""

    starts: Indices
    """Where each list starts, shape (2 n_points + 1,)."""
    places: npt.NDArray[np.int32]
    """Indices of the candidates, outwards in each list."""
    measures: npt.NDArray[np.float64]
    """Their squared distances; for cosine 1 − cos."""
    ranks: npt.NDArray[Any]
    """The candidates of each point from the nearest on, numbered from the first in its two lists."""

    def nearest(self, rows: Rows, start: int, stop: int, k: int, metric: Metric) -> Nearest:
        """Return the k nearest neighbours, at least 1, of the points of a range of positions among each other.

        Parameters
        ----------
        rows
            Row of each of these positions.
        start, stop
            The range of positions in lens order.
        k
            How many neighbours.
        metric
            Of the measures.

        Returns
        -------
        Nearest
            In ascending order of the rows, and numbered so.
        """
        number = np.empty(len(rows), dtype=np.int64)
        number[np.argsort(rows)] = np.arange(len(rows))
        near, measures = np.full((len(rows), k), -1, dtype=np.int64), np.full((len(rows), k), np.inf)
        _select(self, start, stop, number, near, measures)
        return Nearest(near, measures if metric == "cosine" else np.sqrt(measures, out=measures))


def checked_skyband(
    starts: Indices,
    places: npt.NDArray[np.int32],
    measures: npt.NDArray[np.float64],
    ranks: npt.NDArray[Any] | None,
    order: Rows,
    layout: Layout,
    metric: Metric,
    n_jobs: int,
) -> Skyband:
    """Return stored candidates, with their ranks also where they were stored without.

    Raises
    ------
    InvalidInput
        If they are damaged.
    """
    if not _are_sound(starts, places, measures, layout, metric):
        raise InvalidInput("the candidates of this neighbour index are damaged: build it again")
    if ranks is None:
        ranks = ranked(starts, places, measures, order, n_jobs)
    elif not _are_ranks(ranks, starts, measures):
        raise InvalidInput("the array 'ranks' of this neighbour index is damaged: build it again")
    return Skyband(starts, places, measures, ranks)


def _are_sound(
    starts: Indices, places: npt.NDArray[np.int32], measures: npt.NDArray[np.float64], layout: Layout, metric: Metric
) -> bool:
    """Return whether each list runs outwards from its point, within what the point sees, and has measures."""
    n_points = (len(starts) - 1) // 2
    if starts[0] != 0 or starts[-1] != len(places) or (np.diff(starts) < 0).any():
        return False
    if not (measures >= (-ROUNDING if metric == "cosine" else 0.0)).all():
        return False
    return bool(_outwards(starts, places, layout.lower * WORD, layout.reach(n_points)))


def _are_ranks(ranks: npt.NDArray[Any], starts: Indices, measures: npt.NDArray[np.float64]) -> bool:
    """Return whether ranks, of lists that are sound, name the candidates of each point by ascending measure."""
    fit = ranks.dtype in (np.uint16, np.uint32) and ranks.shape == measures.shape and ranks.flags.c_contiguous
    return fit and bool(_in_rank(starts, measures, ranks))


def ranked(
    starts: Indices, places: npt.NDArray[np.int32], measures: npt.NDArray[np.float64], order: Rows, n_jobs: int
) -> npt.NDArray[Any]:
    """Return the ranks of a `Skyband`, given the row at each position."""
    n_points = len(order)
    longest = int((starts[2::2] - starts[:-2:2]).max(initial=0))
    ranks = np.empty(len(places), dtype=np.uint16 if longest <= MAX_SHORT else np.uint32)
    step = max(1, n_points // (TASKS_PER_THREAD * n_jobs))

    def rank_some(first: int) -> None:
        _rank(starts, places, measures, order, first, min(n_points, first + step), ranks)

    firsts = range(0, n_points, step)
    side_by_side(rank_some, firsts, n_jobs=n_jobs, stage="sorting neighbours", progress=no_progress)
    return ranks


@compiled
def _rank(starts: Any, places: Any, measures: Any, order: Any, first: Any, last: Any, ranks: Any) -> None:
    """Write the ranks of the candidates of some points: by measure, of equal ones by row."""
    for point in range(first, last):
        begin, end = starts[2 * point], starts[2 * point + 2]
        own = measures[begin:end]
        by_measure = np.argsort(own)
        for rank in range(1, len(own)):
            if own[by_measure[rank]] == own[by_measure[rank - 1]]:
                by_row = np.argsort(order[places[begin:end]])
                by_measure = by_row[np.argsort(own[by_row], kind="mergesort")]
                break
        ranks[begin:end] = by_measure


@compiled
def _select(skyband: Any, start: Any, stop: Any, number: Any, rows: Any, measures: Any) -> None:
    """Write the nearest candidates within ``start:stop``: the first ones by rank that lie there."""
    starts, places, all_measures, ranks = skyband
    k = rows.shape[1]
    for position in range(start, stop):
        own_rows, own_measures = rows[number[position - start]], measures[number[position - start]]
        begin, count = starts[2 * position], 0
        for entry in range(begin, starts[2 * position + 2]):
            candidate = begin + ranks[entry]
            place = places[candidate]
            if start <= place < stop:
                own_rows[count], own_measures[count] = number[place - start], all_measures[candidate]
                count += 1
                if count == k:
                    break


@compiled
def insert(rows: Any, measures: Any, row: Any, measure: Any) -> None:
    """Put a candidate in its place among the nearest so far, of which the last is dropped."""
    k = len(rows) - 1
    while k > 0 and (measure < measures[k - 1] or (measure == measures[k - 1] and row < rows[k - 1])):
        rows[k], measures[k] = rows[k - 1], measures[k - 1]
        k -= 1
    rows[k], measures[k] = row, measure


@compiled
def _in_rank(starts: Any, measures: Any, ranks: Any) -> Any:
    """Return whether the ranks of each point name each of its candidates once, in ascending order of the measures."""
    seen = np.zeros(len(ranks), dtype=np.bool_)
    for point in range(len(starts) // 2):
        begin, end = starts[2 * point], starts[2 * point + 2]
        previous = -np.inf
        for entry in range(begin, end):
            if ranks[entry] >= end - begin:
                return False
            candidate = begin + ranks[entry]
            if seen[candidate] or not measures[candidate] >= previous:
                return False
            seen[candidate] = True
            previous = measures[candidate]
    return True


@compiled
def _outwards(starts: Any, positions: Any, lowest: Any, reach: Any) -> Any:
    """Return whether each list runs outwards from its point and stays within what the point sees."""
    for position in range(len(reach)):
        previous = position
        for entry in range(starts[2 * position], starts[2 * position + 1]):
            if not previous < positions[entry] < reach[position]:
                return False
            previous = positions[entry]
        previous = position
        for entry in range(starts[2 * position + 1], starts[2 * position + 2]):
            if not previous > positions[entry] >= lowest[position >> 6]:
                return False
            previous = positions[entry]
    return True
