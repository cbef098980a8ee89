"""`add_columns`: columns of a table are added to the examples of a finished study, matched by id, label or another."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from topoact.errors import InvalidInput
from topoact.importers.metadata import Metadata, read_metadata
from topoact.inputs.arrow_columns import is_column, plain
from topoact.inputs.csv_files import TableOptions
from topoact.inputs.records import as_label, is_missing, role_column
from topoact.study import Study, open_study
from topoact.study.added_columns import added_columns, store_columns
from topoact.study.columns import COLUMNS
from topoact.study.tables import WORDS

OWN: Final = frozenset({"id", "label", "text", "example", "y", "x", *WORDS, *COLUMNS})
"""Columns that TopoAct itself writes or reads, which no table replaces."""
ROLES: Final = ("id", "label")
"""Columns by which rows are matched unless the user names another, the first that the table has."""


@dataclass(frozen=True, slots=True)
class AddedColumns:
    """What became of a table: which columns were added, and for how many examples.

    Examples
    --------
    >>> import topoact
    >>> from topoact.importers import AddedColumns
    >>> study = topoact.open("runs/r20").study
    >>> AddedColumns(study, ("kind",), by="label", n_matched=9, n_unused=0, remarks=()).by
    'label'
    """

    study: Study
    """The study, opened anew."""
    names: tuple[str, ...]
    """The columns that were added or replaced."""
    by: str
    """The column of the examples by which rows were matched."""
    n_matched: int
    """Examples that have a row in the table; in the others the columns are missing."""
    n_unused: int
    """Rows of the table that no example has."""
    remarks: tuple[str, ...]
    """Sentences on how the table was read and what was left out."""


def add_columns(
    path: str | Path,
    table: str | Path,
    *,
    by: str | None = None,
    columns: Sequence[str] = (),
    overwrite: bool = False,
    options: TableOptions | None = None,
) -> AddedColumns:
    r"""Add columns of a table to the examples of a finished study.

    Parameters
    ----------
    path
        Folder of the study.
    table
        A ``.csv``, ``.tsv``, ``.parquet``, ``.arrow``, ``.feather`` or ``.jsonl`` file.
    by
        A column of both, by which rows are matched: for each example the row with the same value, compared as text.
        By default ``id``, or ``label`` where the table has no ``id``.
    columns
        The columns to add; by default all that the study does not have.
    overwrite
        Replace columns that were added before.
    options
        What the user says of the table.

    Returns
    -------
    AddedColumns
        What was added.

    Raises
    ------
    InvalidInput
        If the table cannot be read, no column matches rows, two rows with different values claim one example, no
        example has a row, or a column is there already.
    StudyError
        If the study is damaged, or another process writes it.
    WriteError
        If its folder cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from topoact.importers import add_columns, import_files
    >>> np.save("words.npy", np.random.default_rng(0).normal(size=(50, 8)))
    >>> study = import_files("words.npy", "runs/words")
    >>> written = Path("classes.csv").write_text("id,class\n0,noun\n1,verb\n")
    >>> added = add_columns("runs/words", "classes.csv")
    >>> added.names, added.by, added.n_matched
    (('class',), 'id', 2)
    """
    study = open_study(path)
    given = read_metadata(Path(table), options, identity=None if by in ROLES else by)
    key, own_key = _keys(study, given, by)
    names, remarks = _chosen(study, given, key, columns, overwrite=overwrite)
    keys = [_text(value, options.missing if options else frozenset()) for value in plain(given.table.column(key))]
    rows, n_unused = _matched(study, given, keys, own_key, names)
    stored = store_columns(study, _of_examples(given.table.select(names), rows))
    return AddedColumns(stored, tuple(names), own_key, int((rows >= 0).sum()), n_unused, (*given.remarks, *remarks))


def _keys(study: Study, given: Metadata, by: str | None) -> tuple[str, str]:
    """Return the column of the table by which rows are matched, and that of the study."""
    own = study.examples.columns
    for role in (by,) if by else ROLES:
        name = role_column(given.table.column_names, role) if role in own else None
        if name is not None:
            return name, role
    listed = ", ".join(given.table.column_names[:12])
    wanted = f"no column {by!r} that both have" if by else "neither an id nor a label by which its rows are matched"
    raise InvalidInput(f"{given.path} has {wanted}: its columns are {listed}; name one of both with --by")


def _chosen(
    study: Study, given: Metadata, key: str, wanted: Sequence[str], *, overwrite: bool
) -> tuple[list[str], list[str]]:
    """Return the columns to add, and what is said of those that are left out."""
    known = given.table.column_names
    if unknown := [name for name in wanted if name not in known]:
        raise InvalidInput(f"{given.path} has no column {unknown[0]!r}, its columns are {', '.join(known[:12])}")
    if owned := [name for name in wanted if _is_own(name)]:
        raise InvalidInput(f"{owned[0]!r} is a column that TopoAct itself fills: rename it in {given.path}")
    names = [name for name in dict.fromkeys(wanted or known) if name != key and not _is_own(name)]
    kinds = {field.name: field.type for field in given.table.schema}
    odd = [name for name in names if not is_column(kinds[name])]
    left_out = [f"{name} ({kinds[name]})" for name in odd]
    if odd and wanted:
        raise InvalidInput(f"column {left_out[0]} of {given.path} holds no numbers, texts or times")
    names = [name for name in names if name not in odd]
    _check_free(study, names, overwrite=overwrite)
    if not names:
        raise InvalidInput(f"{given.path} has no column to add besides {', '.join(known[:12])}")
    own = [name for name in known if name != key and _is_own(name)]
    remarks = [f"columns that TopoAct itself fills, left as they are: {', '.join(own)}"] if own and not wanted else []
    return names, remarks + ([f"no numbers, texts or times, left out: {', '.join(left_out)}"] if left_out else [])


def _is_own(name: str) -> bool:
    return name.partition("@")[0] in OWN


def _check_free(study: Study, names: Sequence[str], *, overwrite: bool) -> None:
    added = added_columns(study)
    for name in names:
        if name not in study.examples:
            continue
        if name not in added:
            raise InvalidInput(f"the study has a column {name!r} of its own, which stays: rename it, or see --column")
        if not overwrite:
            raise InvalidInput(f"the column {name!r} was added before: replace it with --overwrite, or see --column")


def _matched(
    study: Study, given: Metadata, keys: list[str | None], own_key: str, names: Sequence[str]
) -> tuple[npt.NDArray[np.int64], int]:
    """Return the row of the table for each example, −1 without one, and how many rows no example has."""
    row_of = {value: row for row, value in reversed(list(enumerate(keys))) if value is not None}
    _check_single(given, keys, row_of, names)
    wanted = [_text(value) for value in study.examples[own_key].tolist()]
    rows = np.array([-1 if value is None else row_of.get(value, -1) for value in wanted], dtype=np.int64)
    if (rows < 0).all():
        pair = [next((value for value in values if value is not None), None) for values in (wanted, keys)]
        raise InvalidInput(
            f"no example of {study.path} has a row in {given.path}: by {own_key!r} the study has {pair[0]!r} and the"
            f" table {pair[1]!r}; name another column of both with --by"
        )
    found = set(wanted)
    return rows, sum(value is None or value not in found for value in keys)


def _check_single(given: Metadata, keys: list[str | None], row_of: dict[str, int], names: Sequence[str]) -> None:
    """Refuse two rows that differ for one value of the key."""
    several = {value for value, count in Counter(keys).items() if count > 1 and value is not None}
    columns = [plain(given.table.column(name)) for name in names] if several else []
    for row, value in enumerate(keys):
        if value not in several or value is None:
            continue
        first = row_of[value]
        for name, column in zip(names, columns, strict=True):
            if not _is_same(column[row], column[first]):
                raise InvalidInput(
                    f"rows {first + 1:,} and {row + 1:,} of {given.path} are both for {value!r} and differ in {name!r}:"
                    " leave one out"
                )


def _is_same(one: Any, other: Any) -> bool:
    return bool(one == other) or (is_missing(one) and is_missing(other))


def _text(value: Any, missing: Set[str] = frozenset()) -> str | None:
    label = as_label(value, missing)
    return None if label is None else str(label)


def _of_examples(table: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Table:
    """Return the rows of a table for the examples, with missing values for those that have none."""
    places = pa.array(np.maximum(rows, 0), mask=rows < 0)
    return pa.table({name: _decoded(table.column(name)).take(places).combine_chunks() for name in table.column_names})


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of one of the types that a study has: texts, not codes or views of them; no decimals."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string_view(kind):
        kind = pa.string()
    elif pa.types.is_decimal(kind):
        kind = pa.float64()
    return column.cast(kind)
