"""JSON messages of the study, graphs, examples and jobs; `MESSAGES` lists all messages of this room.

The TypeScript types of the explorer are generated from them by ``scripts/generate_types.py``.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from topoact.analysis.shape.diagnosis import Code
from topoact.mapper.clusterers.epsilon import parse_rule
from topoact.wire.attributions import AttributionRequest, LogitLens, NodeAttribution
from topoact.wire.images import ActivationImage, InversionRequest, InversionTicket, NodeImage
from topoact.wire.keyterms import KeyTerms
from topoact.wire.located_inputs import LocatedInput, TextInput
from topoact.wire.model import WireModel
from topoact.wire.shape import ShapeReport, Stability
from topoact.wire.texts import Passage
from topoact.workbench.settings import BOUNDS, KnobKind


def _rule(text: str) -> str:
    """Return a rule for ε as it is written, if it is one."""
    parse_rule(text)
    return text


Rule = Annotated[str, AfterValidator(_rule)]


class Choice(WireModel):
    """A value that a knob may take, its label, and the heading of the menu under which it is offered."""

    value: str
    label: str
    group: str


class Knob(WireModel):
    """A setting of the mapper graph: its label, help, kind and bounds."""

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
    """All that determines the mapper graph of a layer."""

    lens: str
    cover: str
    n_intervals: int = Field(ge=1, le=BOUNDS["n_intervals"][1])
    overlap: float = Field(ge=0, lt=1)
    metric: str
    clusterer: str
    k: int = Field(ge=2)
    prominence: float = Field(ge=0)
    eps: float | Rule = Field(description="A number, or the rule by which it is chosen from the distances.")
    min_samples: int = Field(ge=1)


class Preset(WireModel):
    """Settings that go together, their label and help."""

    name: str
    label: str
    help: str
    settings: Settings


class LayerSummary(WireModel):
    """A layer of the study; `id` is its number in the list and in every address."""

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
    columns: list[str] = Field(description="Numeric columns of this layer's points: measured values, position.")


class Column(WireModel):
    """A column of the examples table. Categories are coded by their index in `categories`, −1 is missing."""

    name: str
    kind: Literal["category", "number"]
    categories: list[str] | None
    classes: bool = Field(description="Whether the categories are the classes of the study.")


class StudySummary(WireModel):
    """All that the explorer needs before it draws."""

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
    texts: Literal["text", "word"] | None = Field(description="Kind of the examples of a study of texts.")
    text_columns: list[str] = Field(description="Columns that can be searched: the texts, and texts of many values.")
    model: str | None
    preprocessing: str | None
    has_network: bool = Field(description="Whether the network was loaded with the study: new inputs can be located.")
    has_activation_images: bool = Field(description="Whether activation images can be made.")


class Anchor(WireModel):
    """A drawn graph whose nodes keep their positions in the next drawing."""

    graph: str = Field(pattern="^[0-9a-f]{16}$")
    layout: str = Field(pattern="^[0-9a-f]{16}$")


class MapRequest(WireModel):
    """Ask for the graph of a layer; with `layout`, for an earlier layout if it is still stored."""

    layer: int
    settings: Settings
    anchor: Anchor | None = None
    layout: str | None = Field(default=None, pattern="^[0-9a-f]{16}$")


class Ticket(WireModel):
    """Answer to a request for a result that may take long; `job` is null if the result is stored already."""

    result: str
    job: str | None


class Caution(WireModel):
    """A caution for a reader of the graph, in one sentence."""

    code: Code
    text: str


class Nodes(WireModel):
    """Nodes by column; row i is node i. `x`, `y` are layout units: the mean edge is about 1 long."""

    interval: list[int]
    size: list[int]
    lens_min: list[float] | None
    lens_mean: list[float]
    lens_max: list[float] | None
    medoid: list[int] | None = Field(description="Member nearest to the node's mean vector.")
    component: list[int]
    prominence: list[float | None] | None = Field(
        description="How far the mode of each node stands out, in multiples of the noise; null: no denser one is near."
    )
    mode: list[int] | None = Field(description="Point of the mode; it and the interval identify the node.")
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
    """The sorted distances to the k-th neighbour of a sample of points, at even steps of rank, and their knee."""

    k: int
    distances: list[float]
    elbow: float
    n_sampled: int


class ClassShare(WireModel):
    """A class, by its index among the names, and its share of the members of a node."""

    code: int
    share: float


class ImportedFacts(WireModel):
    """Facts of a graph imported without vectors; the `interval` of a node is the number of its cube."""

    lens: str = Field(description="Lens whose mean is the lens_mean of a node, or 'cube'.")
    names: list[str] = Field(description="Name of each node in the file.")
    classes: list[str] = Field(description="Names of all classes in the file, those of most members first.")
    shares: list[list[ClassShare]] = Field(description="Largest classes of each node; empty if the file has none.")
    is_whole: bool = Field(description="Whether n_points counts all points, not only up to the last in some node.")


class Graph(WireModel):
    """A mapper graph and one drawing of it: settings, intervals, nodes, edges, cautions.

    An imported graph has no settings, ε, lens values of points or medoids.
    """

    digest: str
    layout: str
    layer: int
    settings: Settings | None
    imported: ImportedFacts | None
    eps: float | tuple[float, float] | None = Field(
        description="The ε in use; the smallest and the largest where each interval has its own."
    )
    stops: list[float] = Field(description="ε of which graphs need no further distances, ascending.")
    curve: EpsilonCurve | None
    n_points: int
    n_covered: int
    lens_range: tuple[float, float] | None
    intervals: list[tuple[float, float]]
    nodes: Nodes
    edges: Edges
    survivors: list[int] = Field(
        description="For each node the node of the anchor that it continues and whose position it keeps, or −1. Graphs"
        " of one layout are cuts of one tree: there nodes with the same interval and mode are the same."
    )
    warnings: list[Caution]


class StabilityRequest(WireModel):
    """Ask how much of the graph of a layer recurs when it is built from a part of the points."""

    layer: int
    settings: Settings


class ProjectionRequest(WireModel):
    """Ask for a projection of a layer's points to the plane."""

    layer: int
    kind: str


class RowsRequest(WireModel):
    """Ask for the identities of examples."""

    rows: list[int] = Field(max_length=1000)


class ExampleId(WireModel):
    """The identity of an example in the user's data, and its text."""

    row: int
    id: str
    passage: Passage | None


class SearchRequest(WireModel):
    """Ask which examples match a query, with `whole` as whole words, in a column or by default in their texts."""

    query: str = Field(min_length=1, max_length=200)
    whole: bool
    column: str | None = None


class JobEvent(WireModel):
    """The status of a job, sent over the event stream."""

    job: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str
    done: int
    total: int
    eta: float | None = Field(description="Estimated seconds left; null if unknown.")
    error: str | None


class Problem(WireModel):
    """Why a request was refused, in one sentence for display."""

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
