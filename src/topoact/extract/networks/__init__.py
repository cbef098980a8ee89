"""Networks: `load_network` loads one by its specification, and the protocol `Network` says what extraction calls."""

from topoact.extract.networks.opening import as_network, load_model, load_network
from topoact.extract.networks.protocol import DTYPES, LayerFacts, Modality, Network, modality_of
from topoact.extract.networks.torch_network import TorchNetwork

__all__ = [
    "DTYPES",
    "LayerFacts",
    "Modality",
    "Network",
    "TorchNetwork",
    "as_network",
    "load_model",
    "load_network",
    "modality_of",
]
