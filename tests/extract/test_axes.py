"""Which axis of a layer's output is what is proved or refused: examples, channels, positions, parts and calls."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

from topoact.errors import InvalidInput, ModelError, StudyError, UnknownName
from topoact.extract import Plan, extract
from topoact.inputs.sources import DatasetSource
from topoact.networks import AxisChoices, TorchNetwork
from topoact.networks.layers import default_layers, select_layers
from topoact.study import Chunk, Points, StudyWriter

from .architectures import channels_last, channels_second, verdicts, wrong


class Steps(nn.Module):
    """Rows of time steps through a function of them, with a head."""

    def __init__(self, body: nn.Module, width: int = 8) -> None:
        super().__init__()
        self.body, self.relu, self.head = body, nn.ReLU(), nn.Linear(width, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.relu(self.body(x)).mean(-1))


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.RNNBase], *, batch_first: bool) -> None:
        super().__init__()
        self.rnn, self.drop, self.head = kind(5, 8, 2, batch_first=batch_first), nn.Dropout(), nn.Linear(8, 3)
        self.time = 1 if batch_first else 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output, _ = self.rnn(x if self.time else x.transpose(0, 1))
        return self.head(self.drop(output).mean(self.time))


class Attending(nn.Module):
    def __init__(self, *, batch_first: bool) -> None:
        super().__init__()
        self.proj, self.mha, self.norm = (
            nn.Linear(5, 8),
            nn.MultiheadAttention(8, 2, batch_first=batch_first),
            nn.ReLU(),
        )
        self.is_first = batch_first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.proj(x if self.is_first else x.transpose(0, 1))
        return self.norm(x + self.mha(x, x, x)[0]).mean(1 if self.is_first else 0)


class ChannelsLast(nn.Module):
    """A block of ConvNeXt: a map whose channels go to the end and back."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.block, self.act = nn.Conv2d(3, 8, 3, padding=1), nn.Module(), nn.ReLU()
        self.block.norm, self.block.up, self.block.gelu, self.block.down = (
            nn.LayerNorm(8),
            nn.Linear(8, 16),
            nn.GELU(),
            nn.Linear(16, 8),
        )
        self.block.scale, self.block.forward = nn.Identity(), self._block
        self.head = nn.Linear(8, 3)

    def _block(self, x: torch.Tensor) -> torch.Tensor:
        part = self.block
        return part.scale(x + part.down(part.gelu(part.up(part.norm(x.permute(0, 2, 3, 1))))).permute(0, 3, 1, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.act(self.block(self.stem(x))).mean((2, 3)))


SERIES = torch.randn(4, 7, 5, generator=torch.Generator().manual_seed(0))
PHOTOS = torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
RIGHT = [
    pytest.param(lambda: Steps(nn.Conv1d(5, 8, 3)), SERIES.mT, channels_second, id="ReLU after Conv1d"),
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


def windows(x: torch.Tensor, size: int = 2) -> torch.Tensor:
    """Windows of a map (B, H, W, C) as rows, (B windows, tokens, C)."""
    b, h, w, c = x.shape
    return x.view(b, h // size, size, w // size, size, c).transpose(2, 3).reshape(-1, size * size, c)


def whole(x: torch.Tensor, shape: torch.Size, size: int = 2) -> torch.Tensor:
    b, h, w, c = shape
    return x.view(b, h // size, w // size, size, size, c).transpose(2, 3).reshape(b, h, w, c)


class Windowed(nn.Module):
    """Attention over shifted windows of a map, as in Swin transformers, in whose place a linear layer stands."""

    def __init__(self, *, mixes: bool = False) -> None:
        super().__init__()
        self.stem, self.query, self.out, self.head = (
            nn.Conv2d(3, 8, 1),
            nn.Linear(8, 8),
            nn.Linear(8, 8),
            nn.Linear(8, 3),
        )
        self.end = nn.Identity()
        self.mixes = mixes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x).permute(0, 2, 3, 1)
        rows = self.query(windows(x.roll((-1, -1), (1, 2))))
        rows = self.out(rows + rows.mean(1, keepdim=True))
        if self.mixes:
            return self.head(rows).view(len(x), -1, 3).mean(1)
        x = x + whole(rows, x.shape).roll((1, 1), (1, 2))
        return self.head(self.end(x).mean((1, 2)))


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


class Crops(nn.Module):
    """Two halves of each photo: as two rows one after the other, or as two batches that are joined."""

    def __init__(self, *, joined: bool) -> None:
        super().__init__()
        self.conv, self.flat, self.head, self.joined = nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(48, 3), joined

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        halves = x[..., :4], x[..., 4:]
        rows = torch.cat(halves) if self.joined else torch.stack(halves, 1).flatten(0, 1)
        rows = self.head(self.flat(self.conv(rows)))
        return rows.view(2, -1, 3).mean(0) if self.joined else rows.view(-1, 2, 3).mean(1)


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


class Odd(nn.Module):
    """Layers whose outputs have no axis of examples, or another than the first."""

    def __init__(self) -> None:
        super().__init__()
        names = ("table", "similar", "reversed", "folded", "halved", "five", "number", "last", "own", "plain")
        self.parts = nn.ModuleDict({name: nn.Identity() for name in names})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat, part = x.flatten(1), self.parts
        part["table"](torch.arange(12.0).view(3, 4))
        part["similar"](flat @ flat.T)
        part["reversed"](flat.flip(0))
        part["folded"](x.flatten(0, 1)[None])
        part["halved"](flat[: len(flat) // 2 + 1])
        part["five"](x[:, None])
        part["number"](flat.mean())
        part["last"](flat.T)
        part["plain"](flat)
        return part["own"](flat[:1])


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


class OneAtATime(nn.Module):
    """A network that takes a batch of one."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.swap = nn.Linear(5, 8), nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) != 1:
            raise ValueError("one at a time")
        return self.swap(self.body(x).transpose(0, 1)).mean(0)


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


@pytest.mark.parametrize(
    ("choices", "error", "sentence"),
    [
        (AxisChoices({"relu": 1}), ModelError, "axis 1 of layer 'relu' is not that of the examples"),
        (
            AxisChoices({}, {"relu": 3}),
            InvalidInput,
            r"--channel-axis 3 is none of layer 'relu', .*: its axes are 0 to 2",
        ),
        (AxisChoices({}, {"*": 0}), InvalidInput, "--channel-axis 0 of layer 'relu', .*, is the axis of the examples"),
    ],
)
def test_wrong_choices(choices: AxisChoices, error: type[Exception], sentence: str) -> None:
    network = TorchNetwork(Steps(nn.Conv1d(5, 8, 3)))
    network.choose_axes(choices)
    with pytest.raises(error, match=sentence):
        network.tap(SERIES.mT, {"relu": torch.Tensor.clone})


@pytest.mark.parametrize("text", ["block", "block=", "=1", "1.5", "a=1,a=2", "1,2", ""])
def test_axes_that_are_none(text: str) -> None:
    with pytest.raises(InvalidInput, match="--channel-axis n"):
        Plan(channel_axis=text)


class Parted(nn.Module):
    """Layers that give tuples, dicts and objects, and one that is called twice."""

    class Output(NamedTuple):
        hidden: torch.Tensor
        others: list[torch.Tensor]

    class Block(nn.Module):
        def forward(self, x: torch.Tensor) -> Any:
            return {"hidden_states": x * 2, "pair": (x, Parted.Output(x + 1, [x - 1]))}

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.fc, self.block = nn.GRU(5, 5, batch_first=True), nn.Linear(5, 5), Parted.Block()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, _ = self.rnn(x)
        pair = self.block(self.fc(self.fc(x).relu()))["pair"]
        return (pair[1].hidden + pair[0]).mean(1)


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


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_network_is_fed_its_own_precision_and_the_study_says_so(dtype: torch.dtype, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Steps(nn.Conv1d(5, 8, 3)).to(dtype)
    study = extract(model, source(), tmp_path / "s", Plan(("relu",), ("mean",)))
    with torch.no_grad():
        by_hand = model.relu(model.body(SERIES.mT.to(dtype))).float().mean(-1)
    np.testing.assert_allclose(study.layer("relu").vectors(), by_hand, rtol=1e-5)
    assert study.manifest.config["model"]["precision"] == str(dtype).removeprefix("torch.")
    with pytest.raises(InvalidInput, match="its own precision: leave out --dtype"):
        TorchNetwork(model).to("cpu", "bfloat16")


def source(n: int = 4) -> DatasetSource:
    rows = [(SERIES[i % 4].mT, i % 2) for i in range(n)]
    return DatasetSource(rows, record={"kind": "rows", "spec": f"rows{n}", "n": n})


class Unclear(nn.Module):
    """Its only layer has no producer, and its maps have one size."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[1:] != (5, 7):
            raise ValueError
        return self.inner(x.cumsum(1).cumsum(2) @ torch.ones(7, 6)).mean(1)


def test_the_axis_that_the_user_names_is_recorded_and_used_again(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'inner', which gives 2 x 5 x 6 .* --channel-axis inner=N"):
        extract(Unclear(), source(), tmp_path / "s", Plan(("inner",), ("mean",)))
    assert not (tmp_path / "s").exists()
    study = extract(Unclear(), source(), tmp_path / "s", Plan(("inner",), ("all",), channel_axis="inner=1"))
    assert study.layer("inner").n_channels == 5
    assert study.manifest.config["axes"] == {"example": {}, "channel": {"inner": 1}}
    with pytest.raises(UnknownName, match="--channel-axis names 'iner', and the layers are inner"):
        extract(Unclear(), source(), tmp_path / "t", Plan(("inner",), channel_axis="iner=1"))


def test_the_writer_refuses_a_chunk_of_the_wrong_length(tmp_path: Path) -> None:
    nowhere = np.full((3, 1), -1, np.int32)
    points = Points("a", "vector", None, np.zeros((3, 1, 2), np.float32), nowhere, nowhere)
    with (
        pytest.raises(StudyError, match="layer 'a' has vectors of 3 examples for 2: nothing is written"),
        StudyWriter(tmp_path / "s", {}, capacity=2) as writer,
    ):
        writer.append(Chunk({"id": ["x", "y"]}, {"a": points}, [None, None], 2))
    assert not (tmp_path / "s.partial").exists()


def test_what_is_wrong_is_seen_by_the_oracle() -> None:
    network = TorchNetwork(Steps(nn.Conv1d(5, 8, 3)))
    network.choose_axes(AxisChoices({}, {"relu": 2}))
    assert [one.layer for one in wrong(verdicts(network, SERIES.mT, channels_second))] == ["relu"]


class Restless(nn.Module):
    """A network that overwrites its input, counts its passes and draws random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Conv2d(3, 4, 1), nn.Linear(4, 3)
        self.register_buffer("passes", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x.sub_(0.5)
        self.passes += 1
        return self.head(self.body(x + torch.rand(1)).mean((2, 3)))


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


class Strange(nn.Module):
    """Layers that give no numbers, or positions that are no map."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.waves, self.sparse = nn.Conv2d(3, 8, 1), nn.Identity(), nn.Identity()
        self.norm, self.late, self.head = nn.LayerNorm(8), nn.LayerNorm(8), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x).permute(0, 2, 3, 1)
        self.waves(torch.fft.fft(x))
        self.sparse(x.to_sparse())
        self.late(x)
        return self.head(self.norm(windows(x).view(len(x), -1, 4, 8)).mean((1, 2)))


def test_windows_on_an_axis_of_their_own_are_no_map() -> None:
    torch.manual_seed(0)
    network = TorchNetwork(Strange())
    assert network.tap(PHOTOS, {"late": torch.Tensor.clone})[1]["late"].shape == (3, 8, 8, 8)
    assert network.tap(PHOTOS, {"norm": torch.Tensor.clone})[1]["norm"].shape == (3, 64, 8)


@pytest.mark.parametrize(("name", "kind"), [("waves", "complex numbers"), ("sparse", "a sparse or nested tensor")])
def test_what_has_no_vectors(name: str, kind: str) -> None:
    with pytest.raises(ModelError, match=f"layer '{name}' gives {kind}, of which there are no vectors"):
        TorchNetwork(Strange()).tap(PHOTOS, {name: torch.Tensor.clone})
