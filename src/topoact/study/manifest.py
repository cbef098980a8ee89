"""`Manifest`: the content of ``study.json``, which is the origin of the study and its layers. Pure data, no files."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field

from topoact.errors import StudyError
from topoact.study.checked import Count, Damaged, Digest, Flag, Text, checked
from topoact.study.files import NAME
from topoact.study.provenance import Line, check_config, check_notes
from topoact.study.sight import Sight

FORMAT = 1
GRAPH = "graph"
"""The policy of a layer that is an imported graph, without vectors."""
ARCHITECTURES = ("torchvision", "timm")
"""Libraries whose networks have random weights unless the user names some."""
MAX_NUMBERS = 2**44
"""Numbers in the vectors of one layer, 64 TB."""
Side = Annotated[int, Field(strict=True, ge=1, le=2**20)]


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """One layer of a study under one sampling policy."""

    name: Line
    """Name shown to people; unique in the study."""
    key: Annotated[Text, Field(pattern=f"^{NAME}$")]
    """Name of the layer's files; unique in the study whatever the case of its letters."""
    module: Line
    """Dotted name of the module in the network."""
    policy: Line
    """Sampling policy: random, mean, all and others; "given" for imported vectors, "graph" without vectors."""
    n_points: Count
    n_channels: Count
    grid: tuple[Side, Side] | None
    """Height and width of the layer's map, when it has positions."""
    digest: Digest
    """Digest of the vectors, in order, or of the graph."""
    sight: Sight | None = None
    """What its positions see of the network's input; None where nobody has looked."""
    checkpoint: Line | None = None
    """Which of the network's checkpoints gave the vectors, where the study names them."""

    @property
    def has_vectors(self) -> bool:
        return self.policy != GRAPH


@dataclass(frozen=True, slots=True)
class Skipped:
    """Inputs that could not be read."""

    count: Count = 0
    first: tuple[Text, ...] = ()
    """Identities of the first few."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole of ``study.json``."""

    format: Annotated[int, Field(ge=1)]
    topoact: Line
    """Version of TopoAct that wrote the study."""
    title: Line | None
    created: Line
    """Time of completion, ISO 8601, UTC."""
    digest: Digest
    """Digest of the configuration and of all vectors."""
    config_digest: Digest
    config: dict[str, Any]
    """Everything that determines the study: model, data, preprocessing, layers, policies, seed, batch size.

    Appends are a list, `appended`: each step has what was `added`, to which study, and all settings that differ.
    """
    n_examples: Count
    segment: Annotated[Count, Field(ge=1)]
    """Examples in each file of thumbnails and in each chunk of an array; the last may have fewer."""
    has_thumbnails: Flag
    classes: tuple[Text, ...]
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
    if not isinstance(record, dict) or type(record.get("format")) is not int:
        raise StudyError("study.json is damaged: it has no format version")
    if record["format"] > FORMAT:
        raise StudyError(
            f"the study has format {record['format']}, written by TopoAct {record.get('topoact', '?')}, and this"
            f" version reads up to format {FORMAT}: upgrade TopoAct"
        )
    try:
        manifest: Manifest = checked(Manifest, record)
        check_config(manifest.config)
        check_notes(manifest.notes)
        _check_whole(manifest)
    except Damaged as error:
        raise StudyError(f"study.json is damaged: {error}") from None
    return manifest


def _check_whole(manifest: Manifest) -> None:
    """Raise a `Damaged` where fields do not fit each other."""
    layers, first = manifest.layers, manifest.config
    for what, names in {
        "layers of one name": [layer.name for layer in layers],
        "layers of one key": [layer.key.lower() for layer in layers],
        "layers of one digest": [layer.digest for layer in layers],
        "classes of one name": manifest.classes,
    }.items():
        if len(set(names)) < len(names):
            raise Damaged(f"it has two {what}")
    checkpoints = {run.get("checkpoint") for run in (first, *({**first, **step} for step in first.get("appended", ())))}
    for layer in layers:
        is_even = layer.n_points % max(manifest.n_examples, 1) == 0 if layer.has_vectors else True
        if not is_even or layer.n_points * layer.n_channels > MAX_NUMBERS:
            raise Damaged(f"the layer {layer.name!r} cannot have {layer.n_points:,} points x {layer.n_channels:,}")
        if layer.has_vectors and layer.checkpoint not in checkpoints:
            raise Damaged(f"the layer {layer.name!r} is of a checkpoint that is not described: {layer.checkpoint!r}")
