"""Minimum spanning tree of a point cloud (Prim 1957) without a matrix of distances: `spanning_tree`."""

from typing import Any

import numpy as np

from topoact.mapper.neighbors._kernels.jit import compiled, reordering


@compiled
def spanning_tree(points: Any) -> Any:
    """Return the edges of a minimum spanning tree and the largest of all distances.

    Parameters
    ----------
    points
        Shape (n_points, n_channels).

    Returns
    -------
    parent, child, height, diameter
        Ends and length of each edge, shape (n_points − 1,). Every distance is computed once, squares summed in float64;
        memory: 56 bytes per point.
    """
    n_points = len(points)
    parent, child = np.zeros(n_points - 1, dtype=np.int64), np.zeros(n_points - 1, dtype=np.int64)
    height = np.zeros(n_points - 1)
    waiting = np.arange(1, n_points)
    near, via = np.full(n_points, np.inf), np.zeros(n_points, dtype=np.int64)
    current, widest = 0, 0.0
    for edge in range(n_points - 1):
        n_waiting, best = n_points - 1 - edge, 0
        for k in range(n_waiting):
            row = waiting[k]
            square = squared_distance(points[current], points[row])
            widest = max(widest, square)
            if square < near[row]:
                near[row], via[row] = square, current
            if near[row] < near[waiting[best]]:
                best = k
        current = waiting[best]
        waiting[best] = waiting[n_waiting - 1]
        parent[edge], child[edge], height[edge] = via[current], current, np.sqrt(near[current])
    return parent, child, height, np.sqrt(widest)


@reordering
def squared_distance(a: Any, b: Any) -> Any:
    """Return the sum of squared differences, in float64."""
    total = 0.0
    for channel in range(len(a)):
        difference = np.float64(a[channel]) - np.float64(b[channel])
        total += difference * difference
    return total
