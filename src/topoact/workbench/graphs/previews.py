"""Previews of large graphs: made of an evenly drawn sample, until the whole is there.

The intervals are those of the whole graph, and the nodes hold rows of the layer, of the sample alone. A preview is
stored under a name of its own, never that of the graph.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.analysis.drawing.cut import first_prominence
from topoact.analysis.shape.matching import continued_nodes
from topoact.analysis.shape.skeleton import roots
from topoact.mapper import MapperGraph, Members, Modes, Progress, mode_tree
from topoact.mapper.build import assemble, ragged
from topoact.mapper.clusterers.modes import nodes_of
from topoact.mapper.covers.pullback import pullback
from topoact.mapper.merging import merged
from topoact.study import Layer
from topoact.study.files import digest
from topoact.workbench.settings import MapSettings

SAMPLE_POINTS: Final = 20_000
"""Points of a preview."""
MIN_COMPARISONS: Final = 3e11
"""Points squared, times channels, from which a preview is worth its own second: the whole takes five or more."""
MIN_CONTINUED: Final = 0.75
"""Share of the nodes of the whole graph that must continue one of the preview for it to be drawn beside that."""
PREVIEW_VERSION: Final = 1
"""Increased by a change of the previews, so that stored ones are not reused."""
SEED: Final = 0


def is_large(layer: Layer, settings: MapSettings) -> bool:
    """Return whether a graph is worth a preview where no index of its layer is stored; of modes alone."""
    n_points = layer.n_points if layer.has_vectors else 0
    n_comparisons = float(n_points) ** 2 * layer.n_channels
    return settings.clusterer == "modes" and n_points >= 2 * SAMPLE_POINTS and n_comparisons >= MIN_COMPARISONS


def preview_digest(graph: str, n_sampled: int, *, first: bool) -> str:
    """Return the name of the preview of a graph; with `first` of that which is seen first, from its finest cut."""
    return digest({"preview of": graph, "points": n_sampled, "first": first, "version": PREVIEW_VERSION})


def sample_of(n_points: int, n_sampled: int) -> npt.NDArray[np.int64]:
    """Return rows drawn evenly, ascending: one of each of `n_sampled` stretches; the same ones each time."""
    starts = np.arange(n_sampled + 1) * n_points // n_sampled
    return np.random.default_rng(SEED).integers(starts[:-1], starts[1:])


def preview_graph(
    vectors: npt.NDArray[np.float32],
    lens: npt.NDArray[np.float64],
    settings: MapSettings,
    rows: npt.NDArray[np.int64],
    progress: Progress,
    *,
    first: bool,
) -> tuple[MapperGraph, MapSettings]:
    """Return the graph of modes of some of the points, in the intervals of all, and its settings.

    The other points are in no node. With `first` the prominence is that of the first screen.
    """
    clusterer = settings.clusterer_of()
    assert isinstance(clusterer, Modes)
    bound = clusterer.bind(vectors, seed=0)
    is_drawn = np.zeros(len(vectors), dtype=bool)
    is_drawn[rows] = True
    intervals = settings.cover_of().intervals(lens)
    sets = [points[is_drawn[points]] for points in pullback(lens, intervals)]
    tree = mode_tree(vectors, sets, bound.k, metric=bound.metric, progress=progress)

    def cut(prominence: float) -> MapperGraph:
        nodes = nodes_of(tree, vectors, prominence, progress=progress)
        return assemble(lens, intervals, nodes, **tree.facts(prominence))

    if first:
        settings = replace(settings, prominence=first_prominence(cut(settings.finest.prominence)))
    return cut(settings.prominence), settings


def as_anchor(preview: MapperGraph, prominence: float, whole: MapperGraph) -> MapperGraph | None:
    """Return a preview whose nodes have the points of the nodes of the whole graph that continue them.

    Nodes of the cut at the same prominence are matched, by the points of the sample alone: below the noise nodes of a
    sample are others. So a graph drawn beside it keeps its places. None where few nodes continue one of the preview:
    to hold these would tangle the others.

    Parameters
    ----------
    preview, prominence
        The preview of a graph of modes, and its prominence.
    whole
        The graph at a prominence no larger.
    """
    cut, kept = _merged_nodes(whole, prominence), roots(whole, prominence)
    sampled = np.zeros(whole.n_points, dtype=bool)
    sampled[preview.memberships.indices] = True
    continued = continued_nodes(replace(whole, memberships=_within(cut, sampled)), preview)
    if len(kept) == 0 or (continued >= 0).mean() < MIN_CONTINUED:
        return None
    points = [preview.members(node) for node in range(preview.n_nodes)]
    for node in np.flatnonzero(continued >= 0):
        points[continued[node]] = whole.members(int(kept[node]))
    return replace(preview, memberships=ragged(points))


def _merged_nodes(graph: MapperGraph, prominence: float) -> Members:
    """Return the points of the nodes of a coarser cut."""
    assert graph.parent is not None
    into = merged(graph.parent, roots(graph, prominence))
    node, point = np.repeat(into, graph.memberships.sizes), graph.memberships.indices
    order = np.lexsort((point, node))
    indptr = np.searchsorted(node[order], np.arange(into.max(initial=-1) + 2))
    return Members(indptr.astype(np.int64), point[order])


def _within(members: Members, kept: npt.NDArray[np.bool_]) -> Members:
    """Return the members of each node that are kept."""
    is_kept = kept[members.indices]
    before = np.concatenate([[0], np.cumsum(is_kept)])
    return Members(before[members.indptr], members.indices[is_kept])
