"""One mapper graph by one library, timed: the process that each side of a comparison runs in.

It imports numpy and that library alone, because each side has its own environment. Reading, importing and a graph of
300 points, for which a library may compile code, are not timed.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Nodes = Callable[[], Iterable[Any]]
"""Returns the members of each node; called after the timing."""


class Setting(NamedTuple):
    """The same for every side: a uniform cover of the lens, and DBSCAN in each interval."""

    n_intervals: int
    overlap: float
    eps: float
    min_samples: int

    def dbscan(self) -> Any:
        from sklearn.cluster import DBSCAN

        return DBSCAN(eps=self.eps, min_samples=self.min_samples)


def topoact(vectors: Any, lens: Any, setting: Setting) -> Nodes:
    from topoact import DBSCAN, Mapper

    clusterer = DBSCAN(eps=setting.eps, min_samples=setting.min_samples)
    mapper = Mapper(lens=lens, n_intervals=setting.n_intervals, overlap=setting.overlap, clusterer=clusterer)
    graph = mapper.fit(vectors).graph_
    return lambda: [graph.members(node) for node in range(graph.n_nodes)]


def scikit_learn(vectors: Any, lens: Any, setting: Setting) -> Nodes:
    """Cluster each interval of KeplerMapper's cover: no nerve, no attributes of nodes."""
    n, low, length = setting.n_intervals, lens.min(), np.ptp(lens)
    centres, radius = low + (np.arange(n) + 0.5) * length / n, length / n / (1 - setting.overlap) / 2
    nodes = []
    for rows in (np.flatnonzero(np.abs(lens - centre) <= radius) for centre in centres):
        if len(rows) >= setting.min_samples:
            labels = setting.dbscan().fit_predict(vectors[rows])
            nodes += [rows[labels == label] for label in range(labels.max() + 1)]
    return lambda: nodes


def kepler_mapper(vectors: Any, lens: Any, setting: Setting) -> Nodes:
    from kmapper import Cover, KeplerMapper

    cover = Cover(setting.n_intervals, setting.overlap)
    graph = KeplerMapper(verbose=0).map(lens[:, None], vectors, cover=cover, clusterer=setting.dbscan())
    return graph["nodes"].values


def giotto_tda(vectors: Any, lens: Any, setting: Setting) -> Nodes:
    from gtda.mapper import OneDimensionalCover, make_mapper_pipeline
    from sklearn.preprocessing import FunctionTransformer

    pipeline = make_mapper_pipeline(
        filter_func=FunctionTransformer(lambda _: lens[:, None]),
        cover=OneDimensionalCover(n_intervals=setting.n_intervals, overlap_frac=setting.overlap),
        clusterer=setting.dbscan(),
    )
    nodes = pipeline.fit_transform(vectors).vs
    labels = nodes["partial_cluster_label"]  # −1: the noise of an interval, which it makes a node
    return lambda: [rows for rows, label in zip(nodes["node_elements"], labels, strict=True) if label >= 0]


def tda_mapper(vectors: Any, lens: Any, setting: Setting) -> Nodes:
    from tdamapper.cover import StandardCubicalCover
    from tdamapper.learn import MapperAlgorithm

    cover = StandardCubicalCover(n_intervals=setting.n_intervals, overlap_frac=setting.overlap)
    mapper = MapperAlgorithm(cover=cover, clustering=setting.dbscan(), verbose=False)
    graph = mapper.fit_transform(vectors, lens[:, None])
    return lambda: [graph.nodes[node]["ids"] for node in graph]


def gudhi(vectors: Any, lens: Any, setting: Setting) -> Nodes:
    from gudhi.cover_complex import MapperComplex

    mapper = MapperComplex(resolutions=[setting.n_intervals], gains=[setting.overlap], clustering=setting.dbscan())
    mapper.fit(vectors, filters=lens[:, None], colors=lens[:, None])
    return lambda: [node["indices"] for node in mapper.node_info_.values()]


def zen_mapper(vectors: Any, lens: Any, setting: Setting) -> Nodes:
    from zen_mapper import Width_Balanced_Cover, mapper, sk_learn

    cover = Width_Balanced_Cover(setting.n_intervals, setting.overlap)
    result = mapper(vectors, lens, cover, sk_learn(setting.dbscan()), dim=1)
    return lambda: result.nodes


SIDES = {
    "topoact": topoact,
    "scikit-learn": scikit_learn,
    "kepler-mapper": kepler_mapper,
    "giotto-tda": giotto_tda,
    "tda-mapper": tda_mapper,
    "gudhi": gudhi,
    "zen-mapper": zen_mapper,
}


def warm_up(side: Callable[..., Nodes]) -> None:
    rng = np.random.default_rng(0)
    for zeros in (0.0, 0.9):
        cloud = (rng.random((300, 64)) * (rng.random((300, 64)) >= zeros)).astype(np.float32)
        side(cloud, np.linalg.norm(cloud, axis=1).astype(np.float64), Setting(5, 0.3, 2.0, 5))


def peak_mebibytes() -> float:
    """Return the peak memory of this process."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def main(name: str, folder: str, target: str, *numbers: str) -> None:
    n_intervals, overlap, eps, min_samples = numbers
    setting = Setting(int(n_intervals), float(overlap), float(eps), int(min_samples))
    vectors, lens = (np.load(Path(folder) / file) for file in ("vectors.npy", "lens.npy"))
    warm_up(SIDES[name])
    before, start = peak_mebibytes(), time.perf_counter()
    found = SIDES[name](vectors, lens, setting)
    seconds, peak = time.perf_counter() - start, peak_mebibytes()
    save(target, found)
    print(json.dumps({"seconds": seconds, "before_mib": before, "peak_mib": peak}))


def save(target: str | Path, found: Nodes) -> None:
    nodes = [np.sort(np.asarray(rows, dtype=np.int64)) for rows in found()]
    indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in nodes])]).astype(np.int64)
    np.savez(target, indptr=indptr, indices=np.concatenate([*nodes, np.empty(0, np.int64)]))


def several(name: str, folder: str) -> None:
    """Make the graph of each cloud of a folder, untimed."""
    for path in sorted(Path(folder).glob("*.cloud.npz")):
        with np.load(path) as cloud:
            setting = Setting(int(cloud["n_intervals"]), float(cloud["overlap"]), float(cloud["eps"]), 5)
            save(
                path.with_name(path.name.replace(".cloud", ".nodes")),
                SIDES[name](cloud["vectors"], cloud["lens"], setting),
            )


if __name__ == "__main__":
    (several if len(sys.argv) == 3 else main)(*sys.argv[1:])
