"""Matching the nodes of two graphs of the same points: `continued_nodes` and `common_points`."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from topoact.errors import InvalidInput
from topoact.mapper import MapperGraph

MIN_JACCARD: Final = 0.5
"""Jaccard index of their members from which a node continues another."""


def common_points(graph: MapperGraph, other: MapperGraph) -> sparse.csr_array:
    """Return how many points each node of `graph` has in common with each node of `other`.

    Raises
    ------
    InvalidInput
        If the graphs have different numbers of points.
    """
    if graph.n_points != other.n_points:
        raise InvalidInput(
            f"graphs of different layers cannot be matched: {graph.n_points} and {other.n_points} points"
        )
    return (graph.memberships.incidence(graph.n_points) @ other.memberships.incidence(other.n_points).T).tocsr()


def continued_nodes(graph: MapperGraph, other: MapperGraph) -> npt.NDArray[np.int64]:
    """Match nodes one to one, the best Jaccard index first.

    Returns
    -------
    ndarray of int64, shape (graph.n_nodes,)
        For each node of `graph` the node of `other` that it continues, or −1.

    Raises
    ------
    InvalidInput
        If the graphs have different numbers of points.
    """
    common = common_points(graph, other).tocoo()
    union = graph.memberships.sizes[common.row] + other.memberships.sizes[common.col] - common.data
    jaccard = common.data / union
    matched = np.full(graph.n_nodes, -1, dtype=np.int64)
    taken = np.zeros(other.n_nodes, dtype=bool)
    for pair in np.lexsort((common.col, common.row, -jaccard)):
        node, candidate = common.row[pair], common.col[pair]
        if jaccard[pair] >= MIN_JACCARD and matched[node] < 0 and not taken[candidate]:
            matched[node], taken[candidate] = candidate, True
    return matched
