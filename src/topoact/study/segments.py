"""`Points`, `Chunk`: vectors and examples in memory; the files of a segment of an unfinished study.

Each layer's vectors of one segment are exactly one chunk of its array, so that writing never reads a chunk.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zarr
from numpy.typing import NDArray

from topoact.errors import InvalidInput, StudyError
from topoact.study import files
from topoact.study.checkpoint import Checkpoint, LayerState
from topoact.study.manifest import LayerEntry
from topoact.study.sight import Sight
from topoact.study.thumbnails import Thumbnail, write_thumbnails

MAX_SEGMENT_EXAMPLES = 1024
"""Examples in a segment, unless one batch has more."""
MAX_SEGMENT_BYTES = 256 * 2**20
"""Bytes of the vectors of a segment, unless one batch has more."""


@dataclass(frozen=True, slots=True)
class Points:
    """Vectors of one layer for consecutive examples."""

    module: str
    policy: str
    grid: tuple[int, int] | None
    vectors: NDArray[np.float32]
    """Shape (n_examples, points per example, n_channels); the same number of points for every example of a study."""
    y: NDArray[np.int32]
    """Shape (n_examples, points per example); −1 where there is no position."""
    x: NDArray[np.int32]
    columns: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    """Further columns of the points: numbers, of the shape of `y`, or lists of numbers, with an axis more."""
    checkpoint: str | None = None
    """Which of the network's checkpoints gave them, where the study names them."""
    sight: Sight | None = None
    """What their positions see of the network's input, where that was looked for."""

    def rows(self, rows: slice | Sequence[int]) -> "Points":
        """Return the points of some of the examples."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return replace(self, vectors=self.vectors[rows], y=self.y[rows], x=self.x[rows], columns=columns)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive examples with their columns, vectors and thumbnails: those of one batch, or of a window of texts."""

    examples: Mapping[str, Sequence[Any] | NDArray[Any]]
    """Columns of the examples table; `id` is always there."""
    layers: Mapping[str, Points]
    thumbnails: Sequence[Thumbnail | None]
    next_input: int
    """Row of the source from which a run resumes after this portion."""
    skipped: Sequence[str] = ()
    """Identities of the inputs that could not be read, since the last portion."""
    tally: Mapping[str, int] = field(default_factory=dict)
    """Counts that are added up in the manifest's notes."""

    def __len__(self) -> int:
        return len(self.thumbnails)

    def check(self) -> None:
        """Refuse columns and points that are not those of the examples.

        Raises
        ------
        StudyError
            If there are more or fewer: they would be stored under other examples.
        """
        n = len(self)
        for name, column in self.examples.items():
            if len(column) != n:
                raise StudyError(f"column {name!r} has {len(column)} values for {n} examples: nothing is written")
        for name, points in self.layers.items():
            shape = points.vectors.shape[:2]
            others = (points.y, points.x, *points.columns.values())
            if shape[0] != n or any(one.shape[:2] != shape for one in others):
                raise StudyError(f"layer {name!r} has vectors of {shape[0]} examples for {n}: nothing is written")

    def part(self, start: int, stop: int) -> "Chunk":
        """Return the examples from `start` to `stop` without copying them."""
        if start == 0 and stop >= len(self):
            return self
        span = slice(start, stop)
        return replace(
            self,
            examples={name: column[span] for name, column in self.examples.items()},
            layers={name: points.rows(span) for name, points in self.layers.items()},
            thumbnails=self.thumbnails[span],
        )


def segment_length(portions: Iterable[Chunk]) -> int:
    """Return the number of examples of a segment: a multiple of those of the portions, within the limits."""
    filled = [portion for portion in portions if len(portion)]
    n_examples = sum(map(len, filled))
    n_bytes = sum(points.vectors.nbytes for portion in filled for points in portion.layers.values())
    n_times = min(MAX_SEGMENT_EXAMPLES // n_examples, MAX_SEGMENT_BYTES // max(n_bytes, 1))
    return n_examples * max(n_times, 1)


def write_segment(folder: Path, state: Checkpoint, portions: Sequence[Chunk], capacity: int) -> None:
    """Write the next segment and count it in `state`; it is part of the study once the state is written."""
    number = state.n_segments
    if state.n_examples != number * state.segment:
        raise ValueError("portions must fill each segment but the last")
    names = dict.fromkeys(chain.from_iterable(portion.examples for portion in portions))
    columns = {name: list(chain.from_iterable(_column(p, name) for p in portions)) for name in names}
    write_arrow(segment_file(folder, number, "examples"), [_examples_batch(columns)])
    thumbnails = [thumbnail for portion in portions for thumbnail in portion.thumbnails]
    if not state.kept:
        write_thumbnails(folder / "thumbnails", number, thumbnails)
    positions = [
        _write_layer(folder, state, name, [p.layers[name] for p in portions], capacity) for name in portions[0].layers
    ]
    if positions:
        write_arrow(segment_file(folder, number, "positions"), positions)
    state.has_thumbnails |= any(thumbnails) and not state.kept
    state.n_segments += 1
    state.n_examples += len(thumbnails)


def read_examples(folder: Path, n_segments: int) -> pa.Table:
    """Return the examples of all segments as one table."""
    parts = [_open_arrow(segment_file(folder, number, "examples")).read_all() for number in range(n_segments)]
    try:
        return pa.concat_tables(parts or [pa.table({"id": pa.array([], pa.string())})], promote_options="permissive")
    except pa.ArrowTypeError as error:
        reason = str(error).splitlines()[0]
        raise InvalidInput(f"a column mixes kinds: {reason}; give all its values as text, or all as numbers") from None


def finish_layer(folder: Path, state: Checkpoint, number: int) -> None:
    """Trim the array of a layer to its points and write their table."""
    layer = state.layers[number]
    n_points = state.n_examples * layer.points_per_example
    zarr.open_array(folder / "activations.zarr" / layer.key, mode="r+").resize((n_points, layer.n_channels))
    first = _open_arrow(segment_file(folder, 0, "positions")).schema
    schema = pa.schema([("example", pa.int64()), *first])
    with (
        files.replacing(folder / "points" / f"{layer.key}.parquet") as file,
        pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True) as writer,
    ):
        for segment in range(state.n_segments):
            positions = _open_arrow(segment_file(folder, segment, "positions")).get_batch(number)
            rows = np.arange(len(positions)) // layer.points_per_example + segment * state.segment
            writer.write_batch(pa.record_batch([pa.array(rows, pa.int64()), *positions.columns], schema=schema))


