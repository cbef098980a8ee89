"""Messages of class attribution, `NodeAttribution`, and of the logit lens of language models, `LogitLens`."""

from typing import Literal

from pydantic import Field

from topoact.study.cache import attributions as stored
from topoact.wire.model import WireModel
from topoact.workbench.nodes import node_attribution


class AttributionRequest(WireModel):
    """Ask for the class attributions of the nodes of a graph."""

    layer: int
    graph: str = Field(pattern="^[0-9a-f]{16}$")


class AttributedClass(WireModel):
    """A class with its attribution at a node, and its share of the members."""

    output: int
    name: str
    rank: int = Field(description="Rank among all classes by attribution; 0 is the largest.")
    attribution: float = Field(description="Attribution to its score of the node's mean minus the layer's.")
    effect: float = Field(description="Its score at the node's mean minus that at the layer's mean.")
    share: float = Field(description="Share of the node's members that are of the class.")


class NodeAttribution(WireModel):
    """The class attribution of a node, beside the classes of its members."""

    classes: list[AttributedClass] = Field(description="In the order of their rank.")
    n_classes: int
    members_by: Literal["label", "prediction"]
    prediction: str = Field(description="The likeliest class at the node's mean.")
    prediction_share: float
    is_bypassed: bool = Field(description="Whether the outputs depend on the inputs by paths around the layer, too.")


class OutputWord(WireModel):
    """A token of a language model, as it is written, and its probability."""

    word: str
    share: float


class LogitLens(WireModel):
    """The likeliest next tokens of a language model whose last state is the mean of a node, the likeliest first."""

    words: list[OutputWord]


def logit_lens_message(words: list[stored.OutputWord]) -> LogitLens:
    """Return the logit lens of a node as a message."""
    return LogitLens(words=[OutputWord(**word._asdict()) for word in words])


def attribution_message(node: node_attribution.NodeAttribution) -> NodeAttribution:
    """Return the class attribution of a node as a message."""
    fields = {name: value for name, value in node._asdict().items() if name in NodeAttribution.model_fields}
    return NodeAttribution(
        **{**fields, "classes": [AttributedClass(**attributed._asdict()) for attributed in node.classes]}
    )
