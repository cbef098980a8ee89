"""`PLACEMENTS`: the ends of the intervals of uniform covers by the conventions of several libraries.

With n intervals, overlap p and lens range R there are two families. In the first the centres are R/n apart, the outer
ones half of that from the ends of the range, and each interval is R / (n (1 − p)) long. The second fills the range
exactly with intervals of R / (n − (n − 1) p). An end that does not belong to its interval lies at the next number
inwards. Operations have the order of each library, so that the ends are rounded alike.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

TOLERANCE: Final = 1e-9
"""Length that zen-mapper adds to its intervals."""

Ends = npt.NDArray[np.float64]


def _around(low: float, high: float, n: int, overlap: float) -> tuple[Ends, Ends]:
    half_spacing, radius = (high - low) / n / 2, (high - low) / (2 * n * (1 - overlap))
    centres = np.linspace(low + half_spacing, high - half_spacing, n)
    return centres - radius, centres + radius


def _kepler_mapper(low: float, high: float, n: int, overlap: float) -> tuple[Ends, Ends]:
    return _closed(*_around(low, high, n, overlap))


def _tda_mapper(low: float, high: float, n: int, overlap: float) -> tuple[Ends, Ends]:
    return _open(*_around(low, high, n, overlap))


def _gudhi(low: float, high: float, n: int, overlap: float) -> tuple[Ends, Ends]:
    ends, spacing = np.linspace(low, np.nextafter(high, np.inf), n + 1, retstep=True)
    margin = overlap * spacing / (2 - 2 * overlap)
    lower, upper = np.maximum(ends[:-1] - margin, low), np.minimum(ends[1:] + margin, np.nextafter(high, np.inf))
    return _closed(lower, upper) if overlap >= 0.5 else _tiled(lower, np.nextafter(upper, -np.inf))


def _giotto_tda(low: float, high: float, n: int, overlap: float) -> tuple[Ends, Ends]:
    length = (high - low) / (n - (n - 1) * overlap)
    lower = np.linspace(low, low + (n - 1) * (1 - overlap) * length, n)
    return _open(lower, lower + length)


def _zen_mapper(low: float, high: float, n: int, overlap: float) -> tuple[Ends, Ends]:
    length = (high - low) / (n - (n - 1) * overlap)
    centres = np.linspace(low + length / 2, high - length / 2, n)
    return _closed(centres - (length + TOLERANCE) / 2, centres + (length + TOLERANCE) / 2)


def _closed(lower: Ends, upper: Ends) -> tuple[Ends, Ends]:
    """Let no interval begin after the end of the one before, which rounding could cause where two touch."""
    lower[1:] = np.minimum(lower[1:], upper[:-1])
    return lower, upper


def _open(lower: Ends, upper: Ends) -> tuple[Ends, Ends]:
    return _tiled(np.nextafter(lower, np.inf), np.nextafter(upper, -np.inf))


def _tiled(lower: Ends, upper: Ends) -> tuple[Ends, Ends]:
    """Let every interval begin at most one number after the end of the one before, so that no value is in neither."""
    lower[1:] = np.minimum(lower[1:], np.nextafter(upper[:-1], np.inf))
    return lower, upper


PLACEMENTS: Final[dict[str, Callable[[float, float, int, float], tuple[Ends, Ends]]]] = {
    "kepler-mapper": _kepler_mapper,
    "giotto-tda": _giotto_tda,
    "tda-mapper": _tda_mapper,
    "gudhi": _gudhi,
    "zen-mapper": _zen_mapper,
}
"""Functions from the ends of the lens range, the number of intervals and the overlap to lower and upper ends."""
CONVENTIONS: Final = tuple(PLACEMENTS)
"""Conventions of a `UniformCover`; the first is the default."""
