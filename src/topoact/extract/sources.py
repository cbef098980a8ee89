"""Where inputs come from: a folder of class folders, a table with an image column, or a torch Dataset.

A source lists its inputs cheaply and in a fixed order; bytes are decoded elsewhere, in threads.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image

from topoact.errors import InvalidInput, ModelError
from topoact.extract.predictions import COLUMNS
from topoact.extract.specs import call, code_digest, explain, load_object, located
from topoact.study.files import digest

if TYPE_CHECKING:
    from topoact.extract.texts.source import TextSource

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"})
ITEM_KEYS = ("input", "label", "id", "image")
"""What the items of a Dataset may hold; further numbers and texts are columns of the examples."""


@dataclass(frozen=True, slots=True)
class Record:
    """One input that has not been decoded."""

    row: int
    """Its place in the source."""
    id: str
    label: str | int | None
    image: Any
    """Bytes of an image file, its path, or a call that fetches the item of a Dataset."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further columns of the user's table."""


class Source(Protocol):
    """Inputs in a fixed order."""

    record: dict[str, Any]
    """What it is, as JSON; different when the inputs are."""
    n_threads: int
    """How many threads may decode its inputs at once."""
    gives_tensors: bool
    """Whether inputs need no preparing."""

    def __len__(self) -> int: ...

    def read(self, start: int) -> Iterator[Record]:
        """List the inputs from that place on."""
        ...

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        """Return names for the outputs of a network if the source says what they are."""
        ...


