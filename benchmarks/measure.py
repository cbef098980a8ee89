"""What every part of the measurements needs: clocks, a description of the machine, and files of results."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parents[1] / "build" / "benchmarks"
PACKAGES = ("numpy", "scipy", "scikit-learn", "numba")


def clocked(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that a function took, and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def spread(seconds: Iterable[float]) -> dict[str, float]:
    """Return the median and the range."""
    values = list(seconds)
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "n": len(values)}


def conditions() -> dict[str, Any]:
    """Return the date, the machine, its load, and the versions of Python and numerical libraries."""
    return {
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {_memory() / 2**30:.0f} GiB",
        "load": [round(os.getloadavg()[0], 1)],
        "versions": f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def save(part: str, results: dict[str, Any], *, into: Path = RESULTS) -> None:
    """Write the results of one part, with the load at its end; the file appears complete."""
    results["conditions"]["load"].append(round(os.getloadavg()[0], 1))
    into.mkdir(parents=True, exist_ok=True)
    partial = into / f"{part}.json.partial"
    partial.write_text(json.dumps(results, indent=1))
    partial.replace(into / f"{part}.json")


def product_rate(n: int = 4096, n_channels: int = 512, rounds: int = 5) -> float:
    """Return the best rate of numpy's float32 matrix product on all cores, in operations a second."""
    tile = np.random.default_rng(0).random((n, n_channels), dtype=np.float32)
    return 2 * n * n * n_channels / min(clocked(lambda: tile @ tile.T)[0] for _ in range(rounds))


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = [line.partition(":")[2] for line in info.read_text().splitlines()] if info.exists() else []
    found = next((name.strip() for name in names if name.strip()[:3] in {"AMD", "Int"}), "")
    return found or platform.processor() or platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
