"""The knobs of a mapper graph: one table from which the command line, the server and the explorer are made."""

from dataclasses import asdict, dataclass
from numbers import Integral, Real
from typing import Any, Final, Literal

import numpy.typing as npt

from topoact.mapper import DBSCAN, Mapper
from topoact.study.files import digest

ENGINE: Final = 2
"""Version of the construction; raised by a change that gives other graphs, so that stored ones are left aside."""

KnobKind = Literal["choice", "int", "float", "epsilon"]


@dataclass(frozen=True, slots=True)
class MapSettings:
    """All that determines the mapper graph of a layer. Values are validated by the parts they configure."""

    lens: str = "l2"
    n_intervals: int = 30
    overlap: float = 0.3
    eps: float | Literal["elbow"] = "elbow"
    min_samples: int = 5

    def __post_init__(self) -> None:
        """Make equal settings the same values, so that they have the same key: 1 is 1.0 is ``np.float32(1)``."""
        plain: dict[str, Any] = {"n_intervals": int, "overlap": float, "eps": float, "min_samples": int}
        for name, kind in plain.items():
            value = getattr(self, name)
            if isinstance(value, Integral if kind is int else Real):
                object.__setattr__(self, name, kind(value))

    def mapper(self, lens: str | npt.ArrayLike) -> Mapper:
        """Return the estimator that these settings describe, with `lens` in the place of its name."""
        return Mapper(
            lens=lens,
            n_intervals=self.n_intervals,
            overlap=self.overlap,
            clusterer=DBSCAN(eps=self.eps, min_samples=self.min_samples),
        )

    def key(self, layer_digest: str) -> str:
        """Return the key under which the graph of these settings on that layer is stored."""
        return digest({"layer": layer_digest, "engine": ENGINE, **asdict(self)})


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

    @property
    def default(self) -> Any:
        return getattr(MapSettings(), self.name)


KNOBS = (
    Knob("lens", "Lens", "The number by which points are sorted into intervals.", "choice"),
    Knob("n_intervals", "Intervals", "How many equal intervals cover the range of the lens.", "int", 1, 200, 1),
    Knob("overlap", "Overlap", "Share of an interval that it has in common with the next.", "float", 0.0, 0.75, 0.01),
    Knob(
        "eps", "ε", "Radius within which points are neighbours: a number, or 'elbow' of the k-NN distance.", "epsilon"
    ),
    Knob("min_samples", "minPts", "Points within ε, itself included, that make a point a core point.", "int", 1, 50, 1),
)
