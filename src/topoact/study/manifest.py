"""`Manifest`: the content of ``study.json``, which is the origin of the study and its layers. Pure data, no files."""

from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from topoact.errors import StudyError

FORMAT = 1
GRAPH = "graph"
"""The policy of a layer that is an imported graph, without vectors."""
ARCHITECTURES = ("torchvision", "timm")
"""Libraries whose networks have random weights unless the user names some."""


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """One layer of a study under one sampling policy."""

    name: str
    """Name shown to people; unique in the study."""
    key: str
    """Name of the layer's files; unique in the study whatever the case of its letters."""
    module: str
    """Dotted name of the module in the network."""
    policy: str
    """Sampling policy: random, mean, all and others; "given" for imported vectors, "graph" without vectors."""
    n_points: int
    n_channels: int
    grid: tuple[int, int] | None
    """Height and width of the layer's map, when it has positions."""
    digest: str
    """Digest of the vectors, in order, or of the graph."""
    checkpoint: str | None = None
    """Which of the network's checkpoints gave the vectors, where the study names them."""

    @property
    def has_vectors(self) -> bool:
        return self.policy != GRAPH


@dataclass(frozen=True, slots=True)
class Skipped:
    """Inputs that could not be read."""

    count: int = 0
    first: tuple[str, ...] = ()
    """Identities of the first few."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole of ``study.json``."""

    format: int
    topoact: str
    """Version of TopoAct that wrote the study."""
    title: str | None
    created: str
    """Time of completion, ISO 8601, UTC."""
    digest: str
    """Digest of the configuration and of all vectors."""
    config_digest: str
    config: dict[str, Any]
    """Everything that determines the study: model, data, preprocessing, layers, policies, seed, batch size.

    Appends are a list, `appended`: each step has what was `added`, to which study, and all settings that differ.
    """
    n_examples: int
    segment: int
    """Examples in each file of thumbnails and in each chunk of an array; the last may have fewer."""
    has_thumbnails: bool
    classes: tuple[str, ...]
    """Names that labels and predictions refer to."""
    skipped: Skipped
    notes: dict[str, Any]
    """Facts about the run that are worth showing, e.g. the accuracy."""
    layers: tuple[LayerEntry, ...]

    @property
    def model(self) -> str | None:
        """The specification of the network, else the name of its class, or None for imported vectors."""
        model: dict[str, Any] | None = self.config.get("model")
        return (model["spec"] or model["class"]) if model else None

    @property
    def has_random_weights(self) -> bool:
        """Whether the network is an architecture of a library without weights."""
        model: dict[str, Any] = self.config.get("model") or {}
        kind = str(model.get("spec")).partition(":")[0]
        return kind in ARCHITECTURES and model.get("weights") is None

    @property
    def preprocessing(self) -> dict[str, Any] | None:
        """The record from which `topoact.extract.Preprocessing` can be rebuilt, or None when nothing was prepared."""
        record: dict[str, Any] | None = self.config.get("preprocessing")
        return record

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``study.json``."""
        return asdict(self)


def read_manifest(record: Any) -> Manifest:
    """Check and return the content of ``study.json``.

    Raises
    ------
    StudyError
        If the format is newer than this version of TopoAct, or a field is missing or of the wrong kind.
    """
    if not isinstance(record, dict) or not isinstance(record.get("format"), int):
        raise StudyError("study.json is damaged: it has no format version")
    if record["format"] > FORMAT:
        raise StudyError(
            f"the study has format {record['format']}, written by TopoAct {record.get('topoact', '?')}, and this"
            f" version reads up to format {FORMAT}: upgrade TopoAct"
        )
    try:
        values = {field.name: record[field.name] for field in fields(Manifest)}
        values["classes"] = tuple(values["classes"])
        values["skipped"] = Skipped(values["skipped"]["count"], tuple(values["skipped"]["first"]))
        values["layers"] = tuple(read_layer(entry) for entry in values["layers"])
    except (KeyError, TypeError) as error:
        raise StudyError(f"study.json is damaged: {_missing(error)}") from None
    return Manifest(**values)


def read_layer(entry: dict[str, Any]) -> LayerEntry:
    """Return the entry of one layer; fields of later versions may be absent."""
    known = [field for field in fields(LayerEntry) if field.default is MISSING or field.name in entry]
    values = {field.name: entry[field.name] for field in known}
    grid = values["grid"]
    return LayerEntry(**{**values, "grid": (int(grid[0]), int(grid[1])) if grid else None})


def _missing(error: Exception) -> str:
    return f"it has no field {error}" if isinstance(error, KeyError) else "a field is of the wrong kind"
