"""`TextTable`: tables of texts in Parquet, CSV and JSON lines, read row by row."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Set
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from topoact.errors import InvalidInput
from topoact.inputs.arrow_columns import (
    PARQUET_SUFFIXES,
    Classes,
    classes_of,
    is_text,
    named,
    open_schema,
    with_classes,
)
from topoact.inputs.csv_files import CSV_SUFFIXES, CsvFile, TableOptions
from topoact.inputs.records import as_label, check_columns, distinct_object, is_missing, role_column
from topoact.inputs.texts.source import Text, Unit

JSON_SUFFIXES = frozenset({".jsonl", ".ndjson"})
SUFFIXES = CSV_SUFFIXES | JSON_SUFFIXES | PARQUET_SUFFIXES
RESERVED = ("id", "label", "text", "word", "sentence", "start", "end", "prediction", "confidence", "example", "y", "x")
BATCH_ROWS = 256

Kind: TypeAlias = Literal["integer", "number", "text", "time", "mixed"]
_KINDS: dict[type, Kind] = {bool: "text", int: "integer", float: "number", str: "text"}


class TextRows(ABC):
    """The rows of a table with a column of texts, in a file or a library.

    Further columns of numbers and texts become columns of the examples.

    Raises
    ------
    InvalidInput
        If there are no rows, a column is missing, or its labels mix numbers and texts.
    """

    word_columns: tuple[str, ...] | None = None
    remarks: tuple[str, ...] = ()
    """Sentences on how the table was read, where there was a choice."""

    def __init__(
        self,
        location: Path | str,
        n_rows: int,
        kinds: Mapping[str, Kind],
        *,
        text: str | None,
        label: str | None,
        identity: str | None,
        classes: Classes | None = None,
        missing: Set[str] = frozenset(),
    ) -> None:
        self._n, self._kinds, self._missing, self.classes = n_rows, kinds, missing, classes or {}
        if label is None and role_column(list(kinds), "label") is None and len(self.classes) == 1:
            label = next(iter(self.classes))
        if not n_rows:
            raise InvalidInput(f"no texts found: the table {location} has no rows")
        wanted = {"text": text, "label": label, "id": identity}
        columns = check_columns(location, list(kinds), wanted, needed=("text",))
        self._text, self._label, self._id = str(columns["text"]), columns["label"], columns["id"]
        if kinds[self._text] != "text":
            raise InvalidInput(f"column {self._text!r} of {location} does not hold texts: see --text-column")
        if self._label and kinds[self._label] == "mixed":
            raise InvalidInput(
                f"column {self._label!r} of {location} mixes numbers and texts: write all labels as texts"
            )
        taken = {self._text, self._label, self._id}
        self._extra = {n: f"{n}_given" if n in RESERVED else n for n in self._kinds if n not in taken}
        self.text_columns: tuple[str, ...] = (*(("label",) if self._label else ()), *self._extra.values())
        self.record: dict[str, Any] = {"columns": columns, "n": n_rows}
        if missing:
            self.record["missing"] = sorted(missing)

    def __len__(self) -> int:
        return self._n

    def texts(self, start: int) -> Iterator[Text]:
        names = [name for name in (self._text, self._label, self._id, *self._extra) if name]
        for row, cells in enumerate(self._cells(list(dict.fromkeys(names)), start), start):
            text = cells.get(self._text)
            identity = cells.get(self._id) if self._id else None
            columns = {ours: _cell(cells.get(name), self._kinds[name]) for name, ours in self._extra.items()}
            if self._label:
                label = _cell(cells.get(self._label), self._kinds[self._label])
                columns = {"label": as_label(label, self._missing), **columns}
            yield Text(
                row, str(row if is_missing(identity) else identity), None if text is None else str(text), columns
            )

    def label_column(self, unit: Unit) -> str | None:  # noqa: ARG002  # words have the label of their text
        return "label" if self._label else None

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        if names := self.classes.get(self._label or ""):
            return names if len(names) == n_outputs else None
        is_integer = self._label and self._kinds[self._label] == "integer"
        return tuple(map(str, range(n_outputs))) if is_integer else None

    @abstractmethod
    def _cells(self, names: list[str], start: int) -> Iterator[Mapping[str, Any]]:
        """Yield the cells of some columns by name, row by row from `start` on."""


class TextTable(TextRows):
    """The rows of a table in a file. A batch of rows is in memory at a time.

    A CSV or JSON lines table is read twice: first to count its rows and to find which columns hold numbers.

    Raises
    ------
    InvalidInput
        If the file cannot be read, has no rows, lacks a column, or mixes numbers and texts in its labels.
    """

    def __init__(
        self,
        path: Path,
        *,
        text: str | None,
        label: str | None,
        identity: str | None,
        options: TableOptions | None = None,
    ) -> None:
        self.path, options = path, options or TableOptions()
        self._csv: CsvFile | None = None
        classes: Classes = {}
        if path.suffix.lower() in CSV_SUFFIXES:
            self._csv = CsvFile(path, options, label=label, identity=identity)
            n_rows, kinds = self._csv.n_rows, _kinds_of(self._csv)
            self.remarks = tuple(self._csv.remarks)
        elif path.suffix.lower() in PARQUET_SUFFIXES:
            schema, n_rows = open_schema(path)
            classes = classes_of(schema)
            kinds = arrow_kinds(with_classes(schema, classes))
        else:
            n_rows, kinds = _survey(path)
        roles = {"text": text, "label": label, "identity": identity}
        super().__init__(path, n_rows, kinds, **roles, classes=classes, missing=options.missing)
        stat = path.stat()
        self.record |= {"kind": "text table", "path": str(path.resolve())}
        self.record |= {
            "bytes": stat.st_size,
            "modified_ns": stat.st_mtime_ns,
            **(self._csv.record if self._csv else {}),
        }

    def _cells(self, names: list[str], start: int) -> Iterator[Mapping[str, Any]]:
        if self._csv:
            return islice(self._csv.rows(), start, None)
        is_parquet = self.path.suffix.lower() in PARQUET_SUFFIXES
        rows = _parquet_rows(self.path, names, self.classes) if is_parquet else json_rows(self.path)
        return islice(rows, start, None)


def column_names(path: Path, options: TableOptions) -> tuple[str, ...]:
    """Return the names of the columns of a table; for JSON lines, those of the first line."""
    if path.suffix.lower() in PARQUET_SUFFIXES:
        return tuple(open_schema(path)[0].names)
    if path.suffix.lower() in CSV_SUFFIXES:
        return CsvFile(path, options).names
    return tuple(next(iter(json_rows(path)), {}))


def _kinds_of(file: CsvFile) -> dict[str, Kind]:
    return {name: kind.kind for name, kind in zip(file.names, file.kinds, strict=True)}


def _survey(path: Path) -> tuple[int, dict[str, Kind]]:
    """Return the number of rows of JSON lines and the kind of values of each column, without those of other kinds."""
    n_rows, kinds = 0, dict[str, Kind | None]()
    for cells in json_rows(path):
        n_rows += 1
        for name, value in cells.items():
            kind = _KINDS.get(type(value))
            if value is None or value == "":
                kinds.setdefault(name, None)
            elif kind is not None:
                kinds[name] = _common_kind(kinds.get(name), kind)
    return n_rows, {name: kind or "text" for name, kind in kinds.items()}


def _common_kind(one: Kind | None, other: Kind) -> Kind:
    """Return the kind of a column with values of both kinds."""
    if one in {None, other}:
        return other
    if {one, other} == {"integer", "number"}:
        return "number"
    return "mixed"


def _cell(value: Any, kind: Kind) -> Any:
    if value is None or (isinstance(value, str) and not value and kind != "text"):
        return None
    match kind:
        case "integer":
            return int(value)
        case "number":
            return float(value)
        case "time":
            return value
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def json_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a file of JSON lines.

    Raises
    ------
    InvalidInput
        If it does not exist or cannot be read, or a line is no object.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _object(path, number, line)
    except FileNotFoundError:
        raise InvalidInput(f"there is no data at {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the table {path} cannot be read: {str(error).splitlines()[0]}") from None


def _object(path: Path, number: int, line: str) -> Mapping[str, Any]:
    try:
        cells = json.loads(line, object_pairs_hook=distinct_object)
    except InvalidInput as error:
        raise InvalidInput(f"line {number} of {path}: {error}") from None
    except ValueError as error:
        raise InvalidInput(f"line {number} of {path} is not JSON: {error}") from None
    if not isinstance(cells, dict):
        raise InvalidInput(f"line {number} of {path} holds a {type(cells).__name__}: an object is needed")
    return cells


def _parquet_rows(path: Path, names: list[str], classes: Classes) -> Iterator[Mapping[str, Any]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=names):
            yield from named(batch, classes).to_pylist()


def arrow_kinds(schema: pa.Schema) -> dict[str, Kind]:
    """Return the kind of values of each column, without columns of other kinds."""
    kinds = {field.name: _arrow_kind(field.type) for field in schema}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _arrow_kind(kind: pa.DataType) -> Kind | None:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_temporal(kind):
        return "time"
    return "text" if is_text(kind) or pa.types.is_boolean(kind) else None
