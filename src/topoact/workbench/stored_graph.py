"""`StoredGraph`: a mapper graph in a study, with its layer and settings; `DrawingName`: the name of a drawing of it."""

from dataclasses import dataclass
from typing import NamedTuple

from topoact.mapper import MapperGraph
from topoact.study import Layer
from topoact.workbench.settings import MapSettings


class DrawingName(NamedTuple):
    """The digests of a graph and of one layout of it."""

    graph: str
    layout: str


@dataclass(frozen=True, slots=True, eq=False)
class StoredGraph:
    """A mapper graph in the cache of a study."""

    digest: str
    layer: Layer
    settings: MapSettings | None
    """None for a graph that was imported."""
    graph: MapperGraph
    stops: tuple[float, ...] = ()
    """Radii whose graphs need no further distances, ascending."""

    sample: int | None = None
    """Number of points of which a preview is made; None for the whole graph."""

    @property
    def metric(self) -> str:
        """The distance between points; Euclidean for an imported graph, which does not record it."""
        return self.settings.metric if self.settings else "euclidean"
