"""`make_app`: the ASGI application with the explorer's page and its data, behind the gate of `security`."""

import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from topoact.errors import InvalidInput, StudyError, TopoActError, UnknownName, WriteError
from topoact.server.limits import BoundedBodies
from topoact.server.routes import router
from topoact.server.security import Gate
from topoact.wire.messages import Problem
from topoact.workbench import Workbench
from topoact.workbench.images.activation_images import ActivationImages
from topoact.workbench.jobs.runner import JobRunner

STATIC: Final = Path(__file__).parent / "static"
"""Folder of the explorer's page."""
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
STATUS_OF_ERROR: Final = (
    (UnknownName, 404),
    (InvalidInput, 400),
    (WriteError, 507),
    (StudyError, 409),
    (TopoActError, 422),
)
"""What is wrong: the address, the request, the disk, the study, or what the request asks of a network."""
UPLOADS: Final = "/api/located-inputs"
"""Path of the route whose bodies may be as large as a photo; it counts itself."""
CLOSED_BY_CLIENT: Final = 499


def make_app(
    bench: Workbench, *, token: str, port: int, reader_token: str | None = None, hosts: Collection[str] = ()
) -> ASGIApp:
    """Return the ASGI application that serves the explorer of one opened study.

    Parameters
    ----------
    bench
        The opened study.
    token, reader_token
        The secrets in the opened address, and in the address for those who may only look; that one is random by
        default.
    port
        The port that the server listens on.
    hosts
        Values of the Host header that are served besides this machine's loopback names.

    Raises
    ------
    StudyError
        If the explorer's page was not built into this installation.
    """
    if not (STATIC / "index.html").exists():
        raise StudyError("the explorer's page is missing from this installation: run 'make frontend' in the checkout")
    app = FastAPI(title="TopoAct", openapi_url=None, docs_url=None, redoc_url=None, lifespan=_lifespan)
    app.state.bench, app.state.images = bench, ActivationImages(bench)
    app.add_exception_handler(TopoActError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(ClientDisconnect, lambda *_: Response(status_code=CLOSED_BY_CLIENT))
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(BoundedBodies, counted=[UPLOADS])
    app.include_router(router)
    app.mount("/", StaticFiles(directory=STATIC, html=True))
    names = {f"{name}:{port}" for name in LOOPBACK} | set(hosts)
    app.state.reader_token = reader_token or secrets.token_urlsafe(24)
    return Gate(app, token=token, reader_token=app.state.reader_token, hosts=names, cookie=f"topoact-{port}")


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    bench = app.state.bench
    app.state.jobs = JobRunner(bench.study.path, bench.network_choice)
    with bench.derived.in_use():
        yield
    app.state.jobs.close()


def _problem(_request: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in STATUS_OF_ERROR if isinstance(error, kind))
    return JSONResponse(Problem(error=str(error)).model_dump(), status)


def _failed(_request: Request, error: Exception) -> JSONResponse:
    """Answer a request at which the server failed; the error is raised again behind the answer, and logged."""
    sentence = f"internal error, please report it: {type(error).__name__}: {error}"
    return JSONResponse(Problem(error=sentence).model_dump(), 500)


def _refused(_request: Request, error: Exception) -> JSONResponse:
    """Answer a request for an unknown address or with a wrong method."""
    assert isinstance(error, HTTPException)
    return JSONResponse(Problem(error=error.detail).model_dump(), error.status_code, error.headers)


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """Answer a malformed request with a sentence that names the first wrong field."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    return JSONResponse(Problem(error=f"{field}: {first['msg']}").model_dump(), 422)
