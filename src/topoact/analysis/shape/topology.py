"""How many pieces and loops a graph has, and where it branches: what of its shape is a statement about the points."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import inf
from typing import Final, Literal, NamedTuple

from topoact.analysis.shape.branches import branches
from topoact.analysis.shape.persistence import (
    Life,
    components,
    loops,
    tower,
)
from topoact.mapper import MapperGraph

SKELETON: Final = 1.0
"""The prominence at which modes are hardly chance, and from which features are counted."""
DOUBTFUL: Final = 2.0
"""What does not live up to this prominence may be chance all the same."""
MANY: Final = 500
"""Nodes and edges of a skeleton up to which loops and branches are searched."""
FEW: Final = 16
"""Points that a component has at least, in a large cloud: fewer are outliers."""
WEAK: Final = 0.02
"""The Jaccard index that a passage exceeds: a few points on a border are none."""

PIECES: Final = "communities of an interval are pieces of one whole, and their edges say nothing about its shape"

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
        """Whether it is hardly chance: in the skeleton, and alive up to twice the level of noise."""
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
    """None: cannot tell."""
    least: int
    """How many are sure."""
    seen: int
    """How many the skeleton shows."""
    reason: str = ""
    """A sentence where it cannot be told."""


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
        return "; ".join(_told(kind, count) for kind, count in self.counts.items())

    @property
    def counts(self) -> dict[Kind, Count]:
        """All counts by kind."""
        return {"component": self.components, "loop": self.loops, "branch": self.branches}

    def within(self, number: Sequence[int]) -> "ShapeReport":
        """Return the same of a coarser cut of the graph, in whose nodes, by their number, the nodes of this one lie."""

        def of(nodes: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(dict.fromkeys(int(number[node]) for node in nodes))

        moved = (replace(one, nodes=of(one.nodes), arms=tuple(map(of, one.arms))) for one in self.features)
        return replace(self, features=tuple(moved))


def shape_report(graph: MapperGraph, *, min_jaccard: float = WEAK) -> ShapeReport:
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
    given = tower(graph, SKELETON, min_jaccard)
    fine: list[list[int]] = [[] for _ in range(given.n_nodes)]
    for node, group in enumerate(given.within):
        fine[group].append(node)
    least = min(FEW, graph.n_points / 100)
    pieces = [one for one in components(given) if sum(given.sizes[node] for node in one.nodes) >= least]
    silent = PIECES if graph.contacts is not None else ""
    size = f"{given.n_nodes:,} nodes and {len(given.edges):,} edges"
    large = f"a skeleton of {size} is too large to search" if max(given.n_nodes, len(given.edges)) > MANY else silent
    lives: dict[Kind, list[Life]] = {
        "component": pieces,
        "loop": [] if large else loops(given),
        "branch": [] if large else branches(given),
    }
    ranged = graph.prominence is not None
    found = {kind: [_feature(kind, one, fine, ranged) for one in some] for kind, some in lives.items()}
    return ShapeReport(
        components=_count(found["component"], silent),
        loops=_count(found["loop"], large),
        branches=_count(found["branch"], large),
        features=tuple(sorted(chain(*found.values()), key=lambda one: (-one.persistence, -len(one.nodes)))),
    )


def shape(graph: MapperGraph, *, min_jaccard: float = WEAK) -> Shape:
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
    given = tower(graph, 0.0, min_jaccard)._replace(merges=[])
    return Shape(len(components(given)), len(loops(given)))


def _feature(kind: Kind, life: Life, fine: list[list[int]], ranged: bool) -> Feature:
    def of(nodes: list[int]) -> tuple[int, ...]:
        return tuple(one for node in nodes for one in fine[node])

    birth, death = (life.birth, float(life.death)) if ranged else (None, None)
    return Feature(kind, of(life.nodes), birth, death, tuple(map(of, life.arms)))


def _count(found: list[Feature], silent: str = "") -> Count:
    sure, seen = sum(one.sure for one in found), sum(one.seen for one in found)
    if silent:
        return Count(None, 0, 0, silent)
    if sure == len(found):
        return Count(seen, sure, seen)
    kind = found[0].kind if len(found) == 1 else PLURAL[found[0].kind]
    doubtful = f"{len(found) - sure} of {len(found)} {kind}"
    return Count(None, sure, seen, f"{doubtful} may be chance: not from prominence {SKELETON:g} to {DOUBTFUL:g}")


def _told(kind: Kind, count: Count) -> str:
    if count.value is None:
        return f"cannot tell how many {PLURAL[kind]}: {count.reason}"
    return _number(count.value, kind)


def _number(number: int, kind: Kind) -> str:
    return f"{number} {kind if number == 1 else PLURAL[kind]}"
