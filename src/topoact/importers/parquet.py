"""`open_parquet`: ``.parquet`` tables with columns of vectors, such as embeddings."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from topoact.errors import InvalidInput
from topoact.importers.arrays import VectorData
from topoact.inputs.arrow_columns import classes_of, named, open_schema

BLOCK_ROWS: Final = 4096
"""Rows that are decoded at once."""


def open_parquet(path: Path, wanted: Sequence[str] | None) -> VectorData:
    """Return the columns of lists of numbers as layers, and all others as columns of the table.

    Memory: the other columns, and of each column of vectors `BLOCK_ROWS` rows.
    """
    schema, n_rows = open_schema(path)
    names = [field.name for field in schema if _is_vector(field.type)] if wanted is None else list(wanted)
    for name in names:
        if name not in schema.names or not _is_vector(schema.field(name).type):
            held = schema.field(name).type if name in schema.names else f"no such column, but {', '.join(schema.names)}"
            raise InvalidInput(f"column {name!r} of {path} should hold lists of numbers, there is {held}")
    if not names or not n_rows:
        raise InvalidInput(f"the table {path} has no column of lists of numbers with a row, but {_listed(schema)}")
    others = [name for name in schema.names if name not in names]
    table = named(pq.read_table(path, columns=others), classes_of(schema))
    return VectorData({name: VectorColumn(path, name) for name in names}, table)


class VectorColumn:
    """A column of lists of numbers, all equally long, as a matrix; going back begins at the row group."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        with pq.ParquetFile(path) as file:
            self.dtype = np.dtype(file.schema_arrow.field(name).type.value_type.to_pandas_dtype())
            groups = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(groups)]).astype(int)
        self._width = 0
        self._rewind(0)
        self.shape = (int(self._starts[-1]), self._width)

    def __getitem__(self, rows: slice) -> npt.NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        if start < self._row:
            self._rewind(start)
        parts = []
        while start < stop:
            while self._row + len(self._block) <= start:
                self._advance()
            part = self._block[start - self._row : stop - self._row]
            parts.append(part)
            start += len(part)
        return np.concatenate(parts) if parts else np.empty((0, self._width), dtype=self.dtype)

    def _rewind(self, row: int) -> None:
        """Go to the beginning of the row group that holds a row."""
        group = int(np.searchsorted(self._starts, row, side="right")) - 1
        self._batches = self._decoded(group)
        self._row, self._block = int(self._starts[group]), np.empty((0, self._width), dtype=self.dtype)
        self._advance()

    def _advance(self) -> None:
        self._row += len(self._block)
        self._block = self._numbers(next(self._batches))

    def _decoded(self, group: int) -> Iterator[pa.Array]:
        with pq.ParquetFile(self.path, pre_buffer=False, buffer_size=1 << 20) as file:
            for batch in file.iter_batches(
                BLOCK_ROWS, row_groups=range(group, file.num_row_groups), columns=[self.name]
            ):
                yield batch.column(0)

    def _numbers(self, lists: Any) -> npt.NDArray[Any]:
        lengths = np.asarray(lists.value_lengths().fill_null(-1))
        self._width = self._width or max(int(lengths[0]), 0)
        bad = np.flatnonzero(lengths != self._width) if self._width else np.arange(1)
        if bad.size:
            row, length = self._row + int(bad[0]), int(lengths[bad[0]])
            held = f"{length} numbers and the first has {self._width}" if length > 0 else "no vector"
            raise InvalidInput(f"row {row} of column {self.name!r} has {held}: all vectors must be equally long")
        values: npt.NDArray[Any] = lists.flatten().to_numpy(zero_copy_only=False)
        return values.reshape(len(lists), self._width)


def _is_vector(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return is_list and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))


def _listed(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} ({field.type})" for field in list(schema)[:8]) or "none at all"
