"""`write_study`: a study from imported layers and graphs and the columns of their rows."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from topoact.errors import Cancelled, InvalidInput
from topoact.extract.predictions import accuracy, class_list, finish_table
from topoact.importers.arrays import Matrix
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
    overwrite, restart
        Replace a finished study; throw away an unfinished one.
    on_progress
        Called after each portion.

    Raises
    ------
    InvalidInput
        If a vector holds a number that is not finite.
    StudyError
        If something is in the way at `out`.
    """
    config = {"model": None, "preprocessing": None, "data": data, "layers": [*layers, *graphs]}
    with StudyWriter(out, config, capacity=len(rows), overwrite=overwrite, restart=restart) as writer:
        if writer.is_complete:
            return open_study(writer.publish())
        try:
            for portion in _portions(layers, rows, writer.next_input):
                writer.append(portion)
                if on_progress:
                    on_progress("import", portion.next_input, len(rows))
        except KeyboardInterrupt:
            message = f"interrupted after {writer.n_written:,} of {len(rows):,} rows; the same command resumes"
            raise Cancelled(message) from None
        examples = finish_table(writer.examples())
        writer.notes["accuracy"] = accuracy(examples)
        return open_study(writer.finish(examples, classes=class_list(examples, (), named=False), graphs=graphs))


def _portions(layers: Mapping[str, Matrix], rows: Rows, start: int) -> Iterator[Chunk]:
    width = sum(layer.shape[1] for layer in layers.values())
    step = max(1, min(MAX_PORTION_ROWS, MAX_PORTION_BYTES // (4 * max(width, 1))))
    for first in range(start, len(rows), step):
        last = min(first + step, len(rows))
        points = {name: _points(name, layer, first, last) for name, layer in layers.items()}
        yield Chunk(rows.columns(first, last), points, rows.thumbnails(first, last), last)


def _points(name: str, layer: Matrix, first: int, last: int) -> Points:
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is named below
        block = np.asarray(layer[first:last]).astype(np.float32)
    if not np.isfinite(block).all():
        row = first + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
        raise InvalidInput(f"row {row} of {name!r} holds NaN, infinity or a number too large for float32")
    nowhere = np.full((len(block), 1), -1, dtype=np.int32)
    return Points(name, IMPORTED_POLICY, None, block[:, None, :], nowhere, nowhere)
