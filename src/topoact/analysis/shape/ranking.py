"""Ranking of the nodes of a graph: `ranked` by size or by branching."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.analysis.shape.topology import shape_report
from topoact.errors import UnknownName
from topoact.mapper import MapperGraph

Numbers = npt.NDArray[np.int64]


def ranked(graph: MapperGraph, by: str) -> Numbers:
    """Return all nodes, the first of the ranking first; of equals the larger, then the first.

    Parameters
    ----------
    graph
        A mapper graph.
    by
        ``size``: by the number of points. ``branching``: by the number of arms that meet in a node of the skeleton,
        then by the number of edges.

    Raises
    ------
    UnknownName
        If there is no such order.
    """
    if by not in ORDERS:
        raise UnknownName(f"there is no order {by!r} of nodes: choose {', '.join(ORDERS)}")
    keys = ORDERS[by](graph)
    return np.lexsort([np.arange(graph.n_nodes), *(-key for key in reversed(keys))])


def _sizes(graph: MapperGraph) -> list[Numbers]:
    return [graph.memberships.sizes]


def _branching(graph: MapperGraph) -> list[Numbers]:
    arms, degree = np.zeros(graph.n_nodes, np.int64), np.zeros(graph.n_nodes, np.int64)
    for feature in shape_report(graph).features:
        nodes = list(feature.nodes)
        arms[nodes] = np.maximum(arms[nodes], len(feature.arms))
    for ends in (graph.links.source, graph.links.target):
        np.add.at(degree, ends, 1)
    return [arms, degree, graph.memberships.sizes]


ORDERS: Final[dict[str, Callable[[MapperGraph], list[Numbers]]]] = {"size": _sizes, "branching": _branching}
