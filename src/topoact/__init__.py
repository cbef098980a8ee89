"""See the shape of what a neural network has learnt: mapper graphs of its activations, live."""

from topoact.mapper import DBSCAN, Mapper, MapperGraph, UniformCover
from topoact.workbench import open_workbench as open

__version__ = "0.1.0"

__all__ = ["DBSCAN", "Mapper", "MapperGraph", "UniformCover", "__version__", "open"]
