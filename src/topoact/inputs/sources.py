"""Sources of inputs: `ImageFolder`, a folder of images, and `DatasetSource`, a torch Dataset.

A source lists its inputs in a fixed order without decoding them.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from topoact.errors import InvalidInput, ModelError
from topoact.inputs.folders import files_below
from topoact.inputs.records import (
    IMAGE_SUFFIXES,
    ExtraColumns,
    Record,
    as_label,
    is_missing,
    is_numbered,
    plain_scalar,
)
from topoact.networks.specs import explain
from topoact.study.files import digest

ITEM_KEYS = ("input", "label", "id", "image")
"""Keys of the items of a Dataset; further numbers and texts are columns of the examples."""


class ImageFolder:
    """Images in a folder; the name of the folder inside it that holds an image is the image's label.

    Hidden files and folders are left out.

    Raises
    ------
    InvalidInput
        If there are no images.
    """

    n_threads = 2
    gives_tensors = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = files_below(path, IMAGE_SUFFIXES)
        if not self._files:
            raise InvalidInput(f"no images found in {path}: looked for .bmp, .gif, .jpg, .png, .tif, .webp and others")
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
        """Yield the identities of the inputs."""
        return (file.as_posix() for file in self._files)


class DatasetSource:
    """A torch Dataset: items are a tensor or PIL image, (input, label), or a dict with input and label, id, image.

    Further numbers and texts of a dict become columns of the examples. Items are fetched by one thread, in order.

    Parameters
    ----------
    dataset
        An object with a length and items.
    record
        What a study records of it, as JSON; different when the inputs are.

    Raises
    ------
    ModelError
        If the object has no length or cannot be indexed.

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.inputs.sources import DatasetSource
    >>> source = DatasetSource([(np.zeros(4, np.float32), 0), (np.ones(4, np.float32), 1)], record={"kind": "two"})
    >>> len(source), source.gives_tensors
    (2, True)
    """

    n_threads = 1

    def __init__(self, dataset: Any, *, record: dict[str, Any]) -> None:
        if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
            raise ModelError(f"a {type(dataset).__name__} is not a Dataset with a length and items")
        if not len(dataset):
            raise InvalidInput(f"the Dataset {record.get('spec', type(dataset).__name__)} is empty")
        self._dataset, self.record = dataset, {**record, "n": len(dataset)}
        self._names = tuple(str(name) for name in getattr(dataset, "classes", ()))
        self._extra = ExtraColumns(ITEM_KEYS)
        first = self._item(0)
        self.gives_tensors = not isinstance(first["input"], Image.Image)
        rows = range(len(dataset)) if len(first) > 1 else ()
        self._has_numbers = not self._names and is_numbered(self.fetch(row).label for row in rows)

    def __len__(self) -> int:
        return len(self._dataset)

    def read(self, start: int) -> Iterator[Record]:
        for row in range(start, len(self._dataset)):
            yield Record(row, str(row), None, partial(self.fetch, row))

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        if len(self._names) == n_outputs:
            return self._names
        return tuple(map(str, range(n_outputs))) if self._has_numbers else None

    def fetch(self, row: int) -> Record:
        """Return an item with its label, identity and further columns."""
        item = self._item(row)
        label = plain_scalar(item.get("label"))
        if not (label is None or isinstance(label, str | int | float)):
            kind = type(label).__name__
            raise ModelError(f"item {row} of the Dataset has a {kind} for a label: give a name or a whole number")
        label = as_label(label)
        if isinstance(label, int) and 0 <= label < len(self._names):
            label = self._names[label]
        if isinstance(item["input"], Image.Image) == self.gives_tensors:
            kinds = ("a tensor", "an image") if self.gives_tensors else ("an image", "a tensor")
            raise ModelError(f"the Dataset gives {kinds[0]} as item 0 and {kinds[1]} as item {row}: give all alike")
        identity = item.get("id")
        identity = str(row if is_missing(identity) else identity)
        return Record(row, identity, label, item, self._extra.of(item, f"item {row}"))

    def _item(self, row: int) -> dict[str, Any]:
        try:
            item = self._dataset[row]
        except Exception as error:
            raise ModelError(f"the Dataset fails on item {row}: {explain(error)}") from error
        return _as_dict(item, row)


def _as_dict(item: Any, row: int) -> dict[str, Any]:
    if isinstance(item, tuple | list):
        return dict(zip(("input", "label"), item, strict=False))
    if not isinstance(item, Mapping):
        return {"input": item}
    if "input" not in item:
        raise ModelError(f"item {row} of the Dataset is a dict without 'input'")
    return dict(item)
