"""From a network and inputs to a study: one forward pass for all layers, streamed to disk, resumable."""

from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from topoact.errors import Cancelled, InvalidInput, ModelError
from topoact.extract.hooks import tap
from topoact.extract.layers import default_layers, select_layers
from topoact.extract.loader import Batch, load_batches
from topoact.extract.models import model_digest
from topoact.extract.policies import sample
from topoact.extract.predictions import Outputs, accuracy, class_list, finish_table, label_name
from topoact.extract.preprocessing import Preprocessing
from topoact.extract.sources import Source
from topoact.extract.specs import explain
from topoact.mapper import Progress, no_progress
from topoact.study import Points, Portion, Study, StudyWriter, open_study

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Plan:
    """What to extract from a network, and how. Everything in it that determines the study is recorded there."""

    layers: tuple[str, ...] | None = None
    """Dotted names or globs; None for the outermost layers with parameters."""
    policies: tuple[str, ...] = ("random",)
    """Some of random, mean and all."""
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    classes: tuple[str, ...] | None = None
    """Names of the network's outputs."""
    batch_size: int = 64
    seed: int = 0
    """Of the random positions."""
    limit: int | None = None
    """Take the first inputs only."""
    device: str = "cpu"
    strict: bool = False
    """Stop at an input that cannot be read."""

    def __post_init__(self) -> None:
        if self.layers == ():
            raise InvalidInput("--layers names no layer: give dotted names or globs, or leave it out")
        if self.batch_size < 1:
            raise InvalidInput(f"--batch-size must be 1 or more: got {self.batch_size}")
        if self.limit is not None and self.limit < 1:
            raise InvalidInput(f"--limit must be 1 or more: got {self.limit}")


def extract(
    model: "nn.Module",
    source: Source,
    out: str | Path,
    plan: Plan | None = None,
    *,
    model_record: dict[str, Any] | None = None,
    title: str | None = None,
    overwrite: bool = False,
    restart: bool = False,
    on_progress: Progress | None = None,
) -> Study:
    """Write the activations of some layers over all inputs as a study.

    Memory is bounded whatever the number of inputs: one batch, and twice the vectors of a segment (256 MB
    at most, or those of one batch). An
    interrupted run leaves ``<out>.partial``; the same call goes on from there and gives the same bytes.

    Parameters
    ----------
    model
        The network, in evaluation mode.
    source
        Its inputs; see `open_source`.
    out
        Folder of the study.
    plan
        Layers, policies and the rest.
    model_record
        What to record of the network, see the function of that name.
    title
        Name shown to people instead of the folder's.
    overwrite
        Replace a finished study.
    restart
        Throw away an unfinished study of another plan.
    on_progress
        Called after each batch.

    Raises
    ------
    InvalidInput
        If activations are not finite, inputs differ in size, or nothing can be read.
    ModelError
        If the network fails or a layer gives no vectors.
    StudyError
        If something is in the way at `out`.
    Cancelled
        If the user interrupts, or `on_progress` does.
    """
    plan = plan or Plan()
    if source.gives_tensors and plan.preprocessing != Preprocessing():
        raise InvalidInput("the Dataset gives tensors, which are taken as they are: leave out the preprocessing")
    total = min(len(source), plan.limit or len(source))
    config = _config(model, source, plan, model_record or {})
    with StudyWriter(Path(out), config, capacity=total, overwrite=overwrite, restart=restart) as writer:
        if writer.is_complete:
            return open_study(writer.publish())
        try:
            _Run(model, source, plan, total, on_progress or no_progress).write(writer)
            return open_study(_finish(writer, title))
        except KeyboardInterrupt:
            said = f"interrupted after {writer.n_written:,} of {total:,} examples; the same command resumes"
            raise Cancelled(said) from None


def _config(model: "nn.Module", source: Source, plan: Plan, model_record: dict[str, Any]) -> dict[str, Any]:
    layers = None if plan.layers is None else list(select_layers(model, plan.layers))
    return {
        "model": {"spec": None, **model_record, "class": type(model).__name__, "digest": model_digest(model)},
        "data": source.record,
        "preprocessing": None if source.gives_tensors else plan.preprocessing.record(),
        "layers": layers,
        "policies": list(plan.policies),
        "classes": list(plan.classes) if plan.classes else None,
        "batch_size": plan.batch_size,
        "seed": plan.seed,
        "limit": plan.limit,
        "device": plan.device,
        "torch": version("torch"),
    }


