"""`open_texts`: the texts at a path, in whichever format they are."""

from collections.abc import Sequence
from pathlib import Path

from topoact.errors import InvalidInput
from topoact.inputs.csv_files import TableOptions
from topoact.inputs.folders import files_below
from topoact.inputs.records import IMAGE_SUFFIXES, role_column
from topoact.inputs.texts.conllu import ConlluSource
from topoact.inputs.texts.source import TextFolder, TextSource
from topoact.inputs.texts.tables import JSON_SUFFIXES, SUFFIXES, TextTable, column_names


def open_texts(
    path: Path,
    *,
    text: str | None = None,
    image: str | None = None,
    label: str | None = None,
    identity: str | None = None,
    columns: Sequence[str] | None = None,
    tables: TableOptions | None = None,
) -> TextSource | None:
    """Return the texts at a path, or None if it holds other data.

    Texts are in a ``.conllu`` or ``.jsonl`` file, a table whose column of texts is named or that has a column "text"
    and none "image", and a folder of ``.txt`` files without images.

    Raises
    ------
    InvalidInput
        If the file cannot be read, or lacks a column; if a column of texts is named for data that have no columns, or
        comments for data that have none.
    """
    suffix = path.suffix.lower()
    if suffix == ".conllu":
        return ConlluSource(path, label=label, columns=columns)
    if columns is not None:
        raise InvalidInput(f"--columns chooses comments of .conllu files, and {path} is none")
    if suffix in SUFFIXES and (text or suffix in JSON_SUFFIXES or _has_texts(path, image, tables)):
        return TextTable(path, text=text, label=label, identity=identity, options=tables)
    if text:
        raise InvalidInput(f"--text-column is a column of a .csv, .tsv, .jsonl or .parquet table, and {path} is none")
    return TextFolder(path) if path.is_dir() and _is_folder_of_texts(path) else None


def _has_texts(path: Path, image: str | None, tables: TableOptions | None) -> bool:
    if image is not None or not path.is_file():
        return False
    names = column_names(path, tables or TableOptions())
    return role_column(names, "text") is not None and role_column(names, "image") is None


def _is_folder_of_texts(path: Path) -> bool:
    suffixes = {file.suffix.lower() for file in files_below(path, {".txt", *IMAGE_SUFFIXES})}
    return suffixes == {".txt"}
