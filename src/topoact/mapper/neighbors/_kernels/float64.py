"""Exact comparison of a pair of points in float64, for pairs that float32 cannot decide: `reaching`, `measured`.

Euclidean: neighbours are pairs whose squared differences, summed channel by channel, do not exceed ``eps * eps``.
scikit-learn's k-d tree (up to 15 channels) compares exactly this; above, its brute-force search expands the square and
rounds otherwise, so that a pair within about 1e-15 (|x|² + |y|²) of ε² may fall on the other side there.

Cosine: neighbours are pairs for which 1 minus the sum, channel by channel, of the products of coordinates divided by
the vectors' lengths does not exceed ε. scikit-learn sums these products in the order of its matrix library, so that a
pair within about 1e-15 of ε may fall on the other side. A zero vector is at distance 1 from all other points and 0 from
itself (scikit-learn's distance of a point to itself is 0 or not by how it cuts its blocks).

This sum is the *measure* of a pair. One that is not within rounding of a threshold may be summed in any order.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.jit import compiled, reordering
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import Rows, Vectors

ROUNDING: Final = 1e-15
"""Nine times the rounding of float64, for each term of a sum."""
MIN_PRODUCT: Final = 1e-290
"""Below this, products lose digits to underflow."""

Floats = npt.NDArray[np.float64]


class Points(NamedTuple):
    """Points that are compared, and the radii in the units of `measured`."""

    vectors: Vectors
    lengths: Floats
    """Length of each vector, for cosine distances; empty for Euclidean ones."""
    order: Rows
    """Row of each point in lens order."""
    thresholds: Floats
    """The measure of each radius, ascending."""


def points(vectors: Vectors, order: Rows, radii: Floats, metric: Metric) -> Points:
    """Return what `reaching` needs. Memory: 8 bytes per point for cosine distances."""
    cosine = metric == "cosine"
    return Points(vectors, lengths(vectors) if cosine else np.empty(0), order, radii if cosine else radii * radii)


@compiled
def lengths(vectors: Any) -> Any:
    """Return the length of each vector, summed channel by channel; nothing overflows on the way."""
    result = np.empty(len(vectors))
    for row in range(len(vectors)):
        largest, total = 0.0, 0.0
        for channel in range(vectors.shape[1]):
            largest = max(largest, abs(np.float64(vectors[row, channel])))
        unit = 2.0 ** np.floor(np.log2(largest)) if largest > 0 else 1.0
        for channel in range(vectors.shape[1]):
            value = np.float64(vectors[row, channel]) / unit
            total += value * value
        result[row] = np.sqrt(total) * unit
    return result


@compiled
def reaching(points: Any, row: Any, other: Any) -> Any:
    """Return how many thresholds are no smaller than the measure of a pair of rows."""
    cosine = len(points.lengths) > 0
    measure = _quick_cosine(points, row, other) if cosine else quick_square(points.vectors, row, other)
    tolerance = ROUNDING * (points.vectors.shape[1] + 2)
    for threshold in points.thresholds:
        if not abs(measure - threshold) > tolerance * (2.0 if cosine else measure + threshold):
            measure = measured(points.vectors, points.lengths, row, other)
            break
    count = 0
    for threshold in points.thresholds:
        count += measure <= threshold
    return count


@compiled
def measured(vectors: Any, lengths: Any, row: Any, other: Any) -> Any:
    """Return the measure of a pair, summed channel by channel."""
    total = 0.0
    if len(lengths) == 0:
        for channel in range(vectors.shape[1]):
            difference = np.float64(vectors[row, channel]) - np.float64(vectors[other, channel])
            total += difference * difference
        return total
    if row == other:
        return 0.0
    if lengths[row] > 0 and lengths[other] > 0:
        for channel in range(vectors.shape[1]):
            unit = np.float64(vectors[row, channel]) / lengths[row]
            total += unit * (np.float64(vectors[other, channel]) / lengths[other])
    return min(2.0, max(0.0, 1.0 - total))


@compiled
def _quick_cosine(points: Any, row: Any, other: Any) -> Any:
    if row == other:
        return 0.0
    size = points.lengths[row] * points.lengths[other]
    return 1.0 - quick_product(points.vectors, row, other) / size if MIN_PRODUCT < size < np.inf else np.nan


@reordering
def quick_square(vectors: Any, row: Any, other: Any) -> Any:
    """Return the squared distance of a pair, summed in any order."""
    total = 0.0
    for channel in range(vectors.shape[1]):
        difference = np.float64(vectors[row, channel]) - np.float64(vectors[other, channel])
        total += difference * difference
    return total


@reordering
def quick_product(vectors: Any, row: Any, other: Any) -> Any:
    """Return the scalar product of a pair, summed in any order."""
    total = 0.0
    for channel in range(vectors.shape[1]):
        total += np.float64(vectors[row, channel]) * np.float64(vectors[other, channel])
    return total
