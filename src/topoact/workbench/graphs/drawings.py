"""`Drawings`: positions of the nodes of graphs, computed by `DrawingPlan`s, which hold all names involved.

All graphs of modes that differ only in prominence are cuts of one tree. The finest is laid out, and the nodes of the
others have the positions that they have in it. A drawing is never beside one of another arrangement.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from topoact.analysis.drawing.agreement import agreement
from topoact.analysis.drawing.columns import cut_drawing, lens_layout
from topoact.analysis.drawing.cut import first_prominence
from topoact.analysis.drawing.layout import Drawing, anchored_layout, layout
from topoact.analysis.shape.skeleton import roots
from topoact.errors import InvalidInput
from topoact.mapper import MapperGraph, Progress, no_progress
from topoact.study import Study
from topoact.study.cache.results import ResultCache
from topoact.study.files import digest
from topoact.workbench.graphs.layer_graphs import LayerGraphs
from topoact.workbench.graphs.previews import as_anchor
from topoact.workbench.settings import MapSettings
from topoact.workbench.stored_graph import DrawingName

Arrangement = Literal["lens", "free"]
"""Each interval in a column of its own, in the order of the lens; or free, by the edges alone."""

NORM: Final = "l2"
"""The lens whose values are the lengths of the vectors."""
LAYOUT_VERSION: Final = 3
"""Increased by a change of the positions, so that stored drawings are not reused."""


@dataclass(frozen=True, slots=True)
class DrawingPlan:
    """A graph to draw, the names of all drawings involved, and its anchor; sent to the worker process."""

    layer: str
    settings: MapSettings
    name: DrawingName
    finest: DrawingName
    """Of the finest cut, whose nodes include those of this graph; equal to `name` if this graph is the finest."""
    anchor: DrawingName | None
    """A drawing whose nodes keep their positions in this one."""
    finest_anchor: DrawingName | None
    """The drawing of the finest cut of the anchor; the anchor itself where there is no other."""
    arrangement: Arrangement = "lens"


class Drawings:
    """The drawings of the graphs of a study.

    Parameters
    ----------
    study, cache
        An opened study, and its stored results.
    graphs
        The graphs of its layers.
    """

    def __init__(self, study: Study, cache: ResultCache, graphs: LayerGraphs) -> None:
        self._study, self._cache, self._graphs = study, cache, graphs

    def plan(
        self,
        layer: str | int,
        settings: MapSettings,
        anchor: DrawingName | None = None,
        arrangement: Arrangement = "lens",
    ) -> DrawingPlan:
        """Return what `draw` needs, without computing a graph.

        Parameters
        ----------
        layer, settings
            Of the graph.
        anchor
            A drawing whose nodes keep their positions; one that is not stored any more, or has another arrangement,
            is disregarded.
        arrangement
            How nodes are placed.
        """
        opened = self._study.layer(layer)
        graph, finest = self._graphs.digest(opened, settings), self._graphs.digest(opened, settings.finest)
        if anchor and arrangement_of(self._cache.load_drawing(*anchor)) not in (arrangement, None):
            anchor = None
        finest_anchor = self._finest_of(anchor)
        if graph != finest and finest_anchor and self._cache.load_drawing(*finest_anchor) is None:
            anchor = finest_anchor = None
        if anchor and finest_anchor and finest_anchor.graph == finest:
            name = anchor.layout
        else:
            name = digest([LAYOUT_VERSION, arrangement, finest, *(finest_anchor or ())])
        return DrawingPlan(
            layer=opened.name,
            settings=settings,
            name=DrawingName(graph, name),
            finest=DrawingName(finest, name),
            anchor=anchor,
            finest_anchor=finest_anchor,
            arrangement=arrangement,
        )

    def plan_preview(
        self, layer: str | int, settings: MapSettings, arrangement: Arrangement = "lens", *, first: bool
    ) -> DrawingPlan | None:
        """Return what `draw_preview` needs; None where the graph is stored, or made quickly.

        Parameters
        ----------
        layer, settings, arrangement
            Of the graph.
        first
            Whether the prominence is that of the first screen.
        """
        opened = self._study.layer(layer)
        finest = self._graphs.load(self._graphs.digest(opened, settings.finest)) if first else None
        is_cut = finest is not None and finest.graph.prominence is not None
        shown = replace(settings, prominence=first_prominence(finest.graph)) if finest and is_cut else settings
        if self._graphs.load(self._graphs.digest(opened, shown)) or not self._graphs.is_slow(opened, settings):
            return None
        graph = self._graphs.preview_digest(opened, settings, first=first)
        name = DrawingName(graph, digest([LAYOUT_VERSION, arrangement, graph]))
        return DrawingPlan(opened.name, settings, name, name, None, None, arrangement)

    def draw_preview(self, plan: DrawingPlan, progress: Progress = no_progress, *, first: bool) -> Drawing:
        """Return the positions of the nodes of a preview; computes and stores both where needed."""
        graph = self._graphs.preview(plan.layer, plan.settings, progress, first=first).graph
        stored = self._cache.load_drawing(*plan.name)
        if stored is not None:
            return stored
        self._measure_agreement(graph, plan)
        return self._lay_out(graph, plan.name, None, plan.arrangement, progress)

    def draw(self, plan: DrawingPlan, progress: Progress = no_progress) -> Drawing:
        """Return the positions of the nodes of a graph; computes and stores the graph and the drawing where needed.

        With a new drawing goes the agreement of the members of each node.

        Raises
        ------
        InvalidInput
            If a setting does not fit the layer, or the anchor is not in the study any more.
        """
        graph = self._graphs.make(plan.layer, plan.settings, progress, digest=plan.name.graph)
        stored = self._cache.load_drawing(*plan.name)
        if stored is not None and len(stored.positions) == graph.n_nodes:
            return stored
        self._measure_agreement(graph, plan)
        if graph.prominence is None or plan.settings == plan.settings.finest:
            return self._lay_out(graph, plan.name, plan.anchor, plan.arrangement, progress)
        return self._draw_cut(plan, progress)

    def _measure_agreement(self, graph: MapperGraph, plan: DrawingPlan) -> None:
        layer = self._study.layer(plan.layer)
        if layer.has_vectors and self._cache.load_agreement(plan.name.graph) is None:
            norms = graph.lens if plan.settings.lens == NORM else self._graphs.norms(layer)
            self._cache.save_agreement(plan.name.graph, agreement(graph, norms))

    def _draw_cut(self, plan: DrawingPlan, progress: Progress) -> Drawing:
        """Store and return the positions that the nodes of a graph have in its finest cut."""
        finest = self._graphs.make(plan.layer, plan.settings.finest, progress, digest=plan.finest.graph)
        whole = self._cache.load_drawing(*plan.finest)
        if whole is None or len(whole.positions) != finest.n_nodes:
            whole = self._lay_out(finest, plan.finest, plan.finest_anchor, plan.arrangement, progress)
        kept = roots(finest, plan.settings.prominence)
        is_same_tree = plan.finest_anchor is not None and plan.finest_anchor.graph == plan.finest.graph
        continued = kept if is_same_tree else whole.continues[kept]
        drawing = cut_drawing(finest, whole, plan.settings.prominence)._replace(
            continues=self._anchor_nodes(continued, plan)
        )
        self._cache.save_drawing(*plan.name, drawing)
        return drawing

    def _lay_out(
        self,
        graph: MapperGraph,
        name: DrawingName,
        anchor: DrawingName | None,
        arrangement: Arrangement,
        progress: Progress,
    ) -> Drawing:
        progress("laying out nodes", 0, 1)
        beside = () if anchor is None else self._drawn(anchor, graph)
        if arrangement == "lens":
            drawing = lens_layout(graph, *beside)
        else:
            drawing = anchored_layout(graph, *beside) if beside else layout(graph)
        self._cache.save_drawing(*name, drawing)
        return drawing

    def _drawn(
        self, anchor: DrawingName, beside: MapperGraph
    ) -> tuple[MapperGraph, npt.NDArray[np.float64]] | tuple[()]:
        stored, drawing = self._graphs.load(anchor.graph), self._cache.load_drawing(*anchor)
        if stored is None or drawing is None:
            raise InvalidInput(f"the graph {anchor.graph} to be drawn beside is not in the study any more: draw anew")
        graph: MapperGraph | None = stored.graph
        if stored.sample is not None and stored.settings is not None:
            graph = as_anchor(stored.graph, stored.settings.prominence, beside)
        return (graph, drawing.positions) if graph is not None else ()

    def _finest_of(self, drawing: DrawingName | None) -> DrawingName | None:
        """Return the drawing of the finest cut of a drawn graph; itself where there is no other, as of a preview."""
        stored = self._graphs.load(drawing.graph) if drawing else None
        if drawing is None or stored is None or stored.settings is None or stored.sample is not None:
            return drawing
        return DrawingName(self._graphs.digest(stored.layer, stored.settings.finest), drawing.layout)

    def _anchor_nodes(self, nodes: npt.NDArray[np.int64], plan: DrawingPlan) -> npt.NDArray[np.int64]:
        """Return the numbers in the anchor of nodes of its finest cut; −1 where it lacks them."""
        anchor, finest_anchor = plan.anchor, plan.finest_anchor
        if anchor == finest_anchor or anchor is None or finest_anchor is None:
            return nodes
        stored, finest = self._graphs.load(anchor.graph), self._cache.load_graph(finest_anchor.graph)
        if stored is None or stored.settings is None or finest is None:
            return np.full_like(nodes, -1)
        number = np.full(finest.n_nodes + 1, -1)
        kept = roots(finest, stored.settings.prominence)
        number[kept] = np.arange(len(kept))
        return number[nodes]


def arrangement_of(drawing: Drawing | None) -> Arrangement | None:
    """Return how the nodes of a drawing are placed; None where there is none."""
    if drawing is None:
        return None
    return "free" if drawing.radius is None else "lens"
