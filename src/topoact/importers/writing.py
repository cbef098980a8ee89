"""`write_study`: a study from imported layers and graphs and the columns of their rows."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from topoact.errors import Cancelled, InvalidInput
from topoact.extract.predictions import accuracy, class_list, finish_table, without_values
from topoact.importers.arrays import Matrix, as_float32
from topoact.importers.rows import Rows
from topoact.mapper import ImportedGraph, Progress
from topoact.study import Chunk, Points, Study, StudyWriter, open_study

MAX_PORTION_ROWS: Final = 1024
"""Rows that are read at once."""
MAX_PORTION_BYTES: Final = 128 * 2**20
"""Bytes of the vectors of these rows."""
IMPORTED_POLICY: Final = "given"
"""The policy of imported vectors: nothing is known of how they were sampled."""


def write_study(
    out: Path,
    rows: Rows,
    *,
    layers: Mapping[str, Matrix],
    graphs: Mapping[str, ImportedGraph],
    data: dict[str, Any],
    skip_nonfinite: bool = False,
    overwrite: bool,
    restart: bool,
    on_progress: Progress | None,
) -> Study:
    """Write a study in one pass, portion by portion; an interrupted one is resumed.

    Parameters
    ----------
    out
        Folder of the study.
    rows
        The columns and thumbnails of each row.
    layers
        Matrices with as many rows.
    graphs
        Graphs of as many points.
    data
        Identity of the imported files, as JSON.
    skip_nonfinite
        Leave out the rows whose vectors are not finite in any layer.
    overwrite, restart
        Replace a finished study; throw away an unfinished one.
    on_progress
        Called after each portion.

    Raises
    ------
    InvalidInput
        If a vector holds a number that is not finite, or no row is left.
    StudyError
        If something is in the way at `out`.
    """
    config: dict[str, Any] = {"model": None, "preprocessing": None, "data": data, "layers": [*layers, *graphs]}
    if skip_nonfinite:
        config["skip_nonfinite"] = True
    with StudyWriter(out, config, capacity=len(rows), overwrite=overwrite, restart=restart) as writer:
        if writer.is_complete:
            return open_study(writer.publish())
        try:
            for portion in _portions(layers, rows, writer.next_input, skip_nonfinite=skip_nonfinite):
                writer.append(portion)
                if on_progress:
                    on_progress("import", portion.next_input, len(rows))
        except KeyboardInterrupt:
            message = f"interrupted after {writer.n_written:,} of {len(rows):,} rows; the same command resumes"
            raise Cancelled(message) from None
        examples = writer.examples()
        if not len(examples):
            raise InvalidInput("no row is left: each holds NaN, infinity or a number too large for float32")
        if remarks := [*rows.remarks, *without_values(examples)]:
            writer.notes["remarks"] = remarks
        examples = finish_table(examples)
        writer.notes["accuracy"] = accuracy(examples)
        return open_study(writer.finish(examples, classes=class_list(examples, (), named=False), graphs=graphs))


def _portions(layers: Mapping[str, Matrix], rows: Rows, start: int, *, skip_nonfinite: bool) -> Iterator[Chunk]:
    spans = _spans(layers, len(rows), start)
    for first, last in spans:
        vectors = {name: as_float32(name, layer, first, last) for name, layer in layers.items()}
        finite = _finite(vectors.values(), last - first)
        if finite.all():
            yield Chunk(rows.columns(first, last), _points(vectors), rows.thumbnails(first, last), last)
            continue
        if not skip_nonfinite:
            n_bad = len(finite) - int(finite.sum()) + _count_nonfinite(layers, spans)
            raise InvalidInput(_refusal(vectors, first, n_bad, len(rows)))
        kept, tally = np.flatnonzero(finite).tolist(), {"nonfinite": int((~finite).sum())}
        if not kept:
            yield Chunk({}, {}, (), last, tally=tally)
            continue
        columns = {name: [values[i] for i in kept] for name, values in rows.columns(first, last).items()}
        thumbnails = rows.thumbnails(first, last)
        points = _points({name: block[kept] for name, block in vectors.items()})
        yield Chunk(columns, points, [thumbnails[i] for i in kept], last, tally=tally)


def _spans(layers: Mapping[str, Matrix], n_rows: int, start: int) -> Iterator[tuple[int, int]]:
    """Yield the first rows of each portion, and those after its last."""
    width = sum(layer.shape[1] for layer in layers.values())
    step = max(1, min(MAX_PORTION_ROWS, MAX_PORTION_BYTES // (4 * max(width, 1))))
    return ((first, min(first + step, n_rows)) for first in range(start, n_rows, step))


def _finite(vectors: Iterable[NDArray[np.float32]], n_rows: int) -> NDArray[np.bool_]:
    """Return which rows are finite in all layers."""
    finite = np.ones(n_rows, dtype=bool)
    for block in vectors:
        finite &= np.isfinite(block).all(axis=1)
    return finite


def _count_nonfinite(layers: Mapping[str, Matrix], spans: Iterable[tuple[int, int]]) -> int:
    blocks = (((as_float32(name, layer, *span) for name, layer in layers.items()), span[1] - span[0]) for span in spans)
    return sum(n_rows - int(_finite(vectors, n_rows).sum()) for vectors, n_rows in blocks)


def _refusal(vectors: Mapping[str, NDArray[np.float32]], first: int, n_bad: int, n_rows: int) -> str:
    """Return the sentence about rows that are not finite, of which one is among `vectors`."""
    name, row = next(
        (name, int(bad[0]))
        for name, block in vectors.items()
        if (bad := np.flatnonzero(~np.isfinite(block).all(axis=1))).size
    )
    are = "is one row that does" if n_bad == 1 else f"are {n_bad:,} rows that do"
    return (
        f"row {first + row} of {name!r} holds NaN, infinity or a number too large for float32, and there {are}, of"
        f" {n_rows:,}: --skip-nonfinite leaves them out"
    )


def _points(vectors: Mapping[str, NDArray[np.float32]]) -> dict[str, Points]:
    nowhere = np.full((len(next(iter(vectors.values()), ())), 1), -1, dtype=np.int32)
    return {
        name: Points(name, IMPORTED_POLICY, None, block[:, None, :], nowhere, nowhere)
        for name, block in vectors.items()
    }
