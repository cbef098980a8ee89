"""`visit`: everything that the explorer, the command line and a notebook read of a study, once."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from starlette.types import ASGIApp, Message

from topoact.errors import TopoActError
from topoact.mapper import MapperGraph, no_progress
from topoact.server.app import make_app
from topoact.study import Layer
from topoact.study.append import Addition, reopen
from topoact.workbench import MapSettings, Workbench, open_workbench
from topoact.workbench.images.activation_images import ActivationImages

N_EXAMPLES: Final = 40
SETTINGS: Final = (
    MapSettings(n_intervals=3, k=3),
    MapSettings(n_intervals=3, clusterer="dbscan", eps=2.0, min_samples=2),
)
LOCATED: Final = "0123456789abcdef"
_apps: list[Any] = []
"""The application behind the gate, which is made once for all studies."""
Answers = dict[str, str]
"""What each step of a visit gave: a digest of it, or the sentence of a refusal, which begins with "refused: "."""


def visit(path: Path) -> Answers:
    """Do with a study what the explorer, the command line and a notebook do, but for running its network.

    Only errors that TopoAct raises on purpose are taken for answers; any other ends the visit.
    """
    answers: Answers = {}
    try:
        bench = open_workbench(path)
    except TopoActError as error:
        return {"open": f"refused: {error}"}
    for name, step in _steps(bench):
        try:
            answers[name] = _digest(step())
        except TopoActError as error:
            answers[name] = f"refused: {error}"
    bench.close()
    try:
        bench = open_workbench(path)
    except TopoActError as error:
        return answers | {"open again": f"refused: {error}"}
    return answers | asyncio.run(_served(bench))


def _steps(bench: Workbench) -> Iterator[tuple[str, Callable[[], Any]]]:
    study = bench.study
    yield "summary", lambda: [study.manifest.to_json(), bench.default_settings, study.manifest.model]
    yield "examples", lambda: study.examples.astype(str).to_numpy().tolist()
    for row in (0, study.n_examples // 2, study.n_examples - 1):
        yield f"thumbnail {row}", partial(study.thumbnail, row)
    for layer in map(study.layer, study.layers):
        for name, step in _layer_steps(bench, layer):
            yield f"{layer.name} {name}", step
    if study.manifest.model:
        yield "tail", lambda: _tail(Addition(study, of_examples=True, n_inputs=1, batch_size=1))


def _layer_steps(bench: Workbench, layer: Layer) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "points", lambda: layer.points.to_numpy().tolist()
    yield "measured", lambda: layer.measured
    yield "labels", lambda: layer.metadata("label").astype(str).tolist()
    if layer.has_vectors:
        yield "vectors", layer.vectors
    is_first = layer.name == bench.layers[0]
    for settings in (*SETTINGS[: 2 if is_first else 1], MapSettings(n_intervals=2, k=3)):
        yield f"map {settings}", partial(_map, bench, layer.name, settings)


def _map(bench: Workbench, layer: str, settings: MapSettings) -> list[Any]:
    return _graph(bench.map(layer, settings))


def _graph(graph: MapperGraph) -> list[Any]:
    tables = [graph.nodes.round(6).to_numpy().tolist(), graph.edges.to_numpy().tolist()]
    return [*tables, *graph.memberships, graph.coverage]


def _tail(addition: Addition) -> list[Any]:
    """Return what an append of examples would go on with."""
    with TemporaryDirectory() as folder:
        reopen(Path(folder), addition, {})
    tail = addition.tail()
    return [len(tail), *(points.vectors for points in tail.layers.values())]


async def _served(bench: Workbench) -> Answers:
    """Return what the server answers to the requests of the explorer's page."""
    if not _apps:
        gate: Any = make_app(bench, token="t", port=1)  # noqa: S106
        _apps.append(gate.app)
    app, jobs = _apps[0], _Jobs(bench)
    app.state.bench, app.state.images, app.state.jobs = bench, ActivationImages(bench), jobs
    answers: Answers = {}

    async def ask(address: str, body: Any = None) -> Any:
        status, content = await _ask(app, address, body)
        said = content if status == 200 else b""
        if said and "job" in (fields := json.loads(said) if said[:1] == b"{" else {}):
            said = json.dumps({**fields, "job": None}).encode()  # whether it had to be computed is no answer
        answers[f"{address.partition('?')[0]} {json.dumps(body)[:60]}"] = (
            hashlib.sha256(said).hexdigest() if said else f"refused: {status} {content.decode()}"
        )
        return json.loads(said) if said[:1] in b"{[" and said else None

    study = await ask("/api/study")
    await ask("/api/examples/columns")
    await ask("/api/examples", {"rows": [0, 1]})
    await ask("/api/examples/search", {"query": "a", "whole": False})
    for row in (0, N_EXAMPLES - 1):
        await ask(f"/api/examples/{row}/thumbnail")
    await ask(f"/api/located-inputs/{LOCATED}")
    for number in range(len(study["layers"]) if study else 0):
        await ask(f"/api/layers/{number}/points")
        await ask("/api/projections", {"layer": number, "kind": "pca"})
        await ask(f"/api/projections/{number}/pca")
        for settings in map(asdict, SETTINGS[: 1 if number else 2]):
            jobs.failure = ""
            ticket = await ask("/api/maps", {"layer": number, "settings": settings})
            if ticket and not jobs.failure:
                await _ask_of_graph(ask, ticket["result"])
        await ask("/api/stabilities", {"layer": number, "settings": asdict(SETTINGS[0])})
    return answers | ({"job": f"refused: {jobs.failure}"} if jobs.failure else {})


async def _ask_of_graph(ask: Callable[..., Any], name: str) -> None:
    digest = name.partition("/")[0]
    await ask(f"/api/graphs/{name}")
    images = await ask(f"/api/graphs/{digest}/images")
    for part in ("members", "shape", "stability", "nodes/0/attribution", "nodes/0/keyterms"):
        await ask(f"/api/graphs/{digest}/{part}")
    for image in (images or ())[:2]:
        await ask(f"/api/inversions/{image['digest']}")
        await ask(f"/api/inversions/{image['digest']}/image")


async def _ask(app: ASGIApp, address: str, body: Any) -> tuple[int, bytes]:
    """Send one request to an application; raises the errors that it does not answer."""
    content, parts, asked = b"" if body is None else json.dumps(body).encode(), list[Message](), list[bool]()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET" if body is None else "POST",
        "path": address,
        "raw_path": address.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())],
        "app": app,
    }

    async def receive() -> Message:
        if asked:
            await asyncio.Event().wait()  # nobody leaves before the answer
        asked.append(True)
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        parts.append(message)

    await app(scope, receive, send)
    return parts[0]["status"], b"".join(part.get("body", b"") for part in parts[1:])


class _Jobs:
    """Runs each task at once, in this process."""

    def __init__(self, bench: Workbench) -> None:
        self._bench, self.failure = bench, ""

    def submit(self, task: Any, *_who: Any) -> str:
        self.failure = ""
        try:
            task.run(self._bench, no_progress)
        except TopoActError as error:
            self.failure = str(error)
        return "1"

    def live_tasks(self) -> list[Any]:
        return []


def _digest(value: Any) -> str:
    return hashlib.sha256(_text(value).encode(errors="replace")).hexdigest()


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    if isinstance(value, Mapping):
        return repr([(key, _text(one)) for key, one in value.items()])
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return repr([_text(one) for one in value])
    return repr(value)
