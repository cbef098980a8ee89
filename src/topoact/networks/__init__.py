"""Networks: found by their specification in a file or a library, given weights, and looked into layer by layer."""

from topoact.networks.loading import as_network, load_model, load_network
from topoact.networks.protocol import DTYPES, LayerFacts, Network
from topoact.networks.torch_network import TorchNetwork

__all__ = ["DTYPES", "LayerFacts", "Network", "TorchNetwork", "as_network", "load_model", "load_network"]
