"""`Skyband`: the points that can be among the k nearest neighbours of a point in some interval of the lens.

Let y come after x in lens order. An interval that holds both holds all points between them, so y is among the k nearest
neighbours of x in one of them only if fewer than k points between them are nearer to x: the *k-skyband* (Papadias, Tao,
Fu, Seeger 2005) of lens and distance. The same holds to the left. With it, the k nearest neighbours in any
interval are the k nearest of the few candidates in that interval. Of m points on a side about k (1 + log(m / k)) are
candidates, where lens and distance are independent. `candidates` finds them.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._layout import WORD, Indices, Layout
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import Nearest, Rows

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

    def is_sound(self, layout: Layout, metric: Metric) -> bool:
        """Return whether each list runs outwards from its point, within what the point sees, and has measures."""
        n_points = (len(self.starts) - 1) // 2
        if self.starts[0] != 0 or self.starts[-1] != len(self.places) or (np.diff(self.starts) < 0).any():
            return False
        if not (self.measures >= (-ROUNDING if metric == "cosine" else 0.0)).all():
            return False
        return bool(_outwards(self.starts, self.places, layout.lower * WORD, layout.reach(n_points)))


@compiled
def _select(skyband: Any, start: Any, stop: Any, number: Any, rows: Any, measures: Any) -> None:
    """Write the nearest candidates within ``start:stop``, from the outermost, which are near, inwards."""
    last = rows.shape[1] - 1
    for position in range(start, stop):
        own_rows, own_measures = rows[number[position - start]], measures[number[position - start]]
        for side in range(2):
            begin, end = skyband.starts[2 * position + side], skyband.starts[2 * position + side + 1]
            for entry in range(_until(skyband.places, begin, end, side, start, stop) - 1, begin - 1, -1):
                measure = skyband.measures[entry]
                if measure > own_measures[last]:
                    continue
                row = number[skyband.places[entry] - start]
                if measure == own_measures[last] and row > own_rows[last]:
                    continue
                insert(own_rows, own_measures, row, measure)


@compiled
def insert(rows: Any, measures: Any, row: Any, measure: Any) -> None:
    """Put a candidate in its place among the nearest so far, of which the last is dropped."""
    k = len(rows) - 1
    while k > 0 and (measure < measures[k - 1] or (measure == measures[k - 1] and row < rows[k - 1])):
        rows[k], measures[k] = rows[k - 1], measures[k - 1]
        k -= 1
    rows[k], measures[k] = row, measure


@compiled
def _until(positions: Any, begin: Any, end: Any, side: Any, start: Any, stop: Any) -> Any:
    """Return one past the last entry of a list that lies in the range ``start:stop``."""
    while begin < end:
        middle = (begin + end) // 2
        if positions[middle] < stop if side == 0 else positions[middle] >= start:
            begin = middle + 1
        else:
            end = middle
    return begin


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
