"""`shape_report`: the components, loops and branches of a graph that stand out from noise; `shape` counts all."""

from dataclasses import replace
from itertools import chain
from typing import Final

import numpy.typing as npt

from topoact.analysis.shape.branches import branches
from topoact.analysis.shape.evidence import counts_of, signal_of
from topoact.analysis.shape.outlines import outlined
from topoact.analysis.shape.persistence import Life, Tower, components, loops, tower
from topoact.analysis.shape.report import (
    DOUBTFUL,
    NONE_SEEN,
    PLURAL,
    SKELETON,
    Count,
    Feature,
    Kind,
    Shape,
    ShapeReport,
)
from topoact.errors import InvalidInput
from topoact.mapper import MapperGraph
from topoact.mapper.checks import checked_vectors
from topoact.mapper.protocols import Vectors

__all__ = ["Count", "Feature", "Kind", "Shape", "ShapeReport", "shape", "shape_report"]

MAX_SKELETON: Final = 500
"""Nodes, or edges, of a skeleton up to which loops and branches are searched."""
MIN_COMPONENT: Final = 16
"""Points that a component has at least, in a large cloud: fewer are outliers."""
MIN_JACCARD: Final = 0.02
"""The Jaccard index that an edge exceeds: a few points on a border are no connection."""

NOT_MEASURED: Final = f"{NONE_SEEN} in this graph; how short an arm it would miss was not measured"
COMMUNITIES: Final = "communities of an interval are pieces of one whole, and their edges say nothing about its shape"


def shape_report(
    graph: MapperGraph, *, min_jaccard: float = MIN_JACCARD, vectors: npt.ArrayLike | None = None
) -> ShapeReport:
    """Count components, loops and branching nodes on the skeleton of a graph, each with the prominence it lives over.

    Parameters
    ----------
    graph
        Any cut of `Modes` at a prominence of at most 1. Other graphs are counted as they are, without ranges.
    min_jaccard
        Edges must have a larger Jaccard index.
    vectors
        Those that the graph was built from, shape (n_points, n_channels). With them branches are counted among the
        points rather than in the graph, where none is seen it is told which arms would be missed, and `persistence`
        counts loops a second time; some 2 s.

    Returns
    -------
    ShapeReport
        A count is not told where a feature of its kind lives only between 1 and 2, or is born above 1: these may be
        chance. Of loops no least number is told then but what persistence shows as well (`with_second_opinion`).
        Components of fewer than 16 points, and 1 % of all, are outliers. Loops within two intervals do not
        count, nor do triangles; an arm has at least two nodes in a row. More than 500 nodes or edges of a skeleton are
        too many: only components are counted. Of communities nothing is: they are pieces, not components.

    Notes
    -----
    Features live over a tower of graphs that shrinks as prominence rises (Dey, Mémoli, Wang 2016: multiscale mapper).

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.analysis.shape.topology import shape_report
    >>> line = np.linspace(0, 1, 2000)[:, None] + np.random.default_rng(0).normal(0, 0.01, (2000, 3))
    >>> found = shape_report(topoact.Mapper(lens="pca:0", n_intervals=8, clusterer=topoact.Modes()).fit(line).graph_)
    >>> found.loops.value, [feature.kind for feature in found.features]
    (0, ['component'])
    """
    skeleton = tower(graph, SKELETON, min_jaccard)
    fine: list[list[int]] = [[] for _ in range(skeleton.n_nodes)]
    for node, group in enumerate(skeleton.within):
        fine[group].append(node)
    min_points = min(MIN_COMPONENT, graph.n_points / 100)
    pieces = [one for one in components(skeleton) if sum(skeleton.sizes[node] for node in one.nodes) >= min_points]
    reason = COMMUNITIES if graph.contacts is not None else ""
    too_large = _too_large(skeleton) or reason
    lives: dict[Kind, list[Life]] = {
        "component": pieces,
        "loop": [] if too_large else loops(skeleton),
        "branch": [] if too_large else branches(skeleton),
    }
    ranged = graph.prominence is not None
    features = {kind: [_feature(kind, one, fine, ranged) for one in some] for kind, some in lives.items()}
    of_points = None if vectors is None else counts_of(signal_of(_vectors_of(graph, vectors)))
    loops_of_graph = _count(features["loop"], too_large)
    persistence = of_points.loops if of_points else None

    def n_members(one: Feature) -> int:
        """Return a number that is the same in all cuts of one tree, so that features keep their order."""
        return int(graph.memberships.sizes[list(one.nodes)].sum())

    report = ShapeReport(
        components=_count(features["component"], reason),
        loops=with_second_opinion(loops_of_graph, persistence) if ranged else loops_of_graph,
        branches=of_points.branches if of_points else _in_graph(_count(features["branch"], too_large), ranged),
        persistence=persistence,
        on_skeleton=skeleton.n_nodes < graph.n_nodes,
        features=tuple(sorted(chain(*features.values()), key=lambda one: (-one.persistence, -n_members(one)))),
    )
    return outlined(report, graph, min_jaccard)


