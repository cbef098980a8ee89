"""The shape of a stored graph: `shape_of`, with names `findings`; `measure_stability` and `measure_consensus`."""

from dataclasses import replace

import numpy as np

from topoact.analysis.shape.consensus import consensus
from topoact.analysis.shape.naming import Classes, named
from topoact.analysis.shape.outlines import outlined_within
from topoact.analysis.shape.report import ShapeReport
from topoact.analysis.shape.skeleton import NOISE
from topoact.analysis.shape.stability import Stability, same_way, split_share, stability
from topoact.analysis.shape.topology import MIN_JACCARD, shape_report, with_second_opinion
from topoact.errors import InvalidInput, UnknownName
from topoact.mapper import ImportedGraph, Progress, no_progress
from topoact.workbench.bench import Workbench
from topoact.workbench.columns import category_column, first_category, holds_classes
from topoact.workbench.output_names import display_name
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
    number = finest.graph.within(stored.settings.prominence).tolist()
    return outlined_within(shape_report(finest.graph), number, stored.graph, stored.settings.prominence, MIN_JACCARD)


def findings(bench: Workbench, digest: str, column: str | None = None) -> ShapeReport:
    """Return the components, loops and branches of a stored graph, named by the classes of a column of the examples.

    Parameters
    ----------
    bench
        The opened study.
    digest
        Names the graph.
    column
        A column with categories; by default the label, else the prediction, else the first there is.

    Raises
    ------
    UnknownName
        If there is no such graph, or no such column.
    """
    stored, report = bench.graph(digest), shape_of(bench, digest)
    return named(report, stored.graph, _classes(bench, stored, column))


def _classes(bench: Workbench, stored: StoredGraph, column: str | None) -> Classes | None:
    """Return the classes of the points of a graph; None where there is no column, or the graph is an imported one."""
    study, layer = bench.study, stored.layer
    name = first_category(study) if column is None else column
    if name is None or isinstance(stored.graph, ImportedGraph):
        return None
    coded = category_column(study, name)
    if coded is None or coded.categories is None:
        raise UnknownName(f"there is no column {name!r} of categories: its values would be names")
    examples = layer.points["example"].to_numpy()
    names = [display_name(study, one) for one in coded.categories] if holds_classes(name) else coded.categories
    return Classes(coded.values[examples], names, min(1.0, len(np.unique(examples)) / max(1, len(examples))))


def _finest_digest(bench: Workbench, stored: StoredGraph | None) -> str | None:
    if stored is None or stored.settings is None:
        return None
    return bench.key(stored.layer, stored.settings.finest)


def _has_consensus(settings: MapSettings) -> bool:
    return settings.clusterer == "modes" and settings.metric == "euclidean"
