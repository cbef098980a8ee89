"""Graphs of real layers, clusterer by clusterer: ``python -m benchmarks.compare STUDY LAYER …``.

With ``--points 400 --resamples 1`` it is done in seconds.

Columns: edges of Jaccard above 0.02; components and loops of these, of `Modes` those of the skeleton (prominence 1);
share of the points in some node, and in the largest one; mutual information of nodes and labels within intervals, in
nats beyond chance; adjusted Rand index of memberships between 80 % resamples and the graph; seconds of one graph.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from benchmarks.data import sample_rows
from topoact import DBSCAN, Communities, MapperGraph, QuantileCover, SingleLinkage, UniformCover
from topoact.analysis.labels.information import information
from topoact.analysis.shape.stability import Rebuild, same_way, stability
from topoact.analysis.shape.topology import shape
from topoact.mapper import ModeTree, build_graph, lens_values, mode_tree, no_progress
from topoact.mapper.build import assemble
from topoact.mapper.clusterers.modes import nodes_of
from topoact.mapper.clusterers.scikit import as_clusterer
from topoact.mapper.covers.pullback import pullback
from topoact.study import open_study

COVER: Final = QuantileCover(25, 0.3)
K: Final = 15
PROMINENCE: Final = 0.15
PROMINENCES: Final = (0.1, PROMINENCE, 0.25, 0.5, 1.0)
COVERS: Final = {"uniform 40/.2": UniformCover(40, 0.2), "uniform 30/.3": UniformCover(30, 0.3)} | {
    f"balanced {n}/{overlap:g}".replace("0.", "."): QuantileCover(n, overlap)
    for n, overlap in ((20, 0.3), (25, 0.3), (30, 0.3), (40, 0.2))
}
HEAD: Final = "nodes | edges | components, loops | coverage | largest | information | Rand index | seconds"


class Layer(NamedTuple):
    """The vectors of a layer, or a sample of them, with the class of each point."""

    vectors: Any
    codes: Any


class Setting(NamedTuple):
    """A lens, a cover of it, and a metric."""

    lens: Any
    intervals: Any
    metric: Any


class Case(NamedTuple):
    """A graph, the graph whose loops are counted, how to build it of other points, and the seconds it took."""

    name: str
    graph: MapperGraph
    counted: MapperGraph
    rebuild: Rebuild
    seconds: float


def clusterers() -> dict[str, Any]:
    """Return the clusterers besides `Modes`; those whose library is not installed are left out, with a line."""
    found = {}
    for name, make in CLUSTERERS.items():
        try:
            found[name] = make()
        except ImportError as error:
            print(f"left out: {name}: {error}", flush=True)
    return found


def _imported(module: str, kind: str, **settings: Any) -> Any:
    return getattr(import_module(module), kind)(**settings)


CLUSTERERS: Final[dict[str, Callable[[], Any]]] = {
    "DBSCAN, elbow (the paper)": DBSCAN,
    "DBSCAN, 50 % quantile": partial(DBSCAN, eps="quantile:0.5"),
    "DBSCAN, elbow per interval": partial(DBSCAN, eps="elbow:interval"),
    "DBSCAN, 50 % quantile per interval": partial(DBSCAN, eps="quantile:0.5:interval"),
    "single linkage, first gap": SingleLinkage,
    "HDBSCAN(15), fast-hdbscan": partial(_imported, "fast_hdbscan", "HDBSCAN", min_cluster_size=15),
    "EVoC": partial(_imported, "evoc", "EVoC"),
    "k-means 8 (control)": partial(KMeans, 8, n_init=1),
    "Communities(15)": Communities,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("layers", nargs="*", help="all by default")
    parser.add_argument("--label", default="label")
    parser.add_argument("--points", type=int, default=50_000, help="of larger layers every n-th point by the lens")
    parser.add_argument("--resamples", type=int, default=3)
    parser.add_argument("--only", choices=["clusterers", "modes", "variations"], nargs="*")
    chosen = parser.parse_args()
    study = open_study(chosen.study)
    for name in chosen.layers or study.layers:
        layer = study.layer(name)
        rows = sample_rows(layer.vectors(), chosen.points)
        codes = pd.Categorical(layer.metadata(chosen.label)).codes.astype(np.int64)[rows]
        sampled = Layer(layer.vectors()[rows], codes)
        print(f"\n{chosen.study.name}, {name}: {len(rows):,} × {sampled.vectors.shape[1]}\n")
        print(f"| | {HEAD} |\n| --- |{' --- |' * 8}")
        for part, cases_of in PARTS.items():
            if part in (chosen.only or PARTS):
                for case in cases_of(sampled):
                    print(row(case, sampled.codes, chosen.resamples), flush=True)


def of_clusterers(layer: Layer) -> Iterator[Case]:
    """Yield each clusterer, with the default lens and cover."""
    lens = lens_values("l2", layer.vectors)
    for name, estimator in clusterers().items():
        clusterer = as_clusterer(estimator)
        start = time.perf_counter()
        graph = build_graph(layer.vectors, lens, cover=COVER, clusterer=clusterer, n_jobs=1, progress=no_progress)
        seconds = time.perf_counter() - start
        yield Case(name, graph, graph, same_way(graph, layer.vectors, clusterer), seconds)


def of_modes(layer: Layer) -> Iterator[Case]:
    """Yield each k and prominence, with the default lens and cover."""
    setting = setting_of(layer, "l2", COVER)
    for k in (K, 2 * K):
        yield from cuts(layer, setting, k, PROMINENCES, f"Modes({k}, {{:g}})")


def of_variations(layer: Layer) -> Iterator[Case]:
    """Yield each lens and cover, and the other metric, with the default k and prominence."""
    combinations = [("l2", cover, "euclidean") for cover in COVERS] + [("l2", "balanced 25/.3", "cosine")]
    combinations += [("pca:0", "balanced 25/.3", metric) for metric in ("euclidean", "cosine")]
    for lens, cover, metric in combinations:
        setting = setting_of(layer, lens, COVERS[cover], metric)
        yield from cuts(layer, setting, K, (PROMINENCE,), f"Modes({K}, {{:g}}): {lens}, {cover}, {metric}")


PARTS: Final = {"clusterers": of_clusterers, "modes": of_modes, "variations": of_variations}


def setting_of(layer: Layer, lens: str, cover: Any, metric: str = "euclidean") -> Setting:
    values = lens_values(lens, layer.vectors)
    return Setting(values, cover.intervals(values), metric)


def cuts(layer: Layer, setting: Setting, k: int, prominences: tuple[float, ...], name: str) -> Iterator[Case]:
    """Yield each prominence; a tree is made once for all of them, also of each resample."""
    trees: dict[int, ModeTree] = {}

    def cut(prominence: float, rows: Any, **_: Any) -> MapperGraph:
        key = hash(rows.tobytes())
        some, lens = layer.vectors[rows], setting.lens[rows]
        if key not in trees:
            trees[key] = mode_tree(some, pullback(lens, setting.intervals), k, metric=setting.metric)
        tree = trees[key]
        own = {"prominence": tree.prominence[tree.kept(prominence)], "parent": tree.parents(prominence)}
        return assemble(lens, setting.intervals, nodes_of(tree, some, prominence), **own)

    every = np.arange(len(layer.vectors))
    for prominence in prominences:
        start = time.perf_counter()
        graph = cut(prominence, every)
        seconds = time.perf_counter() - start
        skeleton = cut(max(1.0, prominence), every)
        yield Case(name.format(prominence), graph, skeleton, partial(cut, prominence), seconds)


def row(case: Case, codes: Any, resamples: int) -> str:
    graph = case.graph
    n_edges = np.count_nonzero(graph.links.jaccard > 0.02)
    largest = graph.memberships.sizes.max(initial=0) / graph.n_points
    components, loops = shape(case.counted)
    nats = information(graph, codes, int(codes.max()) + 1)
    resampled = stability(graph, case.rebuild, resamples=resamples)
    return (
        f"| {case.name} | {graph.n_nodes} | {n_edges} | {components}, {loops} | {graph.coverage:.3f} | {largest:.3f} | "
        f"{nats:.2f} | {resampled.rand:.2f} ({resampled.verdict}) | {case.seconds:.1f} |"
    )


if __name__ == "__main__":
    main()
