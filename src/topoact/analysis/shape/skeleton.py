"""The skeleton of a graph of modes, its cut at prominence 1: `roots` and `skeleton`."""

from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.mapper import MapperGraph

NOISE: Final = 1.0
"""The prominence that modes of structureless points reach: the cut at it is the skeleton."""
SPLIT: Final = 0.5
"""Share of the intervals, or of their points, with a second mode above the noise from which structure is clear."""

Numbers = npt.NDArray[np.int64]


def roots(graph: MapperGraph, prominence: float = NOISE) -> Numbers:
    """Return the nodes that are left at a larger prominence; the others merge into them.

    Raises
    ------
    InvalidInput
        If the nodes of the graph are not modes, or the prominence is negative or no number.
    """
    return np.unique(graph.within(prominence), return_index=True)[1]  # of those that merge, the first is the densest


def skeleton(graph: MapperGraph) -> Numbers | None:
    """Return for each node the node of the skeleton that it belongs to; None where nodes are not modes."""
    if graph.prominence is None:
        return None
    return roots(graph)[graph.within(NOISE)]
