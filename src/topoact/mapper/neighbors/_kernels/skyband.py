"""The points that can be among the k nearest neighbours of a point in some interval of the lens.

Let y come after x in lens order. An interval that holds both holds all points between them, so y is among the k nearest
neighbours of x in one of them only if fewer than k points between them are nearer to x: the *k-skyband* (Papadias, Tao,
Fu, Seeger 2005) of lens and distance. The same holds to the left. With it, the k nearest neighbours in any interval are
the k nearest of the few candidates that lie in it. Of m points on a side about k (1 + log(m / k)) are candidates, where
lens and distance know nothing of each other. `_candidates` finds them.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._layout import WORD, Layout, Places
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import Nearest, Rows


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
