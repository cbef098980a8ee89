"""Mutual information of nodes and classes within intervals, corrected for chance: `information`."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from topoact.analysis.labels.classes import class_counts
from topoact.mapper import MapperGraph
from topoact.mapper.covers.pullback import pullback

SHUFFLES: Final = 5
"""How often classes are shuffled to estimate the information by chance."""


def information(
    graph: MapperGraph, codes: npt.NDArray[np.integer[Any]], n_classes: int, *, seed: int = 0, shuffles: int = SHUFFLES
) -> float:
    """Return the mutual information of node and class within an interval, in nats and corrected for chance.

    It is averaged over all points of all intervals; a point that is in no node there contributes 0. Small nodes have
    much information by chance: that of the same nodes when classes are shuffled within each interval is subtracted.

    Parameters
    ----------
    graph
        A mapper graph.
    codes
        Class of each point, shape (n_points,), from 0; points of unknown class, −1, are left out.
    n_classes
        Number of classes.
    seed, shuffles
        Seed of the shuffles, and how many there are.

    Returns
    -------
    float
        At most the logarithm of `n_classes`; about 0 where nodes and classes have nothing to do with each other; NaN
        where no class is known.

    Raises
    ------
    InvalidInput
        If there is not one code for each point of the graph.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.analysis.labels.information import information
    >>> rng = np.random.default_rng(0)
    >>> cloud = np.r_[rng.normal(size=(300, 2)), rng.normal(size=(300, 2)) + [0, 9]]
    >>> graph = topoact.Mapper(lens=cloud[:, 0], n_intervals=3, clusterer=topoact.Modes()).fit(cloud).graph_
    >>> print(f"{information(graph, np.repeat([0, 1], 300), 2):.2f}")
    0.69
    """
    counts = class_counts(graph, codes, n_classes).tocoo()
    n_known = [np.count_nonzero(codes[rows] >= 0) for rows in pullback(graph.lens, graph.intervals)]
    if not sum(n_known):
        return float("nan")
    node, code = np.repeat(counts.row, counts.data), np.repeat(counts.col, counts.data)
    interval, rng = graph.interval[node], np.random.default_rng(seed)
    by_interval = np.argsort(interval, kind="stable")
    node, code, interval = node[by_interval], code[by_interval], interval[by_interval]

    def shuffled() -> npt.NDArray[Any]:
        return code[np.lexsort((rng.random(len(code)), interval))]

    chance = [_information(node, shuffled(), interval, n_classes) for _ in range(shuffles)]
    return float(_information(node, code, interval, n_classes) - np.mean(chance or 0.0)) / sum(n_known)


def _information(node: Any, code: Any, interval: Any, n_classes: int) -> float:
    """Return the sum, over points, of log p(class, node) / (p(class) p(node)) within their intervals."""
    total = _terms(node, code, n_classes) + _terms(interval, np.zeros_like(code), 1)
    return total - _terms(node, np.zeros_like(code), 1) - _terms(interval, code, n_classes)


def _terms(group: Any, code: Any, n_classes: int) -> float:
    """Return Σ n log n over the cells of a table."""
    counts = sparse.coo_array((np.ones(len(group)), (group, code)), shape=(group.max(initial=-1) + 1, n_classes))
    cells = counts.tocsr().data
    return float((cells * np.log(cells)).sum())
