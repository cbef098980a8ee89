"""`open_source`: a source of inputs by its specification; `INPUTS`: the registry of kinds of data."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from topoact.errors import InvalidInput
from topoact.inputs.records import Source
from topoact.inputs.sources import DatasetSource, ImageFolder
from topoact.networks.specs import call, code_digest, load_object, located
from topoact.registry import Registry

if TYPE_CHECKING:
    from topoact.inputs.csv_files import TableOptions
    from topoact.inputs.texts.source import TextSource


class ColumnNames(NamedTuple):
    """The columns that the user names for each role; None for the default."""

    image: str | None = None
    text: str | None = None
    label: str | None = None
    identity: str | None = None


class InputKind(NamedTuple):
    """Data that are called ``prefix:name``.

    Examples
    --------
    >>> from topoact.inputs.opening import InputKind, open_source
    >>> kind = InputKind(lambda spec, columns: open_source(spec.partition(":")[2], label=columns.label))
    >>> isinstance(kind, InputKind)
    True
    """

    open: "Callable[[str, ColumnNames], Source | TextSource]"
    """Called with the whole specification and the columns that the user names."""


def _open_torchvision(spec: str, _columns: ColumnNames) -> Source:
    from topoact.inputs.torchvision_datasets import open_torchvision_dataset

    return open_torchvision_dataset(spec)


def _open_hf(spec: str, columns: ColumnNames) -> "Source | TextSource":
    from topoact.inputs.hf_datasets import open_hf_dataset

    return open_hf_dataset(spec, **columns._asdict())


INPUTS: Final = Registry(
    "topoact.inputs",
    InputKind,
    {"torchvision-data": InputKind(_open_torchvision), "hf-data": InputKind(_open_hf)},
)
"""Kinds of data by prefix; other packages add theirs with entry points of the group ``topoact.inputs``."""


def open_source(
    spec: str,
    *,
    image: str | None = None,
    text: str | None = None,
    label: str | None = None,
    identity: str | None = None,
    columns: Sequence[str] | None = None,
    tables: "TableOptions | None" = None,
) -> "Source | TextSource":
    """Return the source of a specification of data.

    Parameters
    ----------
    spec
        A folder of images or of ``.txt`` files, a ``.parquet`` or ``.csv`` table of either, a ``.jsonl`` table of
        texts, a ``.conllu`` file, ``.tar`` files of samples (one, a folder or a pattern),
        ``torchvision-data:NAME/SPLIT``, ``hf-data:NAME@SPLIT``, ``file.py:callable`` that returns a torch Dataset,
        or ``PREFIX:NAME`` of a kind that another package adds to `INPUTS`.
    image, text, label, identity
        Columns of a table; "image" or "text", "label" and "id" by default, the last two may be absent then.
    columns
        Keys of comments of a ``.conllu`` file to keep.
    tables
        How a table is read, where its content is not to say it.

    Returns
    -------
    Source or TextSource
        The inputs in a fixed order; they are read when `extract` asks for them.

    Raises
    ------
    InvalidInput
        If there is nothing there, no image, no text, or no such column.

    Examples
    --------
    >>> from topoact.extract import open_source
    >>> len(open_source("photos"))
    120
    """
    from topoact.inputs.hf_datasets import PREFIX as HF_PREFIX
    from topoact.inputs.hf_datasets import table_of
    from topoact.inputs.tables import Table
    from topoact.inputs.tars import TarSamples, tar_files
    from topoact.inputs.texts.opening import open_texts
    from topoact.inputs.texts.tables import SUFFIXES

    if spec.startswith(HF_PREFIX):
        spec = table_of(spec) or spec
    path, prefix = Path(spec), spec.partition(":")[0]
    is_table = path.suffix.lower() in SUFFIXES and not (prefix in INPUTS and ":" in spec)
    if tables and not is_table:
        tables.check_unused(spec)
    if prefix in INPUTS and ":" in spec:
        return INPUTS[prefix].open(spec, ColumnNames(image, text, label, identity))
    if (tars := tar_files(spec)) is not None:
        return TarSamples(tars)
    roles = {"image": image, "label": label, "identity": identity}
    if texts := open_texts(path, text=text, **roles, columns=columns, tables=tables):
        return texts
    if path.is_dir():
        return ImageFolder(path)
    if is_table:
        return Table(path, **roles, options=tables)
    if ":" in spec:
        dataset = call(load_object(spec, kind="dataset"), spec=spec, kind="dataset")
        return DatasetSource(dataset, record={"kind": "dataset", "spec": located(spec), "code": code_digest(spec)})
    if path.exists():
        raise InvalidInput(
            f"{path} is neither a folder of images, nor a .parquet or .csv table, nor a .tar file, nor file.py:callable"
        )
    raise InvalidInput(f"there is no data at {path}")
