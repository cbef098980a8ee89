"""`reopen`: the state of a finished study as it was while it was written, so that more can be appended.

The finished study is not changed: its files are linked into the folder of the unfinished one. For more layers all of
them are kept. For more examples those beyond the last whole segment are written again, with the new ones.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from topoact.study.checked import Damaged
from topoact.study.checkpoint import Checkpoint, LayerState
from topoact.study.files import extended_digest, link
from topoact.study.manifest import LayerEntry
from topoact.study.opening import study_files
from topoact.study.reader import Study
from topoact.study.segments import Chunk, Points, segment_file, write_arrow
from topoact.study.thumbnails import write_thumbnails
from topoact.study.vectors import ARRAYS

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Addition:
    """An append to a finished study: of layers over its examples, or of examples for all its layers."""

    study: Study
    of_examples: bool = False
    n_inputs: int = 0
    """Number of inputs of its examples, after which examples are appended."""
    batch_size: int = 0
    """Examples in one portion; a study with fewer has shorter segments than one run over all would have."""

    @property
    def n_whole(self) -> int:
        """Number of segments that are kept when examples are appended."""
        return self.study.n_examples // self.study.manifest.segment

    def tail(self) -> Chunk:
        """Return the examples after the last whole segment."""
        study, first = self.study, self.n_whole * self.study.manifest.segment
        table = _decoded(self.examples().slice(first))
        return Chunk(
            {name: _values(table.column(name)) for name in table.column_names},
            {entry.name: _points(study, entry, self.n_whole) for entry in study.manifest.layers},
            [study.thumbnail(row) for row in range(first, study.n_examples)],
            self.n_inputs,
        )

    def examples(self) -> pa.Table:
        """Return the examples of the finished study."""
        return self.study.examples_table()


def reopen(folder: Path, addition: Addition, config: dict[str, Any]) -> Checkpoint:
    """Fill an empty folder with the files that are kept of a finished study, and return its state.

    Raises
    ------
    StudyError
        If the vectors of the study are not those that were written.
    """
    manifest = addition.study.manifest
    state = Checkpoint(config, manifest.segment, added_to=manifest.digest, has_thumbnails=manifest.has_thumbnails)
    if addition.of_examples:
        return _continued(folder, addition, state)
    for name in study_files(manifest):
        link(addition.study.path / name, folder / name)
    state.kept = list(manifest.layers)
    return state


def _continued(folder: Path, addition: Addition, state: Checkpoint) -> Checkpoint:
    study, n_whole = addition.study, addition.n_whole
    layers = [_layer(study, entry, n_whole) for entry in study.manifest.layers]
    state.notes, state.next_input = dict(study.manifest.notes), addition.n_inputs
    state.n_skipped, state.first_skipped = study.manifest.skipped.count, list(study.manifest.skipped.first)
    if not n_whole:
        state.segment = 0 if study.n_examples < addition.batch_size else state.segment
        return state
    state.layers, state.n_segments, state.n_examples = layers, n_whole, n_whole * state.segment
    for name in (f"activations.zarr/{layer.key}" for layer in layers):
        for chunk in (f"{name}/c/{number}/0" for number in range(n_whole)):
            link(study.path / chunk, folder / chunk)
        shutil.copyfile(study.path / name / "zarr.json", folder / name / "zarr.json")  # the number of its rows changes
    _restore_tables(folder, addition, state)
    return state


def _restore_tables(folder: Path, addition: Addition, state: Checkpoint) -> None:
    """Write the tables of the segments, which finishing joined into one."""
    study, table = addition.study, _decoded(addition.examples())
    positions = [_positions(study, entry) for entry in study.manifest.layers]
    for number in range(state.n_segments):
        rows = table.slice(number * state.segment, state.segment).combine_chunks()
        write_arrow(segment_file(folder, number, "examples"), rows.to_batches())
        lengths = [state.segment * layer.points_per_example for layer in state.layers]
        batches = [p.slice(number * n, n) for p, n in zip(positions, lengths, strict=True)]
        write_arrow(segment_file(folder, number, "positions"), batches)
        if study.has_thumbnails:
            name = f"thumbnails/{number:05d}.arrow"
            link(study.path / name, folder / name)
        else:
            write_thumbnails(folder / "thumbnails", number, [None] * state.segment)


def _layer(study: Study, entry: LayerEntry, n_whole: int) -> LayerState:
    """Return the state of a layer after so many segments; all its vectors are read, and must be what they were."""
    per_example = entry.n_points // study.n_examples
    state = LayerState(
        entry.name,
        entry.key,
        entry.module,
        entry.policy,
        entry.grid,
        per_example,
        entry.n_channels,
        checkpoint=entry.checkpoint,
        sight=entry.sight,
    )
    try:
        array = study.layer(entry.name).array()
        for number in range(n_whole):
            state.digest = extended_digest(state.digest, array.segment(number).data)
        rest = array.segment(n_whole)
        array.check(extended_digest(state.digest, rest.data) if len(rest) else state.digest)
    except Damaged as error:
        raise study.damaged(f"{ARRAYS}/{entry.key}", error) from None
    return state


def _block(study: Study, entry: LayerEntry, segment: int) -> Array:
    """Return the vectors of one segment of a layer; empty after the last."""
    try:
        return study.layer(entry.name).array().segment(segment)
    except Damaged as error:
        raise study.damaged(f"{ARRAYS}/{entry.key}", error) from None


def _points(study: Study, entry: LayerEntry, segment: int) -> Points:
    block = _block(study, entry, segment)
    n_examples = len(block) * study.n_examples // entry.n_points
    rows = _positions(study, entry).slice(entry.n_points - len(block))
    columns = {name: _numbers(column, n_examples) for name, column in zip(rows.schema.names, rows.columns, strict=True)}
    y, x = columns.pop("y"), columns.pop("x")
    vectors = block.reshape(n_examples, -1, entry.n_channels)
    return Points(entry.module, entry.policy, entry.grid, vectors, y, x, columns, entry.checkpoint, entry.sight)


def _numbers(column: pa.Array, n_examples: int) -> NDArray[Any]:
    """Return a column of numbers, or of lists of equal length, by example and point."""
    if not pa.types.is_list(column.type):
        return np.asarray(column.to_numpy()).reshape(n_examples, -1)
    return np.asarray(column.flatten().to_numpy()).reshape(n_examples, len(column) // n_examples, -1)


def _positions(study: Study, entry: LayerEntry) -> pa.RecordBatch:
    """Return the columns of the points of a layer, without their examples."""
    return study.layer(entry.name).points_table().drop_columns("example").combine_chunks().to_batches()[0]


def _decoded(table: pa.Table) -> pa.Table:
    """Return the table without the dictionary encoding of labels and predictions."""
    for index, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type) and field.name != "sentence":
            table = table.set_column(index, field.name, table.column(index).cast(field.type.value_type))
    return table


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return the values of a column in the types in which they were first given, so that Arrow finds the same type."""
    kind, values = column.type, column.to_pylist()
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        number = kind.to_pandas_dtype()
        return [None if value is None else number(value) for value in values]
    if pa.types.is_list(kind) and pa.types.is_floating(kind.value_type):
        return [None if value is None else np.asarray(value, kind.value_type.to_pandas_dtype()) for value in values]
    return values
