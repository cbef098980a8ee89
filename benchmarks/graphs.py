"""An index and graphs of it, timed: the process in which TopoAct's index is measured."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.mapper_libraries import peak_mebibytes
from benchmarks.measure import clocked
from topoact import NeighborIndex

REPEATS = 7
OTHER_SETTINGS = [(n, overlap, minimum) for n in (70, 90, 120) for overlap in (0.2, 0.3, 0.5) for minimum in (3, 5, 20)]
"""Other graphs of an index: n_intervals, overlap, min_samples; none has wider intervals than 70 of overlap 50 %."""


def warm_up() -> None:
    """Compile all machine code, for sparse and for dense vectors."""
    rng = np.random.default_rng(0)
    for zeros in (0.0, 0.9):
        cloud = (rng.random((300, 64)) * (rng.random((300, 64)) >= zeros)).astype(np.float32)
        NeighborIndex(cloud, eps=2.0, max_interval=0.5).graph(10, 0.3, 3)
        ladder = NeighborIndex(cloud, eps=[1.0, 2.0], max_interval=0.5)
        ladder.graph(10, 0.3, 3, eps=1.0)


def measure(vectors: Any, lens: Any, eps: list[float], overlap: float, folder: Path | None = None) -> dict[str, Any]:
    """Build one index, then the graph of 70 intervals several times, then many others."""
    before = peak_mebibytes()
    radii = eps if len(eps) > 1 else eps[0]
    building, index = clocked(lambda: NeighborIndex(vectors, lens, radii, max_interval=0.03))
    first, graph = clocked(lambda: index.graph(70, overlap, 5, eps=eps[-1]))
    after = peak_mebibytes()
    again = [clocked(lambda: index.graph(70, overlap, 5, eps=eps[-1]))[0] for _ in range(REPEATS)]
    further = [clocked(lambda s=s, e=e: index.graph(*s, eps=e))[0] for s in OTHER_SETTINGS for e in eps]
    restored = _restored(index, folder, overlap, eps[-1]) if folder else {}
    return restored | {
        "n_points": len(vectors),
        "n_channels": vectors.shape[1],
        "zeros": float((vectors[:: max(1, len(vectors) // 10_000)] == 0).mean()),
        "data_mib": vectors.nbytes / 2**20,
        "band_mib": index.band_bytes / 2**20,
        "before_mib": before,
        "peak_mib": after,
        "build": building,
        "first": first,
        "again": again,
        "further": further,
        "nodes": graph.n_nodes,
        "edges": graph.n_edges,
        "coverage": graph.coverage,
        "pairs": _pairs(lens),
    }


def _pairs(lens: Any) -> int:
    """Return how many unordered pairs of points can share an interval."""
    ordered = np.sort(lens)
    reach = np.searchsorted(ordered, ordered + 0.03 * np.ptp(ordered), side="right")
    return int((reach - np.arange(len(ordered)) - 1).sum())


def _restored(index: NeighborIndex, folder: Path, overlap: float, eps: float) -> dict[str, Any]:
    """Write the index's arrays to a disk, and time an index and two graphs made of them."""
    arrays = index.arrays()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    mapped = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in arrays}
    restoring, again = clocked(lambda: NeighborIndex.restore(index.vectors, index.lens, mapped))
    first, second = (clocked(lambda: again.graph(70, overlap, 5, eps=eps))[0] for _ in range(2))
    return {"restore": restoring, "restored_first": first, "restored_second": second}


def main(name: str, overlap: str, *eps: str) -> None:
    """Measure with the vectors of a folder; ``restore`` before the radii also times an index that is stored in it."""
    warm_up()
    folder = Path(name)
    vectors, lens = (np.load(folder / file) for file in ("vectors.npy", "lens.npy"))
    radii = [float(e) for e in eps if e != "restore"]
    print(json.dumps(measure(vectors, lens, radii, float(overlap), folder if "restore" in eps else None)))


if __name__ == "__main__":
    main(*sys.argv[1:])