class ImageFolder:
    """Images in a folder; the name of the folder inside it that holds an image is the image's label.

    Raises
    ------
    InvalidInput
        If there are no images.
    """

    n_threads = 2
    gives_tensors = False

    def __init__(self, path: Path) -> None:
        self.path = path
        files = (file.relative_to(path) for file in path.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
        self._files = sorted(files, key=lambda file: file.parts)
        if not self._files:
            raise InvalidInput(f"no images found in {path}: looked for {', '.join(sorted(IMAGE_SUFFIXES))}")
        self._labels = tuple(sorted({file.parts[0] for file in self._files if len(file.parts) > 1}))
        names = [file.as_posix() for file in self._files]
        self.record = {"kind": "folder", "path": str(path.resolve()), "digest": digest(names), "n": len(names)}

    def __len__(self) -> int:
        return len(self._files)

    def read(self, start: int) -> Iterator[Record]:
        for row, file in enumerate(self._files[start:], start):
            label = file.parts[0] if len(file.parts) > 1 else None
            yield Record(row, file.as_posix(), label, self.path / file)

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        return self._labels if len(self._labels) == n_outputs else None

    def ids(self) -> Iterator[str]:
        """List what the inputs are called."""
        return (file.as_posix() for file in self._files)


class DatasetSource:
    """A torch Dataset: items are a tensor or PIL image, (input, label), or a dict with input and label, id, image.

    Further numbers and texts of a dict become columns of the examples. Items are fetched by one thread, in order.

    Raises
    ------
    ModelError
        If the object has no length or cannot be indexed.
    """

    n_threads = 1

    def __init__(self, dataset: Any, *, record: dict[str, Any]) -> None:
        if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
            raise ModelError(f"a {type(dataset).__name__} is not a Dataset with a length and items")
        if not len(dataset):
            raise InvalidInput(f"the Dataset {record.get('spec', type(dataset).__name__)} is empty")
        self._dataset, self.record = dataset, {**record, "n": len(dataset)}
        self._names = tuple(str(name) for name in getattr(dataset, "classes", ()))
        self._extra = tuple(name for name, value in self._item(0).items() if _is_column(name, value))
        first = self.fetch(0)
        self._has_integer_labels = isinstance(first.label, int) or bool(self._names)
        self.gives_tensors = not isinstance(first.image["input"], Image.Image)

    def __len__(self) -> int:
        return len(self._dataset)

    def read(self, start: int) -> Iterator[Record]:
        for row in range(start, len(self._dataset)):
            yield Record(row, str(row), None, partial(self.fetch, row))

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        if len(self._names) == n_outputs:
            return self._names
        return tuple(map(str, range(n_outputs))) if self._has_integer_labels and not self._names else None

    def fetch(self, row: int) -> Record:
        """Return an item with what it says of itself."""
        item = self._item(row)
        label = _scalar(item.get("label"))
        if not (label is None or isinstance(label, str | int | float)):
            kind = type(label).__name__
            raise ModelError(f"item {row} of the Dataset has a {kind} for a label: give a name or a whole number")
        label = as_label(label)
        if isinstance(label, int) and 0 <= label < len(self._names):
            label = self._names[label]
        extra = {name: _scalar(item.get(name)) for name in self._extra}
        return Record(row, str(item.get("id", row)), label, item, extra)

    def _item(self, row: int) -> dict[str, Any]:
        try:
            item = self._dataset[row]
        except Exception as error:
            raise ModelError(f"the Dataset fails on item {row}: {explain(error)}") from error
        return _as_dict(item, row)


def open_source(
    spec: str,
    *,
    image: str | None = None,
    text: str | None = None,
    label: str | None = None,
    identity: str | None = None,
    columns: Sequence[str] | None = None,
) -> "Source | TextSource":
    """Open what the user named as data.

    Parameters
    ----------
    spec
        A folder of images or of ``.txt`` files, a ``.parquet`` or ``.csv`` table of either, a ``.jsonl`` table of
        texts, a ``.conllu`` file, ``.tar`` files of samples (one, a folder or a pattern),
        ``torchvision-data:NAME/SPLIT``, ``hf-data:NAME@SPLIT``, or ``file.py:callable`` that returns a torch Dataset.
    image, text, label, identity
        Columns of a table; "image" or "text", "label" and "id" by default, the last two may be absent then.
    columns
        Keys of comments of a ``.conllu`` file to keep.

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
    from topoact.extract import hub_data, named_data
    from topoact.extract.tables import Table
    from topoact.extract.tars import TarSamples, tar_files
    from topoact.extract.texts.opening import open_texts

    path = Path(spec)
    if spec.startswith((named_data.PREFIX, hub_data.PREFIX)):
        is_named = spec.startswith(named_data.PREFIX)
        wanted = {"image": image, "text": text, "label": label, "identity": identity}
        return named_data.open_named(spec) if is_named else hub_data.open_hub_data(spec, **wanted)
    if (tars := tar_files(spec)) is not None:
        return TarSamples(tars)
    if texts := open_texts(path, text=text, image=image, label=label, identity=identity, columns=columns):
        return texts
    if path.is_dir():
        return ImageFolder(path)
    if path.suffix.lower() in {".parquet", ".pq", ".csv", ".tsv"}:
        return Table(path, image=image, label=label, identity=identity)
    if ":" in spec:
        dataset = call(load_object(spec, kind="dataset"), spec=spec, kind="dataset")
        return DatasetSource(dataset, record={"kind": "dataset", "spec": located(spec), "code": code_digest(spec)})
    if path.exists():
        raise InvalidInput(
            f"{path} is neither a folder of images, nor a .parquet or .csv table, nor a .tar file, nor file.py:callable"
        )
    raise InvalidInput(f"there is no data at {path}")


def as_label(value: Any) -> str | int | None:
    """Return a label as text or a whole number, whatever cell, tensor or numpy scalar it comes in."""
    value = _scalar(value)
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int) and not isinstance(value, bool) else str(value)


def _scalar(value: Any) -> Any:
    """Return the Python value of a number in a tensor or of numpy; anything else as it is."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value


def _is_column(name: str, value: Any) -> bool:
    return name not in (*ITEM_KEYS, *COLUMNS) and isinstance(_scalar(value), str | int | float)


def _as_dict(item: Any, row: int) -> dict[str, Any]:
    if isinstance(item, tuple | list):
        return dict(zip(("input", "label"), item, strict=False))
    if not isinstance(item, Mapping):
        return {"input": item}
    if "input" not in item:
        raise ModelError(f"item {row} of the Dataset is a dict without 'input'")
    return dict(item)


def check_columns(
    path: Path | str, known: Sequence[str], wanted: Mapping[str, str | None], *, needed: Sequence[str]
) -> dict[str, str | None]:
    """Return the column to use for each role: one that is needed or that the user named may not be absent.

    Raises
    ------
    InvalidInput
        If a column does not exist; the message lists those that do.
    """
    found: dict[str, str | None] = {}
    for role, name in wanted.items():
        if (name or role) in known:
            found[role] = name or role
        elif name or role in needed:
            columns = ", ".join(known[:12])
            raise InvalidInput(f"{path} has no column {name or role!r}, its columns are {columns}: see --{role}-column")
        else:
            found[role] = None
    return found
