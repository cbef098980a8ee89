"""Tables of texts, read row by row: Parquet, CSV and JSON lines."""

import csv
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from topoact.errors import InvalidInput
from topoact.inputs.records import as_label, check_columns
from topoact.inputs.texts.source import Text, Unit

SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".pq"})
RESERVED = ("id", "label", "text", "word", "sentence", "start", "end", "prediction", "confidence", "example", "y", "x")
BATCH_ROWS = 256
CELL = 2**24
"""Characters of one cell of a CSV table, at most."""

Kind: TypeAlias = Literal["integer", "number", "text", "mixed"]
_KINDS: dict[type, Kind] = {bool: "text", int: "integer", float: "number", str: "text"}


class TextRows(ABC):
    """The rows of a table with a column of texts, wherever they are.

    Further columns of numbers and texts become columns of the examples.

    Raises
    ------
    InvalidInput
        If there are no rows, a column is missing, or its labels mix numbers and texts.
    """

    word_columns: tuple[str, ...] | None = None

    def __init__(
        self,
        place: Path | str,
        n_rows: int,
        kinds: Mapping[str, Kind],
        *,
        text: str | None,
        label: str | None,
        identity: str | None,
    ) -> None:
        self._n, self._kinds = n_rows, kinds
        if not n_rows:
            raise InvalidInput(f"no texts found: the table {place} has no rows")
        wanted = {"text": text, "label": label, "id": identity}
        columns = check_columns(place, list(kinds), wanted, needed=("text",))
        self._text, self._label, self._id = str(columns["text"]), columns["label"], columns["id"]
        if kinds[self._text] != "text":
            raise InvalidInput(f"column {self._text!r} of {place} does not hold texts: see --text-column")
        if self._label and kinds[self._label] == "mixed":
            raise InvalidInput(f"column {self._label!r} of {place} mixes numbers and texts: write all labels as texts")
        taken = {self._text, self._label, self._id}
        self._extra = {n: f"{n}_given" if n in RESERVED else n for n in self._kinds if n not in taken}
        self.text_columns: tuple[str, ...] = (*(("label",) if self._label else ()), *self._extra.values())
        self.record: dict[str, Any] = {"columns": columns, "n": n_rows}

    def __len__(self) -> int:
        return self._n

    def texts(self, start: int) -> Iterator[Text]:
        names = [name for name in (self._text, self._label, self._id, *self._extra) if name]
        for row, cells in enumerate(self._cells(list(dict.fromkeys(names)), start), start):
            text = cells.get(self._text)
            identity = cells.get(self._id) if self._id else None
            columns = {ours: _cell(cells.get(name), self._kinds[name]) for name, ours in self._extra.items()}
            if self._label:
                columns = {"label": as_label(_cell(cells.get(self._label), self._kinds[self._label])), **columns}
            yield Text(row, str(row if identity is None else identity), None if text is None else str(text), columns)

    def label_column(self, unit: Unit) -> str | None:  # noqa: ARG002  # words have the label of their text
        return "label" if self._label else None

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        is_integer = self._label and self._kinds[self._label] == "integer"
        return tuple(map(str, range(n_outputs))) if is_integer else None

    @abstractmethod
    def _cells(self, names: list[str], start: int) -> Iterator[Mapping[str, Any]]:
        """Yield the cells of some columns by name, row by row from `start` on."""


class TextTable(TextRows):
    """The rows of a table in a file. A batch of rows is in memory at a time.

    The first of two passes over a CSV or JSON lines table counts its rows and tells numbers from texts.

    Raises
    ------
    InvalidInput
        If the file cannot be read, has no rows, lacks a column, or mixes numbers and texts in its labels.
    """

    def __init__(self, path: Path, *, text: str | None, label: str | None, identity: str | None) -> None:
        self.path = path
        super().__init__(path, *_survey(path), text=text, label=label, identity=identity)
        stat = path.stat()
        self.record |= {"kind": "text table", "path": str(path.resolve())}
        self.record |= {"bytes": stat.st_size, "modified_ns": stat.st_mtime_ns}

    def _cells(self, names: list[str], start: int) -> Iterator[Mapping[str, Any]]:
        return islice(_rows(self.path, names), start, None)


