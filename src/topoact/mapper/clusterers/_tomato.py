"""ToMATo (Chazal, Guibas, Oudot, Skraba 2013): modes of a density on a graph and their saddles (`merge_tree`).

Points are visited from the densest downwards. One without a denser neighbour is a mode; any other joins the basin of
its densest neighbour. Where it has neighbours in several basins that have not met before, it is the saddle between
them, and of two modes the less dense one ends there. The result is independent of a threshold. Kernels of the density
are here, too.
"""

from typing import Any

import numpy as np

from topoact.mapper.neighbors._kernels.jit import compiled


@compiled
def log_radii(distances: Any) -> Any:
    """Return the logarithm of the root mean square distance of each point to its neighbours.

    Duplicates of all their neighbours are taken to be as dense as the densest point that is none.

    Parameters
    ----------
    distances
        Shape (n_points, k).
    """
    radii = np.empty(len(distances))
    smallest = np.inf
    for point in range(len(distances)):
        # Scaled by the largest, so that nothing overflows or vanishes.
        largest, total = distances[point].max(), 0.0
        if largest > 0:
            for distance in distances[point]:
                total += (distance / largest) ** 2
            radii[point] = np.log(largest) + np.log(total / distances.shape[1]) / 2
            smallest = min(smallest, radii[point])
        else:
            radii[point] = -np.inf
    for point in range(len(distances)):
        if radii[point] == -np.inf:
            radii[point] = smallest if smallest < np.inf else 0.0
    return radii


@compiled
def inverse_dimension(distances: Any) -> Any:
    """Return the inverse of the intrinsic dimension (Levina, Bickel 2004; averaged as MacKay, Ghahramani 2005 do).

    It is the mean of log(T_k / T_j) over all points and neighbours j < k; duplicates are left out. 0 where there is
    nothing to average, or all neighbours are equally far away.
    """
    total, count = 0.0, 0
    for point in range(len(distances)):
        farthest = distances[point, -1]
        for distance in distances[point, :-1]:
            if distance > 0:
                total += np.log(farthest / distance)
                count += 1
    return total / count if count else 0.0


@compiled
def smoothed(heights: Any, neighbours: Any) -> Any:
    """Return the mean of each point's value and those of its neighbours."""
    result = np.empty(len(heights))
    for point in range(len(heights)):
        total = heights[point]
        for other in neighbours[point]:
            total += heights[other]
        result[point] = total / (1 + neighbours.shape[1])
    return result


@compiled
def points_averaged(neighbours: Any, step: Any) -> Any:
    """Return the number of points over which the smoothed density at a point averages.

    It is 1 / Σ w², of the mean over every `step`-th point, with the shares w that points have in it: the density at
    each of its neighbours, and at the point itself, is an average over k neighbours in turn. Between k, where
    neighbours of neighbours are the same few, and k (k + 1), where each is met once.
    """
    n_points, k = neighbours.shape
    weight, total, count = np.zeros(n_points, dtype=np.int64), 0, 0
    for point in range(0, n_points, step):
        for near in range(k + 1):
            for other in neighbours[neighbours[point, near] if near < k else point]:
                total += 2 * weight[other] + 1  # the increase of the sum of squares
                weight[other] += 1
        for near in range(k + 1):
            for other in neighbours[neighbours[point, near] if near < k else point]:
                weight[other] = 0
        count += 1
    return (k * (k + 1)) ** 2 * count / total


@compiled
def merge_tree(neighbours: Any, heights: Any, order: Any) -> Any:
    """Return the modes of a density on the symmetric graph of some neighbours, and how they meet.

    Parameters
    ----------
    neighbours
        Of each point, shape (n_points, k).
    heights
        Log density of each point.
    order
        The points by falling density.

    Returns
    -------
    mode
        Point of each mode, by falling density.
    saddle
        Log density at which each mode meets a denser one; −∞ where it never does.
    parent
        The mode whose basin it meets there; itself where there is none.
    basin
        Mode of each point. Memory: 8 bytes per neighbour, 32 per point.
    """
    n_points = len(order)
    starts, denser = _denser(neighbours, order)
    basin, root = np.empty(n_points, dtype=np.int64), np.empty(n_points, dtype=np.int64)
    mode, parent = np.empty(n_points, dtype=np.int64), np.empty(n_points, dtype=np.int64)
    saddle = np.full(n_points, -np.inf)
    n_modes = 0
    for rank in range(n_points):
        point, above = order[rank], denser[starts[rank] : starts[rank + 1]]
        if len(above) == 0:
            basin[point] = root[n_modes] = parent[n_modes] = n_modes
            mode[n_modes] = point
            n_modes += 1
            continue
        basin[point] = basin[order[above.min()]]
        own = _root(root, basin[point])
        n_apart = 0
        for other_rank in above:
            n_apart += _root(root, basin[order[other_rank]]) != own
        if n_apart == 0:  # as at most points: no saddle is here
            continue
        above.sort()
        for other_rank in above[1:]:
            touched = basin[order[other_rank]]
            other = _root(root, touched)
            if other == own:
                continue
            younger = max(own, other)
            parent[younger] = touched if younger == own else basin[point]
            saddle[younger] = heights[point]
            own = min(own, other)
            root[younger] = own
    return mode[:n_modes].copy(), saddle[:n_modes].copy(), parent[:n_modes].copy(), basin


@compiled
def _denser(neighbours: Any, order: Any) -> Any:
    """Return in CSR form, by rank in the order, the ranks of the neighbours that come before."""
    n_points, k = neighbours.shape
    rank = np.empty(n_points, dtype=np.int64)
    for number in range(n_points):
        rank[order[number]] = number
    starts = np.zeros(n_points + 1, dtype=np.int64)
    for point in range(n_points):
        for other in neighbours[point]:
            starts[max(rank[point], rank[other]) + 1] += 1
    for number in range(n_points):
        starts[number + 1] += starts[number]
    cursor, denser = starts[:-1].copy(), np.empty(n_points * k, dtype=np.int64)
    for point in range(n_points):
        for other in neighbours[point]:
            low = max(rank[point], rank[other])
            denser[cursor[low]] = min(rank[point], rank[other])
            cursor[low] += 1
    return starts, denser


@compiled
def _root(root: Any, mode: Any) -> Any:
    """Return the root of a mode, the densest of those that have met; the path to it is shortened."""
    while root[mode] != mode:
        root[mode] = root[root[mode]]
        mode = root[mode]
    return mode
