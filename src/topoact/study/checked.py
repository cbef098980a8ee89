"""Files of a study, read as if a stranger had written them: `read_json`, `read_table`, `read_graph`'s columns and more.

A study is passed on, copied halfway, and edited by hand. So no file of it is believed: sizes are bounded before they
are read, names, types and ranges are checked, and whatever goes wrong is one `Damaged` with a sentence. Where the file
is part of the study the caller says so in a `StudyError`; a derived file that is damaged counts as absent.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, TypeAdapter, ValidationError

from topoact.mapper import available_memory

T = TypeVar("T")

MAX_JSON_BYTES: Final = 2**26
MAX_COUNT: Final = 2**40
MAX_COLUMNS: Final = 20_000
BATCH_ROWS: Final = 2**14
"""Rows that are decoded at a time: a small file can hold a table that fills the memory."""
MIN_THREADED_ROWS: Final = 2**17
"""Rows from which threads are worth their start."""

Count = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]
Text = Annotated[str, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Digest = Annotated[str, Field(strict=True, pattern="^[0-9a-f]{16}$")]


class Damaged(ValueError):
    """A file of a study that cannot be used; its message is the reason, `part` the file where it is one of several."""

    part = ""


@contextmanager
def damage_said() -> Iterator[None]:
    """Raise a `Damaged` instead of whatever error the reading of a damaged file ends in."""
    try:
        yield
    except Damaged:
        raise
    except FileNotFoundError as error:
        raise Damaged("it is missing") from error
    except ValidationError as error:
        raise Damaged(_first_fault(error)) from error
    except Exception as error:
        raise Damaged(first_line(error)) from error


def or_none(read: Callable[[], T]) -> T | None:
    """Return what a function reads, or None where that is damaged or absent."""
    try:
        with damage_said():
            return read()
    except Damaged:
        return None


def first_line(reason: object) -> str:
    """Return the first line of an error's message, or its type when it has none."""
    return next(iter(str(reason).strip().splitlines()), type(reason).__name__)


def regular(path: Path) -> Path:
    """Return the path of a file; a folder, a pipe or a device in its place is damage."""
    if not path.is_file():
        raise Damaged("it is no file" if path.exists() else "it is missing")
    return path


def read_json(path: Path) -> Any:
    """Return the content of a JSON file, whose numbers are finite; raises `Damaged`."""
    with damage_said():
        if regular(path).stat().st_size > MAX_JSON_BYTES:
            raise Damaged(f"it has more than {MAX_JSON_BYTES / 1e6:.0f} MB")
        return json.loads(path.read_text("utf-8"), parse_constant=_number, parse_float=_number)


def checked(kind: Any, value: Any) -> Any:
    """Return a JSON value as a dataclass or another type that pydantic validates; raises `Damaged`."""
    with damage_said():
        return _adapter(kind).validate_python(value)


def read_table(path: Path, *, n_rows: int | None = None) -> pa.Table:
    """Return a Parquet table, of `n_rows` rows where that is known.

    Pages are compared with their checksums where they have them, and no more is decoded than fits in memory.

    Raises
    ------
    Damaged
        If the file cannot be read, or holds another number of rows, columns of one name, or too much.
    """
    with damage_said(), pq.ParquetFile(regular(path), page_checksum_verification=True) as file:
        _check_size(file, n_rows)
        free, batches = available_memory(), []
        for batch in file.iter_batches(BATCH_ROWS, use_threads=file.metadata.num_rows > MIN_THREADED_ROWS):
            batch.validate(full=True)
            free -= batch.nbytes
            if free < 0:
                raise Damaged("it holds more than the memory")
            batches.append(batch)
        table = pa.Table.from_batches(batches, schema=None if batches else file.schema_arrow)
        if table.num_rows != file.metadata.num_rows:
            raise Damaged(f"it says {file.metadata.num_rows:,} rows, and has {table.num_rows:,}")
        if len(set(table.column_names)) != table.num_columns:
            raise Damaged("it has two columns of one name")
        return table


def read_schema(path: Path) -> pa.Schema:
    """Return the schema of a Parquet table; raises `Damaged`."""
    with damage_said():
        return pq.read_schema(regular(path))


def write_table(table: pa.Table, file: Any) -> None:
    """Write a Parquet table whose pages have checksums; numbers are stored plainly, without statistics: faster."""
    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    pq.write_table(table, file, write_page_checksum=True, use_dictionary=texts or False, write_statistics=False)


def numbers(
    table: pa.Table, name: str, low: float | None = None, high: float | None = None, *, whole: bool = True
) -> npt.NDArray[Any]:
    """Return a column of numbers without gaps, each from `low` to `high`; raises `Damaged`.

    Parameters
    ----------
    table, name
        The table and the column.
    low, high
        The smallest and the largest number that may be there; any by default.
    whole
        Whether they are whole numbers, returned as int64; other numbers are finite if a bound is given.
    """
    if name not in table.column_names:
        raise Damaged(f"it has no column {name!r}")
    column = table.column(name)
    is_kind = pa.types.is_integer if whole else pa.types.is_floating
    if not is_kind(column.type) or column.null_count:
        kind = "whole numbers" if whole else "numbers"
        raise Damaged(f"the column {name!r} has to hold {kind} without gaps: it is of {column.type}")
    with damage_said():
        values = column.to_numpy()
        values = values.astype(np.int64, casting="safe") if whole else values
    inside = (values >= (-np.inf if low is None else low)) & (values <= (np.inf if high is None else high))
    if (low is not None or high is not None) and not inside.all():
        raise Damaged(f"the column {name!r} holds {values[~inside][0]}, which is out of range")
    return values


def _check_size(file: pq.ParquetFile, n_rows: int | None) -> None:
    facts = file.metadata
    if n_rows is not None and facts.num_rows != n_rows:
        raise Damaged(f"it has {facts.num_rows:,} rows, and {n_rows:,} are expected")
    if facts.num_columns > MAX_COLUMNS:
        raise Damaged(f"it has {facts.num_columns:,} columns")
    if max(_n_nested_values(file), facts.num_columns * facts.num_rows) > available_memory():
        raise Damaged("it holds more than the memory")


def _n_nested_values(file: pq.ParquetFile) -> int:
    """Return how many values the columns of lists hold, whose rows do not say it.

    They are scanned first: in a damaged footer pyarrow finds that out with an error, while asking for the facts of a
    column would end the process.
    """
    nested = [field.name for field in file.schema_arrow if field.type.num_fields]
    if not nested:
        return 0
    file.scan_contents(columns=nested)
    leaves = [leaf for leaf in range(len(file.schema)) if file.schema.column(leaf).path.split(".")[0] in nested]
    groups = (file.metadata.row_group(number) for number in range(file.num_row_groups))
    return sum(group.column(leaf).num_values for group in groups for leaf in leaves)


def _number(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise Damaged(f"it holds the number {text}")
    return value


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _first_fault(error: ValidationError) -> str:
    """Return the first thing that pydantic found, as a sentence."""
    first = error.errors(include_url=False, include_input=False)[0]
    *outer, name = first["loc"] or ("",)
    if first["type"] == "missing":
        return f"it has no field {name!r}" + (f" in {'.'.join(map(str, outer))}" if outer else "")
    return f"the field {'.'.join(map(str, first['loc']))} is of the wrong kind or out of range: {first['msg']}"
