"""The end of an extraction: the table of examples, the classes, the accuracy."""

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from topoact.errors import InvalidInput
from topoact.extract.predictions import Outputs, accuracy, class_list, finish_table, without_values
from topoact.study import StudyWriter
from topoact.study.columns import COLUMNS

if TYPE_CHECKING:
    from topoact.extract.append import Step


def finalize(writer: StudyWriter, title: str | None, nothing: str) -> Path:
    """Finish a new study; `nothing` is what to say where there is no example."""
    examples = writer.examples()
    if not len(examples):
        raise InvalidInput(nothing)
    _remark(writer, examples)
    examples = finish_table(examples)
    _note(writer, examples)
    return writer.finish(examples, classes=_classes(writer, examples), title=title)


def finalize_append(writer: StudyWriter, step: "Step", title: str | None, nothing: str) -> Path:
    """Finish a study to which something was appended: names of classes keep their places."""
    study, written = step.addition.study, writer.examples()
    if step.addition.of_examples:
        if len(written) == study.n_examples:
            raise InvalidInput(nothing)
        _remark(writer, written)
        examples = finish_table(written)
        _note(writer, examples)
    else:
        examples = step.addition.examples()
        if step.new_checkpoint:
            examples = _beside(examples, written, str(step.plan.checkpoint))
            writer.notes[f"accuracy@{step.plan.checkpoint}"] = accuracy(examples, f"prediction@{step.plan.checkpoint}")
    classes = tuple(dict.fromkeys([*study.classes, *_classes(writer, written)]))
    return writer.finish(examples, classes=classes, title=title)


def _beside(examples: pa.Table, written: pa.Table, checkpoint: str) -> pa.Table:
    """Return the examples with what another checkpoint says of them."""
    columns = written.select([name for name in COLUMNS if name in written.column_names])
    columns = finish_table(columns.rename_columns([f"{name}@{checkpoint}" for name in columns.column_names]))
    for field, column in zip(columns.schema, columns.columns, strict=True):
        examples = examples.append_column(field, column)
    return examples


def _note(writer: StudyWriter, examples: pa.Table) -> None:
    writer.notes.update(accuracy=accuracy(examples), labelled="label" in examples.column_names)


def _remark(writer: StudyWriter, examples: pa.Table) -> None:
    """Say which columns of the user's are left out."""
    if remarks := [*writer.notes.get("remarks", ()), *without_values(examples)]:
        writer.notes["remarks"] = list(dict.fromkeys(remarks))


def _classes(writer: StudyWriter, examples: pa.Table) -> tuple[str, ...]:
    outputs = Outputs.noted(writer.notes)
    named = bool(outputs and outputs.names)
    return class_list(examples, outputs.all_names() if outputs else (), named=named)
