"""Layers are found by name or glob, hooked for one pass, and refused in one sentence when they give no vectors."""

from pathlib import Path

import pytest
import torch
from torch import nn

from topoact.errors import Cancelled, ModelError, UnknownName
from topoact.networks.hooks import tap
from topoact.networks.layers import default_layers, select_layers
from topoact.networks.loading import load_model
from topoact.networks.protocol import LayerFacts
from topoact.networks.torch_network import TorchNetwork

INPUTS = torch.zeros(2, 3, 8, 8)


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        pytest.param(["b.0", "a"], ["b.0", "a"], id="the user's order"),
        pytest.param(["*"], ["a", "b", "c"], id="a star does not cross a dot"),
        pytest.param(["b.*", "b.1"], ["b.0", "b.1"], id="each once"),
        pytest.param(["?", "*.0"], ["a", "b", "c", "b.0"], id="several globs"),
    ],
)
def test_selection(patterns: list[str], found: list[str]) -> None:
    model = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Sequential(nn.ReLU(), nn.ReLU()), "c": nn.ReLU()})
    assert list(select_layers(TorchNetwork(model), patterns)) == found


@pytest.mark.parametrize("pattern", ["layer22", "layer2.*"])
def test_unknown_layers_are_answered_with_the_nearest(pattern: str) -> None:
    model = nn.ModuleDict({f"layer{i}": nn.ReLU() for i in range(9)})
    with pytest.raises(UnknownName, match=r"no layer 'layer2.*': did you mean layer2"):
        select_layers(TorchNetwork(model), [pattern])


@pytest.mark.parametrize("pattern", ["recommended", "usual"])
def test_recommended_layers_by_both_names(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = TorchNetwork(nn.ModuleDict({"a": nn.ReLU(), "b": nn.ReLU()}))
    with pytest.raises(UnknownName, match=f"no layers are {pattern} for"):
        select_layers(model, [pattern])
    monkeypatch.setattr(model, "recommended_layers", lambda: ("b",))
    assert select_layers(model, [pattern, "*"]) == ("b", "a")


def test_layers_are_listed_under_the_key_usual() -> None:
    fact = LayerFacts("a", "ReLU", (3,), 0, recommended=True)
    assert fact.record() == {"name": "a", "type": "ReLU", "shape": (3,), "parameters": 0, "usual": True}


def test_by_default_the_outermost_layers_with_parameters(models: Path) -> None:
    model = load_model(f"{models}:small")
    assert default_layers(TorchNetwork(model), INPUTS) == ("0", "2", "4")
    assert default_layers(TorchNetwork(nn.Sequential(model)), INPUTS) == ("0.0", "0.2", "0.4")
    assert default_layers(TorchNetwork(load_model(f"{models}:Twice")), INPUTS) == ("conv",)
    with pytest.raises(ModelError, match="no layer to choose by default"):
        default_layers(TorchNetwork(nn.Sequential(nn.ReLU())), INPUTS)


@pytest.mark.parametrize(
    ("model", "layer", "sentence"),
    [
        pytest.param("Twice", "relu", "'relu' is called several times in one pass", id="shared"),
        pytest.param("Twice", "unused", "'unused' is never called", id="never called"),
        pytest.param("Pair", "lstm", "'lstm' gives a tuple, not a tensor", id="no tensor"),
        pytest.param("wrong_size", "", "fails on an input of shape 2x3x8x8: RuntimeError", id="network fails"),
    ],
)
def test_layers_without_vectors(models: Path, model: str, layer: str, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        tap(load_model(f"{models}:{model}"), INPUTS, {layer: torch.Tensor.clone} if layer else {})


def test_hooks_are_removed_whatever_happens(models: Path) -> None:
    model = load_model(f"{models}:small")

    def stop(_: torch.Tensor) -> None:
        raise Cancelled

    tap(model, INPUTS, {"0": torch.Tensor.clone})
    with pytest.raises(Cancelled):
        tap(model, INPUTS, {"0": torch.Tensor.clone, "2": stop})
    assert not any(module._forward_hooks for module in model.modules())


def test_what_is_kept_comes_in_the_order_asked_for(models: Path) -> None:
    model = load_model(f"{models}:small")
    output, kept = tap(model, INPUTS, {"2": torch.Tensor.clone, "0": torch.Tensor.clone})
    assert list(kept) == ["2", "0"]
    assert not output.requires_grad
    torch.testing.assert_close(kept["0"], model[0](INPUTS))
