"""The request for a file of a graph: `ExportRequest`, and `look_of`, what it says of the picture."""

from typing import Annotated, Final

from pydantic import Field

from topoact.analysis.drawing.figure import MAX_WIDTH, MIN_WIDTH, WIDTHS
from topoact.wire.model import WireModel
from topoact.workbench.leaving.kinds import Kind
from topoact.workbench.look import Look

MAX_PINS: Final = 10_000
"""Nodes of one request that were moved by hand."""
MAX_NAME: Final = 10_000
"""Characters of the name of a column."""

Share = Annotated[float, Field(ge=0, le=1)]


class ExportRequest(WireModel):
    """Ask for a file of a graph as it is looked at."""

    graph: str = Field(pattern="^[0-9a-f]{16}$")
    layout: str = Field(pattern="^[0-9a-f]{16}$")
    kind: Kind
    colour: str | None = Field(default=None, max_length=MAX_NAME, description="Column that colours, or 'lens'.")
    pies: bool = True
    labels: bool = True
    fade: bool = Field(default=True, description="Whether nodes are faded whose members disagree.")
    images: bool | None = Field(default=None, description="Whether nodes are pictures; null: at positions in images.")
    weaker: Share = Field(default=0, description="Share of the edges that are not drawn at first which is brought in.")
    min_jaccard: Share = 0
    min_size: int = Field(default=1, ge=1)
    pins: list[tuple[Annotated[int, Field(ge=0)], float, float]] = Field(default=[], max_length=MAX_PINS)
    width: float = Field(default=WIDTHS["two columns"], ge=MIN_WIDTH, le=MAX_WIDTH, description="Millimetres.")


def look_of(request: ExportRequest) -> Look:
    """Return what a request says of the picture."""
    return Look(
        colour=request.colour,
        images=request.images,
        pies=request.pies,
        labels=request.labels,
        fade=request.fade,
        weaker=request.weaker,
        min_jaccard=request.min_jaccard,
        min_size=request.min_size,
        pins={node: (x, y) for node, x, y in request.pins},
    )
