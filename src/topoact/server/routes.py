"""`router`: the routes of the explorer's data. Each parses a request, calls the workbench and serializes the result."""

from collections.abc import Mapping

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from topoact.errors import UnknownName
from topoact.server import images, located_inputs, node_interpretation, patches
from topoact.server.dependencies import CACHE_NEVER, CACHE_SESSION, SANDBOXED, Bench, Digest, Jobs, RowIndex
from topoact.server.events import job_stream
from topoact.wire import messages, serialize, shape
from topoact.wire.graphs import Labels
from topoact.workbench import DrawingName, Workbench, texts
from topoact.workbench.graph_view import view_graph
from topoact.workbench.graphs.drawings import arrangement_of
from topoact.workbench.jobs.tasks import FirstScreenTask, MapTask, ProjectionTask, StabilityTask
from topoact.workbench.nodes.node_labels import label_nodes
from topoact.workbench.nodes.node_words import label_by_words
from topoact.workbench.shape import findings, is_measured, stored_consensus

router = APIRouter(prefix="/api")
router.include_router(images.router)
router.include_router(node_interpretation.router)
router.include_router(located_inputs.router)
router.include_router(patches.router)


@router.get("/study")
def study(bench: Bench) -> messages.StudySummary:
    """All that the explorer needs before it draws."""
    return serialize.study_summary(bench)


@router.post("/first-screens")
def ask_for_first_screen(request: messages.FirstScreenRequest, bench: Bench, jobs: Jobs) -> messages.Ticket:
    """Ask how a layer is seen first; the ticket's result is the finest cut of its graph, below ``graphs/``."""
    settings, layer = serialize.settings_of(request.settings), bench.study.layer(request.layer)
    digest = bench.key(layer, settings.finest)
    ready = bench.find_graph(digest) is not None
    return messages.Ticket(result=digest, job=None if ready else jobs.submit(FirstScreenTask(layer.name, settings)))


@router.get("/graphs/{digest}/first-screen")
def first_screen(digest: Digest, bench: Bench) -> messages.FirstScreen:
    """The settings under which a layer is seen first, from the finest cut of its graph."""
    return serialize.first_screen_message(bench, bench.graph(digest))


@router.post("/maps")
def ask_for_map(request: messages.MapRequest, bench: Bench, jobs: Jobs) -> messages.Ticket:
    """Ask for a graph; the ticket's result is its address below ``graphs/``."""
    settings = serialize.settings_of(request.settings)
    plan = bench.plan_drawing(request.layer, settings, _anchor(request, bench), request.arrangement)
    name = plan.name
    earlier = request.layout and DrawingName(name.graph, request.layout)
    if earlier and arrangement_of(bench.cache.load_drawing(*earlier)) == request.arrangement:
        name = earlier
    ready = bench.find_graph(name.graph) is not None and bench.cache.load_drawing(*name) is not None
    job = None if ready else jobs.submit(MapTask(plan))
    return messages.Ticket(result=f"{name.graph}/{name.layout}", job=job)


@router.get("/graphs/{digest}/members")
def members(digest: Digest, bench: Bench) -> Response:
    """Members of the nodes, uncovered points and lens values."""
    return _frame(serialize.members_frame(bench.graph(digest).graph), CACHE_SESSION)


@router.get("/graphs/{digest}/labels")
def labels(digest: Digest, column: str, bench: Bench) -> Labels:
    """Labels of nodes by a column of the examples: the values that are in a node more often than chance explains."""
    return serialize.labels_message(label_nodes(bench, digest, column))


@router.get("/graphs/{digest}/words")
def words(digest: Digest, bench: Bench) -> Labels:
    """Labels of all nodes of a study of texts: the words that are most over-represented in each."""
    return serialize.labels_message(label_by_words(bench, digest))


@router.get("/graphs/{digest}/shape")
def shape_report(digest: Digest, bench: Bench, column: str | None = None) -> shape.ShapeReport:
    """Components, loops and branches of a graph, named by the classes of a column of the examples."""
    return shape.shape_message(findings(bench, digest, column))


