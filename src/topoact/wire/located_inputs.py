"""Messages of an input of the user's and its locations in the graphs: `LocatedInput`."""

from typing import Any, Literal

from pydantic import Field

from topoact.interpret.query import MOST_CHARACTERS
from topoact.study import Study
from topoact.wire.model import WireModel
from topoact.workbench.output_names import display_name

InputKind = Literal["image", "text"]


class TextInput(WireModel):
    """A text to locate; an image travels as it is."""

    text: str = Field(max_length=MOST_CHARACTERS)


class Prediction(WireModel):
    """A class that the network predicts for an input, and its probability."""

    name: str
    share: float


class NodeDistance(WireModel):
    """A node that holds vectors of an input."""

    node: int
    distance: float = Field(description="From its nearest member.")
    margin: float | None = Field(description="How much nearer than the next node of the interval; null without one.")
    vectors: list[int] = Field(description="Which of the input's vectors.")


class Neighbour(WireModel):
    """An example near to an input."""

    point: int
    example: int
    distance: float


class LayerLocation(WireModel):
    """Where an input lies in the graph of a layer."""

    layer: int
    name: str
    graph: str
    sentence: str
    n: int = Field(description="How many vectors the input has in this layer; 0 where there is no graph.")
    n_inside: int
    nodes: list[NodeDistance] = Field(description="Those of most vectors first.")
    nearest: list[Neighbour]
    closest: int | None = Field(description="The nearest node, where no node holds the input.")
    distance: float | None = Field(description="From the nearest node, where there is one vector.")
    reach: float | None
    usual: float | None = Field(description="What reach is at most where a node holds the input.")
    same: int | None = Field(description="The example that is identical to the input.")
    y: list[int]
    x: list[int]
    spans: list[tuple[int, int]] = Field(description="Where words or tokens begin and end in the text.")


class LocatedInput(WireModel):
    """An input and its locations; while its job runs, of the layers that are done."""

    digest: str
    kind: InputKind
    text: str | None
    thumbnail: str | None = Field(description="A small image, as a data: address.")
    predictions: list[Prediction] = Field(description="At most three; empty where the network is no classifier.")
    notices: list[str]
    locations: list[LayerLocation]
    n_layers: int = Field(description="How many locations there will be; 0 before the network has run.")


def located_input_message(study: Study, digest: str, stored: dict[str, Any]) -> LocatedInput:
    """Return what is stored of an input as a message."""
    predictions = [{"name": display_name(study, name), "share": share} for name, share in stored["predictions"]]
    return LocatedInput.model_validate({**stored, "digest": digest, "predictions": predictions})


def waiting_input_message(digest: str, kind: InputKind) -> LocatedInput:
    """Return the message of an input before the network has run."""
    nothing: dict[str, Any] = {"predictions": [], "notices": [], "locations": [], "n_layers": 0}
    return LocatedInput.model_validate({"digest": digest, "kind": kind, "text": None, "thumbnail": None, **nothing})
