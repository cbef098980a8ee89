"""Are the nodes equal to those of scikit-learn's DBSCAN, run on each interval, over a grid of settings?"""

from typing import Any

import numpy as np
from sklearn.cluster import DBSCAN
from sklearn.neighbors import NearestNeighbors

from benchmarks.data import lens_of
from topoact import MapperGraph, NeighborIndex, UniformCover
from topoact.mapper.covers.pullback import pullback

QUANTILES = (0.5, 0.8, 0.9)
OVERLAPS = (0.2, 0.3, 0.5)
MIN_SAMPLES = (1, 3, 5, 20)
SECOND_METRIC = {"overlaps": (0.3,), "min_samples": (1, 5)}
"""The smaller grid of a second metric."""


def check(vectors: Any, metric: str, *, overlaps: Any = OVERLAPS, min_samples: Any = MIN_SAMPLES) -> dict[str, Any]:
    """Compare node by node, in order, at every combination of ε, overlap and minPts."""
    lens = lens_of(vectors)
    nearest, _ = NearestNeighbors(n_neighbors=6, metric=metric).fit(vectors).kneighbors(vectors)
    rows = []
    for quantile, eps in zip(QUANTILES, np.quantile(nearest[:, 5], QUANTILES), strict=True):
        index = NeighborIndex(vectors, lens, float(eps), 0.03, metric=metric)
        for overlap in overlaps:
            for minimum in min_samples:
                graph = index.graph(70, overlap, minimum)
                clusterer = DBSCAN(eps=float(eps), min_samples=minimum, metric=metric)
                equal = same(graph, scikit_learn(vectors, lens, overlap, clusterer))
                row = {"quantile": quantile, "eps": float(eps), "overlap": overlap, "min_samples": minimum}
                rows.append(row | {"nodes": graph.n_nodes, "equal": equal})
                print(f"  {metric} {rows[-1]}", flush=True)
    return {"metric": metric, "n_points": len(vectors), "rows": rows}


def scikit_learn(vectors: Any, lens: Any, overlap: float, clusterer: DBSCAN) -> list[Any]:
    nodes = []
    for rows in pullback(lens, UniformCover(70, overlap).intervals(lens)):
        if len(rows):
            labels = clusterer.fit_predict(vectors[rows].astype(np.float64))
            nodes += [rows[labels == label] for label in range(labels.max() + 1)]
    return nodes


def same(graph: MapperGraph, nodes: list[Any]) -> bool:
    return graph.n_nodes == len(nodes) and all(
        np.array_equal(graph.members(node), rows) for node, rows in enumerate(nodes)
    )
