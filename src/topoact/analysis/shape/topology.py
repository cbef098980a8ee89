"""`shape_report`: the components, loops and branches of a graph that stand out from noise; `shape` counts all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import inf
from typing import Final, Literal, NamedTuple

from topoact.analysis.shape.branches import branches
from topoact.analysis.shape.persistence import Life, Tower, components, loops, tower
from topoact.mapper import MapperGraph

SKELETON: Final = 1.0
"""The prominence that modes of structureless points reach, and from which features are counted."""
DOUBTFUL: Final = 2.0
"""A feature that does not live up to this prominence may be chance."""
MAX_SKELETON: Final = 500
"""Nodes, or edges, of a skeleton up to which loops and branches are searched."""
MIN_COMPONENT: Final = 16
"""Points that a component has at least, in a large cloud: fewer are outliers."""
MIN_JACCARD: Final = 0.02
"""The Jaccard index that an edge exceeds: a few points on a border are no connection."""

COMMUNITIES: Final = "communities of an interval are pieces of one whole, and their edges say nothing about its shape"

Kind = Literal["component", "loop", "branch"]
PLURAL: Final[dict[Kind, str]] = {"component": "components", "loop": "loops", "branch": "branches"}


class Shape(NamedTuple):
    """Connected components and independent loops.

    Examples
    --------
    >>> from topoact.analysis.shape.topology import Shape
    >>> Shape(components=1, loops=2).loops
    2
    """

    components: int
    """Number of connected components."""
    loops: int
    """Number of independent loops."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A component, a loop or a branching node of the skeleton.

    Examples
    --------
    >>> from topoact.analysis.shape.topology import Feature
    >>> feature = Feature("loop", nodes=(3, 4, 7, 6), birth=1.0, death=2.5)
    >>> feature.persistence, feature.sure
    (1.5, True)
    """

    kind: Kind
    """``component``, ``loop`` or ``branch``."""
    nodes: tuple[int, ...]
    """Nodes of the graph: all of a component, a short cycle around a loop, those at which arms meet."""
    birth: float | None
    """Prominence from which it lives, at least 1; None where nodes have no prominence."""
    death: float | None
    """Prominence at which it has merged with another, is filled or has lost its arms; infinite where it never has."""
    arms: tuple[tuple[int, ...], ...] = ()
    """Of a branching node: the nodes of each arm, the nearest first, up to the next branching node."""

    @property
    def persistence(self) -> float:
        """Over how much prominence it lives; infinite where nodes have none."""
        return inf if self.birth is None or self.death is None else self.death - self.birth

    @property
    def sure(self) -> bool:
        """Whether it is in the skeleton and lives up to twice the level of noise."""
        return self.seen and (self.death is None or self.death >= DOUBTFUL)

    @property
    def seen(self) -> bool:
        """Whether the skeleton shows it; what is born later is a trace of merging."""
        return self.birth is None or self.birth <= SKELETON


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of a kind, or why that cannot be told.

    Examples
    --------
    >>> from topoact.analysis.shape.topology import Count
    >>> Count(value=None, least=1, seen=2, reason="one of 2 loops may be chance").value is None
    True
    """

    value: int | None
    """None where it is not known."""
    least: int
    """How many are sure."""
    seen: int
    """How many the skeleton shows."""
    reason: str = ""
    """A sentence where `value` is None."""


@dataclass(frozen=True, slots=True)
class ShapeReport:
    """Counts of components, loops and branching nodes, and the features that were counted.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.analysis.shape.topology import shape_report
    >>> angle = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    >>> ring = np.c_[np.cos(angle), np.sin(angle)] + np.random.default_rng(0).normal(0, 0.02, (3000, 2))
    >>> shape_report(topoact.Mapper(lens=ring[:, 0], n_intervals=8, clusterer=topoact.Modes()).fit(ring).graph_).verdict
    '1 component; 1 loop; 0 branches'
    """

    components: Count
    """Connected components."""
    loops: Count
    """Independent loops."""
    branches: Count
    """Nodes at which three arms or more meet."""
    features: tuple[Feature, ...]
    """The longest-lived first."""

    @property
    def verdict(self) -> str:
        """All counts in one line."""
        return "; ".join(_sentence(kind, count) for kind, count in self.counts.items())

    @property
    def counts(self) -> dict[Kind, Count]:
        """All counts by kind."""
        return {"component": self.components, "loop": self.loops, "branch": self.branches}

    def within(self, number: Sequence[int]) -> "ShapeReport":
        """Return the report for a coarser cut of the graph; `number` gives the coarser node of each node."""

        def of(nodes: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(dict.fromkeys(int(number[node]) for node in nodes))

        moved = (replace(one, nodes=of(one.nodes), arms=tuple(map(of, one.arms))) for one in self.features)
        return replace(self, features=tuple(moved))


def shape_report(graph: MapperGraph, *, min_jaccard: float = MIN_JACCARD) -> ShapeReport:
    """Count components, loops and branching nodes on the skeleton of a graph, each with the prominence it lives over.

    Parameters
    ----------
    graph
        Any cut of `Modes` at a prominence of at most 1. Other graphs are counted as they are, without ranges.
    min_jaccard
        Edges must have a larger Jaccard index.

    Returns
    -------
    ShapeReport
        A count is not told where a feature of its kind lives only between 1 and 2, or is born above 1: these may be
        chance. Components of fewer than 16 points, and 1 % of all, are outliers. Loops within two intervals do not
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
    return ShapeReport(
        components=_count(features["component"], reason),
        loops=_count(features["loop"], too_large),
        branches=_count(features["branch"], too_large),
        features=tuple(sorted(chain(*features.values()), key=lambda one: (-one.persistence, -len(one.nodes)))),
    )


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


def _sentence(kind: Kind, count: Count) -> str:
    if count.value is None:
        return f"cannot tell how many {PLURAL[kind]}: {count.reason}"
    return _number(count.value, kind)


def _number(number: int, kind: Kind) -> str:
    return f"{number} {kind if number == 1 else PLURAL[kind]}"
