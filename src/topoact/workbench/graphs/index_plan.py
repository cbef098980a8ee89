"""Which radii and widths of intervals an index serves: `index_plan` by memory, `mode_index_plan` by time.

An interval of a cover is a range of the points in lens order. Covers of equal intervals need the pairs of points whose
lens values differ by less than the length of an interval. Balanced covers need the pairs whose ranks do: those of a
cover of many wide intervals, each beginning a little after the one before.
"""

import math
from typing import Final, TypedDict

import numpy as np
import numpy.typing as npt

from topoact.mapper import Cover, Intervals, QuantileCover, UniformCover, available_memory, widest_interval

MAX_WIDENED_BYTES: Final = 768 * 2**20
"""Bytes up to which an index serves wider intervals than the cover has."""
MAX_GRID_BYTES: Final = 2 * 2**30
"""Bytes up to which an index has several radii."""
MODE_WIDENING: Final = 1.5
"""Widest intervals that an index of modes serves, over those of the cover; the time to build it grows with them."""
STEPS_PER_WIDTH: Final = 40
"""Starts of consecutive intervals within the width of one interval."""

LensValues = npt.NDArray[np.float64]


class IndexWidth(TypedDict, total=False):
    """The widest intervals that an index serves, as keywords: one of the two."""

    intervals: Intervals
    max_interval: float


class IndexPlan(IndexWidth):
    """Keywords of a `NeighborIndex`."""

    eps: float | list[float]


def index_plan(lens: LensValues, cover: Cover, radii: list[float], eps: float) -> IndexPlan:
    """Return the keywords of a `NeighborIndex` that serves a cover, and wider intervals if memory allows.

    Parameters
    ----------
    lens
        Lens values, shape (n_points,).
    cover
        The cover that the index must serve.
    radii
        The radii of the index unless they take too much memory, in units of the distance.
    eps
        The radius that it must have.
    """
    is_balanced, free = isinstance(cover, QuantileCover), available_memory()
    positions, width = _positions_and_width(lens, cover)
    bits_per_pair = len(radii).bit_length() + 1
    grid_width = widest_interval(positions, min(MAX_GRID_BYTES, free // 2) // bits_per_pair)
    has_grid = grid_width >= min(1.0, width)
    spare_width = widest_interval(positions, min(MAX_WIDENED_BYTES, free // 4) // (bits_per_pair if has_grid else 1))
    served = min(1.0, max(width, spare_width))
    radii_or_one = radii if has_grid else eps
    if is_balanced:
        return {"eps": radii_or_one, "intervals": _sliding_intervals(lens, served, QuantileCover)}
    return {"eps": radii_or_one, "max_interval": served}


def mode_index_plan(lens: LensValues, cover: Cover) -> IndexWidth:
    """Return the keywords of a `ModeIndex` that serves a cover, and intervals `MODE_WIDENING` times as wide."""
    width = min(1.0, MODE_WIDENING * _positions_and_width(lens, cover)[1])
    kind = QuantileCover if isinstance(cover, QuantileCover) else UniformCover
    return {"intervals": _sliding_intervals(lens, width, kind)}


def _positions_and_width(lens: LensValues, cover: Cover) -> tuple[LensValues, float]:
    """Return the sorted positions of points along a cover and the width of its widest interval.

    Positions are ranks for balanced covers, else lens values. The width is a share of their range.
    """
    positions = np.sort(lens)
    if isinstance(cover, QuantileCover):
        positions, cover = np.arange(len(lens), dtype=np.float64), UniformCover(cover.n_intervals, cover.overlap)
    lower, upper = cover.intervals(positions)
    return positions, float((upper - lower).max() / (positions[-1] - positions[0]))


def _sliding_intervals(lens: LensValues, width: float, kind: type[UniformCover] | type[QuantileCover]) -> Intervals:
    """Return intervals of which one holds any range of that width, a share of the points or of the lens range."""
    if width >= 1:
        return kind(1, 0.0).intervals(lens)
    n_intervals = math.ceil(STEPS_PER_WIDTH / width)
    overlap = 1 - 1 / (n_intervals * width * (1 + 2 / STEPS_PER_WIDTH))
    return kind(n_intervals, overlap).intervals(lens)
