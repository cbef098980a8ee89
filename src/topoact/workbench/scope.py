"""What one index is made for: all radii and all widths of interval that there is room for.

An interval of a cover is a range of the points in lens order. Covers of equal intervals need the pairs of points whose
lens values lie less than an interval apart; balanced covers those whose ranks do, which a cover of many wide intervals,
each a little farther along than the last, has all.
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.mapper import Cover, Intervals, QuantileCover, UniformCover, available_memory, widest_interval

ROOM: Final = 768 * 2**20
"""Bytes up to which an index serves wider intervals than the graph at hand needs."""
LADDER_ROOM: Final = 2 * 2**30
"""Bytes up to which an index has a ladder of radii."""
STEPS: Final = 40
"""Into so many steps the width of an interval is divided."""

LensValues = npt.NDArray[np.float64]


def scope(lens: LensValues, cover: Cover, radii: list[float], eps: float) -> dict[str, Any]:
    """Return the keywords of a `NeighborIndex` that serves a cover, and wider intervals where there is room.

    Parameters
    ----------
    lens
        Shape (n_points,).
    cover
        The cover that it must serve.
    radii
        The radii that it has unless they take too much memory.
    eps
        The one that it must have.
    """
    balanced, free = isinstance(cover, QuantileCover), available_memory()
    places = np.arange(len(lens), dtype=np.float64) if balanced else np.sort(lens)
    even = UniformCover(cover.n_intervals, cover.overlap) if isinstance(cover, QuantileCover) else cover
    lower, upper = even.intervals(places)
    needed = float((upper - lower).max() / (places[-1] - places[0]))
    bits = len(radii).bit_length() + 1
    laddered = widest_interval(places, min(LADDER_ROOM, free // 2) // bits) >= min(1.0, needed)
    spare = widest_interval(places, min(ROOM, free // 4) // (bits if laddered else 1))
    share = min(1.0, max(needed, spare))
    width: dict[str, Any] = {"intervals": _along(lens, share)} if balanced else {"max_interval": share}
    return {"eps": radii if laddered else eps, **width}


def _along(lens: LensValues, share: float) -> Intervals:
    """Return intervals in which any range of that share of the points lies."""
    if share >= 1:
        return QuantileCover(1, 0.0).intervals(lens)
    n_intervals = math.ceil(STEPS / share)
    return QuantileCover(n_intervals, 1 - 1 / (n_intervals * share * (1 + 2 / STEPS))).intervals(lens)
