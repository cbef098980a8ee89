"""Activation images: their messages, and how they are made."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from topoact.study.cache.inversions import Inversion, Preview
from topoact.wire.model import WireModel
from topoact.workbench.images import targets
from topoact.workbench.images.activation_images import Named

MAX_TARGETS: Final = 512
"""Targets that may be asked for together."""

Number = Annotated[int, Field(ge=0)]


class NodesTarget(WireModel):
    """The mean of all members of some nodes, minus that of others if there are any."""

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
    """Ask for activation images of a layer, for targets that are spoken of in a graph of it."""

    layer: Number
    graph: str = Field(pattern="^[0-9a-f]{16}$")
    targets: list[Target] = Field(max_length=MAX_TARGETS)


class InversionTicket(WireModel):
    """Answer to a request for images: their names, in order; `job` is null when all are there already."""

    results: list[str]
    job: str | None


class SeenClass(WireModel):
    """A class that the network sees in an image, and how sure it is of it, 0 to 1."""

    name: str
    share: float


class ActivationImage(WireModel):
    """What is known of an activation image; while it is being made, no more than how far it is."""

    digest: str
    target: Target = Field(description="As it was asked for first: another graph may number its nodes otherwise.")
    label: str = Field(description="The target in words.")
    done: bool
    step: int
    steps: int = Field(description="0 before the first preview.")
    cosine: float | None = Field(description="Between the target and what the layer answers.")
    length: float | None = Field(description="Of that answer, over that of the target; null where it has no meaning.")
    lands: bool | None = Field(description="Whether that answer lies in the node; null where that cannot be told.")
    predictions: list[SeenClass] = Field(description="At most three; empty where the network is no classifier.")
    width: int | None
    height: int | None


class NodeImage(WireModel):
    """A finished image of a single node."""

    node: int
    digest: str
    cosine: float | None


def targets_of(request: InversionRequest) -> tuple[targets.Target, ...]:
    """Return the targets that a request names."""
    return tuple(_target(target) for target in request.targets)


def finished_image(name: str, found: Inversion) -> ActivationImage:
    """Return what is known of a finished image."""
    said, (width, height) = dict(found.target), found.size
    return ActivationImage(
        digest=name,
        label=said.pop("label"),
        target=_TARGETS[said["kind"]](**said),
        done=True,
        step=found.steps,
        steps=found.steps,
        cosine=found.cosine,
        length=found.length,
        lands=found.lands,
        predictions=[SeenClass(name=one.name, share=one.share) for one in found.predictions],
        width=width,
        height=height,
    )


def unfinished_image(name: str, target: targets.Target, preview: Preview | None) -> ActivationImage:
    """Return how far an image is."""
    said: dict[str, Any] = targets.described(target)
    return ActivationImage(
        digest=name,
        label=said.pop("label"),
        target=_TARGETS[target.kind](**said),
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


def node_images(found: dict[int, Named]) -> list[NodeImage]:
    """Return the finished images of the nodes of a graph."""
    return [NodeImage(node=node, digest=name, cosine=image.cosine) for node, (name, image) in found.items()]


def _target(said: NodesTarget | PointTarget | ChannelTarget) -> targets.Target:
    match said:
        case NodesTarget():
            return targets.NodesTarget(tuple(said.nodes), tuple(said.minus))
        case PointTarget():
            return targets.PointTarget(said.point)
        case ChannelTarget():
            return targets.ChannelTarget(said.channel)


_TARGETS: Final[dict[str, Any]] = {"nodes": NodesTarget, "point": PointTarget, "channel": ChannelTarget}
