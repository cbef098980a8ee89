"""What a node stands for in words: its messages, and how they are made."""

from typing import Literal

from pydantic import Field

from topoact.wire.model import WireModel
from topoact.wire.texts import Passage, passage_of
from topoact.workbench import Workbench
from topoact.workbench.nodes import node_keyterms


class NearText(WireModel):
    """A text, or a word whatever its case, near the mean of a node: its nearest occurrence."""

    row: int = Field(description="The example that is the nearest occurrence.")
    passage: Passage | None
    distance: float
    is_member: bool = Field(description="Whether that occurrence is in the node.")
    inside: int = Field(description="Points of the node that say the same.")
    total: int = Field(description="Points of the layer that say the same.")


class KeyTerm(WireModel):
    """A word that more texts of the node hold than chance would have it."""

    word: str
    inside: int = Field(description="Texts of the node that hold it.")
    total: int = Field(description="Texts of the layer that hold it.")
    expected: float = Field(description="How many of the node would, were it drawn blindly.")
    log_odds: float
    q: float = Field(description="Least share of false discoveries at which it is listed.")


class KeyTerms(WireModel):
    """What a node stands for in words: texts nearest to its mean, and words that are over-represented in it."""

    unit: Literal["text", "word"]
    metric: Literal["euclidean", "cosine"]
    nearest: list[NearText]
    words: list[KeyTerm]
    n_key_terms: int = Field(description="How many words are over-represented; the surest are listed.")
    n_words: int = Field(description="How many words were tested.")
    n_inside: int
    n_texts: int
    level: float = Field(description="Share of false discoveries among the words.")
    first: int | None = Field(description="How many words of each text are looked at; null: all.")


def keyterms_message(bench: Workbench, found: node_keyterms.KeyTerms) -> KeyTerms:
    """Return what a node stands for in words."""
    return KeyTerms(
        **{
            **found._asdict(),
            "nearest": [_near(bench, text) for text in found.nearest],
            "words": [KeyTerm(**word._asdict()) for word in found.words],
            "level": node_keyterms.LEVEL,
        }
    )


def _near(bench: Workbench, text: node_keyterms.NearText) -> NearText:
    said = text._asdict()
    row = said.pop("example")
    return NearText(row=row, passage=passage_of(bench, row), **said)
