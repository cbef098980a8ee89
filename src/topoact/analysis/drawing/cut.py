"""Which cut of a graph of modes is seen first, `first_prominence`; and the sizes and edges of any cut, `cut_at`."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.analysis.shape.skeleton import roots
from topoact.mapper import Edges, MapperGraph

PROMINENCES: Final = (1.0, 0.5, 0.25, 0.15)
"""Prominences of first screens, from the skeleton down to the default of a graph."""
COARSER: Final = (2.0, 4.0)
"""Prominences of first screens whose skeleton has too many nodes."""
MIN_NODES: Final = 40
"""Nodes from which a cut is worth a screen: a skeleton of fewer says little that a table would not."""
MAX_NODES: Final = 150
"""Nodes up to which all of them are seen at once."""

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
        The first of 1, 0.5, 0.25 and 0.15 at which at least 40 nodes are left; 0.15 if none has as many. Where 1 leaves
        more than 150, the first of 2 and 4 that does not; 4 if both do.

    Raises
    ------
    InvalidInput
        If the nodes of the graph are not modes.
    """
    left = {prominence: len(roots(finest, prominence)) for prominence in (*PROMINENCES, *COARSER)}
    if left[PROMINENCES[0]] > MAX_NODES:
        return next((one for one in COARSER if left[one] <= MAX_NODES), COARSER[-1])
    return next((one for one in PROMINENCES if left[one] >= MIN_NODES), PROMINENCES[-1])


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
    edges, place = np.unique(ends[0] * len(nodes) + ends[1], return_inverse=True)
    shared = np.bincount(place, weights=graph.links.shared, minlength=len(edges)).astype(np.int64)
    source, target = np.divmod(edges, max(len(nodes), 1))
    return Cut(nodes, sizes, Edges(source, target, shared, shared / (sizes[source] + sizes[target] - shared)))