def column_names(path: Path) -> tuple[str, ...]:
    """Return the names of the columns of a table; for JSON lines, those of the first line."""
    if path.suffix in {".parquet", ".pq"}:
        return tuple(_parquet(path)[1])
    return tuple(next(iter(_rows(path)), {}))


def _survey(path: Path) -> tuple[int, dict[str, Kind]]:
    """Return the number of rows, and what kind of values each column holds; other kinds are left out."""
    if path.suffix in {".parquet", ".pq"}:
        return _parquet(path)
    n, found = 0, dict[str, Kind | None]()
    is_typed = path.suffix not in {".csv", ".tsv"}
    for cells in _rows(path):
        n += 1
        for name, value in cells.items():
            kind = _KINDS.get(type(value)) if is_typed else _written_kind(value)
            if value is None or value == "":
                found.setdefault(name, None)
            elif kind is not None:
                found[name] = _join(found.get(name), kind, is_typed=is_typed)
    return n, {name: kind or "text" for name, kind in found.items()}


def _written_kind(value: str | None) -> Kind:
    try:
        float(value or "")
    except ValueError:
        return "text"
    return "integer" if str(value).strip().lstrip("+-").isdecimal() else "number"


def _join(one: Kind | None, other: Kind, *, is_typed: bool) -> Kind:
    if one in {None, other}:
        return other
    if {one, other} == {"integer", "number"}:
        return "number"
    return "mixed" if is_typed else "text"


def _cell(value: Any, kind: Kind) -> Any:
    if value is None or (isinstance(value, str) and not value and kind != "text"):
        return None
    match kind:
        case "integer":
            return int(value)
        case "number":
            return float(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rows(path: Path, names: Iterable[str] | None = None) -> Iterator[Mapping[str, Any]]:
    try:
        if path.suffix in {".parquet", ".pq"}:
            yield from _parquet_rows(path, list(names or ()))
        elif path.suffix in {".csv", ".tsv"}:
            yield from _csv_rows(path)
        else:
            yield from _json_rows(path)
    except FileNotFoundError:
        raise InvalidInput(f"there is no data at {path}") from None
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowInvalid) as error:
        raise InvalidInput(f"the table {path} cannot be read: {str(error).splitlines()[0]}") from None


def _csv_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(min(CELL, sys.maxsize))
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ",", strict=True)
        for cells in rows:
            if None in cells:
                raise InvalidInput(f"line {rows.line_num} of {path} has more cells than the table has columns")
            yield cells


def _json_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                cells = json.loads(line)
            except ValueError as error:
                raise InvalidInput(f"line {number} of {path} is not JSON: {error}") from None
            if not isinstance(cells, dict):
                raise InvalidInput(f"line {number} of {path} holds a {type(cells).__name__}: an object is needed")
            yield cells


def _parquet_rows(path: Path, names: list[str]) -> Iterator[Mapping[str, Any]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=names):
            yield from batch.to_pylist()


def _parquet(path: Path) -> tuple[int, dict[str, Kind]]:
    try:
        with pq.ParquetFile(path) as file:
            schema, n = file.schema_arrow, file.metadata.num_rows
    except FileNotFoundError:
        raise InvalidInput(f"there is no data at {path}") from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the table {path} cannot be read: {str(error).splitlines()[0]}") from None
    return n, arrow_kinds(schema)


def arrow_kinds(schema: pa.Schema) -> dict[str, Kind]:
    """Return what kind of values each column holds; other kinds are left out."""
    kinds = {field.name: _arrow_kind(field.type) for field in schema}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _arrow_kind(kind: pa.DataType) -> Kind | None:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind):
        return "number"
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind)
    return "text" if is_text else None
