"""``torchvision:NAME``: networks of torchvision with random or pretrained weights, and their preprocessing."""

import warnings
from pathlib import Path
from typing import Any

from topoact.errors import ModelError, UnknownName
from topoact.networks.libraries import import_library
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.specs import explain, nearest
from topoact.networks.torch_network import TorchNetwork
from topoact.networks.weights import load_weights, weights_file


def load(name: str, weights: str | Path | None) -> TorchNetwork:
    """Return an architecture of ``torchvision.models`` with random weights, those of a file, or its pretrained ones.

    Raises
    ------
    ModelError
        If torchvision is missing, or the weights do not fit.
    UnknownName
        If there is no such architecture, or no such weights of it.
    """
    models = import_library("torchvision.models", what="this model")
    if name not in (known := models.list_models(module=models)):
        raise UnknownName(f"torchvision has no model {name!r}: did you mean {nearest(name, known)}?")
    file, choices = weights_file(weights), models.get_model_weights(name)
    pretrained = _pretrained(name, weights, choices) if weights and not file else None
    model = _create(models, name, pretrained)
    if file:
        load_weights(model, file)
    described = pretrained or choices.DEFAULT
    said_by = str(described) if pretrained else f"as for its pretrained weights, {described}"
    record = {"spec": f"torchvision:{name}", "located": f"torchvision:{name}", "code": None}
    return TorchNetwork(
        model,
        {**record, "weights": str(file.resolve()) if file else pretrained and pretrained.name},
        preprocessing=_preprocessing(described, said_by),
        class_names=tuple(pretrained.meta["categories"]) if pretrained else None,
        libraries=("torchvision",),
    )


def _create(models: Any, name: str, pretrained: Any) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # GoogLeNet announces another initialisation
            return models.get_model(name, weights=pretrained)
    except OSError as error:
        raise ModelError(
            f"the weights {pretrained} cannot be downloaded, give a file with --weights: {explain(error)}"
        ) from error


def _pretrained(name: str, weights: str | Path, choices: Any) -> Any:
    known = ["DEFAULT", *(choice.name for choice in choices)]
    wanted = str(weights).rpartition(".")[2]
    if wanted not in known:
        raise UnknownName(f"{name} has no weights {wanted!r} and there is no such file: choose from {', '.join(known)}")
    return choices[wanted]


def _preprocessing(weights: Any, said_by: str) -> Preprocessing | None:
    """Return the transforms of these weights; None for others than those of image classification."""
    transforms = weights.transforms()
    is_classification = type(transforms).__name__ == "ImageClassification"
    if not is_classification or len(transforms.crop_size) != 1 or len(transforms.resize_size) != 1:
        return None
    return Preprocessing(
        size=transforms.crop_size[0],
        mean=tuple(transforms.mean),
        std=tuple(transforms.std),
        resize=transforms.resize_size[0],
        interpolation=transforms.interpolation.value,
        said_by=said_by,
    )
