"""Which cut of a graph of modes is seen first, `first_prominence`; and the sizes and edges of any cut, `cut_at`."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.analysis.shape.skeleton import roots
from topoact.mapper import Edges, MapperGraph

PROMINENCES: Final = (1.0, 0.5, 0.25, 0.15)
"""Prominences of first screens, from the skeleton down to the default of a graph."""
MIN_NODES: Final = 40
"""Nodes from which a cut is worth a screen: a skeleton of fewer says little that a table would not."""

Numbers = npt.NDArray[np.int64]


def first_prominence(finest: MapperGraph) -> float:
    """Return the prominence of the cut that is seen first.

    Parameters
    ----------
    finest
        The finest cut of the graph, whose nodes are modes.

    Returns
    -------
    float
        The first of 1, 0.5, 0.25 and 0.15 at which at least 40 nodes are left; 0.15 if none has as many.

    Raises
    ------
    InvalidInput
        If the nodes of the graph are not modes.
    """
    enough = (prominence for prominence in PROMINENCES if len(roots(finest, prominence)) >= MIN_NODES)
    return next(enough, PROMINENCES[-1])


class Cut(NamedTuple):
    """A coarser cut of a graph of modes: what is known of it without its members."""

    nodes: Numbers
    """The nodes that are left, as they are numbered in the finer graph."""
    sizes: Numbers
    """Points in each."""
    links: Edges
    """Edges between them, numbered among those that are left."""


def cut_at(graph: MapperGraph, prominence: float) -> Cut:
    """Return a coarser cut of a graph of modes; nodes that merge have no point in common, so that counts add up."""
    within = graph.within(prominence)
    nodes = np.unique(within, return_index=True)[1]
    sizes = np.bincount(within, weights=graph.memberships.sizes, minlength=len(nodes)).astype(np.int64)
    ends = np.sort(np.stack([within[graph.links.source], within[graph.links.target]]), axis=0)
    ends, place = np.unique(ends, axis=1, return_inverse=True)
    shared = np.bincount(place.ravel(), weights=graph.links.shared, minlength=ends.shape[1]).astype(np.int64)
    source, target = ends
    return Cut(nodes, sizes, Edges(source, target, shared, shared / (sizes[source] + sizes[target] - shared)))
