"""Messages of the key terms of a node, `KeyTerms`, made by `keyterms_message`."""

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
    inside: int = Field(description="Points of the node with the same text.")
    total: int = Field(description="Points of the layer with the same text.")


class KeyTerm(WireModel):
    """A word that is over-represented in the texts of the node."""

    word: str
    inside: int = Field(description="Texts of the node that contain it.")
    total: int = Field(description="Texts of the layer that contain it.")
    expected: float = Field(description="Expected number of texts of the node in a random draw.")
    log_odds: float
    q: float = Field(description="Smallest false discovery rate at which it is a key term.")


class KeyTerms(WireModel):
    """The key terms of a node, which are over-represented words, and the texts nearest to its mean."""

    unit: Literal["text", "word"]
    metric: Literal["euclidean", "cosine"]
    nearest: list[NearText]
    words: list[KeyTerm]
    n_key_terms: int = Field(description="Number of key terms; those of the smallest q are listed.")
    n_words: int = Field(description="Number of tested words.")
    n_inside: int
    n_texts: int
    level: float = Field(description="Expected share of false discoveries among the key terms.")
    first: int | None = Field(description="Words of each text that are counted; null: all.")


def keyterms_message(bench: Workbench, keyterms: node_keyterms.KeyTerms) -> KeyTerms:
    """Return the key terms of a node as a message."""
    return KeyTerms(
        **{
            **keyterms._asdict(),
            "nearest": [_near(bench, text) for text in keyterms.nearest],
            "words": [KeyTerm(**word._asdict()) for word in keyterms.words],
            "level": node_keyterms.FALSE_DISCOVERY_RATE,
        }
    )


def _near(bench: Workbench, text: node_keyterms.NearText) -> NearText:
    fields = text._asdict()
    row = fields.pop("example")
    return NearText(row=row, passage=passage_of(bench, row), **fields)
