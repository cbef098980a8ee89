"""`MapSettings`, all that determines a graph; `KNOBS`, the label, help and bounds of each setting; `PRESETS`."""

import contextlib
from dataclasses import asdict, dataclass, replace
from numbers import Integral, Real
from typing import Any, Final, Literal, NamedTuple

import numpy.typing as npt

from topoact.errors import InvalidInput, UnknownName
from topoact.mapper import CLUSTERERS, COVERS, Clusterer, Cover, Mapper, lens_release, named_clusterer, named_cover
from topoact.mapper.clusterers.epsilon import parse_rule
from topoact.mapper.neighbors.metrics import checked_metric
from topoact.study.checked import MAX_COUNT, Damaged, checked
from topoact.study.files import digest

ENGINE_VERSIONS: Final = {"modes": 1, "dbscan": 2}
"""Version of each clusterer's graphs; increased by a change of the graphs, so that stored ones are not reused."""
STORED_DEFAULTS: Final = {"cover": "uniform", "metric": "euclidean", "clusterer": "dbscan"}
"""Settings added after graphs had been stored: at these values they are not part of a graph's key."""
BOUNDS: Final = {
    "n_intervals": (1, 10_000),
    "overlap": (0.0, 1.0),
    "k": (2, MAX_COUNT),
    "prominence": (0.0, 1e300),
    "min_samples": (1, MAX_COUNT),
}
"""The range of each number in the settings of graphs that are stored."""
CLUSTERER_SETTINGS: Final = ("k", "prominence", "eps", "min_samples")
"""Settings that only some clusterers have; `topoact.mapper.CLUSTERERS` lists those of each."""
MAX_DEFAULT_INTERVALS: Final = 25
MIN_DEFAULT_INTERVALS: Final = 5
POINTS_PER_INTERVAL: Final = 400
"""Points for which a layer has one more interval by default, between the two bounds above."""
FINEST_PROMINENCE: Final = 0.1
"""Prominence at which a graph is laid out: at a larger one its nodes keep the positions that they have there."""

KnobKind = Literal["choice", "int", "float", "epsilon", "prominence"]


