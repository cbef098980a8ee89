"""What positions see of an image: receptive fields against a brute-force oracle, places of tokens, frames."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from topoact.networks import TorchNetwork
from topoact.networks.framing import frame_of
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.sights import find_sights
from topoact.study.sight import Frame, Sight, Span, Tokens


class Residual(nn.Module):
    """A block whose short way steps over every second pixel."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.long = nn.Sequential(nn.Conv2d(n_in, n_out, 3, stride, 1), nn.ReLU(), nn.Conv2d(n_out, n_out, 3, 1, 1))
        self.short = nn.Conv2d(n_in, n_out, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.long(x) + self.short(x)).relu()


class Attending(nn.Module):
    """A vision transformer of one block with tokens before those of the patches."""

    def __init__(self, n_leading: int = 1) -> None:
        super().__init__()
        self.patches, self.leading = nn.Conv2d(3, 8, 4, 4), nn.Parameter(torch.randn(1, n_leading, 8))
        self.places = nn.Parameter(torch.randn(1, 16 + n_leading, 8))
        self.block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        patches = self.patches(x).flatten(2).transpose(1, 2)
        return self.block(torch.cat([self.leading.expand(len(x), -1, -1), patches], 1) + self.places)[:, 0]


NETWORKS: dict[str, tuple[Any, tuple[int, int]]] = {
    "one convolution": (lambda: [nn.Conv2d(3, 4, 3)], (16, 16)),
    "padding": (lambda: [nn.Conv2d(3, 4, 5, padding=2), nn.ReLU()], (16, 16)),
    "strides": (lambda: [nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, 2, 1)], (24, 24)),
    "dilation": (lambda: [nn.Conv2d(3, 4, 3, padding=2, dilation=2)], (16, 16)),
    "dilation after a stride": (lambda: [nn.Conv2d(3, 4, 2, 2), nn.Conv2d(4, 4, 3, padding=3, dilation=3)], (24, 24)),
    "pooling": (lambda: [nn.Conv2d(3, 4, 3, 1, 1), nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(2, 2)], (20, 20)),
    "no padding and ceil": (lambda: [nn.Conv2d(3, 4, 3, 2), nn.MaxPool2d(3, 2, ceil_mode=True)], (19, 19)),
    "residual": (lambda: [Residual(3, 4, 1), Residual(4, 6, 2)], (16, 16)),
    "oblong kernels": (lambda: [nn.Conv2d(3, 4, (3, 7), padding=(1, 3)), nn.Conv2d(4, 4, (5, 1))], (20, 20)),
    "oblong input": (lambda: [nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU6(), nn.Conv2d(4, 4, 3, 1, 1)], (12, 28)),
    "by groups": (lambda: [nn.Conv2d(3, 6, 3, 1, 1, groups=3), nn.BatchNorm2d(6), nn.GELU()], (16, 16)),
    "patches": (lambda: [nn.Conv2d(3, 8, 4, 4), nn.Hardswish()], (24, 24)),
    "asymmetric padding": (lambda: [nn.ZeroPad2d((0, 1, 2, 0)), nn.Conv2d(3, 4, 4, 2)], (20, 20)),
}


def network(name: str) -> tuple[TorchNetwork, tuple[int, int], str]:
    torch.manual_seed(3)
    parts, side = NETWORKS[name]
    module = nn.Sequential(*parts())
    return TorchNetwork(module), side, str(len(module) - 1)


