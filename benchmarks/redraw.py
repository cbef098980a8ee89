"""Seconds from releasing a knob to the first frame of the new graph, in the browser.

``python -m benchmarks.redraw STUDY`` serves the study, opens the explorer in headless Chromium, and drags the knobs
with the mouse: those of the study's default graph, then those of the paper's preset. A redraw is the time from the
release of the button to the first frame that shows another graph; of a knob that the graph follows while it is dragged,
from the movement. That frame takes longer where WebGL is emulated in software, and everything does where the machine
does other work: its load is printed with each row. With ``--times 1`` it is done in seconds.
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
from typing import Any, NamedTuple

CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-first-run")
POSITIONS = {
    "Prominence": (0.5, 0.6),
    "Intervals": (0.3, 0.35),
    "Overlap": (0.45, 0.5),
    "Neighbours": (0.2, 0.25),
    "minPts": (0.15, 0.2),
    "ε": (0.35, 0.6),
}
"""The knobs, and the shares of its track between which each is dragged to and fro; ε snaps to few values."""
FOLLOWED = frozenset({"Prominence"})
"""Knobs that the graph follows while they are dragged."""
TIMEOUT_MS = 120_000
IDLE = "() => { const s = window.topoact?.state(); return s && (s.problem || s.graph && !s.pending && s.view.camera) }"
WATCH = """(event) => {
  window.watch = { moved: null, drawn: null };
  const { shown } = window.topoact;  // the whole state at every frame would cost a core
  const before = shown();
  addEventListener(event, () => { window.watch.moved = performance.now(); }, { capture: true, once: true });
  const look = () => {
    if (shown() === before) return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => { window.watch.drawn = performance.now(); }));
  };
  requestAnimationFrame(look);
}"""
HEAD = "| graph | knob | redraws | median s | range s | load |\n| --- | --- | --- | --- | --- | --- |"


class Redraws(NamedTuple):
    """The seconds of the redraws of one knob, and the load of the machine after them."""

    preset: str
    knob: str
    seconds: list[float]
    load: float

    def row(self) -> str:
        """Return a row of the table."""
        low, high = min(self.seconds), max(self.seconds)
        median = statistics.median(self.seconds)
        cells = [self.preset, self.knob, str(len(self.seconds)), f"{median:.3f}", f"{low:.3f}–{high:.3f}"]
        return f"| {' | '.join(cells)} | {self.load:.1f} |"


@contextmanager
def served(study: Path) -> Iterator[str]:
    """Serve a study, and yield the address of its explorer."""
    command = [str(Path(sys.executable).with_name("topoact")), "serve", str(study), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}) as server:
        assert server.stdout
        try:
            yield next(line for line in server.stdout if "http://" in line).split(": ", 1)[1].strip()
        finally:
            server.terminate()


@contextmanager
def opened(url: str) -> Iterator[Any]:
    """Open an explorer in headless Chromium, and yield its page."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        sys.exit(f"left out: none of {', '.join(CHROMIUM)} is installed")
    with sync_playwright() as library:
        browser = library.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        try:
            page.goto(url)
            yield page
        finally:
            browser.close()


def measure(page: Any, times: int) -> Iterator[Redraws]:
    """Yield the redraws of each knob of the default graph, then of the paper's preset."""
    settle(page)
    yield from measure_knobs(page, "default", times)
    page.get_by_role("combobox", name="Preset").select_option("paper")
    page.wait_for_function("() => window.topoact.state().view.settings.clusterer === 'dbscan'", timeout=TIMEOUT_MS)
    settle(page)
    yield from measure_knobs(page, "paper", times)


def measure_knobs(page: Any, preset: str, times: int) -> Iterator[Redraws]:
    """Drag each knob of the graph; the first drag is not counted, because it may have to build an index."""
    for knob, positions in POSITIONS.items():
        if page.get_by_role("slider", name=knob, exact=True).count():
            shares = [positions[step % 2] + 0.011 * step for step in range(times + 1)]
            seconds = [drag(page, knob, share) for share in shares][1:]
            yield Redraws(preset, knob, seconds, os.getloadavg()[0])


def drag(page: Any, knob: str, share: float) -> float:
    """Drag a knob's thumb to a share of its track; return the seconds until the new graph is on screen."""
    slider = page.get_by_role("slider", name=knob, exact=True)
    slider.scroll_into_view_if_needed()
    track = slider.bounding_box()
    thumb = slider.evaluate("one => (one.valueAsNumber - one.min) / (one.max - one.min)")
    left, width, y = track["x"] + 7, track["width"] - 14, track["y"] + track["height"] / 2
    page.mouse.move(left + thumb * width, y)
    page.mouse.down()
    if knob in FOLLOWED:
        page.evaluate(WATCH, "input")
        page.mouse.move(left + share * width, y)
        seconds = _drawn_after(page)
        page.mouse.up()
    else:
        page.mouse.move(left + share * width, y, steps=6)
        page.wait_for_timeout(200)
        page.evaluate(WATCH, "pointerup")
        page.mouse.up()
        seconds = _drawn_after(page)
    settle(page)
    return seconds


def _drawn_after(page: Any) -> float:
    page.wait_for_function("() => window.watch.drawn !== null", timeout=TIMEOUT_MS, polling=20)
    watch = page.evaluate("window.watch")
    return float(watch["drawn"] - watch["moved"]) / 1000


def settle(page: Any) -> None:
    """Wait until the graph is drawn and nothing moves; end with the explorer's own sentence where it has a problem."""
    for _ in range(2):
        page.wait_for_function(IDLE, timeout=TIMEOUT_MS)
        page.wait_for_timeout(100)
    problem = page.evaluate("window.topoact.state().problem")
    if problem:
        sys.exit(f"the explorer says: {problem}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.redraw", description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--times", type=int, default=8, help="how often each knob is dragged")
    options = parser.parse_args()
    with served(options.study) as url, opened(url) as page:
        print(HEAD)
        for redraws in measure(page, options.times):
            print(redraws.row(), flush=True)


if __name__ == "__main__":
    main()
