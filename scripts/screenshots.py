"""Make the pictures of the README from the demo: ``python scripts/screenshots.py``.

Starts ``topoact demo`` on a free port, selects a node where classes meet, and writes
``docs/images/explorer-{light,dark}.png``. Needs Chromium and the package playwright.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
SIZE = {"width": 1600, "height": 1000}
ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
AT_REST = "() => { const s = window.topoact?.state(); return s && s.graph && !s.pending && s.view.camera }"
LAYER = "features"
"""The last layer: a strand for each digit."""
LEAST_SIZE = 25


@contextmanager
def demo() -> Iterator[str]:
    """Run the demo and give its address."""
    command = [str(Path(sys.executable).with_name("topoact")), "demo", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        address = next((line.split(": ", 1)[1].strip() for line in server.stdout if "http://" in line), None)
        if address is None:
            sys.exit("the demo stopped before it printed its address")
        try:
            yield address
        finally:
            server.terminate()


def meeting_place(page: Page) -> dict[str, Any]:
    """Return the node with the most mixed classes among those where three arms of the graph meet."""
    nodes = page.evaluate("window.topoact.state().graph.nodes")
    members = [set(node["members"]) for node in nodes]
    degrees = [sum(bool(own & other) for other in members) - 1 for own in members]
    branching = [node for node in nodes if degrees[node["id"]] >= 3 and node["size"] >= LEAST_SIZE]
    return min(branching or nodes, key=lambda node: node["purity"])


def picture(browser: Browser, address: str, scheme: Any) -> Path:
    """Write the picture of one theme and return where."""
    page = browser.new_context(viewport=SIZE, color_scheme=scheme).new_page()
    page.goto(address)
    page.wait_for_function(AT_REST, timeout=120_000)
    page.get_by_role("button", name=LAYER).click()
    page.wait_for_timeout(2_000)
    page.wait_for_function(AT_REST, timeout=120_000)
    page.mouse.click(*meeting_place(page)["screen"])
    page.mouse.move(3, 3)
    page.wait_for_timeout(2_000)
    path = IMAGES / f"explorer-{scheme}.png"
    page.screenshot(path=path)
    page.context.close()
    return path


def main() -> None:
    """Write both pictures."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        sys.exit(f"none of {', '.join(NAMES)} is installed")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with demo() as address, sync_playwright() as library:
        browser = library.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for scheme in ("light", "dark"):
            print(picture(browser, address, scheme))
        browser.close()


if __name__ == "__main__":
    main()
