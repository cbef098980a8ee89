"""What graphs of real layers say about classes: ``python -m benchmarks.layers STUDY LAYER …``.

Lens: L2 norm, 40 intervals, overlap 20 %, edges of Jaccard above 0.02. Information: `topoact.analysis.information`.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from topoact import DBSCAN, Mapper, MapperGraph, UniformCover
from topoact.analysis.information import information
from topoact.analysis.topology import shape
from topoact.mapper import lens_values, mode_tree
from topoact.mapper.build import assemble
from topoact.mapper.clusterers.modes import nodes_of
from topoact.mapper.covers import pullback
from topoact.study import open_study


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layers", description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("layers", nargs="*", help="all by default")
    parser.add_argument("--label", default="label")
    parser.add_argument("--k", type=int, nargs="*", default=[15, 30])
    parser.add_argument("--prominence", type=float, nargs="*", default=[0.1, 0.25, 0.5, 1.0, 2.0])
    chosen = parser.parse_args()
    study = open_study(chosen.study)
    print("| layer | clusterer | nodes | edges | components, loops | coverage | largest | information | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in chosen.layers or study.layers:
        layer = study.layer(name)
        codes = pd.Categorical(layer.metadata(chosen.label)).codes.astype(np.int64)
        _show(name, layer.vectors(), codes, chosen.k, chosen.prominence)


def _show(name: str, vectors: Any, codes: Any, ks: list[int], prominences: list[float]) -> None:
    lens = lens_values("l2", vectors)
    cover = UniformCover(40, 0.2)
    start = time.perf_counter()
    graph = Mapper(lens=lens, cover=cover, clusterer=DBSCAN()).fit(vectors).graph_
    _row(name, "DBSCAN()", graph, codes, time.perf_counter() - start)
    intervals = cover.intervals(lens)
    for k in ks:
        start = time.perf_counter()
        tree = mode_tree(vectors, pullback(lens, intervals), k)
        seconds = time.perf_counter() - start
        for prominence in prominences:
            start = time.perf_counter()
            graph = assemble(lens, intervals, nodes_of(tree, vectors, prominence))
            _row(name, f"Modes({k}, {prominence:g})", graph, codes, seconds + time.perf_counter() - start)
            seconds = 0.0


def _row(name: str, clusterer: str, graph: MapperGraph, codes: Any, seconds: float) -> None:
    n_edges = np.count_nonzero(graph.links.jaccard > 0.02)
    largest = graph.memberships.sizes.max() / graph.n_points
    components, loops = shape(graph)
    told = information(graph, codes, int(codes.max()) + 1)
    print(
        f"| {name} | {clusterer} | {graph.n_nodes} | {n_edges} | {components}, {loops} | {graph.coverage:.3f} | "
        f"{largest:.3f} | {told:.2f} | {seconds:.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