@router.post("/stabilities")
def ask_for_stability(request: messages.StabilityRequest, bench: Bench, jobs: Jobs) -> messages.Ticket:
    """Ask how much of a graph recurs over resamples; the ticket's result is the graph's name, below ``graphs/``."""
    settings = serialize.settings_of(request.settings)
    digest = bench.key(bench.study.layer(request.layer), settings)
    job = None if is_measured(bench, request.layer, settings) else jobs.submit(StabilityTask(request.layer, settings))
    return messages.Ticket(result=digest, job=job)


@router.get("/graphs/{digest}/stability")
def stability(digest: Digest, bench: Bench) -> shape.Stability:
    """How much of a graph recurs over resamples."""
    measured = bench.cache.load_stability(digest)
    if measured is None:
        raise UnknownName(f"the stability of graph {digest} was not measured: ask for it first")
    return shape.stability_message(measured, stored_consensus(bench, digest))


@router.get("/graphs/{digest}/{layout}")
def graph(digest: Digest, layout: Digest, bench: Bench, response: Response) -> messages.Graph:
    """A graph and one drawing of it."""
    response.headers.update(CACHE_SESSION)
    return serialize.graph_message(view_graph(bench, DrawingName(digest, layout)))


@router.get("/layers/{layer}/points")
def points(layer: RowIndex, bench: Bench) -> Response:
    """Example and position of every point of a layer."""
    return _frame(serialize.points_frame(bench.study.layer(layer)), CACHE_SESSION)


@router.post("/projections")
def ask_for_projection(request: messages.ProjectionRequest, bench: Bench, jobs: Jobs) -> messages.Ticket:
    """Ask for a projection; the ticket's result is its address below ``projections/``."""
    ready = bench.stored_projection(request.layer, request.kind) is not None
    job = None if ready else jobs.submit(ProjectionTask(request.layer, request.kind))
    return messages.Ticket(result=f"{request.layer}/{request.kind}", job=job)


@router.get("/projections/{layer}/{kind}")
def projection(layer: RowIndex, kind: str, bench: Bench) -> Response:
    """A projection of a layer's points."""
    positions = bench.stored_projection(layer, kind)
    if positions is None:
        raise UnknownName(f"there is no projection {kind!r} of layer {layer}: ask for it anew")
    return _frame(serialize.projection_frame(positions), CACHE_SESSION)


@router.get("/examples/columns")
def columns(bench: Bench) -> Response:
    """Columns of the examples table, coded."""
    return _frame(serialize.columns_frame(bench), CACHE_SESSION)


@router.post("/examples")
def examples(request: messages.RowsRequest, bench: Bench) -> list[messages.ExampleId]:
    """Identities of examples."""
    return serialize.example_ids(bench, request.rows)


@router.post("/examples/search")
def search(request: messages.SearchRequest, bench: Bench) -> Response:
    """Rows of the examples that match a query."""
    return _frame(serialize.search_frame(texts.search(bench.study, **request.model_dump())))


@router.get("/examples/{row}/thumbnail")
def thumbnail(row: RowIndex, bench: Bench) -> Response:
    """The small image of an example."""
    image = bench.study.thumbnail(row)
    if image is None:
        raise UnknownName(f"example {row} has no image")
    content, media_type = image
    return Response(content, media_type=media_type, headers=CACHE_SESSION | SANDBOXED)


@router.get("/events")
async def events(jobs: Jobs) -> StreamingResponse:
    """Progress of all jobs."""
    return StreamingResponse(job_stream(jobs.runner), media_type="text/event-stream", headers=CACHE_NEVER)


@router.delete("/jobs/{job}", status_code=204)
def cancel(job: str, jobs: Jobs) -> None:
    """Stop a job; does nothing if it has ended."""
    if not jobs.cancel(job) and all(job != status.job for status in jobs.runner.statuses()):
        raise UnknownName(f"there is no job {job!r}")


def _anchor(request: messages.MapRequest, bench: Workbench) -> DrawingName | None:
    """Return the anchor of the request if it is still stored."""
    if request.anchor is None:
        return None
    anchor = DrawingName(request.anchor.graph, request.anchor.layout)
    return anchor if bench.cache.load_drawing(*anchor) is not None else None


def _frame(content: bytes, headers: Mapping[str, str] = CACHE_NEVER) -> Response:
    return Response(content, media_type="application/octet-stream", headers=headers)
