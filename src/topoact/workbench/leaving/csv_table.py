"""`csv_of`: a table as a CSV file that a spreadsheet may open: no cell of it is taken for a formula.

A text that begins as a formula does has an apostrophe before it, by which spreadsheets mark texts. Numbers are never
changed, nor is anything in the other formats.
"""

import io
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

FORMULA: Final = r"^[=+\-@\t\r\n＝＋－＠]"
"""First characters of what a spreadsheet may compute."""
NUMBER: Final = r"^[+\-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+\-]?[0-9]+)?$"
APOSTROPHE: Final = "'"


def csv_of(table: pa.Table) -> bytes:
    """Return a table as a CSV file: UTF-8, commas, missing values empty, numbers to the last digit."""
    names = [_inert(pa.array([name])).to_pylist()[0] for name in table.column_names]
    columns = [_inert(_plain(table.column(name))) for name in table.column_names]
    file = io.BytesIO()
    pa.csv.write_csv(pa.table(columns, names=names), file)
    return file.getvalue()


def n_formulas(table: pa.Table) -> int:
    """Return how many cells of a table have an apostrophe before them in its CSV file."""
    columns = (_plain(table.column(name)) for name in table.column_names)
    return sum(int(pc.sum(_is_formula(one)).as_py() or 0) for one in columns if pa.types.is_string(one.type))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as numbers, truth values or texts."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    is_plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return column if is_plain else column.cast(pa.string())


def _inert(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    if not pa.types.is_string(column.type):
        return column
    return pc.if_else(_is_formula(column), pc.binary_join_element_wise(APOSTROPHE, column, ""), column)


def _is_formula(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    begins, is_number = (pc.match_substring_regex(column, pattern) for pattern in (FORMULA, NUMBER))
    return pc.fill_null(pc.and_not(begins, is_number), fill_value=False)
