"""`Rows`: the columns and thumbnails of imported vectors, from a table that is held in memory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from topoact.errors import InvalidInput
from topoact.extract.loader import in_threads
from topoact.inputs.records import as_label, check_columns
from topoact.inputs.tables import read_csv
from topoact.networks.pixels import UNREADABLE, Picture
from topoact.study.thumbnails import LONG_SIDE, Thumbnail, original, shrink


class Rows:
    """The columns of the file of vectors and of a table of metadata; without either, the number of each row.

    Parameters
    ----------
    n_rows
        Number of vectors.
    own
        Columns of the file of vectors, None without any.
    path
        A ``.csv`` or ``.parquet`` table with as many rows, whose columns replace those of `own`.
    image, label, identity
        Columns that are named otherwise than "image", "label" and "id".

    Raises
    ------
    InvalidInput
        If the table cannot be read, has another number of rows, or lacks a column that is named.
    """

    def __init__(
        self,
        n_rows: int,
        own: pa.Table | None,
        path: Path | None,
        *,
        image: str | None,
        label: str | None,
        identity: str | None,
    ) -> None:
        metadata = _read(path) if path else None
        table = _joined(own, metadata)
        self._table: pa.Table = pa.table({"id": np.arange(n_rows)}) if table is None else table
        self._folder = path.parent if path else Path()
        if len(self._table) != n_rows:
            raise InvalidInput(f"{path} has {len(self._table):,} rows and there are {n_rows:,} vectors")
        roles = {"label": label, "id": identity, "image": image}
        self._columns = check_columns(path or Path("the file"), self._table.column_names, roles, needed=())

    def __len__(self) -> int:
        return len(self._table)

    def columns(self, start: int, stop: int) -> dict[str, list[Any]]:
        """Return the columns of the examples table for some rows."""
        rows = self._table.slice(start, stop - start)
        label, identity = self._columns["label"], self._columns["id"]
        columns: dict[str, list[Any]] = {}
        columns["id"] = [
            str(value) for value in (rows.column(identity).to_pylist() if identity else range(start, stop))
        ]
        columns["label"] = [_text(v) for v in rows.column(label).to_pylist()] if label else [None] * len(rows)
        taken = {label, identity, self._columns["image"]}
        for name in self._table.column_names:
            if name not in taken and not pa.types.is_nested(rows.column(name).type):
                columns[_free_name(name)] = rows.column(name).to_pylist()
        if "prediction" in columns:
            columns["prediction"] = [_text(value) for value in columns["prediction"]]
        return columns

    def thumbnails(self, start: int, stop: int) -> Sequence[Thumbnail | None]:
        """Return the thumbnails of some rows; None where there is no image or it cannot be read."""
        name = self._columns["image"]
        if name is None:
            return [None] * (stop - start)
        values = self._table.column(name).slice(start, stop - start).to_pylist()
        return list(in_threads(self._thumbnail, values, n_threads=2))

    def _thumbnail(self, value: Any) -> Thumbnail | None:
        if isinstance(value, dict):
            value = value.get("bytes") or value.get("path")
        try:
            data = (self._folder / value).read_bytes() if isinstance(value, str) else value
            picture = Picture.read(data, side=LONG_SIDE)
            shown = original(data, picture.image) if picture.is_shown_alike else None
            return shown or shrink(picture.with_8_bits("auto")[0])
        except UNREADABLE:
            return None


def count_rows(path: Path) -> int:
    """Return the number of rows of a ``.csv`` or ``.parquet`` table."""
    return len(_read(path))


def _joined(own: pa.Table | None, metadata: pa.Table | None) -> pa.Table | None:
    """Return the columns of both tables; of two with one name that of `metadata`."""
    if own is None or metadata is None or len(own) != len(metadata):
        return own if metadata is None else metadata
    kept = {name: own.column(name) for name in own.column_names if name not in metadata.column_names}
    return pa.table({**kept, **{name: metadata.column(name) for name in metadata.column_names}})


def _read(path: Path) -> pa.Table:
    if not path.is_file():
        raise InvalidInput(f"there is no file {path}")
    try:
        return pq.read_table(path) if path.suffix in {".parquet", ".pq"} else read_csv(path)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the table {path} cannot be read: {str(error).splitlines()[0]}") from None


def _text(value: Any) -> str | None:
    label = as_label(value)
    return None if label is None else str(label)


def _free_name(name: str) -> str:
    return f"{name}_given" if name in ("example", "y", "x", "id", "label") else name