def touched(module: nn.Module, side: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Return, pixel by pixel, which positions change where that pixel is altered: shape (H, W, rows, columns)."""
    rng = torch.Generator().manual_seed(1)
    found = []
    with torch.no_grad():
        for _ in range(2):  # a unit may be silent for one image
            image = torch.randn(3, *side, generator=rng, dtype=torch.float64)
            batch = image.repeat(side[0] * side[1], 1, 1, 1)
            for i in range(len(batch)):
                batch[i, :, i // side[1], i % side[1]] += 10 * torch.randn(3, generator=rng, dtype=torch.float64)
            double = module.double()
            found.append(((double(batch) - double(image[None])).abs() > 1e-9).any(1).numpy())
            module.float()
    positions = np.any(found, axis=0)
    return positions.reshape(*side, *positions.shape[1:])


@pytest.mark.parametrize("name", NETWORKS)
def test_fields_are_those_of_an_oracle_that_alters_each_pixel(name: str) -> None:
    net, side, layer = network(name)
    sight = find_sights(net, torch.rand(2, 3, *side), [layer])[layer]
    reached = touched(net.module, side)
    assert sight.field is not None
    for axis, span in enumerate(sight.field):
        along = reached.any(axis=(1 - axis, 3 - axis))  # pixel by position along the axis
        for position in range(along.shape[1]):
            seen, (low, high) = np.flatnonzero(along[:, position]), span.of(position)
            inner = low >= 0 and high <= side[axis]
            assert low <= seen[0]
            assert seen[-1] < high
            assert not inner or (seen[0], seen[-1] + 1) == (low, high)


def test_all_layers_at_once_and_no_traces() -> None:
    torch.manual_seed(0)
    net = TorchNetwork(
        nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.Conv2d(4, 6, 3, 2, 1), nn.Flatten())
    )
    before = {name: value.clone() for name, value in net.module.state_dict().items()}
    images, drawn = torch.rand(2, 3, 32, 32), torch.random.get_rng_state()
    sights = find_sights(net, images, ["0", "2", "3"])
    assert sights == {"0": Sight((Span(-1, 2, 3),) * 2), "2": Sight((Span(-3, 4, 7),) * 2)}
    assert torch.equal(drawn, torch.random.get_rng_state())
    assert all(torch.equal(before[name], value) for name, value in net.module.state_dict().items())


@pytest.mark.parametrize(
    "parts",
    [
        [nn.Conv2d(3, 4, 3, 1, 1), nn.GroupNorm(1, 4)],
        [nn.Conv2d(3, 4, 15, padding=7), nn.Conv2d(4, 4, 15, padding=7)],
        [nn.Conv2d(3, 4, 3, 1, 1), nn.AdaptiveAvgPool2d(2)],
        [nn.Conv2d(3, 4, 3, 2, 1), nn.Upsample(scale_factor=4, mode="bilinear")],
    ],
    ids=["statistics of the whole map", "larger than the image", "few positions", "finer than the image"],
)
def test_what_cannot_be_proven_is_not_said(parts: list[nn.Module]) -> None:
    net = TorchNetwork(nn.Sequential(*parts))
    assert find_sights(net, torch.rand(2, 3, 16, 16), ["1"])["1"] == Sight()


@pytest.mark.parametrize("n_leading", [0, 1, 5])
def test_tokens_lie_where_their_patches_are(n_leading: int) -> None:
    torch.manual_seed(2)
    net = TorchNetwork(Attending(n_leading))
    sights = find_sights(net, torch.rand(3, 3, 16, 16), ["patches", "block"])
    assert sights["patches"].field == (Span(0, 4, 4), Span(0, 4, 4))
    assert sights["block"] == Sight(None, Tokens(n_leading, (4, 4)))


def test_tokens_that_are_mixed_have_no_place() -> None:
    net = TorchNetwork(nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.Flatten(2), nn.Linear(16, 16), nn.Softmax(-1)))
    assert all(sight.tokens is None for sight in find_sights(net, torch.rand(2, 3, 16, 16), ["2"]).values())


@pytest.mark.parametrize("batch", ["batch", 1, 4])
def test_onnx_has_the_same_fields(batch: int | str, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    from topoact.networks.loading import load_network

    from .test_onnx import graph

    onnx.save(graph(batch), tmp_path / "net.onnx")
    net = load_network(f"onnx:{tmp_path / 'net.onnx'}")
    images = np.random.default_rng(0).random((batch if isinstance(batch, int) else 2, 3, 8, 8), dtype=np.float32)
    sights = find_sights(net, images, ["/conv/out", "/relu/out"])
    assert sights == dict.fromkeys(["/conv/out", "/relu/out"], Sight((Span(-1, 1, 3),) * 2))


class Picky(nn.Module):
    """A network that checks what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not torch.isfinite(x).all():
            raise ValueError("not finite")
        return self.conv(x)


def test_a_network_that_refuses_has_no_sights() -> None:
    assert find_sights(TorchNetwork(Picky()), torch.rand(2, 3, 16, 16), ["conv"]) == {}


OPTIONS = {
    "resized and cropped": (Preprocessing(24, resize=32), Frame((0.75, 0.75), squash=False)),
    "cropped square": (Preprocessing(24), Frame((1.0, 1.0), squash=False)),
    "squashed": (Preprocessing(24, resize=32, squash=True), Frame((0.75, 0.75), squash=True)),
    "own size": (Preprocessing(mean=(0.5,) * 3), Frame()),
    "tensors": (None, Frame()),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_frames_of_options(name: str) -> None:
    preprocessing, frame = OPTIONS[name]
    assert frame_of(preprocessing) == frame


TRANSFORMS = """
import numpy as np
from PIL import Image


def crop(image):
    image = image.convert("RGB")
    scale = 64 / min(image.size)
    image = image.resize([round(side * scale) for side in image.size])
    left, top = (image.width - 48) // 2, (image.height - 48) // 2
    return (np.moveaxis(np.asarray(image.crop((left, top, left + 48, top + 48)), np.float32), -1, 0) - 120) / -60


def squash(image):
    return np.moveaxis(np.asarray(image.convert("RGB").resize((40, 56)), np.float32), -1, 0)


def corner(image):
    return np.moveaxis(np.asarray(image.convert("RGB").crop((0, 0, 100, 100)), np.float32), -1, 0)


def mirrored(image):
    return np.moveaxis(np.asarray(image.convert("RGB").resize((40, 40)), np.float32), -1, 0)[:, :, ::-1].copy()


def histogram(image):
    return np.histogram(np.asarray(image), 16)[0].astype(np.float32)
"""


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("crop", Frame((0.75, 0.75), squash=False)),
        ("squash", Frame()),
        ("corner", None),
        ("mirrored", None),
        ("histogram", None),
    ],
)
def test_a_transform_is_probed(name: str, frame: Frame | None, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(TRANSFORMS)
    found = frame_of(Preprocessing(transform=f"{tmp_path / 'own.py'}:{name}"))
    assert (found is None) == (frame is None)
    if found and frame:
        assert found.squash == frame.squash
        np.testing.assert_allclose(found.kept, frame.kept, atol=0.02)