def with_second_opinion(loops: Count, persistence: Count | None) -> Count:
    """Return what is told of the loops of one graph of modes, where persistence of the points shows others, or none.

    One graph has loops that another cover would not have. Where some may be chance, or persistence was not asked, no
    number of them is sure but what persistence shows.
    """
    is_counted = persistence is not None and (persistence.seen > 0 or persistence.reason.startswith(NONE_SEEN))
    shown = persistence.least if persistence and is_counted else 0
    if loops.value is None:
        return replace(loops, least=min(loops.least, shown))
    if persistence is None or not is_counted or persistence.least <= loops.value <= persistence.seen:
        return loops
    points = persistence.seen or "none"
    reason = f"this graph shows {loops.value}, persistence of the points {points}"
    return Count(None, min(loops.least, shown), loops.seen, reason)


def _vectors_of(graph: MapperGraph, vectors: npt.ArrayLike) -> Vectors:
    points = checked_vectors(vectors)
    if len(points) != graph.n_points:
        raise InvalidInput(f"{len(points):,} vectors are not those of a graph of {graph.n_points:,} points")
    return points


def _in_graph(count: Count, ranged: bool) -> Count:
    """Return a count of branches in a graph: never 0, as it may not show a short arm, and of modes no number at all.

    Where a bundle of points ends or turns, its noise is a stub, that a graph of modes shows as it does an arm.
    """
    if not ranged and (count.reason or count.value):
        return count
    if count.seen:
        return Count(None, 0, count.seen, f"this graph shows {count.seen}, and stubs of noise look alike")
    return count if count.reason else Count(None, 0, 0, NOT_MEASURED)


def _too_large(skeleton: Tower) -> str:
    """Return why a skeleton is not searched for loops and branches, or nothing."""
    n_nodes, n_edges = skeleton.n_nodes, len(skeleton.edges)
    if max(n_nodes, n_edges) <= MAX_SKELETON:
        return ""
    return f"a skeleton of {n_nodes:,} nodes and {n_edges:,} edges is too large to search"


def shape(graph: MapperGraph, *, min_jaccard: float = MIN_JACCARD) -> Shape:
    """Count the components and the loops of a graph as it is, whatever the prominence of its nodes.

    Parameters
    ----------
    graph
        A mapper graph.
    min_jaccard
        Edges must have a larger Jaccard index.

    Returns
    -------
    Shape
        `loops` is the rank of the loops of the graph (over two elements) modulo those within two intervals, where the
        lens is too coarse to tell what is round, and the boundaries of triangles, three nodes that share points.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.analysis.shape.topology import shape
    >>> angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    >>> ring = np.c_[np.cos(angle), np.sin(angle)]
    >>> steps = topoact.SingleLinkage(cut=0.1)
    >>> shape(topoact.Mapper(lens=ring[:, 0], n_intervals=6, clusterer=steps).fit(ring).graph_)
    Shape(components=1, loops=1)
    """
    as_it_is = tower(graph, 0.0, min_jaccard)._replace(merges=[])
    return Shape(len(components(as_it_is)), len(loops(as_it_is)))


def _feature(kind: Kind, life: Life, fine: list[list[int]], ranged: bool) -> Feature:
    def of(nodes: list[int]) -> tuple[int, ...]:
        return tuple(one for node in nodes for one in fine[node])

    birth, death = (life.birth, float(life.death)) if ranged else (None, None)
    return Feature(kind, of(life.nodes), birth, death, tuple(map(of, life.arms)))


def _count(features: list[Feature], reason: str = "") -> Count:
    """Return the count of features of one kind; none where there is a reason that it cannot be known."""
    sure, seen = sum(one.sure for one in features), sum(one.seen for one in features)
    if reason:
        return Count(None, 0, 0, reason)
    if sure == len(features):
        return Count(seen, sure, seen)
    kind = features[0].kind if len(features) == 1 else PLURAL[features[0].kind]
    doubtful = f"{len(features) - sure} of {len(features)} {kind}"
    return Count(None, sure, seen, f"{doubtful} may be chance: not from prominence {SKELETON:g} to {DOUBTFUL:g}")
