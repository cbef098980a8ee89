"""The shape of a stored graph, `shape_of`, and its support: `measure_stability` and `measure_consensus`."""

from dataclasses import replace

from topoact.analysis.shape.consensus import consensus
from topoact.analysis.shape.report import ShapeReport
from topoact.analysis.shape.skeleton import NOISE
from topoact.analysis.shape.stability import Stability, same_way, split_share, stability
from topoact.analysis.shape.topology import shape_report, with_second_opinion
from topoact.errors import InvalidInput
from topoact.mapper import Progress, no_progress
from topoact.workbench.bench import Workbench
from topoact.workbench.settings import MAX_DEFAULT_INTERVALS, MapSettings
from topoact.workbench.stored_graph import StoredGraph


def measure_stability(
    bench: Workbench, layer: str | int, settings: MapSettings, progress: Progress = no_progress
) -> Stability:
    """Return how much of a graph recurs when it is built from 80 % of the points, over ten resamples.

    The result is stored with the graph.

    Parameters
    ----------
    bench
        The opened study.
    layer
        Name or number of the layer.
    settings
        Of the graph.
    progress
        Called with each stage; may raise `topoact.errors.Cancelled`.

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
    measured = stability(graph, same_way(graph, bench.vectors(opened), settings.clusterer_of()), progress=progress)
    if graph.prominence is not None and settings.prominence > NOISE:
        measured = replace(measured, split=split_share(bench.map(layer, settings.finest, progress)))
    bench.cache.save_stability(key, measured)
    return measured


def measure_consensus(
    bench: Workbench, layer: str | int, settings: MapSettings, progress: Progress = no_progress
) -> ShapeReport | None:
    """Return what five other covers agree on; None where nodes are not modes, or distances not Euclidean.

    It is the same for all cuts of one tree, and stored with the finest. Parameters and errors are those of
    `measure_stability`.
    """
    if not _has_consensus(settings):
        return None
    opened, graph = bench.study.layer(layer), bench.map(layer, settings.finest, progress)
    key, n_intervals = bench.key(opened, settings.finest), min(settings.n_intervals, MAX_DEFAULT_INTERVALS)
    report = bench.cache.load_consensus(key)
    if report is None:
        lens, vectors = graph.lens, bench.vectors(opened)
        report = consensus(vectors, lens, n_intervals=n_intervals, k=settings.k, progress=progress)
        bench.cache.save_consensus(key, report)
    return report


def stored_consensus(bench: Workbench, graph: str) -> ShapeReport | None:
    """Return the result of `measure_consensus` for a stored graph, or None."""
    finest = _finest_digest(bench, bench.find_graph(graph))
    return None if finest is None else bench.cache.load_consensus(finest)


def is_measured(bench: Workbench, layer: str | int, settings: MapSettings) -> bool:
    """Return whether `measure_stability` and `measure_consensus` have nothing left to do."""
    opened = bench.study.layer(layer)
    consensus_key, key = bench.key(opened, settings.finest), bench.key(opened, settings)
    has_report = not _has_consensus(settings) or bench.cache.load_consensus(consensus_key) is not None
    return has_report and bench.cache.load_stability(key) is not None


def shape_of(bench: Workbench, digest: str) -> ShapeReport:
    """Return the components, loops and branches of a stored graph; of a cut they are counted on its skeleton.

    Its loops are compared with those of the points, where `measure_consensus` has counted these.

    Raises
    ------
    UnknownName
        If there is no such graph.
    """
    stored = bench.graph(digest)
    report = _of_graph(bench, stored)
    panel = stored_consensus(bench, digest)
    if stored.graph.prominence is None or panel is None:
        return report
    return replace(report, loops=with_second_opinion(report.loops, panel.persistence))


def _of_graph(bench: Workbench, stored: StoredGraph) -> ShapeReport:
    if stored.graph.prominence is None or stored.settings is None or stored.settings.prominence <= NOISE:
        return shape_report(stored.graph)
    finest = bench.find_graph(bench.key(stored.layer, stored.settings.finest))
    if finest is None:
        return shape_report(stored.graph)
    return shape_report(finest.graph).within(finest.graph.within(stored.settings.prominence).tolist())


def _finest_digest(bench: Workbench, stored: StoredGraph | None) -> str | None:
    if stored is None or stored.settings is None:
        return None
    return bench.key(stored.layer, stored.settings.finest)


def _has_consensus(settings: MapSettings) -> bool:
    return settings.clusterer == "modes" and settings.metric == "euclidean"
