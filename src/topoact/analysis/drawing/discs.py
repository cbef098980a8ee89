"""Discs of nodes in columns: `disc_radii` says how large each is, `free_place` where one more has room."""

from typing import Final

import numpy as np
import numpy.typing as npt

MAX_RADIUS: Final = 0.47
"""Radius of the largest disc, where columns are at least 1 apart: discs of two columns do not touch."""
MIN_RADIUS: Final = 0.12
"""Radius of the smallest disc that has room."""
GAP: Final = 0.18
"""Space between the discs of a column."""
MIN_GAP: Final = 0.02
"""Space between them where nodes are larger than when they were placed."""

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


def disc_radii(sizes: npt.ArrayLike, largest: float) -> Floats:
    """Return the radius of discs whose areas grow with the sizes of nodes, up to the largest disc for `largest`."""
    share = np.asarray(sizes, dtype=np.float64) / max(largest, 1)
    return np.clip(MAX_RADIUS * np.sqrt(share), MIN_RADIUS, MAX_RADIUS)


def fitted(column: npt.NDArray[np.generic], height: Floats, radius: Floats) -> Floats:
    """Return radii that are no larger than `radius`, and smaller where discs of a column would touch."""
    order = np.lexsort((height, column))
    along, wanted = column[order], radius[order]
    room = np.where(along[1:] == along[:-1], np.diff(height[order]) - MIN_GAP, np.inf)
    part = np.clip(room / (wanted[1:] + wanted[:-1]), 0, 1)
    result = np.empty_like(radius)
    result[order] = wanted * np.minimum(np.append(part, 1), np.append(1, part))
    return np.floor(result * 1e4) / 1e4


def free_place(wanted: float, radius: float, heights: Floats, radii: Floats) -> float:
    """Return the height nearest to `wanted` at which a disc has room between those of its column, of equals the lower.

    Parameters
    ----------
    wanted, radius
        Height at which the disc is to be, and its radius.
    heights, radii
        Of the discs that are there.
    """
    room = radii + radius + GAP
    places = np.concatenate([[wanted], heights - room, heights + room])
    is_free = (np.abs(places[:, None] - heights) >= room - 1e-9).all(axis=1)
    away = np.where(is_free, np.abs(places - wanted), np.inf)
    return float(places[np.lexsort((places, away))[0]])
