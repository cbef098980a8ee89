"""Every JSON message that leaves the process. No logic lives here.

The TypeScript types of the explorer are generated from these models (``scripts/generate_types.py``), so a change is
made in this file alone.
"""

from typing import Annotated, Literal

from pydantic import Field

from topoact.analysis.shape.diagnosis import Code
from topoact.wire.attributions import AttributionRequest, LogitLens, NodeAttribution
from topoact.wire.images import (
    ActivationImage,
    InversionRequest,
    InversionTicket,
    NodeImage,
)
from topoact.wire.keyterms import KeyTerms
from topoact.wire.located_inputs import LocatedInput, TextInput
from topoact.wire.model import WireModel
from topoact.wire.shape import ShapeReport, Stability
from topoact.wire.texts import Passage
from topoact.workbench.settings import KnobKind

Rule = Annotated[str, Field(pattern=r"^(elbow|quantile:(0?\.\d+|0|1))(:interval)?$")]


class Choice(WireModel):
    """A value that a knob may take, in words, and the heading below which it is offered."""

    value: str
    label: str
    group: str


class Knob(WireModel):
    """One setting of the mapper graph and how to show it."""

    name: str
    label: str
    help: str
    kind: KnobKind
    default: int | float | str
    minimum: float | None
    maximum: float | None
    step: float | None
    choices: list[Choice] = Field(description="All values of a choice; none where they depend on the layer.")
    clusterers: list[str] = Field(description="The clusterers that have this setting; empty if all have it.")


class Settings(WireModel):
    """What determines a mapper graph of a layer."""

    lens: str
    cover: str
    n_intervals: int = Field(ge=1, le=10_000)
    overlap: float = Field(ge=0, lt=1)
    metric: str
    clusterer: str
    k: int = Field(ge=2)
    prominence: float = Field(ge=0)
    eps: float | Rule = Field(description="A number, or the rule by which it is read from the distances.")
    min_samples: int = Field(ge=1)


class Preset(WireModel):
    """Settings that go together, in words."""

    name: str
    label: str
    help: str
    settings: Settings


class LayerSummary(WireModel):
    """One layer of the study; `id` is its place in the list and its name in every address."""

    id: int
    name: str
    module: str
    policy: str
    n_points: int
    n_channels: int
    has_vectors: bool = Field(description="Without vectors the layer is one graph, which was imported.")
    grid: tuple[int, int] | None = Field(description="Height and width of the layer's map, when it has positions.")
    checkpoint: str | None = Field(description="Name of the network's weights, if they have one.")
    lenses: list[str] = Field(description="Lenses offered for this layer, the first is the default.")
    columns: list[str] = Field(description="Numeric columns of this layer's points: what was measured, its place.")


class Column(WireModel):
    """A column of the examples table. Categories are coded by their place in `categories`, −1 is missing."""

    name: str
    kind: Literal["category", "number"]
    categories: list[str] | None
    classes: bool = Field(description="Whether the categories are the classes of the study.")


class StudySummary(WireModel):
    """All that the explorer needs before it draws anything."""

    name: str
    version: str
    n_examples: int
    layers: list[LayerSummary]
    classes: list[str] = Field(description="Names that the codes of the label and prediction columns refer to.")
    columns: list[Column]
    knobs: list[Knob]
    defaults: Settings
    presets: list[Preset]
    projections: list[str] = Field(description="Projections that can be asked for: always 'pca', 'umap' if installed.")
    has_predictions: bool
    has_thumbnails: bool
    texts: Literal["text", "word"] | None = Field(description="What an example is, in a study of texts.")
    text_columns: list[str] = Field(description="Columns that can be searched: the texts, and texts of many values.")
    model: str | None
    preprocessing: str | None
    has_network: bool = Field(description="Whether the network was loaded with the study: new inputs can be located.")
    has_activation_images: bool = Field(description="Whether activation images can be made.")


class Anchor(WireModel):
    """A drawn graph beside whose nodes the nodes of the next are to be placed."""

    graph: str = Field(pattern="^[0-9a-f]{16}$")
    layout: str = Field(pattern="^[0-9a-f]{16}$")


class MapRequest(WireModel):
    """Ask for the graph of a layer; with `layout`, for a layout that was drawn before, if it is still stored."""

    layer: int
    settings: Settings
    anchor: Anchor | None = None
    layout: str | None = Field(default=None, pattern="^[0-9a-f]{16}$")


class Ticket(WireModel):
    """Answer to a request for something that may take long: `job` is null when the result is there already."""

    result: str
    job: str | None


