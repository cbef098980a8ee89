"""`view_graph` gathers a `GraphView`: a stored graph, a drawing of it, and what the page shows of it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.analysis.drawing.edges import DrawnEdges, drawn_edges, drawn_share
from topoact.analysis.drawing.layout import Drawing, components
from topoact.analysis.shape.diagnosis import Finding, diagnose
from topoact.analysis.shape.skeleton import skeleton
from topoact.errors import UnknownName
from topoact.mapper import DistanceCurve, MapperGraph
from topoact.workbench.bench import Workbench
from topoact.workbench.graphs.drawings import Arrangement, arrangement_of
from topoact.workbench.stored_graph import DrawingName, StoredGraph

MAX_CURVE_POINTS: Final = 200
"""Points of the distance curve that are sent to the page."""


@dataclass(frozen=True, slots=True, eq=False)
class GraphView:
    """A stored graph, one drawing of it, and what is derived from the graph."""

    name: DrawingName
    stored: StoredGraph
    drawing: Drawing
    layer: int
    """Number of the layer in the study."""
    components: npt.NDArray[np.int64]
    """Connected component of each node along the drawn edges."""
    drawn: DrawnEdges
    """Which edges are drawn, and their weights."""
    drawn_share: float
    """Share of the points shared along all edges that the drawn ones carry."""
    arrangement: Arrangement
    """How the nodes are placed."""
    agreement: npt.NDArray[np.float64] | None
    """How far the members of each node point the same way, 1 if all do; None without vectors."""
    skeleton: npt.NDArray[np.int64] | None
    """Node of the skeleton that each node belongs to; None where nodes are not modes."""
    findings: tuple[Finding, ...]
    """Cautions for a reader of the graph."""
    eps: float | tuple[float, float] | None
    """The radius in use; the smallest and the largest where each interval has its own."""
    curve_sample: npt.NDArray[np.float64] | None
    """Distances at even steps of rank along the distance curve."""

    @property
    def graph(self) -> MapperGraph:
        """The graph itself."""
        return self.stored.graph


def view_graph(bench: Workbench, name: DrawingName) -> GraphView:
    """Return a stored graph and one drawing of it.

    Parameters
    ----------
    bench
        The opened study.
    name
        Name of the drawing.

    Raises
    ------
    UnknownName
        If there is no such graph or drawing.
    """
    stored, drawing = bench.find_graph(name.graph), bench.cache.load_drawing(*name)
    if stored is None or drawing is None:
        raise UnknownName(f"there is no graph {name.graph}/{name.layout}: ask for it anew")
    graph = stored.graph
    edges = drawn_edges(graph)
    findings = diagnose(graph, stored.settings.prominence) if stored.settings else diagnose(graph)
    if stored.sample is not None:  # cautions, too, are of the whole
        findings = []
    return GraphView(
        name=name,
        stored=stored,
        drawing=drawing,
        layer=bench.layers.index(stored.layer.name),
        components=components(graph),
        drawn=edges,
        drawn_share=drawn_share(graph.links, edges.drawn),
        arrangement=arrangement_of(drawing) or "free",
        agreement=bench.cache.load_agreement(name.graph),
        skeleton=skeleton(graph),
        findings=tuple(findings),
        eps=_radius_range(graph),
        curve_sample=None if graph.curve is None else _sample(graph.curve),
    )


def _radius_range(graph: MapperGraph) -> float | tuple[float, float] | None:
    if graph.eps is None:
        return None
    radii = np.asarray(graph.eps, dtype=np.float64)
    if radii.ndim == 0:
        return float(radii)
    known = radii[np.isfinite(radii)]
    return (float(known.min()), float(known.max())) if len(known) else 0.0


def _sample(curve: DistanceCurve) -> npt.NDArray[np.float64]:
    ranks = np.linspace(0, len(curve.distances) - 1, min(MAX_CURVE_POINTS, len(curve.distances))).round().astype(int)
    return curve.distances[ranks]
