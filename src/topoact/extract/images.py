"""A study of images or tensors: batches through the network, and what each becomes on disk."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from topoact.extract.forward import Forward, Seen, forward_runs
from topoact.extract.loader import Batch, load_batches
from topoact.extract.portions import Names, check_finite, check_labels, name_outputs
from topoact.extract.predictions import Outputs, label_name
from topoact.extract.preprocessing import Preprocessing
from topoact.extract.sources import Record, Source
from topoact.mapper import Progress
from topoact.study import Portion, StudyWriter

if TYPE_CHECKING:
    from topoact.extract.networks import Network
    from topoact.extract.run import Plan


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
        names: Names,
    ) -> None:
        self._network, self._source, self._plan, self._on_progress = network, source, plan, on_progress
        self._names = names
        self.config, self.capacity = config, min(len(source), plan.limit or len(source))
        self._outputs: Outputs | None = None
        self._labelled: Record | None = None

    def progress(self, writer: StudyWriter) -> str:
        """Say how far an interrupted run has come."""
        return f"{writer.n_written:,} of {self.capacity:,} examples"

    def write(self, writer: StudyWriter) -> None:
        """Append all batches that are not written yet."""
        plan = self._plan
        span = {"start": writer.next_input, "stop": self.capacity}
        prepare = plan.preprocessing or Preprocessing()
        first = plan.batch_size - writer.n_before % plan.batch_size
        sizes = {"batch_size": plan.batch_size, "first": first}
        batches = load_batches(self._source, prepare, strict=plan.strict, **sizes, **span)
        forward = Forward(plan.layers, plan.policies, plan.seed)
        runs = forward_runs(self._network, forward, device=plan.device, dtype=plan.dtype, workers=plan.workers)
        self._on_progress("extract", writer.next_input, self.capacity)
        with closing(batches), runs as run:
            for batch, seen in run(batches):
                writer.append(self._portion(batch, seen, writer.notes))
                self._on_progress("extract", batch.next_input, self.capacity)

    def _portion(self, batch: Batch, seen: Seen | None, notes: dict[str, Any]) -> Portion:
        """Return what the study keeps of a batch."""
        if seen is None:
            return Portion({}, {}, (), batch.next_input, batch.skipped)
        scores, kept = seen
        if "layers" not in notes or self._outputs is None:
            self._outputs = name_outputs(scores, self._network, self._source, self._plan.classes)
            notes |= {"layers": list(kept), "outputs": asdict(self._outputs) if self._outputs else None}
        layers = self._names.of(kept)
        check_finite(layers, [record.id for record in batch.records])
        return Portion(self._columns(batch.records, scores), layers, batch.thumbnails, batch.next_input, batch.skipped)

    def _columns(self, records: Sequence[Record], scores: Any) -> dict[str, Any]:
        self._labelled = check_labels(records, self._labelled)
        labels = [label_name(record.label, self._plan.classes) for record in records]
        columns: dict[str, Any] = {"id": [record.id for record in records], "label": labels}
        if self._outputs:
            columns |= self._outputs.predict(scores, labels)
        return columns | {name: [record.extra[name] for record in records] for name in records[0].extra}
