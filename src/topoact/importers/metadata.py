"""`read_metadata`: a table of what is known of each row, from any format of tables, held in memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from topoact.errors import InvalidInput
from topoact.inputs.arrow_columns import PARQUET_SUFFIXES, classes_of, named
from topoact.inputs.csv_files import CSV_SUFFIXES, CsvFile, TableOptions
from topoact.inputs.records import check_distinct
from topoact.inputs.texts.tables import JSON_SUFFIXES, json_rows

WRITTEN_SUFFIXES: Final = frozenset({"", ".tab", ".txt"})
"""Further suffixes of files of separated cells, where nothing but a table is expected."""
ARROW_SUFFIXES: Final = frozenset({".arrow", ".feather", ".ipc"})


class Metadata(NamedTuple):
    """A table with a row for each vector."""

    path: Path
    table: pa.Table
    remarks: Sequence[str] = ()
    """Sentences on how it was read, where there was a choice."""
    record: Mapping[str, Any] = {}
    """What was taken, as JSON; empty where there was no choice."""


def read_metadata(
    path: Path, options: TableOptions | None = None, *, label: str | None = None, identity: str | None = None
) -> Metadata:
    """Return a table of metadata.

    Parameters
    ----------
    path
        A ``.csv``, ``.tsv``, ``.parquet``, ``.arrow``, ``.feather`` or ``.jsonl`` file.
    options
        What the user says of it.
    label, identity
        Columns of names, whose cells are kept as they are written.

    Raises
    ------
    InvalidInput
        If it does not exist, cannot be read, is of another kind, or two columns have one name.
    """
    if not path.is_file():
        raise InvalidInput(f"there is no file {path}")
    suffix = path.suffix.lower()
    if suffix in CSV_SUFFIXES | WRITTEN_SUFFIXES:
        file = CsvFile(path, options, label=label, identity=identity)
        return Metadata(path, file.table(), file.remarks, file.record)
    if suffix in JSON_SUFFIXES:
        return Metadata(path, _from_json(path))
    if suffix not in PARQUET_SUFFIXES | ARROW_SUFFIXES:
        known = ", ".join(sorted(CSV_SUFFIXES | JSON_SUFFIXES | PARQUET_SUFFIXES | ARROW_SUFFIXES))
        raise InvalidInput(f"the table {path} cannot be read: its suffix is none of {known}")
    return Metadata(path, table_with_classes(path, _from_arrow(path, is_parquet=suffix in PARQUET_SUFFIXES)))


def table_with_classes(path: Path, table: pa.Table) -> pa.Table:
    """Return a table with the names of its classes, and refuse one of which two columns have one name."""
    check_distinct(path, table.column_names)
    return named(table, classes_of(table.schema))


def _from_arrow(path: Path, *, is_parquet: bool) -> pa.Table:
    import pyarrow.feather

    try:
        return pq.read_table(path) if is_parquet else pyarrow.feather.read_table(path)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the table {path} cannot be read: {str(error).splitlines()[0]}") from None


def _from_json(path: Path) -> pa.Table:
    rows = list(json_rows(path))
    columns = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        try:
            columns[name] = pa.array([None if row.get(name) == "" else row.get(name) for row in rows])
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            reason = str(error).splitlines()[0]
            raise InvalidInput(f"column {name!r} of {path} mixes kinds of values: {reason}") from None
    return pa.table(columns)
