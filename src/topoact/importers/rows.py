"""`Rows`: the columns and thumbnails of imported vectors, from a table that is held in memory."""

from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from topoact.errors import InvalidInput
from topoact.extract.loader import in_threads
from topoact.importers.metadata import Metadata
from topoact.inputs.arrow_columns import check_label, is_column, plain
from topoact.inputs.records import as_label, check_columns, is_missing
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
    metadata
        A table with as many rows, whose columns replace those of `own`.
    image, label, identity
        Columns that are named otherwise than "image", "label" and "id".
    missing
        Labels that mean that there is none.

    Attributes
    ----------
    remarks : list of str
        Sentences on how the columns were read, where there was a choice.

    Raises
    ------
    InvalidInput
        If the table has another number of rows, or lacks a column that is named.
    """

    def __init__(
        self,
        n_rows: int,
        own: pa.Table | None,
        metadata: Metadata | None,
        *,
        image: str | None,
        label: str | None,
        identity: str | None,
        missing: Set[str] = frozenset(),
    ) -> None:
        path = metadata.path if metadata else Path("the file")
        table = _joined(own, metadata.table if metadata else None)
        self._table: pa.Table = pa.table({"id": np.arange(n_rows)}) if table is None else table
        self._folder, self._missing = path.parent, missing
        if len(self._table) != n_rows:
            raise InvalidInput(f"{path} has {len(self._table):,} rows and there are {n_rows:,} vectors")
        roles = {"label": label, "id": identity, "image": image}
        self._columns = check_columns(path, self._table.column_names, roles, needed=())
        check_label(path, self._columns["label"], self._table.schema)
        others = [one for one in self._table.schema if one.name not in self._columns.values()]
        self._others = [one.name for one in others if is_column(one.type)]
        self.remarks = list(metadata.remarks if metadata else ())
        if left_out := [f"{one.name} ({one.type})" for one in others if not is_column(one.type)]:
            self.remarks.append(f"columns that are no numbers, texts or times, left out: {', '.join(left_out)}")

    def __len__(self) -> int:
        return len(self._table)

    def columns(self, start: int, stop: int) -> dict[str, list[Any]]:
        """Return the columns of the examples table for some rows."""
        rows = self._table.slice(start, stop - start)
        label, identity = self._columns["label"], self._columns["id"]
        names = rows.column(identity).to_pylist() if identity else [None] * len(rows)
        columns: dict[str, list[Any]] = {
            "id": [str(row if is_missing(name) else name) for row, name in enumerate(names, start)],
            "label": [self._text(v) for v in rows.column(label).to_pylist()] if label else [None] * len(rows),
        }
        columns |= {_free_name(name): plain(rows.column(name)) for name in self._others}
        if "prediction" in columns:
            columns["prediction"] = [self._text(value) for value in columns["prediction"]]
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

    def _text(self, value: Any) -> str | None:
        label = as_label(value, self._missing)
        return None if label is None else str(label)


def _joined(own: pa.Table | None, metadata: pa.Table | None) -> pa.Table | None:
    """Return the columns of both tables; of two with one name that of `metadata`."""
    if own is None or metadata is None or len(own) != len(metadata):
        return own if metadata is None else metadata
    kept = {name: own.column(name) for name in own.column_names if name not in metadata.column_names}
    return pa.table({**kept, **{name: metadata.column(name) for name in metadata.column_names}})


def _free_name(name: str) -> str:
    return f"{name}_given" if name in ("example", "y", "x", "id", "label") else name
