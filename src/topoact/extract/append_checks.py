"""Checks of an append against its study: settings, checkpoint, data and names of examples.

Each function raises `StudyError`, in one sentence with its remedy, where the two do not fit; `matching_checkpoint` also
returns the name of the checkpoint.
"""

from collections.abc import Iterable
from typing import Any, Final

from topoact.errors import StudyError
from topoact.extract.example_attribution import COLUMN as ATTRIBUTION
from topoact.extract.provenance import Config, Provenance
from topoact.extract.texts.pieces import TEXT_POLICIES
from topoact.networks import AxisChoices
from topoact.study.checkpoint import differing
from topoact.study.columns import COLUMNS

FIXED_SETTINGS: Final = ("preprocessing", "classes", "seed", "dtype", "where")
"""Settings that must be as they were when the study was made."""
DESCRIPTIVE: Final = ("said_by", "description")
"""Fields of the record of a preprocessing that change nothing of what is done."""


def check_settings(history: Provenance, config: Config) -> None:
    """Refuse settings that differ from those of the study; over the same data also another limit."""
    is_same_data = config["data"] == history.first["data"] and len(history.data) == 1
    names = (*FIXED_SETTINGS, "limit") if is_same_data else FIXED_SETTINGS
    if difference := differing(_settings(history.first, names), _settings(config, names)):
        raise StudyError(f"{history.study.path} was made with another {difference}: say the same to append to it")


def matching_checkpoint(history: Provenance, model: Config, asked: str | None) -> str | None:
    """Return the name of the checkpoint whose weights `model` has; a new one is `asked`, of the same architecture."""
    path, known = history.study.path, history.checkpoints
    for name, record in known.items():
        if record["digest"] == model["digest"]:
            if asked not in (None, name):
                raise StudyError(f"{path} has these weights already, {_called(name)}: leave out --checkpoint {asked}")
            return name
    if asked is None:
        raise StudyError(
            f"the network has other weights than {path} was made with: --checkpoint NAME adds them as another"
            " checkpoint, --weights takes those of the study"
        )
    if asked in known:
        raise StudyError(f"{path} has a checkpoint {asked} with other weights: choose another name")
    if history.first["model"]["class"] != model["class"]:
        raise StudyError(
            f"{path} was made with a {history.first['model']['class']}, and this is a {model['class']}: a checkpoint is"
            " of the same network, make another study"
        )
    if taken := [name for name in COLUMNS if f"{name}@{asked}" in history.study.examples]:
        raise StudyError(f"the examples have a column {taken[0]}@{asked} already: choose another --checkpoint")
    return asked


def check_unchanged(history: Provenance, record: Config) -> None:
    """Refuse data that have changed since they were read."""
    for run in history.data:
        location = _location(run["data"])
        if location is not None and location == _location(record):
            difference = differing(run["data"], record)
            raise StudyError(f"{location} is not what it was when the study was made, it has another {difference}")


def check_over_known_data(history: Provenance, policies: Iterable[str], *, is_text: bool) -> None:
    """Refuse layers over data that gave only some of the examples, or that would give other examples."""
    path, used = history.study.path, history.policies
    if len(history.data) > 1:
        raise StudyError(
            f"the examples of {path} were appended from {len(history.data)} sets of data, and layers run over one only:"
            " append layers and checkpoints first, examples last"
        )
    if is_text and set(policies) != set(used) and not {*policies, *used} <= set(TEXT_POLICIES):
        raise StudyError(
            f"the examples of {path} are those of the policy {', '.join(used)}, and {', '.join(policies)} gives others:"
            " make another study"
        )


def check_for_all_layers(history: Provenance, config: Config) -> None:
    """Refuse examples that would not be for all layers of the study."""
    study, path, n_checkpoints = history.study, history.study.path, len(history.checkpoints)
    if n_checkpoints > 1:
        raise StudyError(
            f"{path} has layers of {n_checkpoints} checkpoints, and examples are appended for all of them or none:"
            " append examples before the second checkpoint"
        )
    asked = {"layers": sorted(config["layers"]), "policies": sorted(config["policies"])}
    known = {"layers": sorted(history.modules), "policies": sorted(history.policies)}
    axes = {"axes": history.axes.record()}, {"axes": config.get("axes", AxisChoices().record())}
    if difference := differing(known | axes[0], asked | axes[1]):
        raise StudyError(f"examples are for all layers of {path}, which has another {difference}: leave them out")
    has = [ATTRIBUTION in study.layer(name).measured for name in study.layers]
    if any(known != bool(config.get("attribution")) for known in has):
        remedy = "append examples before layers without them" if any(has) else "leave out --attribution"
        raise StudyError(
            f"examples are for all layers of {path}, of which {sum(has)} of {len(has)} have attributions: {remedy}"
        )


def check_ids(history: Provenance, ids: Iterable[str], *, of_words: bool) -> None:
    """Refuse names of inputs that the study has already."""
    known = set(history.study.examples["id"])
    if of_words:
        known = {name.rpartition(":")[0] for name in known}
    if repeated := [name for name in ids if name in known]:
        one, many = "the name of one example is", f"the names of {len(repeated):,} examples are"
        raise StudyError(
            f"{many if len(repeated) > 1 else one} in {history.study.path} already, first {repeated[0]!r}: an example"
            " is appended once, and under a name of its own"
        )


def _settings(config: Config, names: Iterable[str]) -> dict[str, Any]:
    """Return some settings of a config, an empty list as None, and of the preprocessing what is done."""
    settings = {name: None if config.get(name) == [] else config.get(name) for name in names}
    if preprocessing := settings["preprocessing"]:
        settings["preprocessing"] = {name: value for name, value in preprocessing.items() if name not in DESCRIPTIVE}
    return settings


def _location(record: Config) -> str | None:
    """Return the path, specification or files of data, None where the record has none."""
    files = [file[0] for file in record.get("files", ())]
    return record.get("path") or record.get("spec") or ", ".join(files) or None


def _called(name: str | None) -> str:
    return "without a name" if name is None else f"as {name}"
