"""What is found in a graph: how much of it returns, what other covers say, its components, loops and branches."""

from dataclasses import replace

from topoact.analysis.shape.consensus import consensus
from topoact.analysis.shape.skeleton import NOISE
from topoact.analysis.shape.stability import (
    Stability,
    same_way,
    split_share,
    stability,
)
from topoact.analysis.shape.topology import ShapeReport, shape_report
from topoact.errors import InvalidInput
from topoact.mapper import Progress, no_progress
from topoact.workbench.bench import Workbench
from topoact.workbench.settings import MAX_DEFAULT_INTERVALS, MapSettings, from_stored


def measure_stability(
    bench: Workbench, layer: str | int, settings: MapSettings, progress: Progress = no_progress
) -> Stability:
    """Return how much of a graph returns when it is built from 80 % of the points, over ten resamples.

    Raises
    ------
    InvalidInput
        If the layer has no vectors.
    """
    opened, graph = bench.study.layer(layer), bench.map(layer, settings, progress)
    if not opened.has_vectors:
        raise InvalidInput(f"layer {opened.name} has no vectors, from which its graph could be built anew")
    key = bench.key(opened, settings)
    stored = bench.cache.load_stability(key)
    if stored is not None and len(stored.nodes) == graph.n_nodes:
        return stored
    found = stability(graph, same_way(graph, bench.vectors(opened), settings.clusterer_of()), progress=progress)
    if graph.prominence is not None and settings.prominence > NOISE:
        found = replace(found, split=split_share(bench.map(layer, settings.finest, progress)))
    bench.cache.save_stability(key, found)
    return found


def measure_consensus(
    bench: Workbench, layer: str | int, settings: MapSettings, progress: Progress = no_progress
) -> ShapeReport | None:
    """Return what five other covers agree on; None where nodes are not modes, or distances not Euclidean.

    It is the same for all cuts of one tree, and kept with the finest.
    """
    if not _can_be_judged(settings):
        return None
    opened, graph = bench.study.layer(layer), bench.map(layer, settings.finest, progress)
    key, n_intervals = bench.key(opened, settings.finest), min(settings.n_intervals, MAX_DEFAULT_INTERVALS)
    found = bench.cache.load_consensus(key)
    if found is None:
        lens, vectors = graph.lens, bench.vectors(opened)
        found = consensus(vectors, lens, n_intervals=n_intervals, k=settings.k, progress=progress)
        bench.cache.save_consensus(key, found)
    return found


def stored_consensus(bench: Workbench, graph: str) -> ShapeReport | None:
    """Return what `measure_consensus` has found of a stored graph, or None."""
    about = bench.cache.about_graph(graph)
    if about is None or "settings" not in about:
        return None
    finest = from_stored(about["settings"]).finest
    return bench.cache.load_consensus(bench.key(bench.study.layer(about["layer"]), finest))


def is_measured(bench: Workbench, layer: str | int, settings: MapSettings) -> bool:
    """Tell whether `measure_stability` and `measure_consensus` have nothing left to do."""
    graph = bench.key(bench.study.layer(layer), settings)
    is_judged = not _can_be_judged(settings) or stored_consensus(bench, graph) is not None
    return is_judged and bench.cache.load_stability(graph) is not None


def shape_of(bench: Workbench, graph: str) -> ShapeReport | None:
    """Return what the shape of a stored graph says, counted on its skeleton even where it is cut above it."""
    about, found = bench.cache.about_graph(graph), bench.cache.load_graph(graph)
    if about is None or found is None or found.prominence is None:
        return None if found is None else shape_report(found)
    settings = from_stored(about["settings"])
    finest = bench.cache.load_graph(bench.key(bench.study.layer(about["layer"]), settings.finest))
    if finest is None or settings.prominence <= NOISE:
        return shape_report(found)
    return shape_report(finest).within(finest.within(settings.prominence).tolist())


def _can_be_judged(settings: MapSettings) -> bool:
    return settings.clusterer == "modes" and settings.metric == "euclidean"
