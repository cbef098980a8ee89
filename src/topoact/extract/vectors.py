"""Vectors that exist already: a NumPy file and a table of their rows become a study."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from topoact.errors import Cancelled, InvalidInput
from topoact.extract.loader import UNREADABLE, in_threads
from topoact.extract.predictions import accuracy, class_list, finish_table
from topoact.extract.sources import as_label, check_columns
from topoact.extract.tables import read_csv
from topoact.mapper import Progress
from topoact.study import Points, Portion, Study, StudyWriter, open_study
from topoact.study.thumbnails import LONG_SIDE, Thumbnail, original, shrink

ROWS = 1024
NPY_MAGIC = b"\x93NUMPY"
GIVEN = "given"
"""The policy of imported vectors: where they come from is the user's affair."""


def import_vectors(
    vectors: str | Path,
    out: str | Path,
    *,
    metadata: str | Path | None = None,
    layer_name: str = "vectors",
    image: str | None = None,
    label: str | None = None,
    identity: str | None = None,
    overwrite: bool = False,
    restart: bool = False,
    on_progress: Progress | None = None,
) -> Study:
    """Write vectors and what is known of them as a study of one layer. The file of vectors is never read as a whole.

    Parameters
    ----------
    vectors
        A ``.npy`` file of a matrix of numbers, one vector a row.
    out
        Folder of the study.
    metadata
        A ``.csv`` or ``.parquet`` table with as many rows; held in memory.
    layer_name
        Name of the layer in the study.
    image, label, identity
        Columns of the table; "image" (paths relative to the table), "label" and "id" by default, all may be absent.
        Columns `prediction` and `confidence` are taken for what they say.
    overwrite, restart
        Replace a finished study; throw away an unfinished one.
    on_progress
        Called after each portion.

    Raises
    ------
    InvalidInput
        If the matrix is no matrix of finite numbers, or the table has another number of rows.
    StudyError
        If something is in the way at `out`.
    """
    matrix = _open_matrix(Path(vectors))
    table = _Metadata(metadata, len(matrix), image=image, label=label, identity=identity)
    config = {"model": None, "preprocessing": None, "data": {**_record(vectors), **table.record}, "layer": layer_name}
    with StudyWriter(Path(out), config, capacity=len(matrix), overwrite=overwrite, restart=restart) as writer:
        if writer.is_complete:
            return open_study(writer.publish())
        try:
            for portion in _portions(matrix, table, layer_name, writer.next_input):
                writer.append(portion)
                if on_progress:
                    on_progress("import", portion.next_input, len(matrix))
        except KeyboardInterrupt:
            said = f"interrupted after {writer.n_written:,} of {len(matrix):,} vectors; the same command resumes"
            raise Cancelled(said) from None
        examples = finish_table(writer.examples())
        writer.notes["accuracy"] = accuracy(examples)
        return open_study(writer.finish(examples, classes=class_list(examples, (), named=False)))


