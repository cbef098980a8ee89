"""A label for each node that has one: `node_labels`, by lift, with a test that allows for all that was looked at.

The share of a class in a node is compared with its share in the layer. Points of one example are not independent of
each other: a node may hold two hundred positions of one photo. So an example counts once, with the share of the node's
points that are its own. How likely such a share is by chance is bounded by Chernoff's inequality, which holds for the
weighted sums of a shuffle too (Hoeffding 1963). Of all pairs of a node and a class those are found among which 5 % are
due to chance (Benjamini, Hochberg 1995): where classes are shuffled, 19 graphs in 20 have no label.
"""

from itertools import compress
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from topoact.analysis.labels.classes import class_counts
from topoact.mapper import MapperGraph

MAX_FEW: Final = 12
"""Classes up to which each is named once."""
MIN_PURITY: Final = 0.3
"""Share of a node from which it can be where one of few classes is."""
MIN_LIFT: Final = 1.5
"""How many times its share in the layer a class has in a node that it names."""
ALPHA: Final = 0.05
"""Share of what is found that is due to chance, at most."""
STEPS: Final = 40
"""Bisections in the search for the tightest bound."""
MAX_TILT: Final = 60.0

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


class NodeLabels(NamedTuple):
    """Labels of some nodes, by rising number of the node; each has at most one."""

    nodes: Numbers
    codes: Numbers
    """Class that names each node."""
    texts: tuple[str, ...]
    lifts: Floats
    """Share of the class in the node over its share in the layer."""
    shares: Floats
    """Share of the class in the node, among the points whose class is known."""
    p_values: Floats
    """Bound on the probability of such a share by chance."""

    def of(self, keep: npt.NDArray[np.bool_]) -> "NodeLabels":
        """Return the labels that are kept."""
        texts = tuple(compress(self.texts, keep))
        return NodeLabels(
            self.nodes[keep], self.codes[keep], texts, self.lifts[keep], self.shares[keep], self.p_values[keep]
        )


def node_labels(
    graph: MapperGraph,
    codes: npt.NDArray[np.integer],
    names: list[str],
    examples: npt.NDArray[np.integer] | None = None,
    *,
    once: bool | None = None,
) -> NodeLabels:
    """Return the labels of the nodes of a graph.

    Of few classes (12 at most) each is named once: at the node of the best F1 among those where it has a share above
    0.3. Of many, a node has the name of the class that is least likely by chance. Always its share is 1.5 times that
    in the layer or more, and passes the test.

    Parameters
    ----------
    graph
        A mapper graph.
    codes
        Class of each point, shape (n_points,), from 0; −1 where it is not known.
    names
        Names of the classes.
    examples
        Example that each point is of, shape (n_points,); by default each is of its own.
    once
        Whether each class is named once; by default if they are few.

    Returns
    -------
    NodeLabels
        None where classes have nothing to do with nodes.

    Raises
    ------
    InvalidInput
        If there is not one code for each point of the graph.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.analysis.labels.lift import node_labels
    >>> rng = np.random.default_rng(0)
    >>> cloud = np.r_[rng.normal(size=(300, 2)), rng.normal(size=(300, 2)) + [0, 9]]
    >>> graph = topoact.Mapper(lens=cloud[:, 0], n_intervals=3, clusterer=topoact.Modes()).fit(cloud).graph_
    >>> sorted(node_labels(graph, np.repeat([0, 1], 300), ["low", "high"]).texts)
    ['high', 'low']
    """
    counts = class_counts(graph, codes, len(names)).tocoo()
    known = np.asarray(counts.sum(axis=1)).ravel()
    total = np.bincount(codes[codes >= 0], minlength=len(names))
    base = total / max(total.sum(), 1)
    node, code = counts.row.astype(np.int64), counts.col.astype(np.int64)
    share, n_tests = counts.data / known[node], int(np.count_nonzero(known) * np.count_nonzero(total))
    is_few = bool(np.count_nonzero(total) <= MAX_FEW) if once is None else once
    looked = (share >= MIN_LIFT * base[code]) & (share > MIN_PURITY if is_few else True)
    node, code, share, count = node[looked], code[looked], share[looked], counts.data[looked].astype(np.float64)
    weights = _weights(graph, codes, examples)
    p_values: Floats = np.exp(_log_bounds(node, share, base[code], weights))
    score = 2 * count / (known[node] + total[code]) if is_few else -p_values
    chosen = _assigned(node, code, np.where(_found(p_values, n_tests), score, -np.inf), is_few)
    node, code = node[chosen], code[chosen]
    texts = tuple(names[number] for number in code)
    return NodeLabels(node, code, texts, share[chosen] / base[code], share[chosen], p_values[chosen])


