"""`extract`: runs a network over inputs and writes its activations as a study; `Plan` says which, and how."""

from topoact.extract.plan import Plan
from topoact.extract.run import extract
from topoact.inputs.csv_files import TableOptions
from topoact.inputs.opening import open_source
from topoact.networks import Network, TorchNetwork, load_model, load_network
from topoact.networks.preprocessing import Preprocessing

__all__ = [
    "Network",
    "Plan",
    "Preprocessing",
    "TableOptions",
    "TorchNetwork",
    "extract",
    "load_model",
    "load_network",
    "open_source",
]
