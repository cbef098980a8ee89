"""A study of images or tensors: batches through the network, and what each becomes on disk."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from topoact.extract.chunks import LayerNames, check_labels, name_outputs, only_finite
from topoact.extract.example_attribution import attribute, attributed_to
from topoact.extract.forward import ForwardResult, Pass, forward_runs
from topoact.extract.loader import Batch, load_batches
from topoact.extract.policies import sample, summed
from topoact.extract.predictions import Outputs, host_scores, label_name
from topoact.inputs.records import Record, Source
from topoact.mapper import Progress
from topoact.networks.axes import AxisChoices
from topoact.networks.framing import frame_of
from topoact.networks.layers import choose_axes, default_layers, select_layers
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.sights import find_sights
from topoact.study import Chunk, Points, StudyWriter
from topoact.study.sight import FRAME, Sights
from topoact.study.thumbnails import LONG_SIDE, PATCH_SIDE

if TYPE_CHECKING:
    from topoact.extract.plan import Plan
    from topoact.networks import Network

MAX_LARGE_PHOTOS: Final = 10_000
"""Photos up to which those of a study with positions are kept larger, in about 10 kB each."""


class ImageRun:
    """One extraction under way: what its first batch tells, and the loop over all.

    Parameters
    ----------
    network, source, plan
        What is run over what, and how.
    config
        What determines the study.
    on_progress
        Called after each batch.
    names
        What the layers are called.

    Attributes
    ----------
    capacity : int
        Number of examples at most.
    """

    nothing = "no image could be read: is this the right column, and are these image files?"
    """What to say when there is no example."""

    def __init__(
        self,
        network: "Network",
        source: Source,
        plan: "Plan",
        config: dict[str, Any],
        on_progress: Progress,
        *,
        names: LayerNames,
    ) -> None:
        self._network, self._source, self._plan, self._on_progress = network, source, plan, on_progress
        self._names = names
        self.config, self.capacity = config, min(len(source), plan.limit or len(source))
        self._outputs: Outputs | None = None
        self._labelled: Record | None = None
        self._sights: Sights = {}

    @property
    def remarks(self) -> Sequence[str]:
        """Sentences on how the source was read, where there was a choice."""
        return getattr(self._source, "remarks", ())

    def progress(self, writer: StudyWriter) -> str:
        """Say how far an interrupted run has come."""
        return f"{writer.n_written:,} of {self.capacity:,} examples"

    def write(self, writer: StudyWriter) -> None:
        """Append all batches that are not written yet."""
        plan = self._plan
        forward = ImageForward(plan.layers, plan.policies, plan.seed, plan.attribution, plan.axes)
        runs = forward_runs(self._network, forward, plan)
        self._on_progress("extract", writer.next_input, self.capacity)
        n_before = writer.n_before + writer.notes.get("nonfinite", 0)
        with closing(self.work(writer.next_input, n_before)) as work, runs as run:
            for batch, results in run(work):
                writer.append(self._portion(batch, results, writer.notes))
                self._on_progress("extract", batch.next_input, self.capacity)

    def work(self, start: int, n_before: int = 0) -> Generator[tuple[Batch, list[Pass]], None, None]:
        """Yield the batches from a place in the source on, each with the pass that it needs, if it holds any input.

        They are full from where `n_before` examples, kept or left out, have filled the last one.
        """
        plan, prepare = self._plan, self._plan.preprocessing or Preprocessing()
        span = {"start": start, "stop": self.capacity, "first": plan.batch_size - n_before % plan.batch_size}
        batches = load_batches(
            self._source, prepare, batch_size=plan.batch_size, strict=plan.strict, side=self._photo_side, **span
        )
        with closing(batches):
            for batch in batches:
                yield batch, [] if batch.inputs is None else [(self._sent(batch.inputs), _rows(batch))]

    @property
    def _photo_side(self) -> int:
        """Pixels of the longer side of the photos that are kept: about as many as seen, where parts are to be shown."""
        if self.capacity > MAX_LARGE_PHOTOS or set(self._plan.policies) == {"mean"}:
            return LONG_SIDE
        seen = (self._plan.preprocessing or Preprocessing()).size or PATCH_SIDE
        return min(max(seen, LONG_SIDE), PATCH_SIDE)

    def _sent(self, inputs: Any) -> Any:
        """Return inputs as they go to another process, without a tensor's shared memory."""
        return inputs if self._plan.workers == 1 else np.asarray(inputs)

    def _portion(self, batch: Batch, results: Sequence[ForwardResult], notes: dict[str, Any]) -> Chunk:
        """Return what the study keeps of a batch."""
        if not results:
            return Chunk({}, {}, (), batch.next_input, batch.skipped, batch.tally)
        ((scores, kept),) = results
        if "layers" not in notes:
            notes |= self._look(batch.inputs, kept)
        if "layers" not in notes or self._outputs is None:
            self._outputs = name_outputs(scores, self._network, self._source, self._plan.classes)
            outputs = asdict(self._outputs) if self._outputs else None
            notes |= {"layers": list(kept), "outputs": outputs, "input": list(batch.inputs.shape[1:])}
            if self._plan.attribution:
                notes["attribution"] = attributed_to(scores)
        layers = {
            name: replace(points, sight=self._sights.get(points.module))
            for name, points in self._names.of(kept).items()
        }
        if batch.brightest is not None:
            notes["brightest"] = max(batch.brightest, notes.get("brightest", 0.0))
        columns = self._columns(batch.records, scores)
        portion = Chunk(columns, layers, batch.thumbnails, batch.next_input, batch.skipped, batch.tally)
        return only_finite(portion, skip=self._plan.skip_nonfinite)

    def _look(self, inputs: Any, kept: Mapping[str, Mapping[str, Points]]) -> dict[str, Any]:
        """Find what the positions of the layers see, and return the note on where the input lies on a photo."""
        maps = [name for name, policies in kept.items() if any(points.grid for points in policies.values())]
        prepared, self._sights = self._plan.preprocessing, find_sights(self._network, inputs, maps)
        if not maps or not prepared or not prepared.transform:
            return {}
        frame = frame_of(prepared)
        return {FRAME: asdict(frame) if frame else None}

    def _columns(self, records: Sequence[Record], scores: Any) -> dict[str, Any]:
        self._labelled = check_labels(records, self._labelled)
        labels = [label_name(record.label, self._plan.classes) for record in records]
        columns: dict[str, Any] = {"id": [record.id for record in records], "label": labels}
        if self._outputs:
            columns |= self._outputs.predict(scores, labels)
        return columns | {name: [record.extra[name] for record in records] for name in records[0].extra}


