"""JSON messages of the study, graphs, examples and jobs; `MESSAGES` lists all messages of this room.

The TypeScript types of the explorer are generated from them by ``scripts/generate_types.py``.
"""

from typing import Literal

from pydantic import Field

from topoact.analysis.shape.diagnosis import Code
from topoact.wire.attributions import AttributionRequest, LogitLens, NodeAttribution
from topoact.wire.exports import ExportRequest
from topoact.wire.graphs import Edges, EpsilonCurve, ImportedFacts, Labels, Nodes
from topoact.wire.images import ActivationImage, InversionRequest, InversionTicket, NodeImage
from topoact.wire.keyterms import KeyTerms
from topoact.wire.knobs import Knob, Preset, Settings
from topoact.wire.located_inputs import LocatedInput, TextInput
from topoact.wire.model import WireModel
from topoact.wire.shape import ShapeReport, Stability
from topoact.wire.texts import Passage
from topoact.workbench.graphs.drawings import Arrangement
from topoact.workbench.patch_views import Kind


class PatchFacts(WireModel):
    """What the pictures of a layer's points show of their photos, and the sentence that says it."""

    kind: Kind
    sentence: str


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
    patches: PatchFacts | None = Field(description="What the pictures of points show; null in a study without photos.")


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
    projections: list[str] = Field(
        description="Projections that can be asked for: always 'pca', 'umap' and 'tsne' if installed."
    )
    has_predictions: bool
    has_thumbnails: bool
    texts: Literal["text", "word"] | None = Field(description="Kind of the examples of a study of texts.")
    text_columns: list[str] = Field(description="Columns that can be searched: the texts, and texts of many values.")
    model: str | None
    preprocessing: str | None
    has_network: bool = Field(description="Whether the network was loaded with the study: new inputs can be located.")
    has_activation_images: bool = Field(description="Whether activation images can be made.")
    reader_token: str = Field(description="Token of links for reading only.")
    is_reader: bool = Field(description="Whether this is somebody who may only look.")


class Anchor(WireModel):
    """A drawn graph whose nodes keep their positions in the next drawing."""

    graph: str = Field(pattern="^[0-9a-f]{16}$")
    layout: str = Field(pattern="^[0-9a-f]{16}$")


class FirstScreenRequest(WireModel):
    """Ask for the finest cut of a layer's graph, from which the settings of the first screen follow."""

    layer: int
    settings: Settings


class FirstScreen(WireModel):
    """The settings under which a layer is seen first, and a sentence that says by which rule."""

    settings: Settings
    rule: str


class MapRequest(WireModel):
    """Ask for the graph of a layer; with `layout`, for an earlier layout if it is still stored and so arranged."""

    layer: int
    settings: Settings
    arrangement: Arrangement = Field(
        default="lens", description="'lens': each interval in a column of its own; 'free': by the edges alone."
    )
    anchor: Anchor | None = None
    layout: str | None = Field(default=None, pattern="^[0-9a-f]{16}$")


class PreviewRequest(WireModel):
    """Ask for a preview of the graph of a layer, made of a sample of its points; with `first` of its first screen."""

    layer: int
    settings: Settings
    arrangement: Arrangement = "lens"
    first: bool


class PreviewTicket(WireModel):
    """Answer to a request for a preview; `result` is null where the graph is stored, or made quickly."""

    result: str | None
    job: str | None


class Ticket(WireModel):
    """Answer to a request for a result that may take long; `job` is null if the result is stored already."""

    result: str
    job: str | None


class Caution(WireModel):
    """A caution for a reader of the graph, in one sentence."""

    code: Code
    text: str


class Graph(WireModel):
    """A mapper graph and one drawing of it: settings, intervals, nodes, edges, cautions.

    An imported graph has no settings, ε, lens values of points or medoids.
    """

    digest: str
    layout: str
    layer: int
    arrangement: Arrangement = Field(description="'free' also where the lens has but one column.")
    settings: Settings | None
    imported: ImportedFacts | None
    eps: float | tuple[float, float] | None = Field(
        description="The ε in use; the smallest and the largest where each interval has its own."
    )
    stops: list[float] = Field(description="ε of which graphs need no further distances, ascending.")
    curve: EpsilonCurve | None
    sample: int | None = Field(
        description="Points of which a preview is made, evenly drawn: the others are in no node. Null for the graph."
    )
    n_points: int
    n_covered: int
    lens_range: tuple[float, float] | None
    intervals: list[tuple[float, float]]
    nodes: Nodes
    edges: Edges
    drawn_share: float = Field(description="Share of the points shared along all edges that the drawn ones carry.")
    survivors: list[int] = Field(
        description="For each node the node of the anchor that it continues and whose position it keeps, by lens whose"
        " height, or −1. Graphs of one layout are cuts of one tree: there nodes with the same interval and mode are the"
        " same."
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
    FirstScreenRequest,
    FirstScreen,
    MapRequest,
    PreviewRequest,
    PreviewTicket,
    Ticket,
    Graph,
    Labels,
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
    ExportRequest,
    JobEvent,
    Problem,
)