class _Metadata:
    """What a table says of each vector; without a table only the row's number."""

    def __init__(self, path: str | Path | None, n_rows: int, **wanted: str | None) -> None:
        self._table, self._folder = pa.table({"id": np.arange(n_rows)}), Path()
        self.record: dict[str, Any] = {"metadata": None}
        if path is not None:
            path = Path(path)
            self._table, self._folder, self.record = _read_table(path), path.parent, {"metadata": _record(path)}
        if len(self._table) != n_rows:
            raise InvalidInput(f"{path} has {len(self._table):,} rows and there are {n_rows:,} vectors")
        roles = {"label": wanted["label"], "id": wanted["identity"], "image": wanted["image"]}
        self._columns = check_columns(path or Path(), self._table.column_names, roles, needed=())

    def columns(self, start: int, stop: int) -> dict[str, list[Any]]:
        """Return the columns of the examples table for some rows."""
        rows = self._table.slice(start, stop - start)
        label, identity = self._columns["label"], self._columns["id"]
        columns: dict[str, list[Any]] = {}
        columns["id"] = [str(v) for v in rows.column(identity).to_pylist()] if identity else _numbers(start, stop)
        columns["label"] = [_text(v) for v in rows.column(label).to_pylist()] if label else [None] * len(rows)
        taken = {label, identity, self._columns["image"]}
        for name in self._table.column_names:
            if name not in taken and not pa.types.is_nested(rows.column(name).type):
                columns[_free(name)] = rows.column(name).to_pylist()
        if "prediction" in columns:
            columns["prediction"] = [_text(value) for value in columns["prediction"]]
        return columns

    def thumbnails(self, start: int, stop: int) -> list[Thumbnail | None]:
        """Return the thumbnails of some rows; None where there is no image or it cannot be read."""
        name = self._columns["image"]
        if name is None:
            return [None] * (stop - start)
        values = self._table.column(name).slice(start, stop - start).to_pylist()
        return list(in_threads(self._thumbnail, values, n_threads=2))

    def _thumbnail(self, value: Any) -> Thumbnail | None:
        try:
            data = (self._folder / value).read_bytes() if isinstance(value, str) else value
            image = Image.open(BytesIO(data))
            image.draft("RGB", (LONG_SIDE, LONG_SIDE))
            return original(data, image) or shrink(image)
        except (*UNREADABLE, TypeError):
            return None


def _portions(matrix: NDArray[Any], table: _Metadata, name: str, start: int) -> Iterator[Portion]:
    for first in range(start, len(matrix), ROWS):
        last = min(first + ROWS, len(matrix))
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is named below
            block = np.asarray(matrix[first:last], dtype=np.float32)
        if not np.isfinite(block).all():
            row = first + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
            raise InvalidInput(f"row {row} of the vectors holds NaN, infinity or a number too large for float32")
        nowhere = np.full((len(block), 1), -1, dtype=np.int32)
        points = Points(name, GIVEN, None, block[:, None, :], nowhere, nowhere)
        yield Portion(table.columns(first, last), {name: points}, table.thumbnails(first, last), last)


def _open_matrix(path: Path) -> NDArray[Any]:
    if not path.is_file():
        raise InvalidInput(f"there is no file {path}")
    try:
        matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        has_objects = path.read_bytes()[:6] == NPY_MAGIC and "bject" in str(error)
        reason = "it holds Python objects" if has_objects else "it is not a .npy file, or a damaged one"
        raise InvalidInput(f"{path} cannot be read: {reason}; save a matrix of numbers with numpy.save") from None
    if not isinstance(matrix, np.ndarray):
        raise InvalidInput(f"{path} is an archive of arrays: save the one matrix with numpy.save")
    if matrix.ndim != 2 or not matrix.size:
        raise InvalidInput(f"{path} has shape {matrix.shape}: a matrix with one vector a row is needed")
    if matrix.dtype.kind not in "fiu":
        raise InvalidInput(f"{path} holds {matrix.dtype}: floating-point or whole numbers are needed")
    return matrix


def _read_table(path: Path) -> pa.Table:
    if not path.is_file():
        raise InvalidInput(f"there is no file {path}")
    try:
        return pq.read_table(path) if path.suffix in {".parquet", ".pq"} else read_csv(path)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the table {path} cannot be read: {str(error).splitlines()[0]}") from None


def _record(path: str | Path) -> dict[str, Any]:
    stat = Path(path).stat()
    return {"path": str(Path(path).resolve()), "bytes": stat.st_size, "modified_ns": stat.st_mtime_ns}


def _text(value: Any) -> str | None:
    label = as_label(value)
    return None if label is None else str(label)


def _numbers(start: int, stop: int) -> list[str]:
    return [str(row) for row in range(start, stop)]


def _free(name: str) -> str:
    return f"{name}_given" if name in ("example", "y", "x", "id", "label") else name
