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


def line(number: str, form: str, upos: str = "X", misc: str = "_", lemma: str = "l", deprel: str = "dep") -> str:
    return "\t".join([number, form, lemma, upos, "XX", "_", "0", deprel, "_", misc])


CORPUS = f"""# newdoc id = GUM_academic_art
# meta::author = Ann = Bob
# newpar
# sent_id = art-1
# s_type = decl
# text = I don't 😀 go.
{line("1", "I", "PRON", deprel="nsubj")}
{line("2-3", "don't")}
{line("2", "do", "AUX", lemma="do")}
{line("3", "n't", "PART")}
{line("4", "😀", "SYM")}
{line("5", "go", "VERB", "SpaceAfter=No", deprel="root")}
{line("5.1", "ghost")}
{line("6", ".", "PUNCT")}

# sent_id = art-2
# text = Vins du pays
{line("1", "Vins", "NOUN")}
{line("2-3", "du")}
{line("2", "de", "ADP")}
{line("3", "le", "DET")}
{line("4", "pays", "NOUN")}

# newdoc id = second
# genre = letter
{line("1", "日本", "PROPN", "SpaceAfter=No")}
{line("2", "語", "_")}
"""


LINES = [
    "The 😀 cat running unbelievably, привет!",
    "日本 dog",
    "unbelievably",
    "",
    "do n't running running the cat . the dog sat , the cat ran",
    "the " * 40,
    *(" ".join(["the cat sat on a dog", "running 😀"][: 1 + i % 2] * (1 + i % 3)) for i in range(20)),
]
LAYERS = ("embeddings", "encoder.layer.0", "encoder.layer.1")
CODE = """
import torch
from torch import nn
import tiny


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.cell = nn.Embedding(len(tiny.VOCABULARY), 6), nn.Linear(6, 6)
        self.lstm, self.head = nn.LSTM(6, 4, bidirectional=True, batch_first=True), nn.Linear(8, 2)

    def forward(self, ids):
        states, _ = self.lstm(self.cell(self.embed(ids)))
        return self.head(states[:, -1])


def pair():
    return Recurrent(), tiny.tokenizer()


def attribute():
    model = Recurrent()
    model.tokenizer = tiny.tokenizer()
    return model


class Dying(Recurrent):
    def forward(self, ids):
        import multiprocessing, os, pathlib

        if multiprocessing.parent_process() and not (pathlib.Path(__file__).parent / "alive").exists():
            os.kill(os.getpid(), 9)
        return super().forward(ids)


def dying():
    return Dying(), tiny.tokenizer()


def bare():
    return Recurrent()


def slow():
    return Recurrent(), "a tokenizer"
"""


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
