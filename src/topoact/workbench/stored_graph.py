"""`StoredGraph`: a mapper graph that a study keeps, with what it is the graph of; `DrawingName` names its drawings."""

from dataclasses import dataclass
from typing import NamedTuple

from topoact.mapper import MapperGraph
from topoact.study import Layer
from topoact.workbench.settings import MapSettings


class DrawingName(NamedTuple):
    """The digests of a graph and of one layout of it; together they find both in the study."""

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
    """Radii at which the next graph is answered without measuring distances, ascending."""

    @property
    def metric(self) -> str:
        """The distance between points; Euclidean where an imported graph does not say."""
        return self.settings.metric if self.settings else "euclidean"
