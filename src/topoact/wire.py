"""The shapes that leave the process: JSON as pydantic models, columns of numbers as one binary frame.

The TypeScript types of the explorer are generated from the models here (``scripts/generate_types.py``), so a change is
made in this file alone. No logic lives here.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

FRAME_MAGIC = b"TPA1"
FRAME_ALIGNMENT = 8


class WireModel(BaseModel):
    """Base of all messages: unknown fields are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Knob(WireModel):
    """One setting of the mapper graph and how to show it."""

    name: str
    label: str
    help: str
    kind: Literal["choice", "int", "float", "epsilon"]
    default: int | float | str
    minimum: float | None
    maximum: float | None
    step: float | None


class Settings(WireModel):
    """What determines a mapper graph of a layer."""

    lens: str
    n_intervals: int = Field(ge=1, le=10_000)
    overlap: float = Field(ge=0, lt=1)
    eps: float | Literal["elbow"]
    min_samples: int = Field(ge=1)


class LayerSummary(WireModel):
    """One layer of the study; `id` is its place in the list and its name in every address."""

    id: int
    name: str
    module: str
    policy: str
    n_points: int
    n_channels: int
    grid: tuple[int, int] | None = Field(description="Height and width of the layer's map, when it has positions.")
    lenses: list[str] = Field(description="Lenses offered for this layer, the first is the default.")


class Column(WireModel):
    """A column of the examples table. Categories are coded by their place in `categories`, −1 is missing."""

    name: str
    kind: Literal["category", "number"]
    categories: list[str] | None


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
    projections: list[str] = Field(description="Projections that can be asked for: always 'pca', 'umap' if installed.")
    has_labels: bool
    has_predictions: bool
    has_thumbnails: bool
    model: str | None
    preprocessing: str | None


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


class Warning(WireModel):
    """Something that a reader of the graph must know, in one sentence."""

    code: Literal["low_coverage", "one_blob", "bare_path", "fragments", "empty"]
    text: str


class Nodes(WireModel):
    """Nodes by column; row i is node i. `x`, `y` are layout units: the mean edge is about 1 long."""

    interval: list[int]
    size: list[int]
    lens_min: list[float]
    lens_mean: list[float]
    lens_max: list[float]
    medoid: list[int] = Field(description="Point nearest to the node's mean vector.")
    component: list[int]
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


class Graph(WireModel):
    """A mapper graph as drawn: its settings, intervals, nodes, edges, and what it leaves out."""

    digest: str
    layout: str
    layer: int
    settings: Settings
    eps: float = Field(description="The ε in use, resolved.")
    curve: EpsilonCurve | None
    n_points: int
    n_covered: int
    lens_range: tuple[float, float]
    intervals: list[tuple[float, float]]
    nodes: Nodes
    edges: Edges
    survivors: list[int] = Field(
        description="For each node the node of the anchor that it continues and whose place it keeps, or −1."
    )
    warnings: list[Warning]


class ProjectionRequest(WireModel):
    """Ask for a projection of a layer's points to the plane."""

    layer: int
    kind: str


class RowsRequest(WireModel):
    """Ask for the identities of some examples."""

    rows: list[int] = Field(max_length=1000)


class ExampleId(WireModel):
    """The identity of one example, as in the user's data."""

    row: int
    id: str


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


def encode_frame(arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """Pack named arrays for the browser.

    Layout: the magic ``TPA1``, the header's length (uint32), the header (UTF-8 JSON: name → dtype, shape, offset,
    where offset counts from the end of the padded header), then the little-endian arrays, each aligned to 8 bytes.

    Parameters
    ----------
    arrays
        Arrays of dtype int32, uint32, float32 or uint8.

    Returns
    -------
    bytes
        The frame; ``decodeFrame`` in ``frontend/src/api/frame.ts`` reads it.
    """
    header: dict[str, dict[str, Any]] = {}
    chunks: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        if array.dtype.name not in {"int32", "uint32", "float32", "uint8"}:
            raise TypeError(f"a frame holds int32, uint32, float32 or uint8: {name!r} is {array.dtype}")
        data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        header[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
        padding = -len(data) % FRAME_ALIGNMENT
        chunks += [data, b"\0" * padding]
        offset += len(data) + padding
    text = json.dumps(header).encode()
    text += b" " * (-(len(FRAME_MAGIC) + 4 + len(text)) % FRAME_ALIGNMENT)
    return b"".join([FRAME_MAGIC, len(text).to_bytes(4, "little"), text, *chunks])


MESSAGES: tuple[type[WireModel], ...] = (
    StudySummary,
    MapRequest,
    Ticket,
    Graph,
    ProjectionRequest,
    RowsRequest,
    ExampleId,
    JobEvent,
    Problem,
)
