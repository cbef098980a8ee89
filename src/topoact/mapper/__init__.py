"""The mapper graph of a matrix: `Mapper`, its lenses, covers and clusterers, and indexes that serve many graphs."""

from topoact.mapper.ball import BallMapper
from topoact.mapper.build import build_graph
from topoact.mapper.checks import check_enough
from topoact.mapper.clusterers.communities import Communities
from topoact.mapper.clusterers.dbscan import DBSCAN
from topoact.mapper.clusterers.epsilon import Rule, distance_curve, distance_curves, parse_rule
from topoact.mapper.clusterers.linkage import SingleLinkage
from topoact.mapper.clusterers.mode_index import ModeIndex
from topoact.mapper.clusterers.mode_tree import ModeTree
from topoact.mapper.clusterers.modes import Modes, mode_tree
from topoact.mapper.clusterers.noise import noise_level
from topoact.mapper.clusterers.registry import CLUSTERERS, ClustererKind, named_clusterer
from topoact.mapper.clusterers.scikit import HDBSCAN, LargeInterval
from topoact.mapper.covers.conventions import CONVENTIONS
from topoact.mapper.covers.even import QuantileCover, UniformCover
from topoact.mapper.covers.explicit import IntervalCover
from topoact.mapper.covers.product import ProductCover
from topoact.mapper.covers.registry import COVERS, CoverKind, named_cover
from topoact.mapper.distance_curve import DistanceCurve
from topoact.mapper.estimator import Mapper
from topoact.mapper.graph import MapperGraph
from topoact.mapper.indexes.neighbor_index import NeighborIndex
from topoact.mapper.interop.imported import ClassShares, ImportedGraph, checked_rows, imported_graph, ordered_clusters
from topoact.mapper.interop.kepler import from_kepler_mapper, imported_kepler_mapper, to_kepler_mapper
from topoact.mapper.lenses.distance import DistanceTo, Eccentricity, NeighbourDistance
from topoact.mapper.lenses.registry import LENSES, LensKind, lens_menu, lens_of_one, lens_release, lens_values
from topoact.mapper.neighbors._layout import widest_interval
from topoact.mapper.neighbors.memory import TooLarge, available_memory
from topoact.mapper.neighbors.nearest import k_nearest
from topoact.mapper.neighbors.products import TorchProducts
from topoact.mapper.nerve import Contacts, Edges, Members, Nodes
from topoact.mapper.protocols import (
    Clusterer,
    Cover,
    CoverClusterer,
    IntervalClusterer,
    Intervals,
    Lens,
    Nearest,
    Progress,
    no_progress,
)

__all__ = [
    "CLUSTERERS",
    "CONVENTIONS",
    "COVERS",
    "DBSCAN",
    "HDBSCAN",
    "LENSES",
    "BallMapper",
    "ClassShares",
    "Clusterer",
    "ClustererKind",
    "Communities",
    "Contacts",
    "Cover",
    "CoverClusterer",
    "CoverKind",
    "DistanceCurve",
    "DistanceTo",
    "Eccentricity",
    "Edges",
    "ImportedGraph",
    "IntervalClusterer",
    "IntervalCover",
    "Intervals",
    "LargeInterval",
    "Lens",
    "LensKind",
    "Mapper",
    "MapperGraph",
    "Members",
    "ModeIndex",
    "ModeTree",
    "Modes",
    "Nearest",
    "NeighborIndex",
    "NeighbourDistance",
    "Nodes",
    "ProductCover",
    "Progress",
    "QuantileCover",
    "Rule",
    "SingleLinkage",
    "TooLarge",
    "TorchProducts",
    "UniformCover",
    "available_memory",
    "build_graph",
    "check_enough",
    "checked_rows",
    "distance_curve",
    "distance_curves",
    "from_kepler_mapper",
    "imported_graph",
    "imported_kepler_mapper",
    "k_nearest",
    "lens_menu",
    "lens_of_one",
    "lens_release",
    "lens_values",
    "mode_tree",
    "named_clusterer",
    "named_cover",
    "no_progress",
    "noise_level",
    "ordered_clusters",
    "parse_rule",
    "to_kepler_mapper",
    "widest_interval",
]