class _Run:
    """One extraction under way: what its first batch tells, and the loop over all."""

    def __init__(self, model: "nn.Module", source: Source, plan: Plan, total: int, on_progress: Progress) -> None:
        self._source, self._plan, self._total, self._on_progress = source, plan, total, on_progress
        self._model = _to_device(model, plan.device)
        self._layers: tuple[str, ...] | None = None
        self._outputs: Outputs | None = None

    def write(self, writer: StudyWriter) -> None:
        """Append all batches that are not written yet."""
        plan = self._plan
        span = {"start": writer.next_input, "stop": self._total}
        batches = load_batches(self._source, plan.preprocessing, batch_size=plan.batch_size, strict=plan.strict, **span)
        self._on_progress("extract", writer.next_input, self._total)
        with closing(batches):
            for batch in batches:
                writer.append(self._portion(batch, writer.notes))
                self._on_progress("extract", batch.next_input, self._total)

    def _portion(self, batch: Batch, notes: dict[str, Any]) -> Portion:
        """Run the network on a batch and keep what the study needs."""
        if batch.inputs is None:
            return Portion({}, {}, (), batch.next_input, batch.skipped)
        inputs = batch.inputs.to(self._plan.device)
        if self._layers is None:
            self._layers = self._choose_layers(inputs)
        rows = np.array([record.row for record in batch.records])
        sampler = partial(sample, policies=self._plan.policies, rows=rows, seed=self._plan.seed)
        output, kept = tap(self._model, inputs, {name: partial(sampler, module=name) for name in self._layers})
        if "layers" not in notes or self._outputs is None:
            self._outputs = Outputs.of(output, self._source, self._plan.classes)
            notes |= {"layers": list(self._layers), "outputs": asdict(self._outputs) if self._outputs else None}
        layers = _named(kept)
        _check_finite(layers, batch)
        return Portion(self._columns(batch, output), layers, batch.thumbnails, batch.next_input, batch.skipped)

    def _choose_layers(self, inputs: Any) -> tuple[str, ...]:
        patterns = self._plan.layers
        return default_layers(self._model, inputs) if patterns is None else select_layers(self._model, patterns)

    def _columns(self, batch: Batch, output: Any) -> dict[str, Any]:
        records, outputs = batch.records, self._outputs
        columns: dict[str, Any] = {"id": [record.id for record in records]}
        columns["label"] = [label_name(record.label, self._plan.classes) for record in records]
        if outputs:
            columns["prediction"], columns["confidence"] = outputs.predict(output)
        return columns | {name: [record.extra[name] for record in records] for name in records[0].extra}


def _named(kept: dict[str, dict[str, Points]]) -> dict[str, Points]:
    """Return the points by the name of the layer in the study: with the policy where there are several."""
    return {
        module if len(by_policy) == 1 else f"{module}@{policy}": points
        for module, by_policy in kept.items()
        for policy, points in by_policy.items()
    }


def _check_finite(layers: dict[str, Points], batch: Batch) -> None:
    for name, points in layers.items():
        if not np.isfinite(points.vectors).all():
            row = int(np.flatnonzero(~np.isfinite(points.vectors).all(axis=(1, 2)))[0])
            raise InvalidInput(f"layer {name!r} gives NaN or infinite activations for {batch.records[row].id}")


def _finish(writer: StudyWriter, title: str | None) -> Path:
    examples = writer.examples()
    if not len(examples):
        raise InvalidInput("no image could be read: is this the right column, and are these image files?")
    examples = finish_table(examples)
    record = writer.notes["outputs"]
    outputs = Outputs(record["n"], tuple(record["names"]) if record["names"] else None) if record else None
    writer.notes["accuracy"] = accuracy(examples)
    named = bool(outputs and outputs.names)
    names = class_list(examples, outputs.all_names() if outputs else (), named=named)
    return writer.finish(examples, classes=names, title=title)


def _to_device(model: "nn.Module", device: str) -> "nn.Module":
    try:
        return model.to(device).eval()
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"the device {device!r} cannot be used: {explain(error)}") from None
