"""`Look`, what can be chosen about a picture of a graph, and `look_at`, what is then drawn, where, and how large."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from topoact.errors import InvalidInput
from topoact.workbench.graph_view import GraphView

MIN_RADIUS, MAX_RADIUS, MAX_WIDENING = 0.15, 0.42, 1.7
"""Radii of the smallest and the largest node of a free drawing, and how far they grow where nodes lie apart."""
MAX_MEASURED: Final = 1500
"""Nodes up to which the space between them is measured."""


@dataclass(frozen=True, slots=True)
class Look:
    """What can be chosen about a picture of a graph."""

    colour: str | None = None
    """Column that colours the nodes, or "lens"; by default the labels, where each has a colour of its own."""
    images: bool | None = None
    """Whether nodes are pictures of their medoids; by default where points are positions in images."""
    weaker: float = 0.0
    """Share of the edges that are not drawn at first which is brought in, those of the largest weight first."""
    min_jaccard: float = 0.0
    """Jaccard index of the weakest edge that is drawn."""
    min_size: int = 1
    """Points of the smallest node that is drawn."""
    pies: bool = True
    """Whether nodes that are coloured by class are pies, and not of the colour of their most frequent class."""
    labels: bool = True
    """Whether classes that are over-represented in nodes are written beside them."""
    fade: bool = True
    """Whether nodes are faded whose members disagree."""
    pins: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    """Places, in layout units, of nodes that were moved by hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What of a graph is drawn, where and how large."""

    nodes: npt.NDArray[np.int64]
    """Those that are drawn."""
    edges: npt.NDArray[np.int64]
    """Those that are drawn: rows of the graph's links."""
    positions: npt.NDArray[np.float64]
    """Of all nodes, shape (n_nodes, 2)."""
    radii: npt.NDArray[np.float64]
    """Of all nodes, in layout units."""


def look_at(view: GraphView, look: Look) -> Looked:
    """Return what is drawn of a graph.

    Parameters
    ----------
    view
        A graph and a drawing of it.
    look
        What is chosen.

    Raises
    ------
    InvalidInput
        If a node that was moved does not exist.
    """
    graph = view.graph
    large = graph.memberships.sizes >= look.min_size
    kept = _offered(view, look.weaker) & (graph.links.jaccard >= look.min_jaccard)
    kept &= large[graph.links.source] & large[graph.links.target]
    return Looked(np.flatnonzero(large), np.flatnonzero(kept), _positions(view, look.pins), _radii(view))


def _offered(view: GraphView, weaker: float) -> npt.NDArray[np.bool_]:
    """Return which edges are drawn at first, or are among the strongest share of the others."""
    offered = view.drawn.drawn.copy()
    others = np.flatnonzero(~offered)
    order = others[np.argsort(-view.drawn.weight[others], kind="stable")]
    offered[order[: int(weaker * len(others) + 0.5)]] = True
    return offered


def _positions(view: GraphView, pins: Mapping[int, tuple[float, float]]) -> npt.NDArray[np.float64]:
    positions = np.array(view.drawing.positions, dtype=np.float64)
    for node, place in pins.items():
        if not 0 <= node < len(positions):
            raise InvalidInput(f"node {node} was moved, but the graph has {len(positions)} nodes, numbered from 0")
        positions[node] = place
    return positions


def _radii(view: GraphView) -> npt.NDArray[np.float64]:
    """Return the radii of the drawing, or by the sizes of the nodes and the space between them."""
    if view.drawing.radius is not None:
        return view.drawing.radius
    sizes, positions = view.graph.memberships.sizes, view.drawing.positions
    spacing = 1.0
    if view.skeleton is not None and 2 <= len(sizes) <= MAX_MEASURED:
        spacing = float(np.sort(KDTree(positions).query(positions, 2)[0][:, 1])[len(sizes) // 2])
    share = np.sqrt(sizes / max(1, sizes.max(initial=1)))
    return min(MAX_WIDENING, max(1.0, spacing)) * (MIN_RADIUS + (MAX_RADIUS - MIN_RADIUS) * share)
