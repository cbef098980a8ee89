"""`store_columns`: columns of the examples that are added to a finished study; `added_columns`, those that were."""

from collections.abc import Iterable
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from topoact.errors import StudyError
from topoact.study.checked import Damaged, read_schema
from topoact.study.files import digest, failures_said, inside, replacing
from topoact.study.opening import open_study
from topoact.study.publish import lock, unlock
from topoact.study.reader import Study
from topoact.study.tables import check_examples

DIGEST: Final = b"topoact_added"
"""Key of the metadata of an added column: the digest of its values, by which a graph with it as its lens is named."""


def added_columns(study: Study) -> dict[str, str]:
    """Return the digest of each column that was added after the study was finished, by its name.

    Raises
    ------
    StudyError
        If the table of the examples is damaged.
    """
    try:
        fields = read_schema(inside(study.path, "examples.parquet"))
    except Damaged as error:
        raise study.damaged("examples.parquet", error) from None
    return {
        field.name: field.metadata[DIGEST].decode("latin-1")
        for field in fields
        if field.metadata and DIGEST in field.metadata
    }


def store_columns(study: Study, columns: pa.Table) -> Study:
    """Write columns into the table of the examples of a finished study, and return the study opened anew.

    The table is replaced as a whole; whatever interrupts it, the study is as it was before or as it is after.

    Parameters
    ----------
    study
        The study.
    columns
        A row for each example; a column that the study has already is replaced.

    Raises
    ------
    StudyError
        If another process writes the study, or it has been written since it was opened.
    WriteError
        If the disk is full, or the folder may not be written to.
    """
    with failures_said(study.path):
        held = lock(study.path)
        try:
            current = open_study(study.path)
            if current.digest != study.digest or current.n_examples != len(columns):
                raise StudyError(f"{study.path} has been written in the meantime: run the same command again")
            table = check_examples(_merged(current.examples_table(), columns))
            with replacing(study.path / "examples.parquet") as file:
                pq.write_table(table, file, compression="zstd", write_page_checksum=True)
        finally:
            unlock(held)
    return open_study(study.path)


def marked(examples: pa.Table, names: Iterable[str]) -> pa.Table:
    """Return a table of examples in which the columns of these names, those that it has, are marked as added."""
    for name in names:
        number = examples.schema.get_field_index(name)
        if number >= 0:
            values = examples.column(number)
            field = pa.field(name, values.type, metadata={DIGEST: _digest(values)})
            examples = examples.set_column(number, field, values)
    return examples


def _merged(examples: pa.Table, columns: pa.Table) -> pa.Table:
    for name, values in zip(columns.column_names, columns.columns, strict=True):
        number = examples.schema.get_field_index(name)
        examples = examples.append_column(name, values) if number < 0 else examples.set_column(number, name, values)
    return marked(examples, columns.column_names)


def _digest(values: Any) -> str:
    return digest([str(values.type), [None if value is None else str(value) for value in values.to_pylist()]])
