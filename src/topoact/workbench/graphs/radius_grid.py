"""The radii that one index answers, so that ε can be turned as quickly as the other knobs."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from topoact.mapper import DistanceCurve

MOST: Final = 31
"""Radii of a ladder: what five bits can count."""
ELBOWS: Final = 20
"""The elbows of minPts up to here are among them, for with the rule "elbow" minPts turns ε as well."""
LOWEST, HIGHEST = 0.05, 0.97
"""Shares of points between which the rest of them lie."""


def radius_grid(eps: float, curves: Sequence[DistanceCurve], min_samples: int) -> list[float]:
    """Return radii around the one in use, ascending.

    Parameters
    ----------
    eps
        The radius in use; it is one of them.
    curves
        Distance curves of the first, second, … neighbour.
    min_samples
        Neighbour whose curve's quantiles are the other radii.

    Returns
    -------
    list of float
        At most `MOST` positive numbers: `eps`, the elbows of the first `ELBOWS` curves, and evenly spaced quantiles.
    """
    radii = {eps, *(curve.elbow for curve in curves[:ELBOWS])}
    shares = np.linspace(LOWEST, HIGHEST, MOST - len(radii))
    radii.update(curves[min_samples - 1].quantile(share) for share in shares)
    return sorted(radius for radius in radii if radius > 0)
