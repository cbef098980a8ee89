"""Which classes vectors argue for is what autograd by hand finds, one vector at a time."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from topoact.errors import Cancelled, InvalidInput, ModelError
from topoact.interpret.class_attribution import attribute_classes
from topoact.networks import TorchNetwork
from topoact.networks.loading import load_network

SHAPE = (3, 8, 8)


class Pair(nn.Module):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.mean((2, 3)), x


class Skip(nn.Module):
    """A block beside which its input flows on, and a layer that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.conv, self.twice, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.Linear(4, 6)
        self.block, self.pair = nn.Conv2d(4, 4, 3, padding=1), Pair()
        self.shares = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.twice(self.conv(x))
        x = self.twice(x + self.block(x))
        scores = self.head(self.pair(x)[0])
        return scores.softmax(1) if self.shares else scores


def by_hand(module: nn.Module, layer: str, vector: np.ndarray, base: np.ndarray, place: Any = ()) -> list[np.ndarray]:
    """Return attributions and scores of one vector; `place` is where it goes, by default everywhere."""
    kept: list[torch.Tensor] = []

    def put(_module: Any, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
        made = output.detach().clone()
        axis = 2 if made.ndim == 3 else 1
        written = made.movedim(axis, -1)
        written[place or ...] = torch.tensor(vector)
        kept.append(made.requires_grad_())
        return kept[-1].clone()

    with module.get_submodule(layer).register_forward_hook(put):
        output = module(**NEUTRAL) if isinstance(NEUTRAL, dict) else module(NEUTRAL)
    scores = getattr(output, "logits", output)[0]
    axis = 2 if kept[0].ndim == 3 else 1
    rows = []
    for score in scores:
        gradient = torch.autograd.grad(score, kept[0], retain_graph=True)[0].movedim(axis, -1)[place or ...]
        rows.append(gradient.reshape(-1, len(vector)).sum(0) @ torch.tensor(vector - base))
    return [torch.stack(rows).numpy(), scores.detach().numpy()]


NEUTRAL: Any = torch.zeros(1, *SHAPE)


def centred(values: np.ndarray) -> np.ndarray:
    return values - values.mean()


@pytest.mark.parametrize(("layer", "channels"), [("0", 4), ("2", 6), ("3", 54), ("4", 5)])
@pytest.mark.parametrize("with_base", [False, True])
def test_maps_and_vectors(model: nn.Module, layer: str, channels: int, with_base: bool) -> None:
    rng = np.random.default_rng(0)
    vectors, base = rng.normal(size=(7, channels)).astype(np.float32), rng.normal(size=channels).astype(np.float32)
    base = base if with_base else np.zeros_like(base)
    found = attribute_classes(
        TorchNetwork(model), layer, vectors, "mean", base=base if with_base else None, shape=SHAPE, batch_size=3
    )
    _, at_base = by_hand(model, layer, base, base)
    for row, vector in enumerate(vectors):
        attributions, scores = by_hand(model, layer, vector, base)
        np.testing.assert_allclose(found.attributions[row], centred(attributions), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.scores[row], scores, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.effects[row], centred(scores - at_base), rtol=1e-4, atol=1e-5)
    assert not found.is_bypassed
    assert not any(weight.requires_grad for weight in model.parameters())


def test_where_the_rest_is_linear_the_attribution_is_the_effect(model: nn.Module) -> None:
    rng = np.random.default_rng(1)
    vectors, base = rng.normal(size=(5, 54)).astype(np.float32), rng.normal(size=54).astype(np.float32)
    found = attribute_classes(TorchNetwork(model), "3", vectors, "mean", base=base, shape=SHAPE)
    np.testing.assert_allclose(found.attributions, found.effects, rtol=1e-4, atol=1e-5)


def test_a_layer_that_is_bypassed_is_noticed() -> None:
    network = TorchNetwork(Skip())
    vectors = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    assert attribute_classes(network, "block", vectors, "mean", shape=SHAPE).is_bypassed
    assert not attribute_classes(network, "conv", vectors, "mean", shape=SHAPE).is_bypassed


def test_probabilities_are_taken_as_their_logarithms() -> None:
    module = Skip()
    vectors = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    logits = attribute_classes(TorchNetwork(module), "conv", vectors, "mean", shape=SHAPE)
    module.shares = True
    shares = attribute_classes(TorchNetwork(module), "conv", vectors, "mean", shape=SHAPE)
    np.testing.assert_allclose(shares.attributions, logits.attributions, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(np.exp(shares.scores).sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize("policy", ["mean", "cls"])
def test_tokens(classifier: str, policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = load_network(classifier)
    monkeypatch.setitem(globals(), "NEUTRAL", network.sample_input())
    layer = network.recommended_layers()[1]
    channels = network.module.config.hidden_size
    vectors = np.random.default_rng(0).normal(size=(4, channels)).astype(np.float32)
    base = np.ones(channels, dtype=np.float32)
    found = attribute_classes(network, layer, vectors, policy, base=base)
    for row, vector in enumerate(vectors):
        attributions, scores = by_hand(network.module, layer, vector, base, (0, 0) if policy == "cls" else ())
        np.testing.assert_allclose(found.scores[row], scores, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(found.attributions[row], centred(attributions), rtol=1e-3, atol=1e-5)
    assert found.is_bypassed == (policy == "cls")


def test_refusals(model: nn.Module) -> None:
    vectors = np.ones((2, 4), dtype=np.float32)
    with pytest.raises(InvalidInput, match=r"the vectors have 4 channels, and layer '2' gives \(3, 6, 3, 3\)"):
        attribute_classes(TorchNetwork(model), "2", vectors, "mean", shape=SHAPE)
    with pytest.raises(InvalidInput, match="is no classifier: it gives no scores"):
        attribute_classes(TorchNetwork(nn.Sequential(nn.Conv2d(3, 4, 3))), "0", vectors, "mean", shape=SHAPE)
    with pytest.raises(InvalidInput, match="the shape of the inputs of Sequential is not known"):
        attribute_classes(TorchNetwork(model), "2", vectors, "mean")
    with pytest.raises(ModelError, match="layer 'twice' is called several times in one pass"):
        attribute_classes(TorchNetwork(Skip()), "twice", vectors, "mean", shape=SHAPE)
    with pytest.raises(ModelError, match="from layer '0' on the network gives no finite scores"):
        attribute_classes(TorchNetwork(model), "0", np.full((2, 4), np.inf, dtype=np.float32), "mean", shape=SHAPE)
    with pytest.raises(ModelError, match="layer 'pair' gives a tuple, not a tensor"):
        attribute_classes(TorchNetwork(Skip()), "pair", vectors, "mean", shape=SHAPE)

    def stop(*_: Any) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        attribute_classes(TorchNetwork(model), "0", vectors, "mean", shape=SHAPE, progress=stop)


def test_no_vectors_argue_for_nothing(model: nn.Module) -> None:
    found = attribute_classes(TorchNetwork(model), "0", np.empty((0, 4), dtype=np.float32), "mean", shape=SHAPE)
    assert found.attributions.shape == found.effects.shape == found.scores.shape == (0, 5)
