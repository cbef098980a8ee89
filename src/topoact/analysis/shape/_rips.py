"""Loops of the Vietoris-Rips filtration of a few hundred points, by persistent cohomology: `rips_pairs`.

The columns are coboundaries of edges, the longest edge first (Bauer 2021: Ripser). Edges that join two components are
cleared, and an edge whose first cofacet it is the longest edge of is paired with that triangle unseen. A triangle is
one number: the rank of its longest edge, times the number of points, plus the vertex opposite.
"""

from heapq import heappop, heappush
from typing import Any

import numpy as np
from numba import njit


@njit(cache=True)
def _joins(ends: Any, n_points: int) -> Any:
    """Return for each edge whether it joins two components."""
    above, joins = np.arange(n_points), np.zeros(len(ends), np.bool_)
    for number in range(len(ends)):
        one, other = ends[number]
        while above[one] != one:
            above[one] = above[above[one]]
            one = above[one]
        while above[other] != other:
            above[other] = above[above[other]]
            other = above[other]
        joins[number] = one != other
        above[one] = other
    return joins


@njit(cache=True)
def _apparent(edge: int, ends: Any, rank: Any) -> int:
    """Return the first vertex with which an edge makes a triangle that it is the longest edge of; else −1."""
    first, second = ends[edge]
    for vertex in range(len(rank)):
        if 0 <= rank[first, vertex] < edge and 0 <= rank[second, vertex] < edge:
            return vertex
    return -1


@njit(cache=True)
def _add(heap: Any, edge: int, ends: Any, rank: Any) -> None:
    """Add the triangles around an edge."""
    first, second = ends[edge]
    n_points = len(rank)
    for vertex in range(n_points):
        beside, across = rank[first, vertex], rank[second, vertex]
        if beside < 0 or across < 0:
            continue
        if max(beside, across) < edge:
            heappush(heap, edge * n_points + vertex)
        elif beside > across:
            heappush(heap, beside * n_points + second)
        else:
            heappush(heap, across * n_points + first)


@njit(cache=True)
def _pivot(heap: Any) -> int:
    """Take away and return the first triangle that is there an odd number of times; −1 where there is none."""
    while heap:
        triangle = heappop(heap)
        if not heap or heap[0] != triangle:
            return triangle
        heappop(heap)
    return -1


@njit(cache=True)
def _pairs(ends: Any, lengths: Any, rank: Any) -> Any:
    n_points = len(rank)
    joins = _joins(ends, n_points)
    columns, owner, pairs = [[-1]], {-1: 0}, [(0.0, 0.0)]
    for edge in range(len(ends) - 1, -1, -1):
        if joins[edge] or _apparent(edge, ends, rank) >= 0:
            continue
        heap, column = [-1], [edge]
        heap.pop()
        _add(heap, edge, ends, rank)
        triangle = _pivot(heap)
        while triangle >= 0:
            longest, vertex = triangle // n_points, triangle % n_points
            added = columns[owner[triangle]] if triangle in owner else [longest]
            if triangle not in owner and _apparent(longest, ends, rank) != vertex:
                break
            heappush(heap, triangle)
            for one in added:
                _add(heap, one, ends, rank)
                column.append(one)
            triangle = _pivot(heap)
        owner[triangle] = len(columns)
        columns.append(column)
        death = lengths[triangle // n_points] if triangle >= 0 else np.inf
        if death > lengths[edge]:
            pairs.append((lengths[edge], death))
    return np.array(pairs)[1:]


def rips_pairs(distances: Any) -> Any:
    """Return birth and death of each loop that lives; shape (n_loops, 2), in no order.

    Parameters
    ----------
    distances
        Shape (n_points, n_points), float64, symmetric. Memory: some 40 bytes a pair of points.
    """
    first, second = np.nonzero(np.tril(distances <= distances.max(axis=1).min(), -1))  # beyond, there is no loop
    lengths = distances[first, second]
    order = np.argsort(lengths, kind="stable")
    first, second = first[order], second[order]
    rank = np.full(distances.shape, -1)
    rank[first, second] = rank[second, first] = np.arange(len(order))
    return _pairs(np.stack([first, second], axis=1), lengths[order], rank)
