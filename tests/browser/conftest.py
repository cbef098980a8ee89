"""The real server on a small real study, and a Chromium that looks at it. A message in the console fails the test."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from topoact.interpret.study_network import NetworkChoice
from topoact.testing.serving import TOKEN, serving
from topoact.workbench import open_workbench

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")

ARGUMENTS = (
    "--no-sandbox",
    # The processor draws: WebGL as it must, without smoothing, and the page around it the cheapest way.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--webgl-antialiasing-mode=none",
    "--disable-gpu-compositing",
    "--disable-gpu-rasterization",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PATIENCE = 60_000
AT_REST = "() => { const s = window.topoact?.state(); return s && !s.pending && s.view.camera && s.visible }"
POLLING = 40
"""Milliseconds between two looks at the page: at each of its frames they cost more than what is tested."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests here."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


class Explorer:
    """A page with the explorer, read through its debugging handle ``window.topoact``."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url

    def open(self, url: str | None = None) -> "Explorer":
        self.page.goto(url or self.url)
        return self.settle()

    def settle(self) -> "Explorer":
        """Wait until nothing is asked for and nothing moves."""
        self.page.wait_for_function(AT_REST, timeout=PATIENCE, polling=POLLING)
        self.page.wait_for_timeout(80)
        self.page.wait_for_function(AT_REST, timeout=PATIENCE, polling=POLLING)
        return self

    def as_at_first(self) -> "Explorer":
        """Put the page back to how it opens."""
        self.page.unroute_all()
        self.page.emulate_media(reduced_motion="reduce", color_scheme="light")
        self.page.keyboard.press("Escape")
        self.page.mouse.move(3, 3)
        self.page.evaluate("localStorage.clear(); location.hash = 'as-at-first'")
        self.page.wait_for_function("() => location.hash !== '#as-at-first'")
        self.page.wait_for_timeout(100)
        return self.settle()

    @property
    def state(self) -> dict[str, Any]:
        return self.look("s")

    def look(self, expression: str) -> Any:
        """Return a JavaScript expression over the state ``s``; as text, which Playwright brings over the fastest."""
        return json.loads(
            self.page.evaluate(f"() => {{ const s = window.topoact.state(); return JSON.stringify({expression}) }}")
        )

    @property
    def nodes(self) -> list[dict[str, Any]]:
        return self.look("s.graph.nodes")

    def largest(self, rank: int = 0) -> dict[str, Any]:
        return sorted(self.nodes, key=lambda node: -node["size"])[rank]

    def click_node(self, node: dict[str, Any], **options: Any) -> None:
        """Click the node where it is drawn now."""
        x, y = self.look(f"s.graph.nodes[{node['id']}].screen")
        if options.pop("shift", False):
            self.page.keyboard.down("Shift")
        self.page.mouse.click(x, y)
        self.page.keyboard.up("Shift")

    def set_number(self, label: str, value: float) -> None:
        field = self.page.get_by_role("spinbutton", name=label, exact=True)
        field.fill(str(value))
        field.press("Enter")

    def until(self, expression: str) -> None:
        """Wait until a JavaScript expression over the state ``s`` is true."""
        self.page.wait_for_function(
            f"() => {{ const s = window.topoact.state(); return {expression} }}", timeout=PATIENCE, polling=POLLING
        )


def section(explorer: Explorer, name: str) -> Any:
    """Return a part of the panel of the selection."""
    return explorer.page.get_by_role("region", name="Selection").get_by_role("region", name=name, exact=True)


def select(explorer: Explorer, node: dict[str, Any]) -> None:
    """Select a node alone, and move the pointer away."""
    explorer.click_node(node)
    explorer.page.mouse.move(3, 3)
    explorer.until(f"s.view.selection.kind === 'nodes' && s.view.selection.ids[0] === {node['id']}")


@pytest.fixture(scope="session")
def url(digits_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a copy of the digits and return the address with its token."""
    study = tmp_path_factory.mktemp("served") / "digits"
    shutil.copytree(digits_path, study)
    yield from serve(study)


@pytest.fixture(scope="session")
def network_study(network_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the pictures; their graphs are drawn, so that opening the page waits for no work."""
    study = tmp_path_factory.mktemp("served") / "pictures"
    shutil.copytree(network_path, study)
    bench = open_workbench(study)
    for layer in bench.layers:
        bench.draw(layer, bench.default_settings)
    return study


@pytest.fixture(scope="session")
def network_url(network_study: Path) -> Iterator[str]:
    """Serve the pictures with their network, for all that ask it something: loading it takes longer than they do."""
    yield from serve(network_study, NetworkChoice())


def serve(study: Path, network: NetworkChoice | None = None) -> Iterator[str]:
    """Serve a study until the generator is closed, with its network if that is given; yield the address with its token.

    The server is a thread here; its workers are real processes, forked from one that has imported what they need.
    """
    with serving(open_workbench(study, network)) as (port, _):
        yield f"http://127.0.0.1:{port}/?token={TOKEN}"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    with playwright.sync_playwright() as library:
        browser = library.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def complaints() -> list[str]:
    """What the pages said in their consoles; must stay empty."""
    return []


@pytest.fixture(autouse=True)
def _quiet(complaints: list[str]) -> Iterator[None]:
    complaints.clear()
    yield
    assert complaints == []


def is_complaint(said: Any) -> bool:
    """Return whether a message of the console is a fault; that pixels are read back is due to ``ARGUMENTS`` above."""
    return said.type in {"error", "warning"} and "GPU stall due to ReadPixels" not in said.text


def make_page(browser: Any, complaints: list[str], **options: Any) -> Any:
    """Return a page in a browser profile of its own, which reports what is said in its console.

    It keeps still, because each frame of an animation is drawn by the processor that the server waits for.
    """
    usual = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
    page = browser.new_context(**{**usual, **options}).new_page()
    page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def opened(browser: Any, complaints: list[str], address: str) -> Iterator[Explorer]:
    """Give the explorer, open in a page that is there for several tests."""
    page = make_page(browser, complaints)
    try:
        yield Explorer(page, address).open()
    finally:
        page.context.close()


@pytest.fixture
def new_page(chromium: Any, complaints: list[str]) -> Iterator[Any]:
    """Return a maker of fresh pages."""
    pages = []

    def make(**options: Any) -> Any:
        pages.append(make_page(chromium, complaints, **options))
        return pages[-1]

    yield make
    for page in pages:
        page.context.close()


@pytest.fixture(scope="session")
def _open(chromium: Any, complaints: list[str], url: str) -> Iterator[Explorer]:
    yield from opened(chromium, complaints, url)


@pytest.fixture(scope="session")
def _open_network(chromium: Any, complaints: list[str], network_url: str) -> Iterator[Explorer]:
    yield from opened(chromium, complaints, network_url)


@pytest.fixture
def network_explorer(_open_network: Explorer) -> Explorer:
    """The explorer, open on the pictures and put back to how it opens; its server has loaded their network."""
    return _open_network.as_at_first()


@pytest.fixture
def explorer(_open: Explorer) -> Explorer:
    """The explorer, open on the study and put back to how it opens."""
    return _open.as_at_first()
