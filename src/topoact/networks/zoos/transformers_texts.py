"""Language models of transformers: encoders and decoders, with their classification head if they have one."""

from typing import Any

from topoact.networks.huggingface import fetch
from topoact.networks.text_network import TextNetwork

HEAD = "ForSequenceClassification"
"""Suffix of architectures with a classification head."""


def reads_texts(transformers: Any, config: Any) -> bool:
    """Return whether transformers knows a tokenizer for models of this kind, and none for images."""
    auto = transformers.models.auto
    has_tokenizer = type(config) in auto.tokenization_auto.TOKENIZER_MAPPING
    return has_tokenizer and type(config) not in auto.image_processing_auto.IMAGE_PROCESSOR_MAPPING


def load(
    transformers: Any, name: str, config: Any, *, record: dict[str, Any], class_names: tuple[str, ...] | None
) -> TextNetwork:
    """Return a pretrained language model with its tokenizer; of an encoder-decoder the encoder.

    Raises
    ------
    ModelError
        If the model or its tokenizer cannot be loaded.
    """
    classifies = any(HEAD in architecture for architecture in config.architectures or ())
    kind = transformers.AutoModelForSequenceClassification if classifies else transformers.AutoModel
    tokenizer = fetch(transformers, transformers.AutoTokenizer, name)
    model = fetch(transformers, kind, name)
    if config.is_encoder_decoder and not classifies:
        model = model.get_encoder()
    return TextNetwork(
        model,
        tokenizer,
        record,
        class_names=class_names if classifies else None,
        libraries=("transformers",),
        limit=getattr(config, "max_position_embeddings", None),
    )


def own_class_names(config: Any) -> tuple[str, ...] | None:
    """Return the labels of the outputs in a config, unless they are the default ones of transformers (LABEL_0)."""
    labels = getattr(config, "id2label", None)
    if not isinstance(labels, dict):
        return None
    names = tuple(str(labels[i]) for i in sorted(labels))
    return None if all(name == f"LABEL_{i}" for i, name in enumerate(names)) else names
