"""How do activations come out of a network? The only room that imports torch, and only when it is needed."""

from topoact.extract.plan import Plan
from topoact.extract.run import extract
from topoact.importers import import_files
from topoact.inputs.opening import open_source
from topoact.networks import (
    Network,
    TorchNetwork,
    load_model,
    load_network,
)
from topoact.networks.preprocessing import Preprocessing

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
