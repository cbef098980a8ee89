"""`FILE_KINDS`: the kinds of files that a graph can leave as, and `make_file`, which makes one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple

import pyarrow as pa

from topoact.analysis.drawing.figure import WIDTHS
from topoact.analysis.drawing.png import png_of
from topoact.analysis.drawing.scene import Scene
from topoact.analysis.drawing.svg import svg_of
from topoact.workbench.bench import Workbench
from topoact.workbench.graph_view import GraphView
from topoact.workbench.leaving.csv_table import csv_of, n_formulas
from topoact.workbench.leaving.graph_files import graph_json, graphml, kepler_mapper_json
from topoact.workbench.leaving.snippet import snippet
from topoact.workbench.leaving.tables import member_table, node_table, parquet_of
from topoact.workbench.look import Look
from topoact.workbench.scene import build_scene


@dataclass(frozen=True, slots=True)
class Order:
    """What is to leave: a graph as it is looked at, on paper of a width."""

    bench: Workbench
    view: GraphView
    look: Look = field(default_factory=Look)
    width: float = WIDTHS["two columns"]
    """Millimetres of a picture."""
    path: Path | None = None
    """The study's folder as code names it; its whole path by default."""


class Made(NamedTuple):
    """A file."""

    content: bytes
    notice: str = ""
    """What a reader of it has to know."""


class FileKind(NamedTuple):
    """A kind of file."""

    suffix: str
    media_type: str
    make: Callable[[Order], Made]
    is_picture: bool = False
    is_coloured: bool = True
    """Whether it says something of the column that colours."""


def _picture(render: Callable[[Scene, float], bytes]) -> Callable[[Order], Made]:
    return lambda order: Made(render(build_scene(order.bench, order.view, order.look), order.width))


def _csv(table: pa.Table) -> Made:
    n_cells = n_formulas(table)
    notice = f"{n_cells:,} of its texts begin as formulas do and have an apostrophe before them" if n_cells else ""
    return Made(csv_of(table), notice)


def _nodes(order: Order) -> pa.Table:
    return node_table(order.bench, order.view, order.look)


def _members(order: Order) -> pa.Table:
    return member_table(order.bench, order.view)


Kind = Literal[
    "svg",
    "png",
    "nodes.csv",
    "nodes.parquet",
    "members.csv",
    "members.parquet",
    "json",
    "graphml",
    "keplermapper.json",
    "py",
]
"""Names of the kinds of files, which end the names of the files."""

CSV, PARQUET, JSON = "text/csv; charset=utf-8", "application/vnd.apache.parquet", "application/json"
FILE_KINDS: Final[dict[Kind, FileKind]] = {
    "svg": FileKind(".svg", "image/svg+xml", _picture(svg_of), is_picture=True),
    "png": FileKind(".png", "image/png", _picture(png_of), is_picture=True),
    "nodes.csv": FileKind(".csv", CSV, lambda order: _csv(_nodes(order))),
    "nodes.parquet": FileKind(".parquet", PARQUET, lambda order: Made(parquet_of(_nodes(order)))),
    "members.csv": FileKind(".csv", CSV, lambda order: _csv(_members(order)), is_coloured=False),
    "members.parquet": FileKind(
        ".parquet", PARQUET, lambda order: Made(parquet_of(_members(order))), is_coloured=False
    ),
    "json": FileKind(".json", JSON, lambda order: Made(graph_json(order.bench, order.view, order.look))),
    "graphml": FileKind(
        ".graphml",
        "application/graphml+xml",
        lambda order: Made(graphml(order.bench, order.view, order.look)),
    ),
    "keplermapper.json": FileKind(".json", JSON, lambda order: Made(kepler_mapper_json(order.view)), is_coloured=False),
    "py": FileKind(
        ".py",
        "text/x-python; charset=utf-8",
        lambda order: Made(snippet(order.bench, order.view, order.path).encode()),
        is_coloured=False,
    ),
}
"""By their names."""


def make_file(kind: Kind, order: Order) -> Made:
    """Return a file; equal graphs and looks give equal bytes.

    Parameters
    ----------
    kind
        A name in `FILE_KINDS`.
    order
        What is to leave.

    Raises
    ------
    UnknownName
        If there is no such column.
    InvalidInput
        If the width is out of range, or pictures are asked for where there are none.
    """
    return FILE_KINDS[kind].make(order)


def file_name(kind: Kind, view: GraphView) -> str:
    """Return the name under which a file of a graph is kept: its layer, its digest and its kind."""
    return f"{view.stored.layer.key}-{view.stored.digest}.{kind}"
