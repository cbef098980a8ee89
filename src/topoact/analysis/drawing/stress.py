"""Stress majorisation of graph distances with some nodes fixed: `initial_positions` and `relax`.

The stress of a drawing is Σ wᵢⱼ (‖xᵢ − xⱼ‖ − dᵢⱼ)², with dᵢⱼ the length of the shortest path between two nodes and
w = d⁻² (Gansner, Koren, North 2004). The sum runs over all nodes i and a set of pivots j: every node when there are
few, well-spread ones when there are many (Ortmann, Klimenta, Brandes 2017). The seed is fixed: equal graphs have equal
drawings.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import eigh
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist

Positions = npt.NDArray[np.float64]
"""Shape (n_nodes, 2), in units of one edge."""

MAX_PIVOTS: Final = 500
STEPS: Final = 150
STEP_SIZE: Final = 0.8
"""Share of the way to the optimum of a step that nodes move."""


def initial_positions(adjacency: sparse.csr_array) -> Positions:
    """Draw a connected graph by pivot MDS (Brandes, Pich 2007)."""
    paths = pivot_paths(adjacency)[1]
    squared = paths**2
    centred = -0.5 * (squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean())
    n_pivots = centred.shape[1]
    _, axes = eigh(centred.T @ centred, subset_by_index=(max(0, n_pivots - 2), n_pivots - 1))
    drawing = np.zeros((len(paths), 2))
    drawing[:, : axes.shape[1]] = centred @ axes[:, ::-1]
    extent, wanted = _extent(drawing), paths.max()
    return drawing * (wanted / extent if extent > 0 else 1.0) + _jitter(len(drawing))


def relax(adjacency: sparse.csr_array, positions: Positions, free: npt.NDArray[np.bool_]) -> Positions:
    """Lower the stress of a connected graph by moving its free nodes.

    Parameters
    ----------
    adjacency
        Lengths of the edges: symmetric, connected, shape (n_nodes, n_nodes).
    positions
        Where the nodes start.
    free
        Nodes that may move; the others stay exactly where they are.
    """
    pivots, paths = pivot_paths(adjacency)
    paths = paths[free]
    weights = np.divide(1, paths**2, out=np.zeros_like(paths), where=paths > 0)
    total, strength = weights.sum(axis=1, keepdims=True), weights * paths
    current = positions.copy()
    for _ in range(STEPS):
        anchors, moving = current[pivots], current[free]
        pull = strength / np.maximum(cdist(moving, anchors), 1e-6)
        optimum = (weights @ anchors + moving * pull.sum(axis=1, keepdims=True) - pull @ anchors) / total
        current[free] = moving + STEP_SIZE * (optimum - moving)
    return current


def pivot_paths(
    adjacency: sparse.csr_array, most: int = MAX_PIVOTS
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return pivots, and the length of the shortest path from every node to each, shape (n_nodes, n_pivots).

    All nodes are pivots when there are no more than `most`; else as many are, each as far as can be from those before.
    """
    n_nodes = adjacency.shape[0]
    if n_nodes <= most:
        return np.arange(n_nodes), dijkstra(adjacency).T
    pivots, paths = [0], [dijkstra(adjacency, indices=0)]
    nearest = paths[0]
    while len(pivots) < most:
        pivots.append(int(nearest.argmax()))
        paths.append(dijkstra(adjacency, indices=pivots[-1]))
        nearest = np.minimum(nearest, paths[-1])
    return np.array(pivots), np.stack(paths, axis=1)


def _extent(drawing: Positions) -> float:
    return float(np.linalg.norm(drawing.max(axis=0) - drawing.min(axis=0)))


def _jitter(n_nodes: int) -> Positions:
    """Return offsets that separate nodes of equal neighbours, whose distances to the pivots are equal."""
    return np.random.default_rng(0).normal(scale=0.05, size=(n_nodes, 2))
