"""The files of an unfinished study: what one segment of examples leaves on disk, and the tables made of them.

Each layer's vectors of one segment are exactly one chunk of its array, so that writing never reads.
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

from topoact.errors import InvalidInput
from topoact.study import files
from topoact.study.checkpoint import Checkpoint, LayerState
from topoact.study.manifest import LayerEntry
from topoact.study.thumbnails import Thumbnail, write_thumbnails

SEGMENT_EXAMPLES = 1024
SEGMENT_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Points:
    """Vectors of one layer for some examples in a row."""

    module: str
    policy: str
    grid: tuple[int, int] | None
    vectors: NDArray[np.float32]
    """Shape (n_examples, points per example, n_channels); the same number of points for every example of a study."""
    y: NDArray[np.int32]
    """Shape (n_examples, points per example); −1 where there is no position."""
    x: NDArray[np.int32]
    columns: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    """Further numbers of each point, of the shape of `y`, or lists of numbers, with an axis more."""
    checkpoint: str | None = None
    """Which of the network's checkpoints gave them, where the study names them."""

    def part(self, span: slice) -> "Points":
        """Return those of some of the examples."""
        columns = {name: values[span] for name, values in self.columns.items()}
        return replace(self, vectors=self.vectors[span], y=self.y[span], x=self.x[span], columns=columns)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is known of some examples in a row: usually one batch, or all that came of some texts."""

    examples: Mapping[str, Sequence[Any] | NDArray[Any]]
    """Columns of the examples table; `id` is always there."""
    layers: Mapping[str, Points]
    thumbnails: Sequence[Thumbnail | None]
    next_input: int
    """Place in the source from which work resumes after this portion."""
    skipped: Sequence[str] = ()
    """Identities of the inputs that could not be read, since the last portion."""
    tally: Mapping[str, int] = field(default_factory=dict)
    """Counts of things worth noting, added up in the manifest's notes."""

    def __len__(self) -> int:
        return len(self.thumbnails)

    def part(self, start: int, stop: int) -> "Chunk":
        """Return the examples from `start` to `stop` without copying them."""
        if start == 0 and stop >= len(self):
            return self
        span = slice(start, stop)
        return replace(
            self,
            examples={name: column[span] for name, column in self.examples.items()},
            layers={name: points.part(span) for name, points in self.layers.items()},
            thumbnails=self.thumbnails[span],
        )


