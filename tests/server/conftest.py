"""A study behind a real server on a free port, and a client that has opened its address."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest

from topoact.interpret.study_network import NetworkChoice
from topoact.server import app as app_module
from topoact.testing.serving import PATIENCE, READER_TOKEN, TOKEN
from topoact.testing.serving import serving as serving_study
from topoact.testing.studies import write_digits_study
from topoact.testing.workers import WorkerThread
from topoact.workbench import Workbench, open_workbench
from topoact.workbench.jobs.runner import JobRunner


@pytest.fixture(scope="session")
def small_study(tmp_path_factory) -> Path:
    return write_digits_study(tmp_path_factory.mktemp("served") / "digits", n_examples=300)


@pytest.fixture(scope="session")
def static(tmp_path_factory) -> Path:
    """A page in the place of the explorer's bundle, with a secret beside its folder."""
    folder = tmp_path_factory.mktemp("front") / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "assets" / "app.js").write_text("export {};")
    (folder.parent / "secret.txt").write_text("SECRET")
    return folder


@pytest.fixture(scope="module")
def page(static) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app_module, "STATIC", static)
        patch.setattr(app_module, "JobRunner", partial(JobRunner, make_worker=WorkerThread))
        yield static


@contextmanager
def serving(bench: Workbench) -> Iterator[SimpleNamespace]:
    """Run a server: its address, its own name, the application behind the gate, and the opened study."""
    with serving_study(bench) as (port, app):
        host = f"127.0.0.1:{port}"
        yield SimpleNamespace(address=f"http://{host}", host=host, port=port, app=app, bench=bench)


@contextmanager
def visiting(server: SimpleNamespace, token: str = TOKEN) -> Iterator[httpx2.Client]:
    """Be the explorer's page: it has swapped the token for the cookie, and names its origin."""
    with httpx2.Client(
        base_url=server.address, timeout=PATIENCE, verify=False, headers={"origin": server.address}
    ) as client:
        assert client.get("/", params={"token": token}).status_code == 200
        yield client


@pytest.fixture(scope="module")
def server(small_study, page) -> Iterator[SimpleNamespace]:
    """A running server of handwritten digits."""
    with serving(open_workbench(small_study)) as running:
        yield running


@pytest.fixture(scope="module")
def painter(network_path, page) -> Iterator[httpx2.Client]:
    """A client of a server that has the network of its study at hand."""
    with serving(open_workbench(network_path, NetworkChoice())) as running, visiting(running) as client:
        client.bench, client.images = running.bench, running.app.state.images
        yield client


@pytest.fixture
def stranger(server) -> Iterator[httpx2.Client]:
    """A client that knows the address but not the token."""
    with httpx2.Client(base_url=server.address, timeout=PATIENCE, verify=False) as client:
        yield client


@pytest.fixture
def client(server) -> Iterator[httpx2.Client]:
    """The explorer's page."""
    with visiting(server) as client:
        yield client


@pytest.fixture
def reader(server) -> Iterator[httpx2.Client]:
    """The explorer's page of somebody who has the link for reading."""
    with visiting(server, READER_TOKEN) as client:
        yield client
