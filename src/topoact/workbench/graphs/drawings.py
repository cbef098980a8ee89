"""`Drawings`: where the nodes of graphs are drawn. A `DrawingPlan` holds every name, so that each is computed once.

All graphs of modes that differ in prominence alone are cuts of one tree. The finest is laid out, and the nodes of the
others are drawn in the places that they have there.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.analysis.drawing.layout import Drawing, anchored_layout, layout
from topoact.analysis.shape.skeleton import roots
from topoact.errors import InvalidInput
from topoact.mapper import MapperGraph, Progress, no_progress
from topoact.study import Study
from topoact.study.cache.results import ResultCache
from topoact.study.files import digest
from topoact.workbench.graphs.layer_graphs import LayerGraphs
from topoact.workbench.settings import MapSettings
from topoact.workbench.stored_graph import DrawingName

LAYOUT_VERSION: Final = 2
"""Raised by a change that places nodes elsewhere, so that stored drawings are left aside."""


@dataclass(frozen=True, slots=True)
class DrawingPlan:
    """What is drawn, under which names it is stored, and beside what. It travels to the worker process."""

    layer: str
    settings: MapSettings
    name: DrawingName
    finest: DrawingName
    """Of the graph whose nodes include those of this one; equal to `name` where that is this graph itself."""
    anchor: DrawingName | None
    """The drawing beside whose nodes these are placed."""
    finest_anchor: DrawingName | None
    """The drawing that the anchor was cut out of; itself where it was not."""


class Drawings:
    """The drawings of the graphs of a study.

    Parameters
    ----------
    study, cache
        An opened study, and where its results are kept.
    graphs
        Of its layers.
    """

    def __init__(self, study: Study, cache: ResultCache, graphs: LayerGraphs) -> None:
        self._study, self._cache, self._graphs = study, cache, graphs

    def plan(self, layer: str | int, settings: MapSettings, anchor: DrawingName | None = None) -> DrawingPlan:
        """Return what `draw` is to do, without computing a graph.

        Parameters
        ----------
        layer, settings
            Of the graph.
        anchor
            A drawing beside which the new one is placed; one that is not stored any more is disregarded.
        """
        opened = self._study.layer(layer)
        graph, finest = self._graphs.digest(opened, settings), self._graphs.digest(opened, settings.finest)
        source = self._finest_of(anchor)
        if graph != finest and source and self._cache.load_drawing(*source) is None:
            anchor = source = None
        if anchor and source and source.graph == finest:
            name = anchor.layout
        else:
            name = digest([LAYOUT_VERSION, finest, *(source or ())])
        return DrawingPlan(opened.name, settings, DrawingName(graph, name), DrawingName(finest, name), anchor, source)

    def draw(self, plan: DrawingPlan, progress: Progress = no_progress) -> Drawing:
        """Return where the nodes of a graph are drawn, making and storing the graph and the drawing if need be.

        Raises
        ------
        InvalidInput
            If a setting does not fit the layer, or the anchor is not in the study any more.
        """
        graph = self._graphs.make(plan.layer, plan.settings, progress)
        stored = self._cache.load_drawing(*plan.name)
        if stored is not None and len(stored.positions) == graph.n_nodes:
            return stored
        if graph.prominence is None or plan.settings == plan.settings.finest:
            return self._lay_out(graph, plan.name, plan.anchor, progress)
        finest = self._graphs.make(plan.layer, plan.settings.finest, progress)
        whole = self._cache.load_drawing(*plan.finest)
        if whole is None or len(whole.positions) != finest.n_nodes:
            whole = self._lay_out(finest, plan.finest, plan.finest_anchor, progress)
        kept = roots(finest, plan.settings.prominence)
        is_same_tree = plan.finest_anchor is not None and plan.finest_anchor.graph == plan.finest.graph
        continued = kept if is_same_tree else whole.continues[kept]
        drawing = Drawing(whole.positions[kept], self._anchor_nodes(continued, plan))
        self._cache.save_drawing(*plan.name, drawing)
        return drawing

    def _lay_out(
        self, graph: MapperGraph, name: DrawingName, anchor: DrawingName | None, progress: Progress
    ) -> Drawing:
        progress("placing nodes", 0, 1)
        drawing = layout(graph) if anchor is None else self._lay_out_beside(graph, anchor)
        self._cache.save_drawing(*name, drawing)
        return drawing

    def _lay_out_beside(self, graph: MapperGraph, anchor: DrawingName) -> Drawing:
        other, drawing = self._cache.load_graph(anchor.graph), self._cache.load_drawing(*anchor)
        if other is None or drawing is None:
            raise InvalidInput(f"the graph {anchor.graph} to be drawn beside is not in the study any more: draw anew")
        return anchored_layout(graph, other, drawing.positions)

    def _finest_of(self, drawing: DrawingName | None) -> DrawingName | None:
        """Return the drawing that a drawing was cut out of; itself where it was not."""
        stored = self._graphs.load(drawing.graph) if drawing else None
        if drawing is None or stored is None or stored.settings is None:
            return drawing
        return DrawingName(self._graphs.digest(stored.layer, stored.settings.finest), drawing.layout)

    def _anchor_nodes(self, nodes: npt.NDArray[np.int64], plan: DrawingPlan) -> npt.NDArray[np.int64]:
        """Return the numbers that nodes of the finest anchor have in the anchor, −1 where it does not have them."""
        anchor, source = plan.anchor, plan.finest_anchor
        if anchor == source or anchor is None or source is None:
            return nodes
        stored, finest = self._graphs.load(anchor.graph), self._cache.load_graph(source.graph)
        if stored is None or stored.settings is None or finest is None:
            return np.full_like(nodes, -1)
        number = np.full(finest.n_nodes + 1, -1)
        kept = roots(finest, stored.settings.prominence)
        number[kept] = np.arange(len(kept))
        return number[nodes]
