"""The knobs of a mapper graph: one table from which the command line, the server and the explorer are made."""

import contextlib
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from typing import Any, Final, Literal, NamedTuple

import numpy.typing as npt

from topoact.errors import UnknownName
from topoact.mapper import DBSCAN, Cover, Mapper, QuantileCover, UniformCover
from topoact.mapper.neighbors.metrics import checked_metric
from topoact.study.files import digest

ENGINE: Final = 2
"""Version of the construction; raised by a change that gives other graphs, so that stored ones are left aside."""
LATER: Final = {"cover": "uniform", "metric": "euclidean"}
"""Settings that came after graphs had been stored: at these values they are no part of a graph's key."""

KnobKind = Literal["choice", "int", "float", "epsilon"]


@dataclass(frozen=True, slots=True)
class MapSettings:
    """All that determines the mapper graph of a layer. Values are validated by the parts they configure."""

    lens: str = "l2"
    cover: str = "uniform"
    n_intervals: int = 30
    overlap: float = 0.3
    metric: str = "euclidean"
    eps: float | str = "elbow"
    min_samples: int = 5

    def __post_init__(self) -> None:
        """Make equal settings the same values, so that they have the same key: 1 is 1.0 is ``np.float32(1)``."""
        plain: dict[str, Any] = {"n_intervals": int, "overlap": float, "eps": float, "min_samples": int}
        for name, kind in plain.items():
            value = getattr(self, name)
            if isinstance(value, Integral if kind is int else Real):
                object.__setattr__(self, name, kind(value))
        if isinstance(self.eps, str):
            with contextlib.suppress(ValueError):
                object.__setattr__(self, "eps", float(self.eps))

    def cover_of(self) -> Cover:
        """Return the cover that these settings describe.

        Raises
        ------
        InvalidInput
            If it is unknown, or a number is out of range.
        """
        if self.cover not in {choice.value for choice in COVERS}:
            raise UnknownName(f"unknown cover {self.cover!r}: choose {', '.join(choice.value for choice in COVERS)}")
        if self.cover == "balanced":
            return QuantileCover(self.n_intervals, self.overlap)
        convention = "kepler-mapper" if self.cover == "uniform" else self.cover
        return UniformCover(self.n_intervals, self.overlap, convention)

    def clusterer(self) -> DBSCAN:
        """Return the clusterer that these settings describe."""
        return DBSCAN(eps=self.eps, min_samples=self.min_samples, metric=checked_metric(self.metric))

    def mapper(self, lens: str | npt.ArrayLike) -> Mapper:
        """Return the estimator that these settings describe, with `lens` in the place of its name."""
        return Mapper(lens=lens, cover=self.cover_of(), clusterer=self.clusterer())

    def key(self, layer_digest: str) -> str:
        """Return the key under which the graph of these settings on that layer is stored."""
        said = {name: value for name, value in asdict(self).items() if value != LATER.get(name)}
        return digest({"layer": layer_digest, "engine": ENGINE, **said})


class Choice(NamedTuple):
    """A value that a knob may take, in words."""

    value: str
    label: str
    group: str = ""
    """Heading below which it is offered."""


@dataclass(frozen=True, slots=True)
class Knob:
    """How one field of `MapSettings` is shown, said and bounded."""

    name: str
    label: str
    help: str
    kind: KnobKind
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[Choice, ...] = ()
    """All values of a choice; none where they depend on the layer."""

    @property
    def default(self) -> Any:
        return getattr(MapSettings(), self.name)


AS_IN: Final = "Equal, as placed by"
COVERS: Final = (
    Choice("uniform", "equal intervals"),
    Choice("balanced", "equally many points"),
    Choice("giotto-tda", "giotto-tda", AS_IN),
    Choice("tda-mapper", "tda-mapper", AS_IN),
    Choice("gudhi", "GUDHI", AS_IN),
    Choice("zen-mapper", "zen-mapper", AS_IN),
)
METRICS: Final = (Choice("euclidean", "Euclidean"), Choice("cosine", "cosine"))

KNOBS: Final = (
    Knob("lens", "Lens", "The number by which points are sorted into intervals.", "choice"),
    Knob(
        "cover",
        "Cover",
        "How intervals are laid: equally long (as KeplerMapper does), each with equally many points (balanced), or "
        "equally long and placed as another library does.",
        "choice",
        choices=COVERS,
    ),
    Knob("n_intervals", "Intervals", "How many intervals cover the range of the lens.", "int", 1, 200, 1),
    Knob("overlap", "Overlap", "Share of an interval that it has in common with the next.", "float", 0.0, 0.75, 0.01),
    Knob(
        "metric",
        "Distance",
        "Between points: Euclidean, or 1 − cosine of the angle, whatever their length.",
        "choice",
        choices=METRICS,
    ),
    Knob(
        "eps",
        "ε",
        "Radius within which points are neighbours: a number, or read from the distance to the minPts-th neighbour at "
        "its elbow or at a quantile, over all points or in every interval.",
        "epsilon",
    ),
    Knob("min_samples", "minPts", "Points within ε, itself included, that make a point a core point.", "int", 1, 50, 1),
)
