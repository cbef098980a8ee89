"""The tables of a study, checked: `check_examples`, `check_points`. What the user's own columns hold is free."""

from typing import Any, Final

import pyarrow as pa

from topoact.study.checked import Damaged, numbers
from topoact.study.manifest import LayerEntry

WORDS: Final = ("word", "sentence", "start", "end")
"""Columns of a study whose examples are words."""
MAX_POSITION: Final = 2**31 - 1


def check_examples(table: pa.Table) -> pa.Table:
    """Return the table of the examples, or raise a `Damaged` where a column that TopoAct reads is none of its kind."""
    if "id" not in table.column_names:
        raise Damaged("it has no column 'id'")
    for field in table.schema:
        name = field.name.partition("@")[0]
        if name in {"id", "label", "prediction", "text", "word", "sentence"} and not _is_plain(field.type):
            raise Damaged(f"the column {field.name!r} is of the type {field.type}")
    if set(WORDS) <= set(table.column_names):
        for name in ("start", "end"):
            numbers(table, name, 0, MAX_POSITION)
    return table


def check_points(table: pa.Table, entry: LayerEntry, n_examples: int) -> pa.Table:
    """Return the table of the points of a layer, or raise a `Damaged` where an example or a position is none."""
    height, width = entry.grid or (MAX_POSITION + 1, MAX_POSITION + 1)
    numbers(table, "example", 0, n_examples - 1)
    numbers(table, "y", -1, height - 1)
    numbers(table, "x", -1, width - 1)
    return table


def _is_plain(kind: Any) -> bool:
    """Return whether values are texts, whole numbers or truth values, coded or not."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    plain = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_boolean, pa.types.is_null)
    return any(is_kind(kind) for is_kind in plain)