@dataclass(slots=True)
class ImageForward:
    """What is asked of a network, batch by batch."""

    patterns: tuple[str, ...] | None
    policies: tuple[str, ...]
    seed: int
    attribution: bool = False
    axes: AxisChoices | None = None
    """The axes that the user names; None for those that the network has been told."""
    _layers: tuple[str, ...] = field(default=(), init=False)

    def __call__(self, network: "Network", inputs: Any, rows: NDArray[np.int64]) -> ForwardResult:
        """Run the network on a batch; the first batch shows which layers there are to choose from."""
        if not self._layers:
            self._layers = self._chosen(network, inputs)
        sampler = partial(sample, policies=self.policies, rows=rows, seed=self.seed)
        output, kept = network.tap(inputs, {name: partial(sampler, module=name) for name in self._layers})
        scores = host_scores(output, len(inputs))
        return scores, attribute(network, inputs, scores, kept, summed) if self.attribution else kept

    def _chosen(self, network: "Network", inputs: Any) -> tuple[str, ...]:
        if self.axes is not None:
            choose_axes(network, self.axes)
        known = self.patterns is not None
        layers = select_layers(network, self.patterns or ()) if known else default_layers(network, inputs)
        if self.axes is not None:
            self.axes.check(layers)
        return layers


def _rows(batch: Batch) -> NDArray[np.int64]:
    return np.array([record.row for record in batch.records])