@dataclass(frozen=True, slots=True)
class MapSettings:
    """All that determines the mapper graph of a layer. Values are validated by the parts they configure.

    Examples
    --------
    >>> from topoact.workbench import MapSettings
    >>> settings = MapSettings(clusterer="dbscan", n_intervals=70)
    >>> settings.cover, settings.eps
    ('balanced', 'elbow')
    """

    lens: str = "l2"
    """A name, as for `topoact.mapper.lens_values`, or ``column:NAME`` for a numeric column of the examples."""
    cover: str = "balanced"
    """``balanced``, ``uniform``, or the convention of a `topoact.UniformCover`."""
    n_intervals: int = MAX_DEFAULT_INTERVALS
    """Number of intervals, at least 1."""
    overlap: float = 0.3
    """Share of an interval that it has in common with the next, in [0, 1)."""
    metric: str = "euclidean"
    """``euclidean`` or ``cosine``."""
    clusterer: str = "modes"
    """``modes`` or ``dbscan``."""
    k: int = 15
    """Of `topoact.Modes`: number of neighbours, at least 2."""
    prominence: float = 0.15
    """Of `topoact.Modes`: least prominence of a mode, at least 0."""
    eps: float | str = "elbow"
    """Of `topoact.DBSCAN`: a radius in units of the activations, or a rule."""
    min_samples: int = 5
    """Of `topoact.DBSCAN`: points within ε that make a point a core point, itself included."""

    def __post_init__(self) -> None:
        """Make equal settings the same values, so that they have the same key: 1 is 1.0 is ``np.float32(1)``."""
        plain: dict[str, Any] = {"n_intervals": int, "k": int, "min_samples": int}
        plain |= {"overlap": float, "prominence": float, "eps": float}
        for name, kind in plain.items():
            value = getattr(self, name)
            if isinstance(value, Integral if kind is int else Real) and not isinstance(value, bool):
                object.__setattr__(self, name, kind(value))
        if isinstance(self.eps, str):
            with contextlib.suppress(ValueError):
                object.__setattr__(self, "eps", float(self.eps))

    @property
    def used(self) -> dict[str, Any]:
        """The settings that have an effect: those of all graphs and those of the clusterer."""
        of_clusterer = _settings_of(self.clusterer)
        values = asdict(self).items()
        return {name: value for name, value in values if name in of_clusterer or name not in CLUSTERER_SETTINGS}

    @property
    def finest(self) -> "MapSettings":
        """The settings of the finest cut, whose nodes include those of this graph."""
        if self.clusterer != "modes" or not self.prominence > FINEST_PROMINENCE:
            return self
        return replace(self, prominence=FINEST_PROMINENCE)

    def cover_of(self) -> Cover:
        """Return the cover that these settings describe.

        Raises
        ------
        InvalidInput
            If it is unknown, or a number is out of range.
        """
        return named_cover(self.cover, self.n_intervals, self.overlap)

    def clusterer_of(self) -> Clusterer:
        """Return the clusterer that these settings describe.

        Raises
        ------
        UnknownName
            If there is none of that name.
        """
        checked_metric(self.metric)
        return named_clusterer(self.clusterer, asdict(self))

    def mapper(self, lens: str | npt.ArrayLike) -> Mapper:
        """Return the estimator that these settings describe, with `lens` instead of its name."""
        return Mapper(lens=lens, cover=self.cover_of(), clusterer=self.clusterer_of())

    @property
    def releases(self) -> dict[str, str]:
        """What other packages contribute to the graph, by setting: each package with its version."""
        offered = {
            "lens": lens_release(self.lens),
            "cover": COVERS.release(self.cover),
            "clusterer": CLUSTERERS.release(self.clusterer),
        }
        return {setting: release for setting, release in offered.items() if release}

    def key(self, layer_digest: str) -> str:
        """Return the key under which the graph of these settings on that layer is stored."""
        plugins = {"releases": releases} if (releases := self.releases) else {}
        values = {name: value for name, value in self.used.items() if value != STORED_DEFAULTS.get(name)}
        return digest({"layer": layer_digest, "engine": ENGINE_VERSIONS.get(self.clusterer, 0), **plugins, **values})


