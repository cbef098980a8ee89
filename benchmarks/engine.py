"""How much quicker than scikit-learn interval by interval is the neighbour index, and how does it grow?

Run it as ``python benchmarks/engine.py --vectors f12.npy``: a float32 matrix, one activation vector per row. Both sides
run in this process, one after the other, so that what else the machine does falls on both; every graph that is timed
against scikit-learn is compared with it, node by node. Machine code is compiled before the clock starts.
"""

import os

os.environ.pop("OPENBLAS_CORETYPE", None)  # set on some machines; slows numpy, and so scikit-learn, by 2–4 ×

import argparse
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import DBSCAN

from topoact import MapperGraph, NeighborIndex, UniformCover
from topoact.mapper import lens_values
from topoact.mapper.covers import pullback

SIZES = (12_250, 24_500, 49_000, 98_000, 196_000)
FURTHER = [(n, overlap, minimum) for n in (70, 90, 120) for overlap in (0.2, 0.3, 0.5) for minimum in (3, 5, 20)]


def clocked(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def sample(path: Path, n_points: int) -> np.ndarray[Any, Any]:
    """Return every k-th vector in the order of their norms."""
    vectors = np.load(path, mmap_mode="r")
    order = np.argsort(lens_values("l2", np.asarray(vectors)), kind="stable")
    return np.ascontiguousarray(vectors[np.sort(order[:: max(1, len(order) // n_points)][:n_points])])


def by_scikit_learn(  # noqa: PLR0917
    vectors: Any, lens: Any, n_intervals: int, overlap: float, eps: float, minimum: int
) -> list[Any]:
    nodes = []
    for rows in pullback(lens, UniformCover(n_intervals, overlap).intervals(lens)):
        if len(rows):
            labels = DBSCAN(eps=eps, min_samples=minimum).fit_predict(vectors[rows].astype(np.float64))
            nodes += [rows[labels == label] for label in range(labels.max() + 1)]
    return nodes


def same(graph: MapperGraph, nodes: list[Any]) -> bool:
    return graph.n_nodes == len(nodes) and all(
        np.array_equal(graph.members(node), rows) for node, rows in enumerate(nodes)
    )


def spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.3f} ({min(seconds):.3f}–{max(seconds):.3f})"


def warm_up() -> None:
    rng = np.random.default_rng(0)
    for share in (0.0, 0.9):
        cloud = (rng.random((300, 20)) * (rng.random((300, 20)) >= share)).astype(np.float32)
        NeighborIndex(cloud, eps=0.5, max_interval=0.5).graph(10, 0.3, 3)


def compare(path: Path, n_points: int, eps: float, rounds: int) -> None:
    vectors = sample(path, n_points)
    lens = lens_values("l2", vectors)
    built, first, peer, further = [], [], [], []
    for _ in range(rounds):
        seconds, nodes = clocked(lambda: by_scikit_learn(vectors, lens, 70, 0.5, eps, 5))
        peer.append(seconds)
        seconds, index = clocked(lambda: NeighborIndex(vectors, lens, eps, 0.03))
        built.append(seconds)
        seconds, graph = clocked(lambda index=index: index.graph(70, 0.5, 5))
        first.append(seconds)
        further += [clocked(lambda s=s, index=index: index.graph(*s))[0] for s in FURTHER]
        again = [clocked(lambda index=index: index.graph(70, 0.5, 5))[0] for _ in range(5)]
        print(f"nodes equal to scikit-learn's: {same(graph, nodes)} ({graph})")
    cold = statistics.median([p / (b + f) for p, b, f in zip(peer, built, first, strict=True)])
    print(f"scikit-learn per interval, clusters alone  {spread(peer)} s")
    print(f"index                                      {spread(built)} s")
    print(f"the same graph again, nerve and attributes {spread(again)} s")
    print(f"other graphs ({len(FURTHER)} settings)               {spread(further)} s")
    print(f"index and first graph: {cold:.0f} × quicker; each further one: {peer[-1] / statistics.median(again):.0f} ×")


def check(path: Path, n_points: int, eps: float) -> None:
    """Compare with scikit-learn at other overlaps and minPts."""
    vectors = sample(path, n_points)
    lens = lens_values("l2", vectors)
    index = NeighborIndex(vectors, lens, eps, 0.03)
    for overlap in (0.2, 0.3, 0.5):
        for minimum in (1, 3, 5, 20):
            nodes = by_scikit_learn(vectors, lens, 70, overlap, eps, minimum)
            print(f"eps {eps:g} overlap {overlap} minPts {minimum}: {same(index.graph(70, overlap, minimum), nodes)}")


def peak_mebibytes() -> float:
    """Return the most memory this process has held; ru_maxrss would count that of the process that started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def grow(path: Path, n_points: int, eps: float, max_interval: float) -> None:
    vectors = sample(path, n_points) if n_points < len(np.load(path, mmap_mode="r")) else np.load(path)
    warm_up()
    lens = lens_values("l2", vectors)
    before = peak_mebibytes()
    seconds, index = clocked(lambda: NeighborIndex(vectors, lens, eps, max_interval))
    peak = peak_mebibytes()
    smallest = int(np.ceil(1 / max_interval / 0.5))
    graphs = [clocked(lambda: index.graph(smallest, 0.5, 5))[0] for _ in range(7)]
    data = vectors.nbytes / 2**20
    print(
        f"{n_points:8,d} index {seconds:7.2f} s, graph {spread(graphs)} s, band {index.band_bytes / 2**20:8,.0f} MiB, "
        f"data {data:,.0f} MiB, peak before {before:,.0f} and after {peak:,.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--eps", type=float, default=259.0)
    parser.add_argument("--max-interval", type=float, default=0.03)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--only", choices=["compare", "check", "grow"])
    options = parser.parse_args()
    packages = " ".join(f"{name} {version(name)}" for name in ("numpy", "scikit-learn", "numba"))
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{machine}; {packages}", flush=True)
    warm_up()
    if options.only in {None, "compare"}:
        compare(options.vectors, 49_000, options.eps, options.rounds)
    if options.only == "check":
        check(options.vectors, 49_000, options.eps)
    if options.only == "grow":
        for size in options.sizes:
            grow(options.vectors, size, options.eps, options.max_interval)
    if options.only is None:
        for size in options.sizes:  # each in a process of its own, for the sake of peak memory
            command = [sys.executable, __file__, "--vectors", str(options.vectors), "--eps", str(options.eps)]
            command += ["--only", "grow", "--max-interval", str(options.max_interval), "--sizes", str(size)]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
