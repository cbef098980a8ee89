"""``hf:NAME`` or ``hf:FOLDER``: a pretrained model for transformers, from a folder or the Hugging Face hub.

Its config determines the inputs: images through the image processor, or texts through the tokenizer.
"""

from pathlib import Path
from typing import Any

from topoact.errors import InvalidInput
from topoact.networks.huggingface import fetch
from topoact.networks.libraries import import_library
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.torch_network import TorchNetwork
from topoact.networks.zoos import transformers_texts


def load(name: str, weights: str | Path | None) -> TorchNetwork:
    """Return a pretrained model, with its head if it is an image classifier.

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
    if transformers_texts.reads_texts(transformers, config):
        return transformers_texts.load(
            transformers, name, config, record=record, class_names=transformers_texts.own_class_names(config)
        )
    model = fetch(transformers, _kind(transformers, config), name)
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


def _kind(transformers: Any, config: Any) -> Any:
    architectures = " ".join(config.architectures or ())
    classifies = "ForImageClassification" in architectures
    return transformers.AutoModelForImageClassification if classifies else transformers.AutoModel


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
