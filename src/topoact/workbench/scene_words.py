"""What is written round a picture of a graph: `legend` of every mark, and `caption`, which says what is left out."""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Final

import numpy as np

from topoact.analysis.drawing.colours import OTHER, SEQUENTIAL
from topoact.analysis.drawing.scene import Ramp, SceneLegend, SizeKey, Swatch, WidthKey
from topoact.analysis.shape.naming import number_text
from topoact.workbench.graph_view import GraphView
from topoact.workbench.look import Look, Looked
from topoact.workbench.node_colours import NodeClasses, NodeNumbers, lens_title
from topoact.workbench.settings import CLUSTERER_SETTINGS

COVERS_IN_WORDS: Final = {"balanced": "with equally many points", "uniform": "of equal length"}
CLUSTERERS_IN_WORDS: Final = {"modes": "modes of density", "dbscan": "DBSCAN"}


def legend(
    view: GraphView, seen: Looked, colours: NodeClasses | NodeNumbers | None, notes: Sequence[str] = ()
) -> SceneLegend:
    """Return what the marks of a picture stand for.

    Parameters
    ----------
    view, seen
        A graph, and what is drawn of it.
    colours
        What colours the nodes; None where nothing does.
    notes
        Sentences on other marks.
    """
    jaccard = np.sort(view.graph.links.jaccard[seen.edges])
    ends = dict.fromkeys([jaccard[-1], jaccard[0]]) if len(jaccard) else {}
    widths = tuple(WidthKey(float(np.sqrt(one / (jaccard[-1] or 1.0))), f"Jaccard {one:.2g}") for one in ends)
    title, ramp = "", None
    swatches: tuple[Swatch, ...] = ()
    if isinstance(colours, NodeNumbers):
        title, ramp = f"mean {colours.title}", Ramp(SEQUENTIAL, *map(number_text, colours.span))
    elif colours is not None:
        title, swatches = colours.title, tuple(_swatches(colours, seen))
    return SceneLegend(title, swatches, ramp, tuple(_sizes(view, seen)), widths, tuple(notes))


def _swatches(classes: NodeClasses, seen: Looked) -> Iterator[Swatch]:
    """Yield the classes that occur: in the order of their colours, then how many share the last one."""
    occurs = np.flatnonzero(np.asarray(classes.counts.sum(axis=0)).ravel()).tolist()
    yield from (Swatch(classes.colours[code], classes.names[code]) for code in occurs if classes.colours[code] != OTHER)
    n_others = sum(classes.colours[code] == OTHER for code in occurs)
    is_unknown = bool((classes.majority[seen.nodes] < 0).any())
    if n_others or is_unknown:
        others = plural(n_others, "other class", "other classes") if n_others else ""
        yield Swatch(OTHER, " or ".join(filter(None, [others, "no value" if is_unknown else ""])))


def _sizes(view: GraphView, seen: Looked) -> Iterator[SizeKey]:
    """Yield the smallest and the largest node that are drawn."""
    sizes = view.graph.memberships.sizes
    order = seen.nodes[np.argsort(sizes[seen.nodes], kind="stable")]
    for node in dict.fromkeys(order[[0, -1]].tolist() if len(order) else []):
        yield SizeKey(float(seen.radii[node]), plural(int(sizes[node]), "point"))


def caption(view: GraphView, look: Look, seen: Looked) -> Iterator[str]:
    """Yield what graph it is, how it was made, and what is left out."""
    graph, n_outside = view.graph, len(view.graph.uncovered)
    yield f"{plural(graph.n_points, 'point')} in {plural(graph.n_nodes, 'node')}"
    if n_outside:
        yield f"{plural(n_outside, 'point')} ({n_outside / graph.n_points:.1%}) in no node"
    yield from settings_in_words(view)
    if n_hidden := graph.n_nodes - len(seen.nodes):
        yield f"{plural(n_hidden, 'node')} of fewer than {plural(look.min_size, 'point')} not drawn"
    if graph.n_edges:
        share = graph.links.shared[seen.edges].sum() / max(1, graph.links.shared.sum())
        yield f"{len(seen.edges):,} of {plural(graph.n_edges, 'edge')} drawn, with {share:.0%} of the shared points"
    yield f"graph {view.stored.digest}, TopoAct {version('topoact')}"


def settings_in_words(view: GraphView) -> Iterator[str]:
    """Yield the settings of a graph."""
    settings = view.stored.settings
    if settings is None:
        yield "imported graph"
        return
    cover = COVERS_IN_WORDS.get(settings.cover, f"as placed by {settings.cover}")
    intervals = plural(settings.n_intervals, "interval")
    yield f"{lens_title(view.stored)} in {intervals} {cover}, overlap {settings.overlap:g}"
    used = {name: settings.used[name] for name in CLUSTERER_SETTINGS if name in settings.used}
    own = [
        f"{name.replace('_', ' ')} {value if isinstance(value, str) else number_text(value)}"
        for name, value in used.items()
    ]
    metric = [] if settings.metric == "euclidean" else [f"{settings.metric} distance"]
    yield ", ".join([CLUSTERERS_IN_WORDS.get(settings.clusterer, settings.clusterer), *own, *metric])


def plural(count: int, one: str, several: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"
