"""Which axis of a layer's output is that of examples, channels and positions is proved, or the layer is refused."""

from typing import Any

import pytest
import torch
from torch import nn

from topoact.errors import ModelError
from topoact.networks import AxisChoices, TorchNetwork, hooks

from .architectures import channels_last, channels_second, verdicts, wrong
from .odd_networks import (
    PHOTOS,
    SERIES,
    Attending,
    ChannelsLast,
    Crops,
    Fixed,
    Heads,
    Long,
    Odd,
    OfPositions,
    OneAtATime,
    Recurrent,
    Restless,
    Steps,
    Strange,
    Windowed,
    whole,
    windows,
)

RIGHT = [
    pytest.param(lambda: Steps(nn.Conv1d(5, 8, 3)), SERIES.mT, channels_second, id="ReLU after Conv1d"),
    pytest.param(OfPositions, SERIES, channels_last, id="tables of positions and of channels"),
    pytest.param(lambda: Recurrent(nn.LSTM, batch_first=True), SERIES, channels_last, id="LSTM"),
    pytest.param(lambda: Recurrent(nn.LSTM, batch_first=False), SERIES, channels_last, id="LSTM, time first"),
    pytest.param(lambda: Recurrent(nn.GRU, batch_first=False), SERIES, channels_last, id="GRU, time first"),
    pytest.param(
        ChannelsLast,
        PHOTOS,
        lambda n, m, o: 1 if o.ndim == 4 and o.shape[1] == 8 and n in SECOND else o.ndim - 1,
        id="ConvNeXt",
    ),
]


SECOND = ("stem", "block", "block.scale", "act")


@pytest.mark.parametrize(("make", "inputs", "channels"), RIGHT)
def test_every_layer_is_what_a_hook_by_hand_finds(make: Any, inputs: torch.Tensor, channels: Any) -> None:
    torch.manual_seed(0)
    found = verdicts(TorchNetwork(make()), inputs, channels)
    assert {one.verdict for one in found} == {"right"}


@pytest.mark.parametrize("batch_first", [True, False])
def test_attention_gives_its_output_and_not_its_weights(batch_first: bool) -> None:
    torch.manual_seed(0)
    found = verdicts(TorchNetwork(Attending(batch_first=batch_first)), SERIES, channels_last)
    verdict = {one.layer: one.verdict for one in found}
    assert verdict == {"proj": "right", "mha[0]": "right", "mha[1]": "refused", "norm": "right"}


def test_windows_come_back_as_a_map_of_the_photo() -> None:
    torch.manual_seed(0)
    model = Windowed()
    network = TorchNetwork(model)
    kept = network.tap(PHOTOS, {"query": torch.Tensor.clone, "out": torch.Tensor.clone})[1]
    with torch.no_grad():
        stem = model.stem(PHOTOS).permute(0, 2, 3, 1)
        torch.testing.assert_close(kept["query"], model.query(stem).permute(0, 3, 1, 2))
        rows = model.query(windows(stem.roll((-1, -1), (1, 2))))
        by_hand = whole(model.out(rows + rows.mean(1, keepdim=True)), stem.shape).roll((1, 1), (1, 2))
    torch.testing.assert_close(kept["out"], by_hand.permute(0, 3, 1, 2))
    gradients = next(network.gradients(PHOTOS, ("out",), lambda scores: scores.sum()[None]))
    torch.testing.assert_close(gradients["out"], (model.head.weight.sum(0) / 64)[:, None, None].expand(3, 8, 8, 8))


