"""`Table`: tables of images, read in batches; memory does not grow with the number of rows."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Set
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from topoact.errors import InvalidInput
from topoact.inputs.arrow_columns import (
    Classes,
    check_label,
    classes_of,
    is_column,
    is_text,
    named,
    open_schema,
    plain,
    with_classes,
)
from topoact.inputs.csv_files import CSV_SUFFIXES, CsvFile, TableOptions
from topoact.inputs.records import Record, as_label, check_columns, free_name, is_missing, role_column

BATCH_ROWS = 256


class ImageRows(ABC):
    """The rows of a table with a column of images, in a file or a library.

    The column holds the bytes of image files, structs of bytes and path as Hugging Face writes them, or paths.

    Raises
    ------
    InvalidInput
        If there are no rows, or a column is missing.
    """

    n_threads = 2
    gives_tensors = False
    remarks: tuple[str, ...] = ()
    """Sentences on how the table was read, where there was a choice."""
    _folder = Path()
    """The folder to which paths of images are relative."""

    def __init__(
        self,
        location: Path | str,
        schema: pa.Schema,
        n_rows: int,
        *,
        image: str | None,
        label: str | None,
        identity: str | None,
        classes: Classes | None = None,
        missing: Set[str] = frozenset(),
    ) -> None:
        self.classes = classes or {}
        self._schema, self._n_rows, self._missing = with_classes(schema, self.classes), n_rows, missing
        if label is None and role_column(schema.names, "label") is None and len(self.classes) == 1:
            label = next(iter(self.classes))
        if not n_rows:
            raise InvalidInput(f"no images found: the table {location} has no rows")
        wanted = {"image": image, "label": label, "id": identity}
        columns = check_columns(location, schema.names, wanted, needed=("image",))
        self._image, self._label, self._id = str(columns["image"]), columns["label"], columns["id"]
        check_label(location, self._label, self._schema)
        _check_image_type(location, self._image, schema.field(self._image).type)
        others = [name for name in schema.names if name not in (self._image, self._label, self._id)]
        self._extra = {name: free_name(name) for name in others if is_column(self._schema.field(name).type)}
        self.record: dict[str, Any] = {"columns": columns, "n": n_rows}
        if missing:
            self.record["missing"] = sorted(missing)

    def __len__(self) -> int:
        return self._n_rows

    def read(self, start: int) -> Iterator[Record]:
        names = [name for name in (self._image, self._label, self._id) if name]
        row = start
        for batch in self._batches(list(dict.fromkeys([*names, *self._extra])), start):
            yield from self._records(named(batch, self.classes), row)
            row += len(batch)

    @abstractmethod
    def _batches(self, names: list[str], start: int) -> Iterator[pa.RecordBatch]:
        """Yield some columns of the rows from `start` on."""

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        if names := self.classes.get(self._label or ""):
            return names if len(names) == n_outputs else None
        is_integer = self._label and pa.types.is_integer(self._schema.field(self._label).type)
        return tuple(map(str, range(n_outputs))) if is_integer else None

    def ids(self) -> Iterator[str]:
        """Return the names of the inputs in order; their images are not read."""
        if self._id is None:
            return map(str, range(self._n_rows))
        names = chain.from_iterable(batch.column(self._id).to_pylist() for batch in self._batches([self._id], 0))
        return (_identity(name, row) for row, name in enumerate(names))

    def _records(self, batch: pa.RecordBatch, row: int) -> Iterator[Record]:
        columns = {name: plain(batch.column(name)) for name in batch.schema.names}
        for i, number in enumerate(range(row, row + len(batch))):
            identity = columns[self._id][i] if self._id else None
            label = columns[self._label][i] if self._label else None
            extra = {ours: columns[theirs][i] for theirs, ours in self._extra.items()}
            image = self._locate(columns[self._image][i])
            yield Record(number, _identity(identity, number), as_label(label, self._missing), image, extra)

    def _locate(self, image: Any) -> Any:
        if isinstance(image, dict):
            image = image.get("bytes") or image.get("path")
        return self._folder / image if isinstance(image, str) else image


class Table(ImageRows):
    """The rows of a ``.parquet`` or ``.csv`` table with a column of images, whose paths are relative to the table.

    A CSV table is held in memory, a Parquet table is not.

    Raises
    ------
    InvalidInput
        If the file cannot be read, has no rows, or lacks a column.
    """

    def __init__(
        self,
        path: Path,
        *,
        image: str | None,
        label: str | None,
        identity: str | None,
        options: TableOptions | None = None,
    ) -> None:
        self.path, self._folder = path, path.parent
        options = options or TableOptions()
        self._held: pa.Table | None = None
        classes: Classes = {}
        taken: dict[str, Any] = {}
        if path.suffix.lower() in CSV_SUFFIXES:
            file = CsvFile(path, options, label=label, identity=identity)
            self._held, taken = file.table(), file.record
            self.remarks = tuple(file.remarks)
            schema, n_rows = self._held.schema, len(self._held)
        else:
            schema, n_rows = open_schema(path)
            classes = classes_of(schema)
        super().__init__(
            path, schema, n_rows, image=image, label=label, identity=identity, classes=classes, missing=options.missing
        )
        stat = path.stat()
        self.record |= {"kind": "table", "path": str(path.resolve())}
        self.record |= {"bytes": stat.st_size, "modified_ns": stat.st_mtime_ns, **taken}

    def _batches(self, names: list[str], start: int) -> Iterator[pa.RecordBatch]:
        for batch in self._all(names):
            if start < len(batch):
                yield batch.slice(start)
            start = max(start - len(batch), 0)

    def _all(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        if self._held is not None:
            yield from self._held.to_batches(BATCH_ROWS)
            return
        with pq.ParquetFile(self.path) as file:
            yield from file.iter_batches(BATCH_ROWS, columns=names)


def _identity(name: Any, row: int) -> str:
    return str(row if is_missing(name) else name)


def _check_image_type(path: Path | str, name: str, kind: pa.DataType) -> None:
    if pa.types.is_struct(kind) and {"bytes", "path"} & {field.name for field in kind}:
        return
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or is_text(kind)):
        raise InvalidInput(f"column {name!r} of {path} holds {kind}, not image bytes or paths: see --image-column")
