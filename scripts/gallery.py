"""Small pictures of the first screens of studies: ``python scripts/gallery.py STUDY... -o FOLDER``.

Serves each study, opens the explorer, goes through its layers, or those that ``--layers`` names, and writes
``FOLDER/<study>-<layer>.webp``. Needs Chromium, and the packages playwright and pillow.
"""

import argparse
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from screenshots import ARGUMENTS, NAMES

SIZE: Final = {"width": 1440, "height": 900}
WIDTH: Final = 560
"""Pixels of a picture."""
AT_REST: Final = (
    "() => window.topoact?.layout() && !document.querySelector('nav .waiting, .line.preview')"
    " && document.querySelector('nav [aria-current]')"
)
SETTLED_MS: Final = 4_000
"""After a graph is there: pictures in its nodes are fetched, and nodes move to their places."""
PATIENCE_MS: Final = 600_000


@contextmanager
def explorer(study: Path) -> Iterator[str]:
    """Serve a study and give the address of the explorer."""
    command = [str(Path(sys.executable).with_name("topoact")), "serve", str(study), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield next(line for line in server.stdout if "http://" in line).split(": ", 1)[1].strip()
        finally:
            server.terminate()


def pictures(page: Page, address: str, folder: Path, study: str, layers: list[str]) -> Iterator[Path]:
    """Write a picture of each layer, or of some, and yield where."""
    page.goto(address)
    page.wait_for_function(AT_REST, timeout=PATIENCE_MS)
    for button in page.locator("nav[aria-label=Layers] button").all():
        name = button.get_attribute("aria-label") or button.locator("span").inner_text()
        if layers and name not in layers:
            continue
        before = page.evaluate("window.topoact.layout()")
        if button.get_attribute("aria-current") is None:
            button.click()
            page.wait_for_function(f"() => window.topoact.layout() !== {before!r}", timeout=PATIENCE_MS)
        page.wait_for_function(AT_REST, timeout=PATIENCE_MS)
        page.mouse.move(3, 3)
        page.wait_for_timeout(SETTLED_MS)
        shot = Image.open(io.BytesIO(page.locator("section.stage").screenshot())).convert("RGB")
        path = folder / f"{study}-{re.sub('[^a-z0-9]+', '-', name.lower())}.webp"
        shot.resize((WIDTH, round(shot.height * WIDTH / shot.width)), Image.Resampling.LANCZOS).save(path, quality=72)
        yield path


def main() -> None:
    """Write the pictures of all layers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studies", nargs="+", type=Path)
    parser.add_argument("--layers", default="", help="Names, separated by commas; all by default.")
    parser.add_argument("-o", "--out", type=Path, required=True)
    chosen = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        sys.exit(f"none of {', '.join(NAMES)} is installed")
    layers = list(filter(None, chosen.layers.split(",")))
    chosen.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as library:
        browser = library.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for study in chosen.studies:
            with explorer(study) as address:
                page = browser.new_context(viewport=SIZE).new_page()
                for path in pictures(page, address, chosen.out, study.name, layers):
                    print(path, flush=True)
                page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
