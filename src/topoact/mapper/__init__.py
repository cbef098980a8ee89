"""What is the mapper graph of this matrix? Arrays in, arrays out: no files, no network, no printing."""

from topoact.mapper._layout import widest_interval
from topoact.mapper.build import build_graph
from topoact.mapper.checks import check_enough
from topoact.mapper.clusterers import DBSCAN
from topoact.mapper.conventions import CONVENTIONS
from topoact.mapper.covers import IntervalCover, ProductCover, QuantileCover, UniformCover
from topoact.mapper.epsilon import DistanceCurve, distance_curve
from topoact.mapper.estimator import Mapper
from topoact.mapper.graph import MapperGraph
from topoact.mapper.index import NeighborIndex
from topoact.mapper.lenses import LENSES, lens_values
from topoact.mapper.memory import TooLarge, available_memory
from topoact.mapper.nerve import Edges, Members, Nodes
from topoact.mapper.protocols import (
    Clusterer,
    Cover,
    CoverClusterer,
    IntervalClusterer,
    Intervals,
    Lens,
    Progress,
    no_progress,
)
from topoact.mapper.remoteness import DistanceTo, Eccentricity, NeighbourDistance

__all__ = [
    "CONVENTIONS",
    "DBSCAN",
    "LENSES",
    "Clusterer",
    "Cover",
    "CoverClusterer",
    "DistanceCurve",
    "DistanceTo",
    "Eccentricity",
    "Edges",
    "IntervalClusterer",
    "IntervalCover",
    "Intervals",
    "Lens",
    "Mapper",
    "MapperGraph",
    "Members",
    "NeighborIndex",
    "NeighbourDistance",
    "Nodes",
    "ProductCover",
    "Progress",
    "QuantileCover",
    "TooLarge",
    "UniformCover",
    "available_memory",
    "build_graph",
    "check_enough",
    "distance_curve",
    "lens_values",
    "no_progress",
    "widest_interval",
]
