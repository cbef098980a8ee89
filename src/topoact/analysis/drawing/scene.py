"""`Scene`: a drawing of a mapper graph as plain data, which every renderer reads.

Nothing here is in pixels or millimetres: positions and radii are layout units, x to the right and y upward, widths of
edges are shares of the widest. What a renderer adds are sizes, fonts, and places of the texts.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Slice(NamedTuple):
    """A part of a node's pie."""

    colour: str
    """Hexadecimal, as "#4a63d0"."""
    share: float
    """Of the whole pie."""


class Picture(NamedTuple):
    """The file of an image in a node."""

    content: bytes
    media_type: str
    """``image/png`` or ``image/jpeg``."""


@dataclass(frozen=True, slots=True)
class SceneNode:
    """A node: a disc of slices, or a picture."""

    x: float
    y: float
    radius: float
    slices: tuple[Slice, ...]
    """Their shares add up to 1; one slice is a plain disc. A picture has the colour of the largest round it, if any."""
    title: str
    """What is said of the node where one can ask."""
    label: str = ""
    """What is written beside it."""
    strength: float = 1.0
    """From 0, not seen, to 1: nodes whose members disagree are faded."""
    picture: Picture | None = None


class SceneEdge(NamedTuple):
    """An edge: the numbers of its ends, and its width as a share of the widest."""

    source: int
    target: int
    width: float


class Swatch(NamedTuple):
    """A colour and what it stands for."""

    colour: str
    text: str


class Ramp(NamedTuple):
    """Colours of numbers, from the least to the greatest."""

    colours: tuple[str, ...]
    low: str
    high: str


class SizeKey(NamedTuple):
    """A radius in layout units and how many points it stands for."""

    radius: float
    text: str


class WidthKey(NamedTuple):
    """A width of edges, as a share of the widest, and what it stands for."""

    width: float
    text: str


@dataclass(frozen=True, slots=True)
class SceneLegend:
    """What the marks of a scene stand for."""

    title: str
    """What the colours stand for; empty where nodes have none."""
    swatches: tuple[Swatch, ...] = ()
    ramp: Ramp | None = None
    sizes: tuple[SizeKey, ...] = ()
    widths: tuple[WidthKey, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences on the other marks, as that of faded nodes."""


class Tick(NamedTuple):
    """A border between two columns, and the lens value there."""

    x: float
    value: float


@dataclass(frozen=True, slots=True)
class LensScale:
    """The scale of the lens below the columns of a drawing whose x is the lens."""

    title: str
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawing of a mapper graph, with all that is written around it."""

    title: str
    """Name of the study and of the layer."""
    nodes: tuple[SceneNode, ...]
    edges: tuple[SceneEdge, ...]
    legend: SceneLegend
    scale: LensScale | None
    """None where x is not the lens."""
    caption: tuple[str, ...]
    """Phrases that say what graph this is, how it was made, and what is left out."""