@pytest.mark.parametrize("joined", [True, False])
def test_several_rows_for_each_input_are_refused_or_taken_as_a_row(joined: bool) -> None:
    torch.manual_seed(0)
    model = Crops(joined=joined)
    network = TorchNetwork(model)
    with pytest.raises(ModelError, match=r"'head' gives 4 x 3 for 2 inputs, that is 2 rows .* --example-axis head=0"):
        network.tap(PHOTOS, {"head": torch.Tensor.clone})
    network.choose_axes(AxisChoices({"head": 0}))
    found = network.tap(PHOTOS, {"head": torch.Tensor.clone})[1]["head"]
    with torch.no_grad():
        alone = [model.head(model.flat(model.conv(half))) for half in (PHOTOS[..., :4], PHOTOS[..., 4:])]
    torch.testing.assert_close(found, torch.stack(alone, 1))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("table", "gives 3 x 4 for 2 inputs and 3 x 4 for 3: none of its axes is that of the examples"),
        ("similar", "more than one axis grows with the inputs, say which .* with --example-axis parts.similar=0"),
        ("reversed", "row i of axis 0 is not that of input i"),
        ("folded", "holds the channels cannot be known|rows for each"),
        ("halved", "gives 2 x 192 for 2 inputs and 2 x 192 for 3|cannot be told from those of another"),
        ("five", "holds the channels cannot be known|5 dimensions"),
        ("number", "a number for 2 inputs"),
        ("own", "1 x 192 for 2 inputs and 1 x 192 for 3: none of its axes"),
    ],
)
def test_outputs_that_are_not_row_by_row_are_refused(name: str, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        TorchNetwork(Odd()).tap(PHOTOS, {f"parts.{name}": torch.Tensor.clone})


def test_an_axis_of_examples_that_is_the_last_is_found() -> None:
    kept = TorchNetwork(Odd()).tap(PHOTOS, {f"parts.{name}": torch.Tensor.clone for name in ("last", "plain")})[1]
    torch.testing.assert_close(kept["parts.last"], kept["parts.plain"])


def test_a_network_that_takes_one_input_at_a_time() -> None:
    network = TorchNetwork(OneAtATime())
    assert network.tap(SERIES[:1], {"body": torch.Tensor.clone})[1]["body"].shape == (1, 7, 8)
    with pytest.raises(ModelError, match=r"'swap' gives 7 x 1 x 8 for 1 input, .* --example-axis swap=N"):
        network.tap(SERIES[:1], {"swap": torch.Tensor.clone})
    network.choose_axes(AxisChoices({"swap": 1}))
    assert network.tap(SERIES[:1], {"swap": torch.Tensor.clone})[1]["swap"].shape == (1, 7, 8)
    with pytest.raises(ModelError, match="fails on an input of shape 4x7x5"):
        network.tap(SERIES, {"body": torch.Tensor.clone})


def test_the_last_batch_may_hold_fewer_inputs_than_the_first() -> None:
    network = TorchNetwork(Recurrent(nn.GRU, batch_first=False))
    shapes = [network.tap(SERIES[:n], {"drop": lambda one: one.shape})[1]["drop"] for n in (4, 1, 2)]
    assert shapes == [(4, 7, 8), (1, 7, 8), (2, 7, 8)]


def test_what_is_wrong_is_seen_by_the_oracle() -> None:
    network = TorchNetwork(Steps(nn.Conv1d(5, 8, 3)))
    network.choose_axes(AxisChoices({}, {"relu": 2}))
    assert [one.layer for one in wrong(verdicts(network, SERIES.mT, channels_second))] == ["relu"]


def test_a_network_is_left_as_it_is_and_so_are_its_inputs_and_the_random_numbers() -> None:
    model, inputs = Restless(), PHOTOS.clone()
    torch.manual_seed(0)
    expected = torch.rand(1), torch.rand(1)
    torch.manual_seed(0)
    kept = TorchNetwork(model).tap(inputs, {"body": torch.Tensor.clone})[1]
    with torch.no_grad():
        torch.testing.assert_close(kept["body"], model.body(PHOTOS - 0.5 + expected[0]))
    assert torch.rand(1) == expected[1]
    assert model.passes == 1
    assert torch.equal(inputs, PHOTOS)


@pytest.mark.parametrize(("name", "kind"), [("waves", "complex numbers"), ("sparse", "a sparse or nested tensor")])
def test_what_has_no_vectors(name: str, kind: str) -> None:
    with pytest.raises(ModelError, match=f"layer '{name}' gives {kind}, of which there are no vectors"):
        TorchNetwork(Strange()).tap(PHOTOS, {name: torch.Tensor.clone})


@pytest.mark.parametrize("n_heads", [2, 4])
def test_heads_of_attention_are_no_channels_of_a_photo(n_heads: int) -> None:
    torch.manual_seed(0)
    network = TorchNetwork(Heads(n_heads))
    with pytest.raises(ModelError, match=r"holds the channels cannot be known: say it with --channel-axis softmax=N"):
        network.tap(PHOTOS, {"softmax": torch.Tensor.clone})
    with pytest.raises(ModelError, match="none of its axes is that of the examples"):
        network.tap(PHOTOS, {"table": torch.Tensor.clone})
    shapes = network.tap(PHOTOS, {name: lambda one: one.shape for name in ("talk", "drop")})[1]
    assert set(shapes.values()) == {(len(PHOTOS), 81, n_heads)}  # a query and a key are no height and width


def test_layers_after_one_are_looked_at_in_the_same_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    n_passes, forward = 0, hooks.forward

    def counted(*given: Any) -> Any:
        nonlocal n_passes
        n_passes += 1
        return forward(*given)

    monkeypatch.setattr(hooks, "forward", counted)
    queued = len(torch.cuda._queued_calls)  # seeds that are kept for devices that are not there
    network = TorchNetwork(Long(12))
    network.tap(PHOTOS, dict.fromkeys(network.layer_names(), torch.Tensor.clone))
    assert n_passes <= 12 * 2 + 12
    assert len(torch.cuda._queued_calls) == queued
    n_passes = 0
    for name in network.layer_names():
        network.tap(PHOTOS, {name: torch.Tensor.clone})
    assert n_passes == len(network.layer_names())


def test_a_network_that_fails_at_once_is_said_to() -> None:
    network = TorchNetwork(Steps(nn.Conv1d(5, 8, 3)))
    for _ in range(2):
        with pytest.raises(ModelError, match="the network fails on an input of shape 4x7x5"):
            network.tap(SERIES, {"relu": torch.Tensor.clone})
    assert network.tap(SERIES.mT, {"relu": lambda one: one.shape})[1]["relu"] == (4, 5, 8)


def test_what_is_refused_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    network, said = TorchNetwork(Odd()), []
    for _ in range(2):
        with pytest.raises(ModelError, match="none of its axes") as e:
            network.tap(PHOTOS, {"parts.plain": torch.Tensor.clone, "parts.own": torch.Tensor.clone})
        said.append(str(e.value))
        monkeypatch.setattr(hooks, "forward", None)
    assert said[0] == said[1]


def test_modules_that_mix_channels_or_have_one() -> None:
    torch.manual_seed(0)
    found = verdicts(TorchNetwork(Fixed()), PHOTOS, channels_second)
    verdict = {one.layer: one.verdict for one in found}
    assert {name for name, one in verdict.items() if one != "right"} <= {"fold"}
    assert not wrong(found)
    kept = TorchNetwork(Fixed()).tap(PHOTOS, {"again": lambda one: one.shape})[1]
    assert kept["again"] == (3, 6, 6, 6)
