"""Stability of a graph under resampling of its points: `stability`, with `same_way` to build the graphs again."""

from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from topoact.analysis.shape.matching import MIN_JACCARD
from topoact.analysis.shape.skeleton import SPLIT
from topoact.errors import InvalidInput
from topoact.mapper import Clusterer, Intervals, MapperGraph, Progress, build_graph, no_progress
from topoact.mapper.checks import check_whole
from topoact.mapper.covers.pullback import pullback
from topoact.mapper.protocols import LensValues, Rows, Vectors

DRAWN_SHARE: Final = 0.8
"""Share of the points that a resample draws."""
CHANCE_RAND: Final = 0.6
"""Adjusted Rand index above that of points without structure: 0.57 at most where they fill three dimensions or more
(`Modes` of 2,000 to 50,000 Gaussian or uniform points and of layers with shuffled channels, prominence 0.15). In one
and two dimensions it is 0.77, as modes by chance return when most of the points do: see `Stability.split`."""

Verdict = Literal["none", "weak", "clear"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Stability:
    """How much of a graph returned when it was built from 80 % of its points, over some resamples.

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.analysis.shape.stability import Stability
    >>> found = Stability(np.ones(2), np.ones(1), np.ones(2), rands=np.array([0.9, 0.7]), split=1.0)
    >>> round(found.rand, 2), found.verdict
    (0.8, 'clear')
    """

    nodes: Floats
    """Share of the resamples in which each node returned: its Jaccard index was at least 0.5."""
    edges: Floats
    """Share of the resamples in which both ends of each edge returned, and shared points again."""
    jaccard: Floats
    """Jaccard index of each node with the node of its interval that is most like it, on average."""
    rands: Floats
    """Adjusted Rand index of each resample, averaged over the points of the intervals in which either graph has more
    than one group; NaN where there is none. Points of an interval that are in none of its nodes are a group."""
    split: float
    """Share of the points of all intervals that lie in one with more than one group; of `Modes`, where chance makes
    groups as well, with more than one mode of prominence 1."""

    @property
    def rand(self) -> float:
        """The adjusted Rand index, on average over the resamples that have one."""
        return float(self._known.mean()) if len(self._known) else float("nan")

    @property
    def spread(self) -> float:
        """Its standard deviation over these."""
        return float(self._known.std()) if len(self._known) else float("nan")

    @property
    def _known(self) -> Floats:
        return self.rands[~np.isnan(self.rands)]

    @property
    def verdict(self) -> Verdict:
        """How much cluster structure there is: none that chance would not make, weak, or clear."""
        if self.split == 0:
            return "none"
        return "clear" if self.split >= SPLIT and self.rand >= CHANCE_RAND else "weak"

    @property
    def sentence(self) -> str:
        """The verdict in a sentence, with its figures."""
        return _SENTENCES[self.verdict].format(split=self.split, rand=self.rand, resamples=len(self.rands))


_SENTENCES: Final[dict[Verdict, str]] = {
    "none": (
        "No cluster structure: no interval holds a second group that chance would not make, so the graph shows the "
        "lens; pieces within an interval are no findings."
    ),
    "weak": (
        "Little cluster structure: {split:.0%} of the points lie where an interval holds several groups, and in "
        "{resamples} resamples memberships return with an adjusted Rand index of {rand:.2f}; read no piece as a "
        "finding that does not return by itself."
    ),
    "clear": (
        "Clear cluster structure: {split:.0%} of the points lie where an interval holds several groups, and in "
        "{resamples} resamples memberships return with an adjusted Rand index of {rand:.2f}."
    ),
}


class Rebuild(Protocol):
    """Builds the graph of some of the points over the same intervals; its point i is the one in row ``rows[i]``."""

    def __call__(self, rows: Rows, /, *, progress: Progress) -> MapperGraph: ...


def stability(
    graph: MapperGraph,
    rebuild: Rebuild,
    *,
    resamples: int = 10,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Stability:
    """Measure how much of a graph returns when it is built again from 80 % of the points, drawn without replacement.

    Only points of the resample are compared, and nodes only with nodes of their interval.

    Parameters
    ----------
    graph
        A mapper graph.
    rebuild
        Builds the graph of a resample, as `same_way` does.
    resamples, seed
        How many are drawn, and the seed of the draws.
    progress
        Called as ``progress(stage, done, total)`` for each resample; may raise `Cancelled`.

    Returns
    -------
    Stability
        Shares of the resamples for each node and edge, and a verdict on the whole.

    Raises
    ------
    InvalidInput
        If `resamples` is not a whole number from 1, or a rebuilt graph has other points or intervals.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.analysis.shape.stability import same_way, stability
    >>> rng = np.random.default_rng(0)
    >>> cloud = np.r_[rng.normal(size=(300, 2)), rng.normal(size=(300, 2)) + [0, 9]]
    >>> modes = topoact.Modes()
    >>> graph = topoact.Mapper(lens=cloud[:, 0], n_intervals=3, clusterer=modes).fit(cloud).graph_
    >>> stability(graph, same_way(graph, cloud, modes), resamples=3).verdict
    'clear'
    """
    check_whole("resamples", resamples)
    rng, n_drawn = np.random.default_rng(seed), round(DRAWN_SHARE * graph.n_points)
    columns = []
    for number in range(resamples):

        def report(_stage: str, _done: int, _total: int, number: int = number) -> None:
            progress("resampling", number, resamples)

        report("", 0, 1)
        rows = np.sort(rng.choice(graph.n_points, n_drawn, replace=False))
        rebuilt = _checked(rebuild(rows, progress=report), graph, n_drawn)
        columns.append(_compared(graph, rows, rebuilt))
    nodes, edges, jaccard, rands = (np.array(column) for column in zip(*columns, strict=True))
    return Stability(nodes.mean(axis=0), edges.mean(axis=0), jaccard.mean(axis=0), rands, split_share(graph))


def same_way(graph: MapperGraph, vectors: Vectors, clusterer: Clusterer, *, seed: int = 0) -> Rebuild:
    """Return what builds the graph of some of the points as `graph` was built: same lens values, same intervals.

    Parameters
    ----------
    graph
        A mapper graph of `vectors`.
    vectors
        Shape (n_points, n_channels). The rows of a resample are copied.
    clusterer, seed
        Those of the graph. A rule for ε is applied to the points of each resample anew.

    Returns
    -------
    callable
        ``rebuild(rows, progress=...)`` returns the graph of the points in these rows.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.analysis.shape.stability import same_way
    >>> line, steps = np.linspace(0, 1, 20)[:, None], topoact.SingleLinkage(cut=0.2)
    >>> graph = topoact.Mapper(n_intervals=3, clusterer=steps).fit(line).graph_
    >>> same_way(graph, line, steps)(np.arange(0, 20, 2), progress=lambda *step: None).n_points
    10
    """
    cover = _FixedCover(graph.intervals)

    def rebuild(rows: Rows, /, *, progress: Progress) -> MapperGraph:
        some, lens = vectors[rows], graph.lens[rows]
        return build_graph(some, lens, cover=cover, clusterer=clusterer, seed=seed, progress=progress)

    return rebuild


class _FixedCover(NamedTuple):
    """The intervals of another graph as a cover."""

    same: Intervals

    def intervals(self, _lens: LensValues, /) -> Intervals:
        return self.same


class _Pairs(NamedTuple):
    """Nodes of two graphs in the same interval, and how many points they have in common, at least one."""

    node: Numbers
    other: Numbers
    shared: Numbers


def _checked(rebuilt: MapperGraph, graph: MapperGraph, n_drawn: int) -> MapperGraph:
    if rebuilt.n_points != n_drawn or not all(map(np.array_equal, rebuilt.intervals, graph.intervals)):
        raise InvalidInput(
            f"a resample of {n_drawn} points must be built over the {len(graph.intervals.lower)} intervals of the "
            f"graph: got {rebuilt.n_points} points over {len(rebuilt.intervals.lower)} intervals, perhaps other ones"
        )
    return rebuilt


def _compared(graph: MapperGraph, rows: Rows, other: MapperGraph) -> tuple[Flags, Flags, Floats, float]:
    """Return which nodes and edges of a graph returned, the best Jaccard index of each node, and the Rand index."""
    drawn = graph.memberships.incidence(graph.n_points)[:, rows]
    common = (drawn @ other.memberships.incidence(len(rows)).T).tocoo()
    same = graph.interval[common.row] == other.interval[common.col]
    pairs = _Pairs(common.row[same], common.col[same], common.data[same])
    sizes = np.asarray(drawn.sum(axis=1)).ravel(), other.memberships.sizes
    best, jaccard = _best(pairs, *sizes)
    returned = jaccard >= MIN_JACCARD
    ends = np.sort(best[np.stack(graph.links[:2])], axis=0)
    joined = np.isin(_keys(ends[0], ends[1], other.n_nodes), _keys(*other.links[:2], other.n_nodes))
    edges = returned[graph.links.source] & returned[graph.links.target] & joined
    n_points = np.array([len(some) for some in pullback(other.lens, other.intervals)])
    return returned, edges, jaccard, _rand(pairs, (graph.interval, other.interval), sizes, n_points)


def _best(pairs: _Pairs, sizes: Numbers, others: Numbers) -> tuple[Numbers, Floats]:
    """Return for each node the other that is most like it, the first of equals, and their Jaccard index; or −1, 0."""
    jaccard = pairs.shared / (sizes[pairs.node] + others[pairs.other] - pairs.shared)
    order = np.lexsort((pairs.other, -jaccard, pairs.node))
    node, first = np.unique(pairs.node[order], return_index=True)
    best, index = np.full(len(sizes), -1, dtype=np.int64), np.zeros(len(sizes))
    best[node], index[node] = pairs.other[order[first]], jaccard[order[first]]
    return best, index


def _keys(source: Numbers, target: Numbers, n_nodes: int) -> Numbers:
    """Return a number for each pair of nodes, negative where there is no node −1 in the graph."""
    return source * n_nodes + target


def _rand(
    pairs: _Pairs, intervals: tuple[Numbers, Numbers], sizes: tuple[Numbers, Numbers], n_points: Numbers
) -> float:
    """Return the adjusted Rand index of two graphs within intervals of so many points, averaged over these points."""

    def total(interval: Numbers, counts: npt.NDArray[Any]) -> Any:
        return np.bincount(interval, counts, len(n_points))

    alone = [size - np.bincount(node, pairs.shared, len(size)) for size, node in zip(sizes, pairs[:2], strict=True)]
    free = [n_points - total(interval, size) for interval, size in zip(intervals, sizes, strict=True)]
    neither = free[1] - total(intervals[0], alone[0])
    first, second = (
        total(interval, _choose(size)) + _choose(rest)
        for interval, size, rest in zip(intervals, sizes, free, strict=True)
    )
    both = total(intervals[0][pairs.node], _choose(pairs.shared)) + _choose(neither)
    both += sum(total(interval, _choose(some)) for interval, some in zip(intervals, alone, strict=True))
    return _adjusted(both, first, second, n_points)


def _adjusted(both: Floats, first: Floats, second: Floats, n_points: Numbers) -> float:
    """Return the index from the pairs of points that are in one group of both graphs, of the first, and of the second.

    Intervals that both graphs leave whole are left out.
    """
    every = _choose(n_points)
    chance, maximum = first * second / np.maximum(every, 1), (first + second) / 2
    split, certain = np.minimum(first, second) < every, maximum == chance
    index = np.where(certain, 1.0, (both - chance) / np.where(certain, 1.0, maximum - chance))
    return float(np.average(index[split], weights=n_points[split])) if split.any() else float("nan")


def _choose(counts: npt.NDArray[Any]) -> Floats:
    """Return the number of pairs."""
    pairs: Floats = counts * (counts - 1.0) / 2
    return pairs


def split_share(graph: MapperGraph) -> float:
    """Return the share of the points of all intervals that lie in one with several groups; see `Stability.split`."""
    n_points = np.array([len(some) for some in pullback(graph.lens, graph.intervals)])
    in_nodes = np.bincount(graph.interval, graph.memberships.sizes, len(n_points))
    group = np.arange(graph.n_nodes) if graph.prominence is None else graph.within(1.0)
    interval = graph.interval[np.unique(group, return_index=True)[1]]
    groups = np.bincount(interval, minlength=len(n_points)) + (in_nodes < n_points)
    return float(n_points[groups > 1].sum() / max(1, n_points.sum()))
