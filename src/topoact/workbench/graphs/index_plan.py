"""What one index is made for: all radii and all widths of interval that there is room, or time, for.

An interval of a cover is a range of the points in lens order. Covers of equal intervals need the pairs of points whose
lens values lie less than an interval apart; balanced covers those whose ranks do, which a cover of many wide intervals,
each a little farther along than the last, has all.
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.mapper import (
    Cover,
    Intervals,
    QuantileCover,
    UniformCover,
    available_memory,
    widest_interval,
)

ROOM: Final = 768 * 2**20
"""Bytes up to which an index serves wider intervals than the graph at hand needs."""
LADDER_ROOM: Final = 2 * 2**30
"""Bytes up to which an index has a ladder of radii."""
WIDER: Final = 1.5
"""How much wider than needed the intervals are that an index of modes serves: its time grows with them."""
STEPS: Final = 40
"""Into so many steps the width of an interval is divided."""

LensValues = npt.NDArray[np.float64]


def index_plan(lens: LensValues, cover: Cover, radii: list[float], eps: float) -> dict[str, Any]:
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
    places, needed = _needed(lens, cover)
    bits = len(radii).bit_length() + 1
    laddered = widest_interval(places, min(LADDER_ROOM, free // 2) // bits) >= min(1.0, needed)
    spare = widest_interval(places, min(ROOM, free // 4) // (bits if laddered else 1))
    share = min(1.0, max(needed, spare))
    width: dict[str, Any] = {"intervals": _along(lens, share, QuantileCover)} if balanced else {"max_interval": share}
    return {"eps": radii if laddered else eps, **width}


def wider(lens: LensValues, cover: Cover) -> dict[str, Any]:
    """Return the keywords of a `ModeIndex` that serves a cover, and intervals that are half as wide again."""
    share = min(1.0, WIDER * _needed(lens, cover)[1])
    kind = QuantileCover if isinstance(cover, QuantileCover) else UniformCover
    return {"intervals": _along(lens, share, kind)}


def _needed(lens: LensValues, cover: Cover) -> tuple[LensValues, float]:
    """Return where points lie along a cover, by rank in balanced ones, and the share that its widest interval takes."""
    places = np.sort(lens)
    if isinstance(cover, QuantileCover):
        places, cover = np.arange(len(lens), dtype=np.float64), UniformCover(cover.n_intervals, cover.overlap)
    lower, upper = cover.intervals(places)
    return places, float((upper - lower).max() / (places[-1] - places[0]))


def _along(lens: LensValues, share: float, kind: type[UniformCover] | type[QuantileCover]) -> Intervals:
    """Return intervals in which any range of that share lies: of the points, or for equal ones of the lens range."""
    if share >= 1:
        return kind(1, 0.0).intervals(lens)
    n_intervals = math.ceil(STEPS / share)
    return kind(n_intervals, 1 - 1 / (n_intervals * share * (1 + 2 / STEPS))).intervals(lens)
