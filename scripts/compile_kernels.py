"""Compile the kernels into numba's cache: once, before several processes that need them start at the same time."""

import time
from itertools import product

import numpy as np

from topoact import DBSCAN, Mapper, ModeIndex, Modes, NeighborIndex
from topoact.analysis.shape.evidence import counts_of, signal_of
from topoact.testing.shapes import planted

EPS = {"euclidean": 0.5, "cosine": 0.2}


def main() -> None:
    """Use each kernel on a few points, of each type of number that it is compiled for."""
    started = time.monotonic()
    points = np.random.default_rng(0).random((200, 40))
    sparse = points * (points > 0.9)
    for cloud, dtype, metric in product((points, sparse), (np.float32, np.float64), ("euclidean", "cosine")):
        vectors, eps = cloud.astype(dtype), EPS[metric]
        NeighborIndex(vectors, eps=eps, max_interval=0.5, metric=metric).graph(4, 0.3, 2)
        NeighborIndex(vectors, eps=[eps / 2, eps], max_interval=0.5, metric=metric).graph(4, 0.3, 2, eps=eps)
        ModeIndex(vectors, k=5, max_interval=0.5, metric=metric).graph(4, 0.3, 0.1)
        for clusterer in (DBSCAN(metric=metric), DBSCAN("quantile:0.7", metric=metric), Modes(5, metric=metric)):
            Mapper(n_intervals=3, clusterer=clusterer).fit(vectors)
    counts_of(signal_of(planted("ring", 300, 8, noise=0.05, seed=0)))
    print(f"kernels are compiled: {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
