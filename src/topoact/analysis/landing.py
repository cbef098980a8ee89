"""Whether a vector that was not among the points would lie in a node of their graph."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

from topoact.mapper import MapperGraph, lens_values

Vectors = npt.NDArray[np.float32]

SAMPLE: Final = 400
"""Members of a node at which it is measured how far it is to the nearest other."""
USUAL: Final = 0.95
"""Share of them for which that is a usual distance."""
OF_ONE: Final = re.compile(r"l(\d+(\.\d+)?|inf)|max")
"""Lenses that need no other vector."""


def lands(
    reached: Vectors, graph: MapperGraph, nodes: Sequence[int], vectors: Vectors, *, lens: str, metric: str
) -> bool | None:
    """Return whether a vector would lie in one of some nodes.

    Its lens value must be in the node's interval, and its nearest member no farther than the radius of the graph, or
    without one no farther than other members are usually.

    Parameters
    ----------
    reached
        The vector, shape (n_channels,).
    graph
        A mapper graph.
    nodes
        Nodes of it.
    vectors
        Of its points, shape (n_points, n_channels).
    lens, metric
        With which it was made.

    Returns
    -------
    bool or None
        None where that cannot be told: there are no nodes, or the lens of a vector depends on all others.
    """
    if not nodes or not OF_ONE.fullmatch(lens):
        return None
    value = float(lens_values(lens, reached[None])[0])
    inside = (node for node in nodes if _spans(graph, node, value))
    return any(_is_near(reached, vectors[graph.members(node)], _radius(graph, node), metric) for node in inside)


def _spans(graph: MapperGraph, node: int, value: float) -> bool:
    """Return whether a lens value is in the interval of a node."""
    interval = graph.interval[node]
    return bool(graph.intervals.lower[interval] <= value <= graph.intervals.upper[interval])


def _radius(graph: MapperGraph, node: int) -> float | None:
    """Return ε where a node lies; None where there is none."""
    if graph.eps is None:
        return None
    radius = float(np.broadcast_to(graph.eps, len(graph.intervals.lower))[graph.interval[node]])
    return radius if np.isfinite(radius) else None


def _is_near(reached: Vectors, members: Vectors, radius: float | None, metric: str) -> bool:
    search = NearestNeighbors(algorithm="brute", metric=metric).fit(members)
    nearest: float = search.kneighbors(reached[None], 1)[0].item()
    return nearest <= (_usual(search, members) if radius is None else radius)


def _usual(search: NearestNeighbors, members: Vectors) -> float:
    """Return how far it usually is from a member to the nearest other, 0 where there is none."""
    if len(members) < 2:
        return 0.0
    some = np.unique(np.linspace(0, len(members) - 1, min(SAMPLE, len(members))).round().astype(int))
    return float(np.quantile(search.kneighbors(members[some], 2)[0][:, 1], USUAL))
