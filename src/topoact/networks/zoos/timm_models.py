"""``timm:NAME``: networks of timm with random or pretrained weights, and the preprocessing of timm's data config."""

import math
from pathlib import Path
from typing import Any

from topoact.errors import ModelError, UnknownName
from topoact.networks.libraries import import_library
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.specs import explain, nearest
from topoact.networks.torch_network import TorchNetwork
from topoact.networks.weights import load_weights, weights_file


def load(name: str, weights: str | Path | None) -> TorchNetwork:
    """Return a network of timm, ``NAME`` or ``NAME.TAG``, with random weights, those of a file, or pretrained ones.

    Raises
    ------
    ModelError
        If timm is missing, the weights do not fit or cannot be fetched.
    UnknownName
        If there is no such architecture, or no such pretrained weights of it.
    """
    timm = import_library("timm", what="this model")
    architecture, _, tag = name.partition(".")
    if architecture not in (known := timm.list_models()):
        raise UnknownName(f"timm has no model {architecture!r}: did you mean {nearest(architecture, known)}?")
    file = weights_file(weights)
    if weights and not file and str(weights) != "DEFAULT":
        tag = str(weights)
    tags = [full.partition(".")[2] for full in timm.list_pretrained(f"{architecture}.*")]
    if tag and tag not in tags:
        remedy = f"choose from DEFAULT, {', '.join(tags)}" if tags else "it has none"
        raise UnknownName(f"{architecture} has no weights {tag!r} and there is no such file: {remedy}")
    full_name = f"{architecture}.{tag}" if tag else architecture
    model = _create(timm, full_name, pretrained=bool(weights and not file))
    if file:
        load_weights(model, file)
    used = str(file.resolve()) if file else weights and str(weights)
    return TorchNetwork(
        model,
        {"spec": f"timm:{name}", "located": f"timm:{name}", "code": None, "weights": used},
        preprocessing=_preprocessing(timm, model),
        libraries=("timm",),
    )


def _create(timm: Any, name: str, *, pretrained: bool) -> Any:
    try:
        return timm.create_model(name, pretrained=pretrained)
    except Exception as error:
        fetch = " (its pretrained weights are downloaded; give a file with --weights where that cannot be)"
        raise ModelError(f"timm cannot make {name}{fetch if pretrained else ''}: {explain(error)}") from error


def _preprocessing(timm: Any, model: Any) -> Preprocessing | None:
    """Return timm's evaluation transform; None where it does more than resize, crop and standardise."""
    config = timm.data.resolve_model_data_config(model)
    channels, height, width = config["input_size"]
    if channels != 3 or height != width or config["crop_mode"] not in ("center", "squash"):
        return None
    return Preprocessing(
        size=height,
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        resize=math.floor(height / config["crop_pct"]),
        squash=config["crop_mode"] == "squash",
        interpolation=config["interpolation"],
        said_by="timm's data config",
    )
