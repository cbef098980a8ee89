"""Arms that meet at a point, seen from it in a shell of points: `arms_at` and `n_arms`.

A shell has the points between one and two radii from its centre. Directions in which it is crowded are axes of arms. An
arm is thin beside the radius, as crowded near the centre as far from it, and there are few points halfway to another.
"""

from math import cos, pi, sqrt
from typing import Any, Final

import numpy as np
from numba import njit

CONES: Final = np.array([pi / 5, pi / 6, pi / 9])
"""Half the opening of the cone that has the points of an arm; axes are twice as far apart at least."""
THIN: Final = np.array([0.42, 0.34, 0.21])
"""Distance from the axis, root mean square and in radii, that the points of an arm have at most."""
HOLD: Final = 0.35
"""Points in any third of an arm, as a share of those in the most crowded third."""
MIN_POINTS: Final = 10
"""Points of an arm in the shell."""
FAINT: Final = 0.2
"""Points of an arm, as a share of those of the most crowded arm."""
CLEAR: Final = 2.5
"""Standard deviations by which fewer points are halfway to another arm."""
OPPOSITE: Final = -0.85
"""Cosine below which two arms are opposite, and nothing is halfway."""
MAX_SHELL: Final = 400
"""Points of a shell that are looked at, evenly taken."""
MAX_ARMS: Final = 8


@njit(cache=True)
def _shell(points: Any, centre: Any, radius: float) -> tuple[Any, Any]:
    """Return directions and distances of the points from half a radius to two."""
    n_points, n_axes = points.shape
    rows, squares = np.empty(n_points, np.int64), np.empty(n_points)
    n_rows = 0
    for row in range(n_points):
        square = 0.0
        for axis in range(n_axes):
            square += (points[row, axis] - centre[axis]) ** 2
        if radius * radius / 4 <= square < 4 * radius * radius:
            rows[n_rows], squares[n_rows] = row, square
            n_rows += 1
    step = max(1, (n_rows + MAX_SHELL - 1) // MAX_SHELL)
    n_taken = (n_rows + step - 1) // step
    directions, distances = np.empty((n_taken, n_axes)), np.empty(n_taken)
    for number in range(n_taken):
        distances[number] = sqrt(squares[number * step])
        for axis in range(n_axes):
            directions[number, axis] = (points[rows[number * step], axis] - centre[axis]) / distances[number]
    return directions, distances


@njit(cache=True)
def _axis(outer: Any, start: Any, cone: float) -> Any:
    """Return the axis of the crowd around a direction."""
    axis = start.copy()
    for _ in range(2):
        near = outer @ axis >= cone
        total = np.zeros(len(axis))
        for number in np.flatnonzero(near):
            total += outer[number]
        axis = total / sqrt((total * total).sum())
    return axis


@njit(cache=True)
def _is_arm(cosines: Any, distances: Any, radius: float, cone: float, thin: float) -> bool:
    """Return whether the points near an axis are an arm."""
    inside = cosines >= cone
    reach = distances[inside] / radius
    thirds = np.array([(reach < 1).sum(), ((reach >= 1) & (reach < 1.5)).sum(), (reach >= 1.5).sum()])
    beyond = reach >= 1
    if beyond.sum() < MIN_POINTS or thirds.min() < HOLD * thirds.max():
        return False
    off = (reach[beyond] ** 2 * (1 - cosines[inside][beyond] ** 2)).mean()
    return off <= thin * thin


@njit(cache=True)
def _is_apart(axis: Any, others: Any, outer: Any, cone: float) -> bool:
    """Return whether there are few points halfway from an axis to each other one."""
    narrow, apart = cos(cone / 2), cos(2 * cone)
    crowd = (outer @ axis >= narrow).sum()
    for number in range(len(others)):
        cosine = (others[number] * axis).sum()
        if cosine > apart:
            return False
        if cosine < OPPOSITE:
            continue
        halfway = others[number] + axis
        between = (outer @ (halfway / sqrt((halfway * halfway).sum())) >= narrow).sum()
        least = min(crowd, (outer @ others[number] >= narrow).sum())
        if 2 * between > least or least - between < CLEAR * sqrt(least + between):
            return False
    return True


@njit(cache=True)
def arms_at(points: Any, centre: Any, radius: float) -> Any:
    """Return the axes of the arms that meet at a centre and reach two radii from it; shape (n_arms, n_dimensions).

    Parameters
    ----------
    points, centre
        Shapes (n_points, n_dimensions) and (n_dimensions,), float64.
    radius
        The inner one.
    """
    directions, distances = _shell(points, centre, radius)
    outer = directions[distances >= radius]
    best = np.empty((0, points.shape[1]))
    if len(outer) < 3 * MIN_POINTS:
        return best
    cosines = outer @ outer.T
    for which in range(len(CONES)):
        cone, apart = cos(CONES[which]), cos(2 * CONES[which])
        crowds = np.zeros(len(outer), np.int64)
        for number in range(len(outer)):
            crowds[number] = (cosines[number] >= cone).sum()
        least = max(MIN_POINTS, FAINT * crowds.max())
        axes, n_axes = np.empty((MAX_ARMS, points.shape[1])), 0
        while n_axes < MAX_ARMS and crowds.max() >= least:
            first = crowds.argmax()
            axis = _axis(outer, outer[first], cone)
            crowds[outer @ axis >= apart] = 0
            crowds[first] = 0
            arm = _is_arm(directions @ axis, distances, radius, cone, THIN[which])
            if arm and _is_apart(axis, axes[:n_axes], outer, CONES[which]):
                axes[n_axes], n_axes = axis, n_axes + 1
        if n_axes > len(best):
            best = axes[:n_axes].copy()
    return best


@njit(cache=True)
def n_arms(points: Any, centres: Any, radii: Any) -> Any:
    """Return how many arms meet at each centre at each radius; shape (n_centres, n_radii)."""
    counts = np.zeros((len(centres), len(radii)), np.int64)
    for one in range(len(centres)):
        for other in range(len(radii)):
            counts[one, other] = len(arms_at(points, centres[one], radii[other]))
    return counts
