"""An index of modes and its graphs, timed, beside trees without an index and GUDHI's ToMATo: a process for each."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.mapper_libraries import peak_mebibytes
from benchmarks.measure import clocked
from topoact import ModeIndex, QuantileCover, UniformCover
from topoact.mapper import Cover, ModeTree, mode_tree
from topoact.mapper.covers.pullback import pullback

COVERS: tuple[Cover, ...] = (
    UniformCover(40, 0.2),
    QuantileCover(40, 0.2),
    QuantileCover(30, 0.3),
    UniformCover(70, 0.5),
)
PROMINENCES = (0.25, 0.1, 1.0, 2.0)
K = 15
MAX_INTERVAL = 0.05
MAX_POINTS_ALL_COVERS = 100_000
"""Of more points only one cover is measured without an index."""


def index(vectors: Any, lens: Any) -> dict[str, Any]:
    """Build an index, then one graph of each cover, and cuts of its tree at other prominences."""
    before = peak_mebibytes()
    (build, built), build_cpu = _with_cpu(lambda: ModeIndex(vectors, lens, K, MAX_INTERVAL))
    graphs, cuts, graphs_cpu = [], [], []
    for cover in COVERS:
        (seconds, _), cpu = _with_cpu(lambda cover=cover: built.graph_of(cover, 0.5))
        graphs.append(seconds)
        graphs_cpu.append(cpu)
        cuts += [clocked(lambda p=p, cover=cover: built.graph_of(cover, p))[0] for p in PROMINENCES]
    return {
        "n_points": len(vectors),
        "n_channels": vectors.shape[1],
        "data_mib": vectors.nbytes / 2**20,
        "before_mib": before,
        "peak_mib": peak_mebibytes(),
        "index_mib": built.n_bytes / 2**20,
        "build": build,
        "build_cpu": build_cpu,
        "graphs": graphs,
        "graphs_cpu": graphs_cpu,
        "cuts": cuts,
        **_restored(built),
    }


def intervals(vectors: Any, lens: Any) -> dict[str, Any]:
    """Find the tree of each cover interval by interval, and compare it with that of an index."""
    built, seconds, equal = ModeIndex(vectors, lens, K, MAX_INTERVAL), [], 0
    for cover in COVERS[: 1 if len(vectors) > MAX_POINTS_ALL_COVERS else None]:
        ends = cover.intervals(lens)
        taken, tree = clocked(lambda ends=ends: mode_tree(vectors, pullback(lens, ends), K))
        seconds.append(taken)
        equal += _equal(built.tree(ends), tree)
    return {"trees": seconds, "equal": equal}


def gudhi(vectors: Any, lens: Any) -> dict[str, Any]:
    """Find the modes of each interval by GUDHI, with its quickest search and an exponent that does not overflow."""
    from gudhi.clustering.tomato import Tomato

    sets = [rows for rows in pullback(lens, COVERS[1].intervals(lens)) if len(rows) > K + 1]
    options: dict[str, Any] = {"k": K, "q": 2, "implementation": "sklearn", "n_jobs": -1}
    with np.errstate(divide="ignore"):
        return {"trees": [clocked(lambda: [Tomato(**options).fit(vectors[rows]) for rows in sets])[0]]}


SIDES: dict[str, Callable[[Any, Any], dict[str, Any]]] = {"index": index, "intervals": intervals, "gudhi": gudhi}


def _with_cpu(work: Callable[[], Any]) -> tuple[tuple[float, Any], float]:
    """Return the result of `clocked`, and the processor's time."""
    start = time.process_time()
    done = clocked(work)
    return done, time.process_time() - start


def _restored(built: ModeIndex) -> dict[str, Any]:
    arrays = built.arrays()
    restoring, again = clocked(lambda: ModeIndex.restore(built.vectors, built.lens, arrays))
    ends = COVERS[0].intervals(built.lens)
    return {"restore": restoring, "restored_equal": _equal(again.tree(ends), built.tree(ends))}


def _equal(ours: ModeTree, theirs: ModeTree) -> bool:
    pairs = ((getattr(ours, field.name), getattr(theirs, field.name)) for field in fields(ModeTree))
    return all(np.array_equal(one, other, equal_nan=one.dtype.kind == "f") for one, other in pairs)


def warm_up() -> None:
    """Compile all machine code, for sparse and for dense vectors."""
    rng = np.random.default_rng(0)
    for zeros in (0.0, 0.9):
        cloud = (rng.random((3000, 64)) * (rng.random((3000, 64)) >= zeros)).astype(np.float32)
        built = ModeIndex(cloud, k=K)
        for wide in (UniformCover(10, 0.3), UniformCover(60, 0.3)):
            built.graph_of(wide)


def main(side: str, name: str) -> None:
    """Measure one side with the vectors of a folder."""
    warm_up()
    vectors, lens = (np.load(Path(name) / file) for file in ("vectors.npy", "lens.npy"))
    print(json.dumps(SIDES[side](vectors, lens)))


if __name__ == "__main__":
    main(*sys.argv[1:])
