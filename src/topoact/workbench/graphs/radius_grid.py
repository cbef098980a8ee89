"""`radius_grid`: the radii of a `NeighborIndex`, so that graphs of other ε need no further distances."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from topoact.mapper import DistanceCurve

MAX_RADII: Final = 31
"""Radii of an index: five bits count them."""
N_ELBOWS: Final = 20
"""Distance curves whose elbows are among the radii: with the rule "elbow", another minPts means another ε."""
MIN_SHARE, MAX_SHARE = 0.05, 0.97
"""Shares of points between which the quantiles lie."""


def radius_grid(eps: float, curves: Sequence[DistanceCurve], min_samples: int) -> list[float]:
    """Return radii around the one in use, ascending.

    Parameters
    ----------
    eps
        The radius in use, in units of the distance; it is one of the radii.
    curves
        Distance curves of the first, second, … neighbour.
    min_samples
        Number of the neighbour from whose curve the quantiles are taken, from 1.

    Returns
    -------
    list of float
        At most `MAX_RADII` positive numbers: `eps`, the elbows of the first `N_ELBOWS` curves, and quantiles at even
        steps.
    """
    radii = {eps, *(curve.elbow for curve in curves[:N_ELBOWS])}
    shares = np.linspace(MIN_SHARE, MAX_SHARE, MAX_RADII - len(radii))
    radii.update(curves[min_samples - 1].quantile(share) for share in shares)
    return sorted(radius for radius in radii if radius > 0)
