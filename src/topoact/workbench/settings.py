"""The knobs of a mapper graph: one table from which the command line, the server and the explorer are made."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from topoact.mapper import DBSCAN, Mapper, UniformCover


@dataclass(frozen=True, slots=True)
class MapSettings:
    """All that determines the mapper graph of a layer. Values are validated by the parts they configure."""

    lens: str = "l2"
    n_intervals: int = 30
    overlap: float = 0.3
    eps: float | Literal["elbow"] = "elbow"
    min_samples: int = 5

    def mapper(self) -> Mapper:
        """Return the estimator that these settings describe."""
        return Mapper(
            lens=self.lens,
            cover=UniformCover(n_intervals=self.n_intervals, overlap=self.overlap),
            clusterer=DBSCAN(eps=self.eps, min_samples=self.min_samples),
        )

    def digest(self, layer_digest: str) -> str:
        """Return the key under which the graph of these settings on that layer is stored."""
        text = json.dumps({"layer": layer_digest, "version": 1, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Knob:
    """How one field of `MapSettings` is shown, said and bounded."""

    name: str
    label: str
    help: str
    kind: Literal["choice", "int", "float", "epsilon"]
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
    Knob("eps", "ε", "Radius within which points are neighbours: a number, or 'elbow' of the k-NN distance.", "epsilon"),
    Knob("min_samples", "minPts", "Points within ε, itself included, that make a point a core point.", "int", 1, 50, 1),
)
