"""Heights of nodes whose columns are given: `start_heights`, `relax_heights` and `separated`.

The stress of a drawing is that of `analysis.drawing.stress`, Σ wᵢⱼ (‖pᵢ − pⱼ‖ − dᵢⱼ)², lowered in y alone (Gansner,
Koren, North 2004), with the order of each column and the room between its discs as constraints (Dwyer, Koren, Marriott
2006): after every step each column is brought into order by isotonic regression.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import isotonic_regression

from topoact.analysis.drawing.stress import pivot_paths

MAX_EDGE: Final = 4.0
"""Length of the weakest edge, where the strongest have length 1."""
APART: Final = 6.0
"""Distance that is aimed at between nodes that nothing joins."""
STRONG_QUANTILE: Final = 0.95
"""Quantile of the Jaccard indexes from which edges are the shortest."""
MAX_PIVOTS: Final = 200
STEPS: Final = 60
STEP_SIZE: Final = 0.8
"""Share of the way to the optimum of a step that nodes move."""
_BEYOND: Final = 1e5
"""More than the height of any column: keeps columns apart while they are ordered together."""

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


class Stress(NamedTuple):
    """The stress of nodes at given x: distances from every node to the pivots, and their weights."""

    x: Floats
    pivots: Numbers
    distances: Floats
    weights: Floats


def lengths(jaccard: Floats) -> Floats:
    """Return how long edges are to be drawn: those that share little are long."""
    strong = np.quantile(jaccard, STRONG_QUANTILE) if len(jaccard) else 1.0
    with np.errstate(divide="ignore"):
        return np.clip(1 + np.log(strong / jaccard), 1, MAX_EDGE)


def stress_of(x: Floats, source: Numbers, target: Numbers, edge_lengths: Floats) -> Stress:
    """Return the stress of a graph whose nodes are at these x."""
    half = sparse.csr_array((edge_lengths, (source, target)), shape=(len(x), len(x)))
    adjacency = (half + half.T).tocsr()
    chosen, distances = pivot_paths(adjacency, MAX_PIVOTS)
    distances[np.isinf(distances)] = APART
    weights = np.divide(1, distances**2, out=np.zeros_like(distances), where=distances > 0)
    return Stress(x, chosen, distances, weights)


def start_heights(stress: Stress) -> Floats:
    """Return heights by pivot MDS (Brandes, Pich 2007): the main direction of the drawing across x."""
    squared = stress.distances**2
    centred = -0.5 * (squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean())
    along = stress.x - stress.x.mean()
    length = np.linalg.norm(along)
    if length > 0:
        along = along / length
        centred = centred - along[:, None] * (along @ centred)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    height = left[:, 0] * np.sqrt(scale[0] / max(1, np.sqrt(len(stress.pivots)))) if len(scale) else along * 0
    upright = (height**3).sum() >= 0
    return height if upright else -height


def relax_heights(stress: Stress, height: Floats, free: npt.NDArray[np.bool_], steps: int = STEPS) -> Floats:
    """Return heights of less stress; nodes that are not free stay exactly where they are."""
    current = height.copy()
    for _ in range(steps):
        current[free] += STEP_SIZE * (optimum(stress, current) - current)[free]
    return current


def optimum(stress: Stress, height: Floats) -> Floats:
    """Return where each node had the least stress if the others stayed (one step of majorisation)."""
    x, chosen, distances, weights = stress
    gap = height[:, None] - height[chosen]
    apart = np.maximum(np.hypot(x[:, None] - x[chosen], gap), 1e-6)
    pull = weights * (height[chosen] + distances * gap / apart)
    return pull.sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-300)


def separated(column: Numbers, height: Floats, order: Numbers, radius: Floats, gap: float) -> Floats:
    """Return the nearest heights in an order that leave a gap between the discs of each column.

    Parameters
    ----------
    column
        Column of each node.
    height
        Where the nodes are to be.
    order
        All nodes by column, and upwards in each.
    radius, gap
        Of each disc, and between two of them.
    """
    if len(order) == 0:
        return height
    along = column[order]
    room = np.zeros(len(order))
    room[1:] = (radius[order][:-1] + radius[order][1:] + gap) * (along[1:] == along[:-1])
    offset = np.cumsum(room) - _BEYOND * np.unique(along, return_inverse=True)[1]
    placed = isotonic_regression(height[order] - offset, weights=radius[order] ** 2).x + offset
    result = np.empty_like(height)
    result[order] = placed
    return result
