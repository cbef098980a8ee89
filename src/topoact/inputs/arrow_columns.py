"""Columns of Arrow tables: which can be columns of examples, as plain values, with the names of their classes.

Names of classes are those that the library datasets writes into a table's schema, as it does into Parquet files.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from topoact.errors import InvalidInput
from topoact.inputs.records import check_distinct

PARQUET_SUFFIXES: Final = frozenset({".parquet", ".pq"})
FEATURES: Final = b"huggingface"
"""The key under which the schema describes the features of a data set."""

Classes = Mapping[str, tuple[str, ...]]
"""Names of the classes, by the column that holds their numbers."""


def open_schema(path: Path) -> tuple[pa.Schema, int]:
    """Return the columns and the number of rows of a Parquet table.

    Raises
    ------
    InvalidInput
        If it does not exist, cannot be read, or two columns have one name.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema, n_rows = file.schema_arrow, file.metadata.num_rows
    except FileNotFoundError:
        raise InvalidInput(f"there is no data at {path}") from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the table {path} cannot be read: {str(error).splitlines()[0]}") from None
    check_distinct(path, schema.names)
    return schema, n_rows


def classes_of(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Return the names of the classes in the whole-number columns of a schema that says them."""
    try:
        features = json.loads((schema.metadata or {})[FEATURES])["info"]["features"]
        named = {name: entry["names"] for name, entry in features.items() if entry.get("_type") == "ClassLabel"}
        classes = {name: tuple(map(str, names)) for name, names in named.items() if names}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}
    return {
        name: names
        for name, names in classes.items()
        if name in schema.names and pa.types.is_integer(schema.field(name).type)
    }


def with_classes(schema: pa.Schema, classes: Classes) -> pa.Schema:
    """Return a schema whose columns of classes hold their names."""
    return pa.schema([pa.field(one.name, pa.string()) if one.name in classes else one for one in schema])


def named(batch: pa.RecordBatch | pa.Table, classes: Classes) -> Any:
    """Return a batch or a table with the names of classes for their numbers; one without a name is missing."""
    columns = [
        _named(column, classes.get(name)) for name, column in zip(batch.column_names, batch.columns, strict=True)
    ]
    return type(batch).from_arrays(columns, names=batch.column_names)


def is_column(kind: pa.DataType) -> bool:
    """Return whether values can be a column of examples: numbers, truth values, text, times, or names of such."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
        or is_text(kind)
        or pa.types.is_temporal(kind)
        or pa.types.is_null(kind)
    )


def check_label(path: Path | str, name: str | None, schema: pa.Schema) -> None:
    """Refuse a column of labels that holds neither texts nor numbers.

    Raises
    ------
    InvalidInput
        With what it holds.
    """
    kind = schema.field(name).type if name else pa.string()
    if not (is_column(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        raise InvalidInput(f"column {name!r} of {path} holds {kind}: a label is one text or whole number")


def is_text(kind: pa.DataType) -> bool:
    """Return whether values are texts, in one of the ways that Arrow stores them."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def plain(column: Any) -> list[Any]:
    """Return the values of a column as Python's; decimals are floating-point numbers."""
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return list(column.to_pylist())


def _named(column: Any, names: tuple[str, ...] | None) -> Any:
    if names is None:
        return column
    is_known = pc.and_(pc.greater_equal(column, 0), pc.less(column, len(names)))
    return pc.take(pa.array(names, pa.string()), pc.if_else(is_known, column, None))