def segment_file(folder: Path, number: int, kind: str) -> Path:
    """Return the file that holds a table of one segment until the study is finished."""
    return folder / "parts" / f"{number:05d}-{kind}.arrow"


def _column(portion: Chunk, name: str) -> Sequence[Any] | NDArray[Any]:
    return portion.examples.get(name, [None] * len(portion))


def _array(name: str, values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except OverflowError:
        raise InvalidInput(f"column {name!r} holds a number that is too large: give its values as text") from None
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        kinds = " and ".join(sorted({type(value).__name__ for value in values if value is not None}))
        raise InvalidInput(f"column {name!r} mixes {kinds}: give all its values as text, or all as numbers") from None


def _examples_batch(columns: dict[str, list[Any]]) -> pa.RecordBatch:
    """Return the columns of the examples as Arrow; a sentence is stored once, not with each of its words."""
    arrays = {name: _array(name, values) for name, values in columns.items()}
    return pa.RecordBatch.from_pydict(
        {name: array.dictionary_encode() if name == "sentence" else array for name, array in arrays.items()}
    )


def _write_layer(folder: Path, state: Checkpoint, name: str, points: Sequence[Points], capacity: int) -> pa.RecordBatch:
    layer = next((layer for layer in state.layers if layer.name == name), None)
    if layer is None:
        layer = _create_layer(folder, state, name, points[0], capacity)
    shape = (layer.points_per_example, layer.n_channels)
    if any(p.vectors.shape[1:] != shape or p.grid != layer.grid for p in points):
        raise InvalidInput(f"layer {name!r} gives maps of different sizes: bring the inputs to one size with --size")
    blocks = [np.ascontiguousarray(p.vectors, dtype="<f4").data for p in points]
    _write_chunk(folder / "activations.zarr" / layer.key / "c" / str(state.n_segments) / "0", blocks, layer, state)
    layer.digest = files.extended_digest(layer.digest, *blocks)
    return _points_batch(points)


def _points_batch(points: Sequence[Points]) -> pa.RecordBatch:
    """Return the columns of points as Arrow."""
    parts = [{"y": p.y, "x": p.x, **p.columns} for p in points]
    arrays = {name: np.concatenate([known[name] for known in parts]) for name in parts[0]}
    return pa.RecordBatch.from_pydict({name: _flat(values) for name, values in arrays.items()})


def _flat(values: NDArray[Any]) -> pa.Array:
    """Return values by example and point, numbers or lists of them, as one column of Arrow."""
    numbers = pa.array(values.ravel())
    if values.ndim == 2:
        return numbers
    return pa.ListArray.from_arrays(np.arange(0, values.size + 1, values.shape[2], dtype=np.int32), numbers)


def _write_chunk(path: Path, blocks: Sequence[memoryview], layer: LayerState, state: Checkpoint) -> None:
    """Write one chunk as zarr does without compression, which is the array's bytes, but whole or not at all.

    Its end, for which there are no vectors, is outside the finished array, and sparse on most disks.
    """
    n_points, n_bytes = state.segment * layer.points_per_example, 4 * layer.n_channels
    if sum(block.nbytes for block in blocks) > n_points * n_bytes:
        raise StudyError(f"layer {layer.name!r} has more vectors than the examples of a segment: nothing is written")
    with files.replacing(path) as file:
        for block in blocks:
            file.write(block)
        file.truncate(n_points * n_bytes)


def _create_layer(folder: Path, state: Checkpoint, name: str, points: Points, capacity: int) -> LayerState:
    _, per_example, n_channels = points.vectors.shape
    key = files.safe_key(
        name, {layer.key.lower() for layer in chain[LayerState | LayerEntry](state.layers, state.kept)}
    )
    layer = LayerState(
        name,
        key,
        points.module,
        points.policy,
        points.grid,
        per_example,
        n_channels,
        checkpoint=points.checkpoint,
        sight=points.sight,
    )
    zarr.open_group(folder / "activations.zarr", mode="a", zarr_format=3).create_array(
        key,
        shape=(max(capacity, 1) * per_example, n_channels),
        chunks=(state.segment * per_example, n_channels),
        dtype="<f4",
        compressors=None,
        fill_value=float("nan"),
        dimension_names=("point", "channel"),
        overwrite=True,
    )
    state.layers.append(layer)
    return layer


def write_arrow(path: Path, batches: Sequence[pa.RecordBatch]) -> None:
    """Replace a table of a segment."""
    with files.replacing(path) as file, pa.ipc.new_file(file, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _open_arrow(path: Path) -> pa.ipc.RecordBatchFileReader:
    return pa.ipc.open_file(pa.memory_map(str(path)))
