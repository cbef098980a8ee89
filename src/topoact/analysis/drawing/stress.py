"""Stress majorisation of graph distances, with some nodes held in place.

The stress of a drawing is Σ wᵢⱼ (‖xᵢ − xⱼ‖ − dᵢⱼ)², d the length of the shortest way between them
and w = d⁻² (Gansner, Koren, North 2004). The
sum runs over all nodes i and a set of pivots j: every node when there are few, well-spread ones when there are many
(Ortmann, Klimenta, Brandes 2017). Nothing is random, so the same graph gives the same drawing.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist

Positions = npt.NDArray[np.float64]
"""Shape (n_nodes, 2), in units of one edge."""

MAX_PIVOTS: Final = 500
STEPS: Final = 150
STEP_SIZE: Final = 0.8


def initial_positions(adjacency: sparse.csr_array) -> Positions:
    """Draw a connected graph by pivot MDS (Brandes, Pich 2007)."""
    ways = dijkstra(adjacency, indices=_pivots(adjacency)).T
    squared = ways**2
    centred = -0.5 * (squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean())
    _, axes = np.linalg.eigh(centred.T @ centred)
    plane = np.zeros((len(ways), 2))
    plane[:, : min(2, axes.shape[1])] = centred @ axes[:, ::-1][:, :2]
    drawn, wanted = _pairwise_extent(plane), ways.max()
    return plane * (wanted / drawn if drawn > 0 else 1.0) + _jitter(len(plane))


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
    pivots = _pivots(adjacency)
    ways = dijkstra(adjacency, indices=pivots).T
    weights = np.divide(1, ways**2, out=np.zeros_like(ways), where=ways > 0)
    total = weights.sum(axis=1, keepdims=True)
    current = positions.copy()
    for _ in range(STEPS):
        anchors = current[pivots]
        pull = weights * ways / np.maximum(cdist(current, anchors), 1e-6)
        wanted = (weights @ anchors + current * pull.sum(axis=1, keepdims=True) - pull @ anchors) / total
        current[free] += STEP_SIZE * (wanted - current)[free]
    return current


def _pivots(adjacency: sparse.csr_array) -> npt.NDArray[np.int64]:
    """Return all nodes when there are few, else `MAX_PIVOTS`, each as far as can be from those before it."""
    n_nodes = adjacency.shape[0]
    if n_nodes <= MAX_PIVOTS:
        return np.arange(n_nodes)
    pivots = [0]
    nearest = dijkstra(adjacency, indices=0)
    while len(pivots) < MAX_PIVOTS:
        pivots.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, dijkstra(adjacency, indices=pivots[-1]))
    return np.array(pivots)


def _pairwise_extent(plane: Positions) -> float:
    return float(np.linalg.norm(plane.max(axis=0) - plane.min(axis=0)))


def _jitter(n_nodes: int) -> Positions:
    """Part nodes that have the same neighbours, which distances to pivots cannot tell apart."""
    return np.random.default_rng(0).normal(scale=0.05, size=(n_nodes, 2))
