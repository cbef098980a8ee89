"""Language models small enough for tests, with a vocabulary in which one can count the pieces of a word."""

from pathlib import Path
from typing import Any

import torch

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [
    "the",
    "cat",
    "dog",
    "sat",
    "ran",
    "do",
    "n",
    "t",
    "'",
    ".",
    ",",
    "!",
    "😀",
    "日",
    "本",
    "語",
    "при",
    "##вет",
    "é",
]
PIECES = ["run", "##ning", "un", "##bel", "##ie", "##va", "##bly"]
VOCABULARY = {piece: number for number, piece in enumerate([*SPECIAL, *WORDS, *PIECES])}
SIZES = {"vocab_size": len(VOCABULARY), "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
LIMIT = 24


def tokenizer(limit: int = LIMIT) -> Any:
    """Return a BERT tokenizer with `VOCABULARY`."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.WordPiece(VOCABULARY, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", VOCABULARY["[CLS]"]), ("[SEP]", VOCABULARY["[SEP]"])]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=limit, **names)


def config(**changes: Any) -> Any:
    from transformers import BertConfig

    return BertConfig(**SIZES, intermediate_size=32, max_position_embeddings=LIMIT, **changes)


def save_bert(folder: Path, *, classes: tuple[str, ...] = ()) -> Path:
    """Write a random BERT with its tokenizer, as a classifier if there are classes."""
    from transformers import BertForSequenceClassification, BertModel

    torch.manual_seed(3)
    names = dict(enumerate(classes))
    model = BertForSequenceClassification(config(id2label=names)) if classes else BertModel(config())
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder
