"""Networks: `load_network` loads one by its specification, and `Network` is their protocol."""

from topoact.networks.axes import AxisChoices
from topoact.networks.loading import as_network, load_model, load_network
from topoact.networks.protocol import DTYPES, LayerFacts, Modality, Network, modality_of
from topoact.networks.torch_network import TorchNetwork

__all__ = [
    "DTYPES",
    "AxisChoices",
    "LayerFacts",
    "Modality",
    "Network",
    "TorchNetwork",
    "as_network",
    "load_model",
    "load_network",
    "modality_of",
]
