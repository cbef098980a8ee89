"""`decide`: an append to a study, of layers or another checkpoint over its examples, or of examples for its layers.

Before it `open_to_append` opens the study, and `completed` fills in a plan from it. No
network is run here: the record of the study is compared with the plan, and what does not fit is refused.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topoact.errors import StudyError
from topoact.extract.append_checks import (
    check_axes,
    check_for_all_layers,
    check_ids,
    check_over_known_data,
    check_settings,
    check_unchanged,
    matching_checkpoint,
)
from topoact.extract.chunks import LayerNames
from topoact.extract.provenance import Config, Provenance, plain
from topoact.extract.texts.pieces import unit_of
from topoact.inputs.offset_source import offset_ids, offset_source
from topoact.inputs.records import Source
from topoact.inputs.texts.source import TextSource
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.trust import codes_of, refuse
from topoact.study import Study, open_study
from topoact.study.append import Addition
from topoact.study.checkpoint import read_checkpoint
from topoact.study.publish import partial_of, publish_left

if TYPE_CHECKING:
    from topoact.extract.plan import Plan

AnySource = Source | TextSource


@dataclass(frozen=True, slots=True)
class Step:
    """One append that can be made."""

    addition: Addition
    source: AnySource
    plan: "Plan"
    names: LayerNames
    config: dict[str, Any]
    """The config of the study with what is appended."""
    there: tuple[str, ...] = ()
    """Layers that the plan names and that the study has already."""
    is_needed: bool = True
    """Whether anything is left to append."""
    new_checkpoint: bool = False

    @property
    def said(self) -> str:
        """A sentence about the layers that the study has already; empty if there are none."""
        if not self.there:
            return ""
        are, it = ("is", "it is") if len(self.there) == 1 else ("are", "they are")
        rest = f"{it} not run again" if self.is_needed else "nothing is appended"
        return f"{', '.join(self.there)} {are} in {self.addition.study.path} already: {rest}"


def open_to_append(path: Path, *, restart: bool) -> Study:
    """Return the study that is appended to.

    Raises
    ------
    StudyError
        If there is none, it was imported, or `restart` would throw away an unfinished study that is no append to it.
    """
    publish_left(path)
    if not path.exists() and not partial_of(path).exists():
        raise StudyError(f"there is no study at {path} to append to: leave out --append to make one")
    study = open_study(path)
    if study.manifest.model is None:
        raise StudyError(f"{path} was imported, and has no network to go on with: make a study with topoact extract")
    unfinished = None
    with suppress(StudyError):
        unfinished = read_checkpoint(partial_of(path))
    if restart and unfinished and not unfinished.added_to:
        raise StudyError(
            f"{partial_of(path)} holds an unfinished study that is no append: finish it with the command that began it,"
            " or remove that folder"
        )
    return study


def completed(plan: "Plan", study: Study, source: AnySource) -> "Plan":
    """Return the plan with what it leaves open as it is in the study."""
    history = Provenance(study)
    first = history.first
    return replace(
        plan,
        layers=plan.layers or history.modules,
        policies=plan.policies or history.policies,
        preprocessing=plan.preprocessing or _image_preprocessing(first["preprocessing"], source),
        classes=plan.classes or tuple(first["classes"] or ()) or None,
        where=plan.where or tuple(first.get("where", ())),
        limit=first["limit"] if plan.limit is None and plain(source.record) == first["data"] else plan.limit,
        max_tokens=plan.max_tokens or (first["preprocessing"] or {}).get("max_tokens"),
        skip_nonfinite=plan.skip_nonfinite or bool(first.get("skip_nonfinite")),
        attribution=plan.attribution or bool(first.get("attribution")),
        example_axis=plan.example_axis or history.axes.text("example"),
        channel_axis=plan.channel_axis or history.axes.text("channel"),
    )


def _image_preprocessing(record: Config | None, source: AnySource) -> Preprocessing | None:
    """Return the preprocessing that a study records, if it is one of images and the source gives images."""
    gives_images = not isinstance(source, TextSource) and not source.gives_tensors
    if not gives_images or not record or "tokenizer" in record:
        return None
    refuse(codes_of(None, record.get("transform")), "the study that is appended to")
    return Preprocessing.from_record(dict(record))


def decide(study: Study, source: AnySource, plan: "Plan", config: Config) -> Step:
    """Return the append that a plan asks for.

    Parameters
    ----------
    study
        The study that is appended to.
    source, plan, config
        The data, the plan as `completed` returns it, and the config of a study made of them.

    Returns
    -------
    Step
        The append; `Step.is_needed` is false if the study has everything already.

    Raises
    ------
    StudyError
        If the plan or the data do not fit the study, or names of examples are there already.
    """
    history, config = Provenance(study), plain(config)
    checkpoint = matching_checkpoint(history, config["model"], plan.checkpoint)
    plan, config = replace(plan, checkpoint=checkpoint), {**config, "checkpoint": checkpoint}
    is_known = config["data"] in [run["data"] for run in history.data]
    if not is_known:
        check_unchanged(history, config["data"])
    check_settings(history, config)
    if is_known:
        return _of_layers(history, source, plan, config)
    if checkpoint not in history.checkpoints:
        raise StudyError(f"a checkpoint is run over the data of {study.path}, and these are others")
    return _of_examples(history, source, plan, config)


def _of_layers(history: Provenance, source: AnySource, plan: "Plan", config: Config) -> Step:
    """Return the append of layers over data that the study was made of."""
    existing = history.layers(plan.checkpoint, plan.policies)
    wanted = [(module, policy) for module in config["layers"] for policy in config["policies"]]
    missing = [pair for pair in wanted if pair not in existing]
    check_axes(history, plan.axes, [module for module, _ in existing])
    if missing:
        check_over_known_data(history, plan.policies, is_text=isinstance(source, TextSource))
    modules = tuple(dict.fromkeys(module for module, _ in missing))
    policies = tuple(policy for policy in plan.policies if policy in {policy for _, policy in missing})
    has_other_policies = set(plan.policies) != set(history.policies)
    is_new = plan.checkpoint not in history.checkpoints
    example_axis, channel_axis = _axes_of(history, plan, modules)
    recorded = {**config, "layers": list(modules), "policies": list(policies)}
    return Step(
        Addition(history.study),
        source,
        replace(plan, layers=modules or None, policies=policies, example_axis=example_axis, channel_axis=channel_axis),
        LayerNames(plan.checkpoint, history.names, there=frozenset(existing), with_policy=has_other_policies),
        history.with_step("checkpoint" if is_new else "layers", recorded),
        tuple(dict.fromkeys(existing[pair] for pair in wanted if pair in existing)),
        is_needed=bool(missing),
        new_checkpoint=is_new,
    )


def _axes_of(history: Provenance, plan: "Plan", modules: tuple[str, ...]) -> list[str | None]:
    """Return the axes of examples and channels that a plan names, of the study's own those of some layers."""
    own, kinds = history.axes.only(modules), ("example", "channel")
    given = [(kind, plan.axes.text(kind)) for kind in kinds]
    return [own.text(kind) if text == history.axes.text(kind) else text for kind, text in given]


def _of_examples(history: Provenance, source: AnySource, plan: "Plan", config: Config) -> Step:
    """Return the append of examples from other data, for all layers of the study."""
    check_for_all_layers(history, config)
    offset, n_inputs = history.n_inputs, min(len(source), plan.limit or len(source))
    is_text = isinstance(source, TextSource)
    check_ids(history, offset_ids(source, offset, n_inputs), of_words=is_text and unit_of(plan.policies) == "word")
    batch_size = 0 if is_text else plan.batch_size
    return Step(
        Addition(history.study, of_examples=True, n_inputs=offset, batch_size=batch_size),
        offset_source(source, offset),
        replace(plan, limit=offset + n_inputs),
        LayerNames(plan.checkpoint, history.names, only_known=True),
        history.with_step("examples", config),
    )