def segment_length(portions: Iterable[Chunk]) -> int:
    """Return how many examples make a segment: a multiple of the portions', as many as the memory allows."""
    filled = [portion for portion in portions if len(portion)]
    n_examples = sum(map(len, filled))
    n_bytes = sum(points.vectors.nbytes for portion in filled for points in portion.layers.values())
    times = min(SEGMENT_EXAMPLES // n_examples, SEGMENT_BYTES // max(n_bytes, 1))
    return n_examples * max(times, 1)


def write_segment(folder: Path, state: Checkpoint, portions: Sequence[Chunk], capacity: int) -> None:
    """Write the next segment and count it in `state`; nothing counts on disk before the state is written."""
    number = state.n_segments
    if state.n_examples != number * state.segment:
        raise ValueError("portions must fill each segment but the last")
    names = dict.fromkeys(chain.from_iterable(portion.examples for portion in portions))
    columns = {name: list(chain.from_iterable(_column(p, name) for p in portions)) for name in names}
    write_arrow(part(folder, number, "examples"), [_examples_batch(columns)])
    thumbnails = [thumbnail for portion in portions for thumbnail in portion.thumbnails]
    if not state.kept:
        write_thumbnails(folder / "thumbnails", number, thumbnails)
    positions = [
        _write_layer(folder, state, name, [p.layers[name] for p in portions], capacity) for name in portions[0].layers
    ]
    if positions:
        write_arrow(part(folder, number, "positions"), positions)
    state.has_thumbnails |= any(thumbnails) and not state.kept
    state.n_segments += 1
    state.n_examples += len(thumbnails)


def read_examples(folder: Path, n_segments: int) -> pa.Table:
    """Return the examples of all segments as one table."""
    parts = [_open_arrow(part(folder, number, "examples")).read_all() for number in range(n_segments)]
    try:
        return pa.concat_tables(parts or [pa.table({"id": pa.array([], pa.string())})], promote_options="permissive")
    except pa.ArrowTypeError as error:
        said = str(error).splitlines()[0]
        raise InvalidInput(f"a column mixes kinds: {said}; give all its values as text, or all as numbers") from None


def finish_layer(folder: Path, state: Checkpoint, number: int) -> None:
    """Trim the array of a layer to its points and write their table."""
    layer = state.layers[number]
    n_points = state.n_examples * layer.points_per_example
    zarr.open_array(folder / "activations.zarr" / layer.key, mode="r+").resize((n_points, layer.n_channels))
    first = _open_arrow(part(folder, 0, "positions")).schema
    schema = pa.schema([("example", pa.int64()), *first])
    with (
        files.replacing(folder / "points" / f"{layer.key}.parquet") as file,
        pq.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        for segment in range(state.n_segments):
            positions = _open_arrow(part(folder, segment, "positions")).get_batch(number)
            rows = np.arange(len(positions)) // layer.points_per_example + segment * state.segment
            writer.write_batch(pa.record_batch([pa.array(rows, pa.int64()), *positions.columns], schema=schema))


def part(folder: Path, number: int, kind: str) -> Path:
    """Return the file that holds a table of one segment until the study is finished."""
    return folder / "parts" / f"{number:05d}-{kind}.arrow"


def _column(portion: Chunk, name: str) -> Sequence[Any] | NDArray[Any]:
    return portion.examples.get(name, [None] * len(portion))


def _array(name: str, values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        kinds = " and ".join(sorted({type(value).__name__ for value in values if value is not None}))
        raise InvalidInput(f"column {name!r} mixes {kinds}: give all its values as text, or all as numbers") from None


def _examples_batch(columns: dict[str, list[Any]]) -> pa.RecordBatch:
    """Return the columns of the examples as Arrow: a sentence is kept once, not with each of its words."""
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
    layer.digest = files.chain(layer.digest, *blocks)
    return _points_batch(points)


def _points_batch(points: Sequence[Points]) -> pa.RecordBatch:
    """Return what is known of each point, besides its vector and its example, as Arrow."""
    parts = [{"y": p.y, "x": p.x, **p.columns} for p in points]
    arrays = {name: np.concatenate([known[name] for known in parts]) for name in parts[0]}
    return pa.RecordBatch.from_pydict({name: _flat(values) for name, values in arrays.items()})


def _flat(values: NDArray[Any]) -> pa.Array:
    """Return the values of the points, (n_examples, points per example) or with an axis more, as Arrow."""
    numbers = pa.array(values.ravel())
    if values.ndim == 2:
        return numbers
    return pa.ListArray.from_arrays(np.arange(0, values.size + 1, values.shape[2], dtype=np.int32), numbers)


def _write_chunk(path: Path, blocks: Sequence[memoryview], layer: LayerState, state: Checkpoint) -> None:
    """Write one chunk as zarr would, but whole or not at all: without compression it is the array's bytes.

    What no vector fills is beyond the end of the finished array, and takes no room on most disks.
    """
    with files.replacing(path) as file:
        for block in blocks:
            file.write(block)
        file.truncate(4 * state.segment * layer.points_per_example * layer.n_channels)


def _create_layer(folder: Path, state: Checkpoint, name: str, points: Points, capacity: int) -> LayerState:
    _, per_example, n_channels = points.vectors.shape
    key = files.safe_key(name, {one.key.lower() for one in chain[LayerState | LayerEntry](state.layers, state.kept)})
    layer = LayerState(
        name, key, points.module, points.policy, points.grid, per_example, n_channels, checkpoint=points.checkpoint
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
