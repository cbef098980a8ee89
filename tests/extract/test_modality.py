"""What the inputs of a network are: said by each network of ours, inferred of somebody else's."""

from pathlib import Path
from typing import Any

import pytest
from torch import nn

from topoact.errors import InvalidInput
from topoact.extract import extract
from topoact.inputs.records import Source
from topoact.networks import TorchNetwork, modality_of
from topoact.networks.loading import load_network
from topoact.networks.onnx_network import OnnxNetwork

from .conftest import plan


class Foreign:
    """Somebody else's network: it has what the protocol had before there was a `modality`."""

    def __init__(self, network: Any, **more: Any) -> None:
        self._network = network
        vars(self).update(more)

    def __getattr__(self, name: str) -> Any:
        if name == "modality":
            raise AttributeError(name)
        return getattr(self._network, name)


def test_networks_say_what_their_inputs_are(models: Path, code: Path) -> None:
    assert load_network(f"{models}:small").modality == "image"
    assert load_network(f"{code}:pair").modality == "text"
    assert OnnxNetwork.modality == "image"


@pytest.mark.parametrize(
    ("more", "modality"),
    [
        pytest.param({}, "image", id="nothing"),
        pytest.param({"tokenizer": str.split}, "text", id="tokenizer"),
        pytest.param({"modality": "text"}, "text", id="said"),
        pytest.param({"modality": "image", "tokenizer": str.split}, "image", id="said-in-spite-of-a-tokenizer"),
    ],
)
def test_a_network_that_does_not_say_reads_texts_if_it_has_a_tokenizer(more: dict[str, Any], modality: str) -> None:
    assert modality_of(Foreign(TorchNetwork(nn.Linear(2, 2)), **more)) == modality


def test_extraction_with_a_network_that_does_not_say(models: Path, photos: Source, tmp_path: Path) -> None:
    network = load_network(f"{models}:small")
    study = extract(Foreign(network), photos, tmp_path / "study", plan())
    assert study.n_examples == 24
    with pytest.raises(InvalidInput, match="reads texts, and the data are none: see --text-column"):
        extract(Foreign(network, tokenizer=str.split), photos, tmp_path / "texts", plan())
