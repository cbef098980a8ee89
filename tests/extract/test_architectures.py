"""Layers of networks of torchvision and timm with random weights: each is what a hook by hand finds, or refused.

The oracle is in `architectures`. A few small ones run with the other tests; all with ``pytest -m slow -s``, which
prints a table.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from topoact.networks import TorchNetwork

from .architectures import RIGHT, ChannelAxis, Places, channels_last, channels_second, line, verdicts, wrong


def in_order(_name: str, _output: torch.Tensor) -> np.ndarray | None:
    """No layer has windows."""
    return None


def last_in(*ends: str, otherwise: ChannelAxis = channels_second) -> ChannelAxis:
    """Channels are last in layers whose names end so."""

    def axis(name: str, module: nn.Module, output: torch.Tensor) -> int | None:
        return output.ndim - 1 if name.endswith(ends) else otherwise(name, module, output)

    return axis


def second_in(*ends: str) -> ChannelAxis:
    """Channels are second in convolutions and layers whose names end so, and last in others; attention has none."""

    def axis(name: str, module: nn.Module, output: torch.Tensor) -> int | None:
        if name.endswith(("softmax", "attn_drop", "dropout_attn")):
            return None
        return 1 if name.endswith(ends) else channels_last(name, module, output)

    return axis


def windows_of(size: int, grids: dict[str, int]) -> Places:
    """Where the positions of a map (side of the grid by stage) are among those of windows, shifted in odd blocks."""

    def places(name: str, output: torch.Tensor) -> np.ndarray | None:
        if ".attn" not in name or output.ndim != 3:
            return None
        side = next(side for stage, side in grids.items() if name.startswith(stage))
        if output.shape[0] * output.shape[1] != side * side or output.shape[1] != size * size:
            return None
        is_shifted = int(name.partition("blocks.")[2][0]) % 2 == 1 and side > size
        shift = size // 2 if is_shifted else 0
        y, x = (np.indices((side, side)) - shift) % side
        return (((y // size) * (side // size) + x // size) * size * size + y % size * size + x % size).ravel()

    return places


def in_transformers(name: str, module: nn.Module, output: torch.Tensor) -> int | None:
    """Channels are last inside the transformers of MobileViT and their norms, and second elsewhere."""
    is_last = "transformer" in name or name.endswith(".1.norm")
    return output.ndim - 1 if is_last else channels_second(name, module, output)


def patches_of_four(_name: str, output: torch.Tensor) -> np.ndarray | None:
    """Where the positions of a map are among those of MobileViT, which has each corner of 2 x 2 patches as a row."""
    if output.ndim != 3 or output.shape[0] != 4:
        return None
    side = int((4 * output.shape[1]) ** 0.5)
    y, x = np.indices((side, side))
    return ((y % 2 * 2 + x % 2) * output.shape[1] + y // 2 * (side // 2) + x // 2).ravel()


@dataclass(frozen=True)
class Case:
    """A network and what is known of its axes."""

    make: Callable[[], nn.Module]
    channels: ChannelAxis = channels_second
    pixels: int = 64
    places: Places = in_order
    quick: bool = False
    refused: tuple[str, ...] = field(default=())
    """Ends of the names of layers that may be refused."""


def of_torchvision(name: str, **options: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        from torchvision import models

        return models.get_model(name, weights=None, **options)

    return make


def of_timm(name: str, **options: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        import timm

        return timm.create_model(name, num_classes=5, **options)

    return make


def small_resnet() -> nn.Module:
    from torchvision.models import resnet

    return resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1], num_classes=5)


def small_densenet() -> nn.Module:
    from torchvision.models import DenseNet

    return DenseNet(4, (2, 2), num_init_features=8, num_classes=5)


def small_convnext() -> nn.Module:
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt

    return ConvNeXt([CNBlockConfig(8, 16, 2), CNBlockConfig(16, None, 1)], num_classes=5)


def small_swin(version: int) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        from torchvision.models import swin_transformer as swin

        block = swin.SwinTransformerBlockV2 if version == 2 else swin.SwinTransformerBlock
        merging = swin.PatchMergingV2 if version == 2 else swin.PatchMerging
        sizes = {"patch_size": [4, 4], "embed_dim": 8, "depths": [2, 2], "num_heads": [2, 2], "window_size": [4, 4]}
        return swin.SwinTransformer(**sizes, num_classes=5, block=block, downsample_layer=merging)

    return make


def small_vit() -> nn.Module:
    from torchvision.models import VisionTransformer

    return VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=5)


def small_maxvit() -> nn.Module:
    from torchvision.models import MaxVit

    sizes = {"block_channels": [8, 16], "block_layers": [1, 1], "head_dim": 8, "partition_size": 4}
    return MaxVit((64, 64), stem_channels=8, stochastic_depth_prob=0.0, num_classes=5, **sizes)


def small_swinv2() -> nn.Module:
    """A network whose norms are not those of its start, which give zeros whatever attention says."""
    network = of_timm("swinv2_tiny_window8_256", img_size=64, depths=(2, 1), embed_dim=8, num_heads=(2, 2))()
    for module in network.modules():
        if isinstance(module, nn.LayerNorm):
            nn.init.normal_(module.weight)
    return network


def small_mixer() -> nn.Module:
    from timm.models.mlp_mixer import MlpMixer

    return MlpMixer(5, 32, patch_size=8, num_blocks=2, embed_dim=12)


def small_resmlp() -> nn.Module:
    from timm.models.mlp_mixer import Affine, MlpMixer, ResBlock

    sizes = {"patch_size": 8, "num_blocks": 2, "embed_dim": 12, "mlp_ratio": 4}
    return MlpMixer(5, 32, block_layer=ResBlock, norm_layer=Affine, **sizes)


SWIN_TV = second_in("features.0.0", "permute", "avgpool")
TORCHVISION = {
    "resnet": Case(small_resnet),
    "vgg11": Case(of_torchvision("vgg11", num_classes=5), pixels=32),
    "alexnet": Case(of_torchvision("alexnet", num_classes=5)),
    "squeezenet1_1": Case(of_torchvision("squeezenet1_1", num_classes=5)),
    "densenet": Case(small_densenet),
    "googlenet": Case(of_torchvision("googlenet", num_classes=5, aux_logits=False, init_weights=False)),
    "mobilenet_v3_small": Case(of_torchvision("mobilenet_v3_small", num_classes=5)),
    "efficientnet_b0": Case(of_torchvision("efficientnet_b0", num_classes=5)),
    "shufflenet_v2_x0_5": Case(of_torchvision("shufflenet_v2_x0_5", num_classes=5)),
    "regnet_y_400mf": Case(of_torchvision("regnet_y_400mf", num_classes=5)),
    "convnext": Case(small_convnext, last_in(*(f"block.{i}" for i in range(1, 6))), quick=True),
    "swin": Case(small_swin(1), SWIN_TV),
    "swin_v2": Case(small_swin(2), SWIN_TV),
    "vit": Case(small_vit, second_in("conv_proj"), pixels=32, quick=True),
}
SWIN_TIMM = second_in("patch_embed.proj")
TIMM = {
    "swin": Case(
        of_timm("swin_tiny_patch4_window7_224", img_size=56, depths=(2,), embed_dim=8, num_heads=(2,)),
        SWIN_TIMM,
        56,
        windows_of(7, {"layers.0": 14}),
        quick=True,
        refused=("softmax", "attn_drop"),
    ),
    "swinv2": Case(
        small_swinv2,
        SWIN_TIMM,
        64,
        windows_of(8, {"layers.0": 16, "layers.1": 8}),
    ),
    "convnext": Case(
        of_timm("convnext_atto", dims=(4, 8, 8, 8), depths=(1, 1, 1, 1), conv_mlp=False),
        last_in("blocks.0.norm", ".mlp", *(f".mlp.{part}" for part in ("fc1", "act", "drop1", "norm", "fc2", "drop2"))),
        quick=True,
    ),
    "convnext of convolutions": Case(of_timm("convnext_atto", dims=(4, 8, 8, 8), depths=(1, 1, 1, 1))),
    "vit": Case(
        of_timm("vit_tiny_patch16_224", img_size=32, embed_dim=12, depth=2, num_heads=2),
        second_in("patch_embed.proj"),
        32,
    ),
    "efficientnet": Case(of_timm("efficientnet_lite0")),
    "mixer": Case(small_mixer, second_in("patch_embed.proj"), 32, quick=True),
    "levit": Case(
        of_timm("levit_128s", img_size=64),
        second_in("stem", *(f"stem.{part}{i}" for part in ("conv", "act") for i in range(1, 5))),
    ),
    "test_efficientnet": Case(of_timm("test_efficientnet"), pixels=32, quick=True),
    "test_resnet": Case(of_timm("test_resnet"), pixels=32, quick=True),
    "resnet10t": Case(of_timm("resnet10t")),
    "mobilenetv3": Case(of_timm("mobilenetv3_small_050")),
    "poolformer": Case(of_timm("poolformer_s12")),
    "resmlp": Case(small_resmlp, second_in("patch_embed.proj"), 32),
    "mobilevit": Case(of_timm("mobilevit_xxs"), in_transformers, places=patches_of_four),
}


class OfSteps(nn.Module):
    """A recurrent or attending layer over rows (B, T, C) or, transposed, (T, B, C)."""

    def __init__(self, layer: nn.Module, *, time_first: bool) -> None:
        super().__init__()
        self.proj, self.layer, self.act, self.head = nn.Linear(5, 8), layer, nn.GELU(), nn.Linear(8, 3)
        self.time_first = time_first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.proj(x.transpose(0, 1) if self.time_first else x)
        output = self.layer(x, x, x) if isinstance(self.layer, nn.MultiheadAttention) else self.layer(x)
        return self.head(self.act(output[0])).mean(0 if self.time_first else 1)


def steps(kind: type[nn.Module], *sizes: int, **options: Any) -> Any:
    return [
        pytest.param(
            lambda first=first: OfSteps(kind(*sizes, batch_first=not first, **options), time_first=first),
            id=f"{kind.__name__}, {'time' if first else 'batch'} first",
        )
        for first in (False, True)
    ]


STEPS = [
    *steps(nn.RNN, 8, 8),
    *steps(nn.LSTM, 8, 8),
    *steps(nn.LSTM, 8, 4, bidirectional=True, num_layers=2),
    *steps(nn.GRU, 8, 8),
    *steps(nn.MultiheadAttention, 8, 2),
]


@pytest.mark.parametrize("make", STEPS)
def test_layers_of_steps(make: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    found = verdicts(TorchNetwork(make()), torch.randn(4, 6, 5), channels_last)
    assert not wrong(found)
    assert {one.layer for one in found if one.verdict != RIGHT} <= {"layer[1]"}  # the weights of attention


CASES = {
    f"{library} {name}": case
    for library, all_ in (("torchvision", TORCHVISION), ("timm", TIMM))
    for name, case in all_.items()
}


@pytest.mark.usefixtures("torchvision_beside_cpu_torch")
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if case.quick else pytest.mark.slow) for name, case in CASES.items()],
)
@pytest.mark.filterwarnings("ignore")
def test_each_layer_is_right_or_refused(name: str) -> None:
    pytest.importorskip(name.split(maxsplit=1)[0])
    case = CASES[name]
    torch.manual_seed(0)
    network = TorchNetwork(case.make())
    found = verdicts(network, torch.randn(2, 3, case.pixels, case.pixels), case.channels, places=case.places)
    print(line(name, found))  # noqa: T201  # the table
    for one in found:
        if one.verdict != RIGHT:
            print("   ", one.layer, one.verdict, one.said)  # noqa: T201
    assert not wrong(found)
    if case.quick:
        assert all(one.layer.endswith(case.refused) for one in found if one.verdict != RIGHT)
