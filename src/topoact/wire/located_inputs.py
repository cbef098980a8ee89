"""Messages of a new input and its locations in the graphs: `TextInput` and `LocatedInput`."""

from typing import Any

from pydantic import Field

from topoact.interpret.query import MAX_CHARACTERS
from topoact.networks.protocol import Modality
from topoact.study import Study
from topoact.wire.model import WireModel
from topoact.workbench.output_names import display_name


class TextInput(WireModel):
    """A text to locate; an image is sent as the bytes of its file."""

    text: str = Field(max_length=MAX_CHARACTERS)


class Prediction(WireModel):
    """A class that the network predicts for an input, and its probability."""

    name: str
    share: float


class NodeDistance(WireModel):
    """A node that contains vectors of an input."""

    node: int
    distance: float = Field(description="From its nearest member, the smallest among these vectors.")
    margin: float | None = Field(description="How much nearer than the interval's next node, 0 to 1; null without one.")
    vectors: list[int] = Field(description="Numbers of these vectors among those of the input.")


class Neighbour(WireModel):
    """An example near an input."""

    point: int
    example: int
    distance: float


class LayerLocation(WireModel):
    """The location of an input in the graph of a layer."""

    layer: int
    name: str
    graph: str
    sentence: str
    n: int = Field(description="Number of vectors of the input in this layer; 0 if there is no graph.")
    n_inside: int
    nodes: list[NodeDistance] = Field(description="Those of most vectors first.")
    nearest: list[Neighbour]
    closest: int | None = Field(description="The nearest node, if no node contains the input.")
    distance: float | None = Field(description="From the nearest node, if there is one vector.")
    reach: float | None
    usual: float | None = Field(description="Largest reach of a vector that a node contains.")
    same: int | None = Field(description="The example that is identical to the input.")
    y: list[int]
    x: list[int]
    spans: list[tuple[int, int]] = Field(description="Start and end in the text of the word or token of each vector.")


class LocatedInput(WireModel):
    """An input and its locations; while its job runs, of the layers that are done."""

    digest: str
    kind: Modality
    text: str | None
    thumbnail: str | None = Field(description="A small image, as a data: address.")
    predictions: list[Prediction] = Field(description="At most three; empty where the network is no classifier.")
    notices: list[str]
    locations: list[LayerLocation]
    n_layers: int = Field(description="Number of locations when all are known; 0 before the network has run.")


def located_input_message(study: Study, digest: str, stored: dict[str, Any]) -> LocatedInput:
    """Return the stored record of an input as a message."""
    predictions = [{"name": display_name(study, name), "share": share} for name, share in stored["predictions"]]
    return LocatedInput.model_validate({**stored, "digest": digest, "predictions": predictions})


def waiting_input_message(digest: str, kind: Modality) -> LocatedInput:
    """Return the message of an input before the network has run."""
    empty: dict[str, Any] = {"predictions": [], "notices": [], "locations": [], "n_layers": 0}
    return LocatedInput.model_validate({"digest": digest, "kind": kind, "text": None, "thumbnail": None, **empty})
