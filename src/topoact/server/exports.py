"""The route of files that leave: pictures, tables, graphs and code, made as the command line makes them."""

from pathlib import Path
from threading import BoundedSemaphore
from typing import Final

from fastapi import APIRouter, Request, Response

from topoact.errors import InvalidInput
from topoact.server.dependencies import CACHE_NEVER, SANDBOXED, Bench
from topoact.server.security import is_reader
from topoact.wire.exports import ExportRequest, look_of
from topoact.workbench import DrawingName
from topoact.workbench.graph_view import GraphView, view_graph
from topoact.workbench.leaving.kinds import FILE_KINDS, Kind, Order, file_name, make_file

router = APIRouter()

AT_ONCE: Final = 2
"""Files that are made at the same time; further requests wait."""
MAX_ROWS: Final = 3_000_000
"""Rows of a table of members that a page is given."""
NOTICE: Final = "x-topoact-notice"
"""Header with what a reader of the file has to know."""
_turns = BoundedSemaphore(AT_ONCE)


@router.post("/exports")
def export(request: ExportRequest, bench: Bench, http: Request) -> Response:
    """A file of a graph as it is looked at."""
    view = view_graph(bench, DrawingName(request.graph, request.layout))
    _check_size(request.kind, view)
    path = Path(bench.study.path.name) if is_reader(http) else None
    with _turns:
        made = make_file(request.kind, Order(bench, view, look_of(request), request.width, path))
    name = {"content-disposition": f'attachment; filename="{file_name(request.kind, view)}"'}
    headers = CACHE_NEVER | SANDBOXED | name | ({NOTICE: made.notice} if made.notice else {})
    return Response(made.content, media_type=FILE_KINDS[request.kind].media_type, headers=headers)


def _check_size(kind: Kind, view: GraphView) -> None:
    n_rows = len(view.graph.memberships.indices)
    if kind in ("members.csv", "members.parquet", "keplermapper.json") and n_rows > MAX_ROWS:
        command = f"topoact export STUDY --layer {view.stored.layer.name} --members -o FILE"
        raise InvalidInput(f"{n_rows:,} members are more than {MAX_ROWS:,}: write them with {command}")
