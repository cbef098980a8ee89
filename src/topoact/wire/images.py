"""Messages of activation images: `InversionRequest`, `ActivationImage`, `NodeImage`, and functions that make them."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from topoact.study.cache.inversions import Inversion, Preview
from topoact.wire.model import WireModel
from topoact.workbench.images import targets
from topoact.workbench.images.activation_images import NamedImage

MAX_TARGETS: Final = 512
"""Targets of one request."""

Number = Annotated[int, Field(ge=0)]


class NodesTarget(WireModel):
    """The mean of the members of one or more nodes, minus that of others if there are any."""

    kind: Literal["nodes"]
    nodes: list[Number]
    minus: list[Number]


class PointTarget(WireModel):
    """The vector of a point."""

    kind: Literal["point"]
    point: Number


class ChannelTarget(WireModel):
    """The direction of a channel."""

    kind: Literal["channel"]
    channel: Number


Target = Annotated[NodesTarget | PointTarget | ChannelTarget, Field(discriminator="kind")]


class InversionRequest(WireModel):
    """Ask for activation images of a layer, for targets of one of its graphs."""

    layer: Number
    graph: str = Field(pattern="^[0-9a-f]{16}$")
    targets: list[Target] = Field(max_length=MAX_TARGETS)


class InversionTicket(WireModel):
    """Answer to a request for images: their names, in order; `job` is null if all are finished."""

    results: list[str]
    job: str | None


class SeenClass(WireModel):
    """A class that the network predicts for an image, and its probability."""

    name: str
    share: float


class ActivationImage(WireModel):
    """The facts of an activation image; until it is finished only its target and progress."""

    digest: str
    target: Target = Field(description="Target of the first request: another graph may number its nodes otherwise.")
    label: str = Field(description="The target in words.")
    done: bool
    step: int
    steps: int = Field(description="0 before the first preview.")
    cosine: float | None = Field(description="Cosine between the image's vector in the layer and the target.")
    length: float | None = Field(description="Length of that vector over that of the target; null for a direction.")
    lands: bool | None = Field(description="Whether that vector is in a node of the target; null for a direction.")
    predictions: list[SeenClass] = Field(description="At most three; empty where the network is no classifier.")
    width: int | None
    height: int | None


class NodeImage(WireModel):
    """A finished image of a single node."""

    node: int
    digest: str
    cosine: float | None


def targets_of(request: InversionRequest) -> tuple[targets.Target, ...]:
    """Return the targets of a request."""
    return tuple(_target(target) for target in request.targets)


def finished_image(name: str, inversion: Inversion) -> ActivationImage:
    """Return the message of a finished image."""
    record, (width, height) = dict(inversion.target), inversion.size
    return ActivationImage(
        digest=name,
        label=record.pop("label"),
        target=_TARGETS[record["kind"]](**record),
        done=True,
        step=inversion.steps,
        steps=inversion.steps,
        cosine=inversion.cosine,
        length=inversion.length,
        lands=inversion.lands,
        predictions=[SeenClass(name=seen.name, share=seen.share) for seen in inversion.predictions],
        width=width,
        height=height,
    )


def unfinished_image(name: str, target: targets.Target, preview: Preview | None) -> ActivationImage:
    """Return the message of an image that is waiting or being made."""
    record: dict[str, Any] = targets.target_record(target)
    return ActivationImage(
        digest=name,
        label=record.pop("label"),
        target=_TARGETS[target.kind](**record),
        done=False,
        step=preview.step if preview else 0,
        steps=preview.steps if preview else 0,
        cosine=None,
        length=None,
        lands=None,
        predictions=[],
        width=preview.size[0] if preview else None,
        height=preview.size[1] if preview else None,
    )


def node_images(images: dict[int, NamedImage]) -> list[NodeImage]:
    """Return the messages of the finished images of the nodes of a graph."""
    return [NodeImage(node=node, digest=name, cosine=inversion.cosine) for node, (name, inversion) in images.items()]


def _target(message: NodesTarget | PointTarget | ChannelTarget) -> targets.Target:
    match message:
        case NodesTarget():
            return targets.NodesTarget(tuple(message.nodes), tuple(message.minus))
        case PointTarget():
            return targets.PointTarget(message.point)
        case ChannelTarget():
            return targets.ChannelTarget(message.channel)


_TARGETS: Final[dict[str, Any]] = {"nodes": NodesTarget, "point": PointTarget, "channel": ChannelTarget}
