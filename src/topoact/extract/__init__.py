"""`extract`: studies of the activations of a network. No other package imports torch, and this one only when needed."""

from topoact.extract.imports import import_files
from topoact.extract.networks import Network, TorchNetwork, load_model, load_network
from topoact.extract.preprocessing import Preprocessing
from topoact.extract.run import Plan, extract
from topoact.extract.sources import open_source

__all__ = [
    "Network",
    "Plan",
    "Preprocessing",
    "TorchNetwork",
    "extract",
    "import_files",
    "load_model",
    "load_network",
    "open_source",
]
