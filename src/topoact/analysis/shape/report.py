"""What is told about a shape: `Feature`, `Count` and `ShapeReport`; `none_seen` where no branch is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final, Literal, NamedTuple

SKELETON: Final = 1.0
"""The prominence that modes of structureless points reach, and from which features are counted."""
DOUBTFUL: Final = 2.0
"""A feature that does not live up to this prominence may be chance."""

NONE_SEEN: Final = "none seen"
"""With which a reason begins where none is seen of a kind."""

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
    >>> from topoact.analysis.shape.report import Feature
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
    rim: tuple[int, ...] = ()
    """Of a loop: a closed cycle around it in order, along edges or between nodes of one skeleton node; or empty."""
    paths: tuple[tuple[int, ...], ...] = ()
    """Of a branching node: a path along each arm, from there on; empty where the graph has fewer than three."""
    name: str = ""
    """Its classes, or its range of the lens, once it is named (`topoact.analysis.shape.naming`)."""
    arm_names: tuple[str, ...] = ()
    """The same for each arm."""

    @property
    def persistence(self) -> float:
        """Over how much prominence it lives; infinite where nodes have none."""
        return inf if self.birth is None or self.death is None else self.death - self.birth

    @property
    def sure(self) -> bool:
        """Whether it is in the skeleton and lives up to twice the level of noise."""
        return self.seen and (self.death is None or self.death >= DOUBTFUL)

    def lives_at(self, prominence: float) -> bool:
        """Return whether it is there at a prominence; always where nodes have none.

        Parameters
        ----------
        prominence
            At which the graph is cut.

        Returns
        -------
        bool
            Whether it is born and has not ended.
        """
        if self.birth is None or self.death is None:
            return True
        return self.birth <= prominence < self.death

    @property
    def seen(self) -> bool:
        """Whether the skeleton shows it; what is born later is a trace of merging."""
        return self.birth is None or self.birth <= SKELETON


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of a kind, or why that cannot be told.

    Examples
    --------
    >>> from topoact.analysis.shape.report import Count
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
    missed_below: float | None = None
    """Of branches where none is seen: arms shorter than this would be missed, in the distance of the vectors."""
    missed_points: int | None = None
    """Points of an arm of that length."""


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
    '1 component; 1 loop; branches: none seen in this graph; how short an arm it would miss was not measured'
    """

    components: Count
    """Connected components."""
    loops: Count
    """Independent loops."""
    branches: Count
    """Nodes, or with vectors places among them, at which three arms or more meet; never 0, as absence is not seen."""
    features: tuple[Feature, ...]
    """The longest-lived first."""
    persistence: Count | None = None
    """Independent loops by persistent homology of the points, a second opinion; None where only a graph was given."""
    on_skeleton: bool = False
    """Whether the graph has other nodes than the skeleton that was counted on: more detail, or less."""

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

        moved = (
            replace(one, nodes=of(one.nodes), arms=tuple(map(of, one.arms)), rim=(), paths=()) for one in self.features
        )
        return replace(self, features=tuple(moved))


def none_seen(missed_below: float | None, missed_points: int | None) -> Count:
    """Return the count where no branch is seen: it is unknown, and an arm of which length would be missed is told."""
    if missed_below is None or missed_points is None:
        return Count(None, 0, 0, f"{NONE_SEEN}; an arm as long as the cloud is wide would be missed")
    missed = f"arms shorter than {missed_below:.3g} ({missed_points:,} points) would be missed"
    return Count(None, 0, 0, f"{NONE_SEEN}; {missed}", missed_below, missed_points)


def _sentence(kind: Kind, count: Count) -> str:
    if count.value is None:
        if count.reason.startswith(NONE_SEEN):
            return f"{PLURAL[kind]}: {count.reason}"
        return f"cannot tell how many {PLURAL[kind]}: {count.reason}"
    return _number(count.value, kind)


def _number(number: int, kind: Kind) -> str:
    return f"{number} {kind if number == 1 else PLURAL[kind]}"
