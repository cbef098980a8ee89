"""TopoAct beside scikit-learn's bare loop and five mapper libraries: same vectors, lens, intervals and DBSCAN.

Every side runs in a process of its own, under the same limits, and the sides take turns, so that other load on the
machine affects all of them. The nodes of each are compared with ours under its own convention of intervals. Each turn
also times an index and many graphs of it. A side whose library cannot be installed is left out.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import data, limited_process, parity
from benchmarks.environments import is_installed, python_of
from benchmarks.mapper_libraries import SIDES
from benchmarks.measure import RESULTS
from topoact import NeighborIndex, UniformCover

SCRIPT = Path(__file__).with_name("mapper_libraries.py")


@dataclass(frozen=True)
class Case:
    """One comparison."""

    name: str
    vectors: Callable[[], Any]
    eps: float | None = None
    """The elbow of the 5-NN distance when None."""
    n_intervals: int = 70
    overlap: float = 0.3
    rounds: int = 3
    sides: tuple[str, ...] = tuple(SIDES)


@dataclass(frozen=True)
class Limits:
    """What a process may use before it is stopped."""

    memory_mib: float = 16 * 1024
    seconds: float = 600


def compare(case: Case, limits: Limits) -> dict[str, Any]:
    """Run all sides of a case in turns, and compare what they found."""
    vectors = case.vectors()
    lens, eps = data.lens_of(vectors), case.eps or data.elbow(vectors)
    width = np.ptp(lens) / case.n_intervals / (1 - case.overlap)
    RESULTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as name:
        folder = Path(name)
        np.save(folder / "vectors.npy", vectors)
        np.save(folder / "lens.npy", lens)
        sides, indexes = _take_turns(case, folder, eps, limits)
        index = NeighborIndex(vectors, lens, eps, max_interval=min(1, 1.001 * width / np.ptp(lens)))
        _check(sides, folder, case, index)
    return {
        "name": case.name,
        "n_points": len(vectors),
        "n_channels": vectors.shape[1],
        "zeros": float((vectors[:: max(1, len(vectors) // 10_000)] == 0).mean()),
        "data_mib": vectors.nbytes / 2**20,
        "eps": eps,
        "n_intervals": case.n_intervals,
        "overlap": case.overlap,
        "degree": data.mean_degree(vectors, lens, eps, width),
        "limits": asdict(limits),
        "sides": sides,
        "indexes": indexes,
    }


def measure_index(vectors: Any, eps: list[float], limits: Limits, *, restore: bool = False) -> dict[str, Any]:
    """Build an index of these vectors in a process of its own, and time its graphs and, if wanted, restoring it."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as name:
        np.save(Path(name) / "vectors.npy", vectors)
        np.save(Path(name) / "lens.npy", data.lens_of(vectors))
        return _index(Path(name), 0.5, ["restore"] * restore + eps, limits)


def measure_modes(vectors: Any, sides: Iterable[str], limits: Limits) -> dict[str, Any]:
    """Run each side of `benchmarks.modes` on these vectors in a process of its own."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    found = {}
    with tempfile.TemporaryDirectory(dir=RESULTS) as name:
        np.save(Path(name) / "vectors.npy", vectors)
        np.save(Path(name) / "lens.npy", data.lens_of(vectors))
        for side in sides:
            command = [sys.executable, "-m", "benchmarks.modes", side, name]
            outcome = limited_process.run(command, memory_mib=limits.memory_mib, seconds=limits.seconds)
            said = json.loads(outcome.said) if outcome.status == "done" else {"said": outcome.said}
            found[side] = {"status": outcome.status, **said}
            print(f"  {side}: {found[side]}", flush=True)
    return found


def _take_turns(case: Case, folder: Path, eps: float, limits: Limits) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    sides: dict[str, Any] = {
        side: {"status": "done", "seconds": [], "peak_mib": 0.0} for side in case.sides if is_installed(side)
    }
    indexes = []
    for _ in range(case.rounds):
        indexes.append(_index(folder, case.overlap, [eps], limits))
        for side, results in sides.items():
            if results["status"] == "done":
                outcome = _run(side, case, folder, eps, limits)
                _add_outcome(results, outcome)
                print(f"  {case.name} {side}: {outcome.status} {outcome.said[:200]}", flush=True)
    return sides, indexes


def _index(folder: Path, overlap: float, eps: list[Any], limits: Limits) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.graphs", folder, overlap, *eps]
    outcome = limited_process.run(command, memory_mib=limits.memory_mib, seconds=limits.seconds)
    if outcome.status != "done":
        return {"status": outcome.status, "said": outcome.said}
    return {"status": "done", **json.loads(outcome.said)}


def _run(side: str, case: Case, folder: Path, eps: float, limits: Limits) -> limited_process.Outcome:
    setting = [case.n_intervals, case.overlap, eps, 5]
    command = [python_of(side), SCRIPT, side, folder, folder / f"{side}.npz", *setting]
    return limited_process.run(command, memory_mib=limits.memory_mib, seconds=limits.seconds)


def _add_outcome(results: dict[str, Any], outcome: limited_process.Outcome) -> None:
    results["status"] = outcome.status
    results["peak_mib"] = max(results["peak_mib"], outcome.peak_mib)
    if outcome.status == "done":
        said = json.loads(outcome.said)
        results["seconds"].append(said["seconds"])
        results["before_mib"] = said["before_mib"]
        results["peak_mib"] = max(results["peak_mib"], said["peak_mib"])
    else:
        results["said"] = outcome.said
        results["stopped_after"] = outcome.seconds


def _check(sides: dict[str, Any], folder: Path, case: Case, index: NeighborIndex) -> None:
    """Compare the nodes of each side that finished with ours."""
    for side, results in sides.items():
        if results["status"] == "done":
            convention = "kepler-mapper" if side in {"topoact", "scikit-learn"} else side
            graph = index.graph_of(UniformCover(case.n_intervals, case.overlap, convention=convention), 5)
            results["parity"] = parity.compare(graph, list(_nodes(folder / f"{side}.npz")), index.vectors, 5)
            print(f"  {case.name} {side}: {results['parity']}", flush=True)


def _nodes(path: Path) -> Iterator[Any]:
    with np.load(path) as file:
        indptr, indices = file["indptr"], file["indices"]
    return (indices[start:stop] for start, stop in pairwise(indptr))
