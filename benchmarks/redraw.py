"""How long after a knob is let go is the new graph on screen? Measured in the browser.

Run it as ``python benchmarks/redraw.py STUDY``: it serves the study, opens the explorer in headless Chromium, and drags
the knobs with the mouse, as a person does. A redraw is the time from the release of the button to the first frame that
shows another graph; where WebGL is emulated in software, that frame is the slower for it, and so is all of it where
the machine does other work: its load is printed beside.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ARGUMENTS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-first-run")
KNOBS = ("Intervals", "Overlap", "minPts", "ε")
SHARES = {"Intervals": 0.3, "Overlap": 0.45, "minPts": 0.15, "ε": 0.5}
"""Where along its track a knob is moved about."""
AT_REST = (
    "() => { const s = window.topoact?.state(); return s && (s.problem || s.graph && !s.pending && s.view.camera) }"
)
WATCH = """() => {
  window.watch = { released: null, drawn: null };
  const before = window.topoact.layout();
  addEventListener("pointerup", () => { window.watch.released = performance.now(); }, { capture: true, once: true });
  const look = () => {
    if (window.topoact.layout() === before) return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => { window.watch.drawn = performance.now(); }));
  };
  requestAnimationFrame(look);
}"""


@contextmanager
def served(study: Path) -> Iterator[str]:
    """Serve a study and give the address of its explorer."""
    command = [str(Path(sys.executable).with_name("topoact")), "serve", str(study), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}) as server:
        assert server.stdout
        yield next(line for line in server.stdout if "http://" in line).split(": ", 1)[1].strip()
        server.terminate()


def settle(page: Any) -> None:
    for _ in range(2):
        page.wait_for_function(AT_REST, timeout=600_000)
        page.wait_for_timeout(700)
    problem = page.evaluate("window.topoact.state().problem")
    if problem:
        sys.exit(f"the explorer says: {problem}")


def drag(page: Any, knob: str, share: float) -> float:
    """Drag a knob's thumb to a share of its track; return the seconds from release to the new graph on screen."""
    track = page.get_by_role("slider", name=knob, exact=True).bounding_box()
    thumb = page.get_by_role("slider", name=knob, exact=True).evaluate(
        "one => (one.valueAsNumber - one.min) / (one.max - one.min)"
    )
    left, width, y = track["x"] + 7, track["width"] - 14, track["y"] + track["height"] / 2
    page.mouse.move(left + thumb * width, y)
    page.mouse.down()
    page.mouse.move(left + share * width, y, steps=6)
    page.wait_for_timeout(200)
    page.evaluate(WATCH)
    page.mouse.up()
    page.wait_for_function("() => window.watch.drawn !== null", timeout=120_000, polling=20)
    watch = page.evaluate("window.watch")
    settle(page)
    return float(watch["drawn"] - watch["released"]) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--times", type=int, default=8, help="how often each knob is dragged")
    options = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))))
    with served(options.study) as url, sync_playwright() as library:
        browser = library.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        settle(page)
        print("| knob | redraws | median s | range s | load |\n| --- | --- | --- | --- | --- |")
        for knob in KNOBS:
            measure(page, knob, options.times)
        browser.close()


def measure(page: Any, knob: str, times: int) -> None:
    """Drag a knob several times and print a row; the first drag is not counted, it may have to build an index."""
    places = [SHARES[knob] + 0.03 * (step % 2) + 0.011 * step for step in range(times + 1)]
    found = [drag(page, knob, place) for place in places][1:]
    load = os.getloadavg()[0]
    print(
        f"| {knob} | {len(found)} | {statistics.median(found):.3f} | {min(found):.3f}–{max(found):.3f} | {load:.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
