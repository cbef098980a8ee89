"""``hf:NAME``: models for transformers from the Hugging Face hub or a folder, with their own weights."""

from pathlib import Path
from typing import Any

from topoact.errors import InvalidInput, ModelError
from topoact.networks.huggingface import fetch, fetch_model
from topoact.networks.libraries import import_library
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.torch_network import TorchNetwork
from topoact.networks.zoos import transformers_texts

HEADS = {
    "ForImageClassification": "MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING",
    "ForSequenceClassification": "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING",
}
"""Architectures that keep their head, by a part of their name, with the mapping of transformers that has them."""


def load(name: str, weights: str | Path | None) -> TorchNetwork:
    """Return a pretrained model, with its head if it is a classifier of images or texts.

    Code that comes with a model is not run.

    Raises
    ------
    ModelError
        If transformers is missing, or the model cannot be loaded.
    InvalidInput
        If weights are named: the model has its own.
    """
    if weights is not None:
        raise InvalidInput(f"hf:{name} brings its own weights: leave out --weights")
    transformers = import_library("transformers", what="this model")
    config = fetch(transformers, transformers.AutoConfig, name)
    spec = f"hf:{name}"
    record = {"spec": spec, "located": located(spec), "code": None, "weights": None}
    kinds = _kinds(transformers, config, name)
    if transformers_texts.reads_texts(kinds[0]):
        return transformers_texts.load(transformers, kinds, name, config, record)
    model = _part_for_one_input(fetch_model(transformers, kinds, name), config)
    return TorchNetwork(
        model,
        record,
        preprocessing=Preprocessing(transform=located(spec)) if _has_processor(transformers, model, name) else None,
        class_names=transformers_texts.own_class_names(config) if _classifies(model) else None,
        libraries=("transformers",),
    )


def located(spec: str) -> str:
    """Return the specification with the whole path where it names a folder."""
    name = spec.removeprefix("hf:")
    return f"hf:{Path(name).resolve()}" if Path(name).is_dir() else spec


def _kinds(transformers: Any, config: Any, name: str) -> list[Any]:
    """Return the classes that may load a model: without its head unless that classifies, and the one that saved it."""
    architectures = list(config.architectures or ())
    heads = (mapping for head, mapping in HEADS.items() if head in " ".join(architectures))
    known = getattr(transformers, next(heads, "MODEL_MAPPING"))
    body = known.get(type(config), ())
    bodies = list(body) if isinstance(body, (tuple, list)) else [body]
    saved = [kind for kind in (getattr(transformers, saver, None) for saver in architectures) if kind is not None]
    found = [kind for kind in bodies if kind in saved] or [*bodies[:1], *saved]
    if not found:
        raise ModelError(f"hf:{name} is a {config.model_type}, for which transformers has no model: try a newer one")
    return found


def _part_for_one_input(model: Any, config: Any) -> Any:
    """Return the part of a model that takes one input: the encoder of two, or that of images of a pair with texts."""
    if config.is_encoder_decoder:
        return model.get_encoder()
    return model.vision_model if transformers_texts.pairs_images_with_texts(type(model)) else model


def _has_processor(transformers: Any, model: Any, name: str) -> bool:
    """Return whether a model takes images and has an image processor."""
    if getattr(model, "main_input_name", "") != "pixel_values":
        return False
    try:
        transformers.AutoImageProcessor.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError):
        return False
    return True


def _classifies(model: Any) -> bool:
    return "Classification" in type(model).__name__
