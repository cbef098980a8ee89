"""Extraction: a network run over inputs, its activations written as a study. `extract` does it, `Plan` says what."""

from topoact.extract.plan import Plan
from topoact.extract.run import extract
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
    "load_model",
    "load_network",
    "open_source",
]
