"""`CsvRows`: the ``.csv`` files of a dataset of the `datasets` library, read as such files are everywhere else.

The library guesses what the cells of a column are and changes them by it: 007 becomes 7, and NA none. Where the author
of a dataset declares its features, or how its files are written, the library reads them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from topoact.errors import InvalidInput
from topoact.inputs.arrow_columns import is_text
from topoact.inputs.csv_files import CsvFile, TableOptions
from topoact.inputs.tables import BATCH_ROWS

METADATA: Final = "metadata.csv"
"""The file beside images that says what is known of them."""
SAID: Final = ("sep", "encoding")
"""Options of the library's reader that are options here as well."""


class CsvRows:
    """The rows of ``.csv`` files, one after the other. Memory: all of them.

    Attributes
    ----------
    name, schema, classes, pictures, record, remarks
        As those of `HFRows`; there are no classes and no images.
    """

    pictures: tuple[str, ...] = ()

    def __init__(self, spec: str, file: CsvFile, record: dict[str, Any]) -> None:
        self.name, self.remarks, self.record = spec, tuple(file.remarks), record | file.record
        self.classes, self._table = dict[str, tuple[str, ...]](), file.table()
        self.schema: pa.Schema = self._table.schema

    def __len__(self) -> int:
        return len(self._table)

    def batches(self, names: list[str], start: int) -> Iterator[pa.RecordBatch]:
        """Yield some columns of the rows from `start` on."""
        yield from self._table.slice(start).select(names).to_batches(BATCH_ROWS)


def is_plain_csv(builder: Any) -> bool:
    """Return whether a dataset is ``.csv`` files of which nothing is declared but the delimiter and the encoding."""
    if builder.name != "csv" or builder.info.features is not None:
        return False
    options, usual = (config.pd_read_csv_kwargs for config in (builder.config, type(builder.config)()))
    return all(value == usual.get(name) for name, value in options.items() if name not in SAID)


def open_csv(builder: Any, files: Sequence[str], *, label: str | None, identity: str | None) -> CsvFile:
    """Return the files of one split as one table."""
    first, *more = _local(files)
    sep, encoding = (getattr(builder.config, name) for name in SAID)
    options = TableOptions(delimiter=None if sep == "," else sep, encoding=encoding)
    return CsvFile(first, options, label=label, identity=identity, more=more)


def check_metadata(spec: str, files: Sequence[str], schema: pa.Schema) -> None:
    """Refuse a folder of images with a ``metadata.csv`` of which the library changes texts.

    Raises
    ------
    InvalidInput
        With the column.
    """
    for path in _local([file for file in files if Path(file).name == METADATA]):
        written = CsvFile(path)
        for name in set(written.text_columns) & set(schema.names):
            if not is_text(schema.field(name).type) or name in written.columns_with_marks:
                raise InvalidInput(
                    f"column {name!r} of the {METADATA} of {spec} holds texts such as 007 or NA, which the library"
                    " datasets takes for numbers or for none: write them into a metadata.jsonl"
                )


def _local(files: Sequence[str]) -> list[Path]:
    """Return the paths of files, which are fetched if they are elsewhere, and unpacked."""
    from datasets import DownloadManager

    return [Path(path) for path in DownloadManager().download_and_extract(list(files))] if files else []