class Caution(WireModel):
    """Something that a reader of the graph must know, in one sentence."""

    code: Code
    text: str


class Nodes(WireModel):
    """Nodes by column; row i is node i. `x`, `y` are layout units: the mean edge is about 1 long."""

    interval: list[int]
    size: list[int]
    lens_min: list[float] | None
    lens_mean: list[float]
    lens_max: list[float] | None
    medoid: list[int] | None = Field(description="Point nearest to the node's mean vector.")
    component: list[int]
    prominence: list[float | None] | None = Field(
        description="How far the mode of each node stands out, in multiples of the noise; null: no denser one is near."
    )
    mode: list[int] | None = Field(description="Point that is the mode: with the interval it names the node.")
    group: list[int] | None = Field(description="Node that each belongs to in the skeleton, among these.")
    x: list[float]
    y: list[float]


class Edges(WireModel):
    """Edges by column."""

    source: list[int]
    target: list[int]
    shared: list[int]
    jaccard: list[float]


class EpsilonCurve(WireModel):
    """The sorted k-NN distance of a sample of points, at even steps of rank, and where its knee lies."""

    k: int
    distances: list[float]
    elbow: float
    n_sampled: int


class ClassShare(WireModel):
    """A class, by its place among the names, and its share of the members of a node."""

    code: int
    share: float


class ImportedFacts(WireModel):
    """What an imported graph has in the place of what only vectors tell; a node's `interval` is its cube's number."""

    lens: str = Field(description="What the lens_mean of a node is: the mean of a lens, or 'cube'.")
    names: list[str] = Field(description="Name of each node in the file.")
    classes: list[str] = Field(description="Names of all classes that the file tells, those of most members first.")
    shares: list[list[ClassShare]] = Field(description="Largest classes of each node; empty if the file tells none.")
    is_whole: bool = Field(description="Whether n_points counts all points, not only up to the last in some node.")


class Graph(WireModel):
    """A mapper graph as drawn: its settings, intervals, nodes, edges, and what it leaves out.

    An imported graph has no settings, ε, lens values of points or medoids.
    """

    digest: str
    layout: str
    layer: int
    settings: Settings | None
    imported: ImportedFacts | None
    eps: float | tuple[float, float] | None = Field(
        description="The ε in use, resolved; the least and the greatest where each interval has its own."
    )
    stops: list[float] = Field(description="Other ε that are answered at once, in ascending order.")
    curve: EpsilonCurve | None
    n_points: int
    n_covered: int
    lens_range: tuple[float, float] | None
    intervals: list[tuple[float, float]]
    nodes: Nodes
    edges: Edges
    survivors: list[int] = Field(
        description="For each node the node of the anchor that it continues and whose place it keeps, or −1. Graphs of"
        " one layout are cuts of one tree: there nodes with the same interval and mode are the same."
    )
    warnings: list[Caution]


class StabilityRequest(WireModel):
    """Ask how much of the graph of a layer returns when it is built from some of the points."""

    layer: int
    settings: Settings


class ProjectionRequest(WireModel):
    """Ask for a projection of a layer's points to the plane."""

    layer: int
    kind: str


class RowsRequest(WireModel):
    """Ask for the identities of some examples."""

    rows: list[int] = Field(max_length=1000)


class ExampleId(WireModel):
    """The identity of one example, as in the user's data, and what it says."""

    row: int
    id: str
    passage: Passage | None


class SearchRequest(WireModel):
    """Ask which examples say something; with `whole` as a word of its own; by default in their texts."""

    query: str = Field(min_length=1, max_length=200)
    whole: bool
    column: str | None = None


class JobEvent(WireModel):
    """One step of a long piece of work, sent over the event stream."""

    job: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str
    done: int
    total: int
    eta: float | None = Field(description="Seconds left, when they can be told.")
    error: str | None


class Problem(WireModel):
    """Why a request was refused, in one sentence that can be shown as it is."""

    error: str


MESSAGES: tuple[type[WireModel], ...] = (
    StudySummary,
    MapRequest,
    Ticket,
    Graph,
    ShapeReport,
    StabilityRequest,
    Stability,
    InversionRequest,
    InversionTicket,
    ActivationImage,
    NodeImage,
    KeyTerms,
    AttributionRequest,
    NodeAttribution,
    LogitLens,
    LocatedInput,
    TextInput,
    ProjectionRequest,
    RowsRequest,
    SearchRequest,
    ExampleId,
    JobEvent,
    Problem,
)
