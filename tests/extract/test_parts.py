"""Parts of outputs and single calls of modules are layers; those chosen by default are never refused."""

import pytest
import torch
from torch import nn

from topoact.errors import ModelError, UnknownName
from topoact.networks import TorchNetwork
from topoact.networks.layers import default_layers, select_layers

from .odd_networks import SERIES, Parted


def test_parts_and_calls_are_layers() -> None:
    torch.manual_seed(0)
    network = TorchNetwork(Parted())
    names = ("rnn[0]", "rnn[1]", "fc@0", "fc@1", "block.hidden_states", "block.pair[1].hidden", "block.pair[1][1][0]")
    assert select_layers(network, names) == names
    kept = network.tap(SERIES, dict.fromkeys(names, torch.Tensor.clone))[1]
    with torch.no_grad():
        output, last = network.module.rnn(SERIES)
        first = network.module.fc(output)
        second = network.module.fc(first.relu())
    expected = (output, last.transpose(0, 1), first, second, second * 2, second + 1, second - 1)
    for name, by_hand in zip(names, expected, strict=True):
        torch.testing.assert_close(kept[name], by_hand, msg=name)
    facts = {fact.name: fact.shape for fact in network.survey(SERIES)}
    assert [facts[name] for name in ("rnn", "rnn[0]", "rnn[1]", "fc@1")] == [None, (7, 5), (1, 5), (7, 5)]


def test_gradients_and_derivatives_are_of_parts_and_calls_as_well() -> None:
    torch.manual_seed(0)
    network = TorchNetwork(Parted())
    names = ("fc@1", "block.pair[0]", "rnn[0]")
    (found,) = network.gradients(SERIES, names, lambda scores: scores.sum()[None])
    assert {tuple(one.shape) for one in found.values()} == {(4, 7, 5)}
    torch.testing.assert_close(found["fc@1"], torch.full((4, 7, 5), 2 / 7))
    torch.testing.assert_close(found["block.pair[0]"], torch.full((4, 7, 5), 1 / 7))
    _, slope = network.along(SERIES, "block.pair[0]", lambda view: None, lambda view: view.fill_(1.0), lambda one: one)
    torch.testing.assert_close(slope, torch.ones(4, 5))
    assert network.response(SERIES, "fc@1").shape == (4, 7, 5)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("rnn", r"'rnn' gives a tuple, not a tensor: choose one of rnn\[0\], rnn\[1\]"),
        ("fc", "'fc' is called several times in one pass: choose one of its calls, fc@0, fc@1"),
        ("fc@2", "'fc@2' is never called"),
        ("rnn[2]", "gives a tuple, and 2 is none of its parts: choose one of"),
        ("block.hidden", r"gives a dict, and 'hidden' is none of its parts: choose one of block.hidden_states"),
        ("fc@0[0]", "gives a tensor, which has no parts"),
    ],
)
def test_parts_that_are_none(name: str, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        TorchNetwork(Parted()).tap(SERIES, {name: torch.Tensor.clone})


def test_layers_by_default_are_never_refused() -> None:
    network = TorchNetwork(Parted())
    layers = default_layers(network, SERIES)
    assert layers == ("rnn[0]",)
    network.tap(SERIES, dict.fromkeys(layers, torch.Tensor.clone))
    with pytest.raises(UnknownName, match="no layer 'rnm"):
        select_layers(network, ["rnm[0]"])


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("rnn[1]", ("rnn[1]",)),
        ("cell[12]", ("cell1", "cell2")),
        ("*@0[0]", ("rnn@0[0]", "cell1@0[0]", "cell2@0[0]", "fc@0[0]", "fc0@0[0]")),
        ("fc@1", ("fc@1",)),
        ("fc.hidden_states", ("fc.hidden_states",)),
    ],
)
def test_patterns_and_parts(pattern: str, found: tuple[str, ...]) -> None:
    names = ("rnn", "cell1", "cell2", "fc", "fc0")
    network = TorchNetwork(nn.ModuleDict({name: nn.Identity() for name in names}))
    assert select_layers(network, [pattern]) == found
    with pytest.raises(UnknownName, match=r"'fc\[0\]' is a part of fc, and a pattern that fits fc0: say fc@0\[0\]"):
        select_layers(network, ["fc[0]"])
