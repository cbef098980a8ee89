"""``torchvision-data:NAME``: a dataset that torchvision downloads to the user's cache."""

import inspect
from typing import Any

from platformdirs import user_cache_path

from topoact.errors import InvalidInput, ModelError, UnknownName
from topoact.inputs.sources import DatasetSource
from topoact.networks.libraries import import_library, versions
from topoact.networks.specs import explain, nearest

PREFIX = "torchvision-data:"


def open_torchvision_dataset(spec: str) -> DatasetSource:
    """Open ``torchvision-data:NAME`` or ``torchvision-data:NAME/SPLIT``: ``CIFAR10``, ``CIFAR10/test``, ``SVHN/extra``.

    Raises
    ------
    ModelError
        If torchvision is missing, or it cannot make the dataset.
    UnknownName
        If it has none of that name.
    InvalidInput
        If the dataset has no such split.
    """
    datasets = import_library("torchvision.datasets", what="this data")
    name, _, split = spec.removeprefix(PREFIX).partition("/")
    if name not in datasets.__all__:
        raise UnknownName(f"torchvision has no dataset {name!r}: did you mean {nearest(name, datasets.__all__)}?")
    kind = getattr(datasets, name)
    options = _options(name, split, set(inspect.signature(kind).parameters))
    try:
        dataset = kind(**options)
    except Exception as error:
        raise ModelError(f"torchvision cannot make the dataset {name}: {explain(error)}") from error
    return DatasetSource(dataset, record={"kind": "torchvision", "spec": spec, "versions": versions("torchvision")})


def _options(name: str, split: str, known: set[str]) -> dict[str, Any]:
    options: dict[str, Any] = {"root": user_cache_path("topoact") / "datasets" / name, "download": True}
    options = {option: value for option, value in options.items() if option in known}
    if split and "train" in known and split in ("train", "test"):
        return {**options, "train": split == "train"}
    if split and "split" in known:
        return {**options, "split": split}
    if split:
        splits = "train and test" if "train" in known else "no splits"
        raise InvalidInput(f"{name} has {splits}: got {split!r}")
    return options