def default_for(n_points: int) -> MapSettings:
    """Return the default settings of a layer of `n_points` points."""
    return MapSettings(
        n_intervals=min(MAX_DEFAULT_INTERVALS, max(MIN_DEFAULT_INTERVALS, n_points // POINTS_PER_INTERVAL))
    )


def resolve(base: MapSettings, preset: str | None = None, **values: Any) -> MapSettings:
    """Return the settings of a preset, or those of `base`, with other values for some of them.

    Parameters
    ----------
    base
        Settings where no preset is named.
    preset
        A name in `PRESETS`.
    **values
        Values of fields of `MapSettings`.

    Raises
    ------
    InvalidInput
        If there is no such preset or setting, or it belongs to another clusterer.
    """
    if preset is not None and preset not in PRESETS:
        raise UnknownName(f"unknown preset {preset!r}: choose {', '.join(PRESETS)}")
    known = list(MapSettings.__dataclass_fields__)
    if unknown := sorted(set(values) - set(known)):
        raise InvalidInput(f"unknown setting {', '.join(unknown)}: there are {', '.join(known)}")
    settings = replace(PRESETS[preset].settings if preset else base, **values)
    for name in values:
        if settings.clusterer in CLUSTERERS and name not in settings.used:
            owner = next(iter(clusterers_with(name)))
            raise InvalidInput(f"{name} is a setting of the clusterer {owner!r}, not of {settings.clusterer!r}")
    for name in ("n_intervals", "prominence"):
        if isinstance(value := getattr(settings, name), int | float) and value > (most := BOUNDS[name][1]):
            raise InvalidInput(f"{name} must be at most {most:,}: got {value}")
    return settings


def from_stored(values: dict[str, Any]) -> MapSettings:
    """Return stored settings; a setting that did not exist when they were stored has its value in `STORED_DEFAULTS`.

    Raises
    ------
    Damaged
        If they have another field, or a value of another type or out of range, also one that the graph does not use.
    """
    settings: MapSettings = checked(MapSettings, {**STORED_DEFAULTS, **values})
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(settings, name) <= most:
            raise Damaged(f"its setting {name} is {getattr(settings, name)}, which is out of range")
    parse_rule(settings.eps)
    return settings


def clusterers_with(setting: str) -> list[str]:
    """Return the names of the clusterers that have a setting; none for one that all graphs have."""
    return [name for name, kind in CLUSTERERS.usable() if setting in kind.settings]


def _settings_of(clusterer: str) -> tuple[str, ...]:
    return CLUSTERERS[clusterer].settings if clusterer in CLUSTERERS else ()


class Choice(NamedTuple):
    """A value that a knob may take, and its label."""

    value: str
    label: str
    group: str = ""
    """Heading of the menu under which it is offered."""


METRICS: Final = (Choice("euclidean", "Euclidean"), Choice("cosine", "cosine"))


@dataclass(frozen=True, slots=True)
class Knob:
    """Label, help, kind and bounds of one field of `MapSettings`."""

    name: str
    label: str
    help: str
    kind: KnobKind
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None

    @property
    def choices(self) -> tuple[Choice, ...]:
        """All values of a choice; none where they depend on the layer."""
        if self.name == "cover":
            return tuple(Choice(name, kind.label, kind.group) for name, kind in COVERS.usable())
        if self.name == "clusterer":
            return tuple(Choice(name, kind.label) for name, kind in CLUSTERERS.usable())
        return METRICS if self.name == "metric" else ()

    @property
    def clusterers(self) -> list[str]:
        """The clusterers that have this setting; empty if all have it."""
        return clusterers_with(self.name)

    @property
    def default(self) -> Any:
        return getattr(MapSettings(), self.name)


class Preset(NamedTuple):
    """Settings that go together, their label and help."""

    label: str
    help: str
    settings: MapSettings


PRESETS: Final = {
    "paper": Preset(
        "as in the paper",
        "As in the TopoAct paper: DBSCAN with ε at the elbow and minPts 5, in 70 equal intervals of the L2 norm.",
        MapSettings(cover="uniform", n_intervals=70, overlap=0.3, clusterer="dbscan"),
    ),
}

KNOBS: Final = (
    Knob("lens", "Lens", "The number by which points are sorted into intervals.", "choice"),
    Knob(
        "cover",
        "Cover",
        "How intervals are placed: equally long (as KeplerMapper does), each with equally many points (balanced), or "
        "equally long and placed as by another library.",
        "choice",
    ),
    Knob("n_intervals", "Intervals", "How many intervals cover the range of the lens.", "int", 1, 200, 1),
    Knob("overlap", "Overlap", "Share of an interval that it has in common with the next.", "float", 0.0, 0.75, 0.01),
    Knob(
        "metric",
        "Distance",
        "Between points: Euclidean, or 1 − cosine of the angle, whatever their length.",
        "choice",
    ),
    Knob(
        "clusterer",
        "Clusters",
        "How the points of an interval become nodes: by the modes of their density, which leave no point out, or by "
        "DBSCAN, which has one radius for dense and sparse regions and leaves points of sparse ones out.",
        "choice",
    ),
    Knob(
        "k",
        "Neighbours",
        "Nearest points from which the density at a point is estimated. More of them smooth it: small groups are lost, "
        "and noise.",
        "int",
        2,
        100,
        1,
    ),
    Knob(
        "prominence",
        "Prominence",
        "How far a mode must rise above the saddle to a denser one, or it is merged into it; in multiples of what "
        "chance alone makes.",
        "prominence",
        FINEST_PROMINENCE,
        4,
        0.01,
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
