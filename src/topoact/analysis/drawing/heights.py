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
FAR: Final = 10.0
"""Height that is aimed at between nodes at most: an arm that leads back over its trunk does not take all the screen."""
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
    """The stress of nodes at given x, towards pivots; arrays of shape (n_nodes, n_pivots) but for the first three."""

    x: Floats
    pivots: Numbers
    total: Floats
    """Sum of the weights of each node, shape (n_nodes,)."""
    squared_x: Floats
    """Squared distance in x."""
    weights: Floats
    pull: Floats
    """Weight times the distance that is aimed at."""

    def of(self, nodes: npt.NDArray[np.bool_]) -> "Stress":
        """Return the stress of some of the nodes, towards the same pivots."""
        return Stress(self.x[nodes], self.pivots, *(part[nodes] for part in self[2:]))

    def optimum(self, height: Floats, of_pivots: Floats) -> Floats:
        """Return where each node had the least stress if the pivots stayed (one step of majorisation)."""
        gap = height[:, None] - of_pivots
        apart = np.sqrt(self.squared_x + gap**2 + 1e-12)
        return (self.weights @ of_pivots + np.einsum("ij,ij->i", self.pull, gap / apart)) / self.total


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
    squared_x = (x[:, None] - x[chosen]) ** 2
    distances = np.where(np.isinf(distances), np.sqrt(squared_x + APART**2), distances)
    distances = np.minimum(distances, np.sqrt(squared_x + FAR**2))
    weights = np.divide(1, distances**2, out=np.zeros_like(distances), where=distances > 0)
    total = np.maximum(weights.sum(axis=1), 1e-300)
    return Stress(x, chosen, total, squared_x, weights, weights * distances)


def start_heights(stress: Stress, n_starts: int) -> list[Floats]:
    """Return several drawings to start from, by pivot MDS (Brandes, Pich 2007) across x, the best first.

    They are the main directions in which the nodes lie apart when what x explains is left out, and then the first of
    them with noise, of a fixed seed.
    """
    squared = np.divide(1, stress.weights, out=np.zeros_like(stress.weights), where=stress.weights > 0)
    centred = -0.5 * (squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean())
    along = stress.x - stress.x.mean()
    along /= max(float(np.linalg.norm(along)), 1e-12)
    centred -= along[:, None] * (along @ centred)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    axes = (left * np.sqrt(scale / np.sqrt(len(stress.pivots))))[:, : min(3, n_starts)].T
    upright = [axis if (axis**3).sum() >= 0 else -axis for axis in axes]
    rng, spread = np.random.default_rng(0), upright[0].std()
    return upright + [upright[0] + rng.normal(scale=spread, size=len(along)) for _ in range(n_starts - len(upright))]


def relax_heights(stress: Stress, height: Floats, free: npt.NDArray[np.bool_] | None = None) -> Floats:
    """Return heights of less stress; nodes that are not free stay exactly where they are."""
    current, own = height.copy(), stress if free is None else stress.of(free)
    moving = slice(None) if free is None else free
    for _ in range(STEPS):
        current[moving] += STEP_SIZE * (own.optimum(current[moving], current[own.pivots]) - current[moving])
    return current


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
