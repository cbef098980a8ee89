"""Which classes a node argues for: its messages, and how they are made."""

from typing import Literal

from pydantic import Field

from topoact.study.cache import attributions as stored
from topoact.wire.model import WireModel
from topoact.workbench.nodes import node_attribution


class AttributionRequest(WireModel):
    """Ask which classes the nodes of a graph of a layer argue for."""

    layer: int
    graph: str = Field(pattern="^[0-9a-f]{16}$")


class AttributedClass(WireModel):
    """A class that a node argues for, or that its members come from."""

    output: int
    name: str
    rank: int = Field(description="Its place among all classes, by its attribution; 0 is the first.")
    attribution: float = Field(description="To its score, of what sets the node's mean apart from the layer's.")
    effect: float = Field(description="By how much its score at the node's mean differs from that at the layer's.")
    share: float = Field(description="Of the node's members that are of the class.")


class NodeAttribution(WireModel):
    """What a node argues for, beside where its members come from."""

    classes: list[AttributedClass] = Field(description="In the order of their rank.")
    n_classes: int
    members_by: Literal["label", "prediction"]
    said: str = Field(description="What the network says at the node's mean.")
    said_share: float
    flows_past: bool = Field(description="Whether something flows past the layer; it is that of a neutral input.")


class OutputWord(WireModel):
    """A token of a language model, as it is written, and its probability."""

    word: str
    share: float


class LogitLens(WireModel):
    """What a language model says with the mean of a node as its last state, the likeliest first."""

    output_words: list[OutputWord]


def logit_lens_message(found: list[stored.OutputWord]) -> LogitLens:
    """Return what a language model says."""
    return LogitLens(output_words=[OutputWord(**one._asdict()) for one in found])


def attribution_message(found: node_attribution.NodeAttribution) -> NodeAttribution:
    """Return what a node argues for."""
    told = {name: value for name, value in found._asdict().items() if name in NodeAttribution.model_fields}
    return NodeAttribution(**{**told, "classes": [AttributedClass(**one._asdict()) for one in found.classes]})
