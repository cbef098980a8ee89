"""Seconds from turning a knob to having the new graph, when several pages turn knobs of one study at the same time.

``python -m benchmarks.clients STUDY`` serves the study to ``--clients`` pages, each of which turns the number of
intervals, the overlap or the prominence of the default graph of the first layer ``--turns`` times, with a pause of up
to ``--pause`` seconds between; no two pages have the same settings. With ``--behind umap`` or ``stability`` the server
does such work meanwhile. Each page listens to the events of all jobs, and fetches graph and members, as the explorer
does. Run it on an idle machine: its load is printed.
"""

import argparse
import json
import os
import random
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from benchmarks.redraw import served

TIMEOUT_SECONDS = 600.0
HEAD = "| clients | behind | turns | median s | p95 s | most s | load |\n| --- | --- | --- | --- | --- | --- | --- |"


class Turns(NamedTuple):
    """The seconds of all turns of all pages, and the load of the machine after them."""

    n_clients: int
    behind: str
    seconds: list[float]
    load: float

    @property
    def p95(self) -> float:
        """The seconds that 95 % of the turns need at most."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(0.95 * len(self.seconds)))]

    def row(self) -> str:
        """Return a row of the table."""
        times = (statistics.median(self.seconds), self.p95, max(self.seconds))
        cells = [str(self.n_clients), self.behind, str(len(self.seconds)), *(f"{one:.2f}" for one in times)]
        return f"| {' | '.join(cells)} | {self.load:.1f} |"


class Page:
    """One page of the explorer: its client, and the jobs that it knows to have ended."""

    def __init__(self, url: str, name: str) -> None:
        address = httpx2.URL(url)
        origin = f"{address.scheme}://{address.host}:{address.port}"
        self.client = httpx2.Client(
            base_url=origin, headers={"origin": origin, "x-topoact-page": name}, timeout=TIMEOUT_SECONDS
        )
        self.client.get(url)
        self._ended: dict[str, dict[str, Any]] = {}
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, path: str, request: dict[str, Any]) -> str:
        """Ask for something, wait for its job, and return the name of the result."""
        answer = self.client.post(path, json=request).raise_for_status().json()
        if answer["job"]:
            with self._news:
                assert self._news.wait_for(lambda: answer["job"] in self._ended, TIMEOUT_SECONDS), "no event"
            ended = self._ended[answer["job"]]
            assert ended["state"] == "done", ended
        return str(answer["result"])

    def turn(self, settings: dict[str, Any], anchor: str | None) -> tuple[str, float]:
        """Ask for a graph beside another, fetch it, and return its name and the seconds."""
        start = time.monotonic()
        beside = dict(zip(("graph", "layout"), anchor.split("/"), strict=True)) if anchor else None
        name = self.ask("/api/maps", {"layer": 0, "settings": settings, "anchor": beside})
        for path in (f"/api/graphs/{name}", f"/api/graphs/{name.split('/', 1)[0]}/members"):
            self.client.get(path).raise_for_status()
        return name, time.monotonic() - start

    def _listen(self) -> None:
        with suppress(httpx2.HTTPError), self.client.stream("GET", "/api/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("data: ") and '"state":"queued"' not in line and '"state":"running"' not in line:
                    event = json.loads(line.removeprefix("data: "))
                    with self._news:
                        self._ended[event["job"]] = event
                        self._news.notify_all()


def knobs(settings: dict[str, Any], number: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    """Yield settings in each of which one knob has been turned, to where no other page has it."""
    settings = {**settings, "overlap": settings["overlap"] + number * 1e-4}
    while True:
        knob = draw.choice(("n_intervals", "overlap", "prominence"))
        turned = {
            "n_intervals": settings["n_intervals"] + draw.choice((-1, 1)),
            "overlap": settings["overlap"] + draw.choice((-0.01, 0.01)),
            "prominence": round(settings["prominence"] + 0.1 + draw.random(), 2) % 2,
        }[knob]
        settings = {**settings, knob: turned}
        yield settings


def use(page: Page, number: int, turns: int, pause: float) -> list[float]:
    """Turn knobs on a page, and return the seconds that each needed."""
    draw, anchor, seconds = random.Random(number), None, list[float]()
    first = page.client.get("/api/study").json()["defaults"]
    for settings, _ in zip(knobs(first, number, draw), range(turns), strict=False):
        time.sleep(draw.uniform(0, pause))
        anchor, needed = page.turn(settings, anchor)
        seconds.append(needed)
    return seconds


def measure(url: str, n_clients: int, turns: int, pause: float, behind: str) -> Turns:
    """Let pages turn knobs at the same time, once the index of the layer is there."""
    pages = [Page(url, f"page {number}") for number in range(n_clients)]
    defaults = pages[0].client.get("/api/study").json()["defaults"]
    pages[0].turn(defaults, None)
    long = {
        "umap": ("/api/projections", {"layer": 0, "kind": "umap"}),
        "stability": ("/api/stabilities", {"layer": 0, "settings": defaults}),
    }
    if behind in long:
        path, request = long[behind]
        pages[0].client.post(path, json=request).raise_for_status()
    with ThreadPoolExecutor(n_clients) as pool:
        jobs = [pool.submit(use, page, number, turns, pause) for number, page in enumerate(pages)]
        return Turns(n_clients, behind, [one for job in jobs for one in job.result()], os.getloadavg()[0])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clients", description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--turns", type=int, default=5, help="of each page")
    parser.add_argument("--pause", type=float, default=3.0, help="longest pause between two turns, in seconds")
    parser.add_argument("--behind", choices=("nothing", "umap", "stability"), default="nothing")
    options = parser.parse_args()
    with served(options.study) as url:
        print(HEAD)
        print(measure(url, options.clients, options.turns, options.pause, options.behind).row(), flush=True)


if __name__ == "__main__":
    main()
