"""Language models of transformers: encoders, decoders, and both; with their classification head if they have one."""

import inspect
from collections.abc import Sequence
from typing import Any

from topoact.networks.huggingface import fetch, fetch_model
from topoact.networks.text_network import TextNetwork


def reads_texts(kind: Any) -> bool:
    """Return whether models of this class take token ids and need nothing besides."""
    takes_ids = kind.main_input_name == "input_ids" and "input_ids" in inspect.signature(kind.forward).parameters
    return takes_ids and not pairs_images_with_texts(kind)


def pairs_images_with_texts(kind: Any) -> bool:
    """Return whether models of this class, as those of CLIP, need an image and a text, each with an encoder."""
    return hasattr(kind, "get_text_features")


def load(transformers: Any, kinds: Sequence[Any], name: str, config: Any, record: dict[str, Any]) -> TextNetwork:
    """Return a pretrained language model with its tokenizer.

    Raises
    ------
    ModelError
        If the model or its tokenizer cannot be loaded.
    """
    tokenizer = fetch(transformers, transformers.AutoTokenizer, name)
    model = fetch_model(transformers, kinds, name)
    classifies = "ForSequenceClassification" in type(model).__name__
    return TextNetwork(
        model,
        tokenizer,
        record,
        class_names=own_class_names(config) if classifies else None,
        libraries=("transformers",),
        limit=_limit(model, config),
    )


def _limit(model: Any, config: Any) -> int | None:
    """Return the number of tokens that a model takes; None if its config says nothing, or a number for no limit.

    Of RoBERTa and its kin the first positions stand for padding.
    """
    limit = getattr(config.get_text_config(), "max_position_embeddings", None)
    if not isinstance(limit, int) or limit < 1:
        return None
    tables = (part for name, part in model.named_modules() if name.endswith("position_embeddings"))
    paddings = (getattr(table, "padding_idx", None) for table in tables)
    return limit - max((padding + 1 for padding in paddings if padding is not None), default=0)


def own_class_names(config: Any) -> tuple[str, ...] | None:
    """Return the labels of the outputs in a config, unless they are the default ones of transformers (LABEL_0)."""
    labels = getattr(config, "id2label", None)
    if not isinstance(labels, dict):
        return None
    names = tuple(str(labels[i]) for i in sorted(labels))
    return None if all(name == f"LABEL_{i}" for i, name in enumerate(names)) else names
