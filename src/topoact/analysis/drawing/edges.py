"""Which edges of a mapper graph are drawn: `drawn_edges` weighs each by what its ends share with their neighbours.

Most edges of a large graph hold a few points of a border. An edge is drawn if it carries a good part of what one of its
ends shares with the interval of the other, and not next to nothing of what the other does; and so that what is joined
stays joined, those of the maximum spanning forest are.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import minimum_spanning_tree

from topoact.mapper import Edges, MapperGraph

MIN_WEIGHT: Final = 0.25
"""Weight from which an edge is drawn."""
BALANCE: Final = 5.0
"""How many times the smaller share of an edge its weight is at most: at the weight above, that share is 5 %."""
DIGITS: Final = 1e4
"""Steps of a weight from 0 to 1: more digits say nothing, and travel to the page."""
MIN_JACCARD: Final = 0.01
"""The Jaccard index that the edges of the forest exceed: a point in a hundred joins nothing."""

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


class DrawnEdges(NamedTuple):
    """Which edges are drawn, in the order of `MapperGraph.links`; drawn are those of a weight of 0.25 or more."""

    drawn: npt.NDArray[np.bool_]
    weight: Floats
    """How much of what its ends share an edge carries, in [0, 1]; 1 for the edges of the forest."""


def drawn_edges(graph: MapperGraph) -> DrawnEdges:
    """Return which edges of a graph are drawn; any graph, also without intervals in an order."""
    return weighed(graph.links, graph.interval)


def weighed(links: Edges, interval: Numbers) -> DrawnEdges:
    """Return which edges are drawn of a graph whose nodes are in these intervals.

    The share of an edge at one end is shared / Σ shared over the edges of that end to the interval of the other. Its
    weight is the larger share, and at most five times the smaller one.
    """
    shares = np.sort([_share(links, interval, "source", "target"), _share(links, interval, "target", "source")], axis=0)
    weight = np.floor(np.minimum(shares[1], BALANCE * shares[0]) * DIGITS + 1e-9) / DIGITS
    weight[forest(links, len(interval))] = 1.0
    return DrawnEdges(weight >= MIN_WEIGHT, weight)


def drawn_share(links: Edges, drawn: npt.NDArray[np.bool_]) -> float:
    """Return the share of all points shared along edges that the drawn ones carry; 1 where there is no edge."""
    total = int(links.shared.sum())
    return float(links.shared[drawn].sum() / total) if total else 1.0


def forest(links: Edges, n_nodes: int) -> npt.NDArray[np.bool_]:
    """Return which edges are in the maximum spanning forest by Jaccard index, of equals the first."""
    strong = np.flatnonzero(links.jaccard > MIN_JACCARD)
    rank = np.empty(len(strong))
    rank[np.argsort(-links.jaccard[strong], kind="stable")] = np.arange(1, len(strong) + 1)
    ends = (links.source[strong], links.target[strong])
    tree = minimum_spanning_tree(sparse.csr_array((rank, ends), shape=(n_nodes, n_nodes)))
    chosen = np.zeros(len(links.jaccard), dtype=bool)
    chosen[strong[np.isin(rank, tree.data)]] = True
    return chosen


def _share(links: Edges, interval: Numbers, near: str, far: str) -> Floats:
    """Return for each edge its part of what its near end shares with the interval of its far end."""
    node, other = getattr(links, near), interval[getattr(links, far)]
    pair = np.unique(node * (int(interval.max(initial=0)) + 2) + other + 1, return_inverse=True)[1]
    total = np.bincount(pair, weights=links.shared)[pair]
    return np.divide(links.shared, total, out=np.zeros(len(total)), where=total > 0)
