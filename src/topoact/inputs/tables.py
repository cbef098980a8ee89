"""Tables of images, read in batches: memory does not grow with the number of rows."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from topoact.errors import InvalidInput
from topoact.inputs.records import Record, as_label, check_columns
from topoact.study.columns import COLUMNS

BATCH_ROWS = 256
RESERVED = ("id", "label", "example", "y", "x", *COLUMNS)


class ImageRows(ABC):
    """The rows of a table with a column of images, wherever they are.

    The column holds the bytes of image files, structs of bytes and path as Hugging Face writes them, or paths.

    Raises
    ------
    InvalidInput
        If there are no rows, or a column is missing.
    """

    n_threads = 2
    gives_tensors = False
    _folder = Path()
    """What paths of images are relative to."""

    def __init__(
        self,
        place: Path | str,
        schema: pa.Schema,
        n_rows: int,
        *,
        image: str | None,
        label: str | None,
        identity: str | None,
    ) -> None:
        self._schema, self._n_rows = schema, n_rows
        if not n_rows:
            raise InvalidInput(f"no images found: the table {place} has no rows")
        wanted = {"image": image, "label": label, "id": identity}
        columns = check_columns(place, schema.names, wanted, needed=("image",))
        self._image, self._label, self._id = str(columns["image"]), columns["label"], columns["id"]
        _check_image_type(place, self._image, schema.field(self._image).type)
        self._extra = {n: _free_name(n) for n in schema.names if self._is_extra(n)}
        self.record: dict[str, Any] = {"columns": columns, "n": n_rows}

    def __len__(self) -> int:
        return self._n_rows

    def read(self, start: int) -> Iterator[Record]:
        names = [name for name in (self._image, self._label, self._id) if name]
        row = start
        for batch in self._batches(list(dict.fromkeys([*names, *self._extra])), start):
            yield from self._records(batch, row)
            row += len(batch)

    @abstractmethod
    def _batches(self, names: list[str], start: int) -> Iterator[pa.RecordBatch]:
        """Yield some columns of the rows from `start` on."""

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        is_integer = self._label and pa.types.is_integer(self._schema.field(self._label).type)
        return tuple(map(str, range(n_outputs))) if is_integer else None

    def ids(self) -> Iterator[str]:
        """List what the inputs are called; their images are not read."""
        if self._id is None:
            return map(str, range(self._n_rows))
        given = chain.from_iterable(batch.column(self._id).to_pylist() for batch in self._batches([self._id], 0))
        return (_identity(value, row) for row, value in enumerate(given))

    def _records(self, batch: pa.RecordBatch, row: int) -> Iterator[Record]:
        columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
        for i, number in enumerate(range(row, row + len(batch))):
            identity = columns[self._id][i] if self._id else None
            label = columns[self._label][i] if self._label else None
            extra = {ours: columns[theirs][i] for theirs, ours in self._extra.items()}
            yield Record(
                number, _identity(identity, number), as_label(label), self._locate(columns[self._image][i]), extra
            )

    def _locate(self, image: Any) -> Any:
        if isinstance(image, dict):
            image = image.get("bytes") or image.get("path")
        return self._folder / image if isinstance(image, str) else image

    def _is_extra(self, name: str) -> bool:
        kind = self._schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        scalar = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        return name not in (self._image, self._label, self._id) and (scalar or text)


class Table(ImageRows):
    """The rows of a ``.parquet`` or ``.csv`` table with a column of images, whose paths are relative to the table.

    A CSV table is held in memory, a Parquet table is not.

    Raises
    ------
    InvalidInput
        If the file cannot be read, has no rows, or lacks a column.
    """

    def __init__(self, path: Path, *, image: str | None, label: str | None, identity: str | None) -> None:
        self.path, self._folder = path, path.parent
        super().__init__(path, *_open(path), image=image, label=label, identity=identity)
        stat = path.stat()
        self.record |= {"kind": "table", "path": str(path.resolve())}
        self.record |= {"bytes": stat.st_size, "modified_ns": stat.st_mtime_ns}

    def _batches(self, names: list[str], start: int) -> Iterator[pa.RecordBatch]:
        for batch in self._all(names):
            if start < len(batch):
                yield batch.slice(start)
            start = max(start - len(batch), 0)

    def _all(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        if self.path.suffix in {".csv", ".tsv"}:
            yield from read_csv(self.path).to_batches(BATCH_ROWS)
        else:
            with pq.ParquetFile(self.path) as file:
                yield from file.iter_batches(BATCH_ROWS, columns=names)


def _open(path: Path) -> tuple[pa.Schema, int]:
    if not path.is_file():
        raise InvalidInput(f"there is no data at {path}")
    try:
        if path.suffix in {".csv", ".tsv"}:
            table = read_csv(path)
            return table.schema, len(table)
        with pq.ParquetFile(path) as file:
            return file.schema_arrow, file.metadata.num_rows
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the table {path} cannot be read: {str(error).splitlines()[0]}") from None


def _identity(given: Any, row: int) -> str:
    return str(row if given is None else given)


def _check_image_type(path: Path | str, name: str, kind: pa.DataType) -> None:
    if pa.types.is_struct(kind) and {"bytes", "path"} & {field.name for field in kind}:
        return
    test = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_string, pa.types.is_large_string)
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not any(is_kind(kind) for is_kind in test):
        raise InvalidInput(f"column {name!r} of {path} holds {kind}, not image bytes or paths: see --image-column")


def read_csv(path: Path) -> pa.Table:
    """Return a comma-separated table, or a tab-separated one if its name ends in ``.tsv``."""
    parse = pyarrow.csv.ParseOptions(delimiter="\t" if path.suffix == ".tsv" else ",")
    return pyarrow.csv.read_csv(path, parse_options=parse)


def _free_name(name: str) -> str:
    return f"{name}_given" if name in RESERVED else name