class _Weights(NamedTuple):
    """How many points of one example each node has: how many examples have that many, ragged by node."""

    indptr: Numbers
    part: Floats
    """Points of an example over those of its node."""
    n_examples: Floats


def _weights(graph: MapperGraph, codes: npt.NDArray[np.integer], examples: npt.NDArray[np.integer] | None) -> _Weights:
    """Return the weights of examples in nodes, of points whose class is known."""
    known = np.flatnonzero(codes >= 0)
    example = np.arange(graph.n_points) if examples is None else examples
    of_example = sparse.csr_array(
        (np.ones(len(known)), (known, example[known])), shape=(graph.n_points, int(example.max(initial=-1)) + 1)
    )
    points = (graph.memberships.incidence(graph.n_points) @ of_example).tocoo()
    most = int(points.data.max(initial=0)) + 1
    cells, times = np.unique(points.row.astype(np.int64) * most + points.data.astype(np.int64), return_counts=True)
    node, n_own = np.divmod(cells, most)
    n_points = np.bincount(points.row, weights=points.data, minlength=graph.n_nodes)
    indptr = np.searchsorted(node, np.arange(graph.n_nodes + 1))
    return _Weights(indptr, n_own / n_points[node], times.astype(np.float64))


def _log_bounds(node: Numbers, share: Floats, base: Floats, weights: _Weights) -> Floats:
    """Return the logarithm of Chernoff's bound on the probability of each share by chance."""
    starts, sizes = weights.indptr[node], weights.indptr[node + 1] - weights.indptr[node]
    pair = np.repeat(np.arange(len(node)), sizes)
    cell = np.arange(len(pair)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + starts[pair]
    part, times, rate = weights.part[cell], weights.n_examples[cell], base[pair]
    scale = np.zeros(len(node))
    np.maximum.at(scale, pair, part)
    low, high = np.zeros(len(node)), MAX_TILT / np.where(scale > 0, scale, 1)
    for _ in range(STEPS):
        tilt = (low + high) / 2
        grown = rate * np.exp(tilt[pair] * part)
        mean = np.bincount(pair, weights=times * part * grown / (1 - rate + grown), minlength=len(node))
        low, high = np.where(mean < share, tilt, low), np.where(mean < share, high, tilt)
    grown = rate * np.expm1(low[pair] * part)
    return np.bincount(pair, weights=times * np.log1p(grown), minlength=len(node)) - low * share


def _found(p_values: Floats, n_tests: int) -> npt.NDArray[np.bool_]:
    """Return which p-values are small enough among `n_tests`, of which those that are not given are 1."""
    ranked = np.sort(p_values)
    below = np.flatnonzero(ranked <= ALPHA * np.arange(1, len(ranked) + 1) / max(n_tests, 1))
    return p_values <= (ranked[below[-1]] if len(below) else -1)


def _assigned(node: Numbers, code: Numbers, score: Floats, is_once: bool) -> Numbers:
    """Return which pairs are labels, the best first: one a node, and with `is_once` one a class; by rising node."""
    chosen, nodes, codes = [], set(), set()
    for pair in np.lexsort((code, node, -score)):
        if score[pair] == -np.inf:
            break
        if node[pair] not in nodes and not (is_once and code[pair] in codes):
            chosen.append(pair)
            nodes.add(node[pair])
            codes.add(code[pair])
    return np.array(sorted(chosen, key=lambda pair: node[pair]), dtype=np.int64)
