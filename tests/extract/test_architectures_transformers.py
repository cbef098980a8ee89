"""Layers of networks of transformers with random weights: each is what a hook by hand finds, or refused.

The networks go through a folder, as users name them. The oracle is in `architectures`. A few run with the other tests;
all with ``pytest -m slow -s``, which prints a table.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from topoact.networks import TorchNetwork
from topoact.networks.loading import load_network
from topoact.networks.text_network import TextNetwork

from . import language_models
from .architectures import RIGHT, ChannelAxis, Places, channels_last, channels_second, line, verdicts, wrong

pytestmark = [pytest.mark.usefixtures("transformers"), pytest.mark.filterwarnings("ignore")]

TEXTS = ("the cat sat on the dog", "ran . the dog the cat !")
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
PIXELS = {"image_size": 32, "patch_size": 8}
WINDOW = 4
STAGES = {"hidden_sizes": [8, 16], "depths": [1, 1]}


@dataclass(frozen=True)
class Case:
    """A model and what is known of its axes."""

    name: str
    config: Callable[[], Any]
    channels: ChannelAxis = channels_last
    inputs: tuple[int, ...] | None = (3, 32, 32)
    """Shape of one input; None of texts."""
    places: Places = lambda _name, _output: None
    quick: bool = False


def config(kind: str, **sizes: Any) -> Callable[[], Any]:
    def make() -> Any:
        import transformers

        return transformers.CONFIG_MAPPING[kind](**sizes)

    return make


def text(kind: str, **options: Any) -> Any:
    return Case(kind, lambda: language_models.small_config(kind), inputs=None, **options)


def second_in(pattern: str) -> ChannelAxis:
    """Channels are second in layers of such names, and last in others."""

    def axis(name: str, _module: nn.Module, output: torch.Tensor) -> int | None:
        return 1 if output.ndim > 2 and re.search(pattern, name) else output.ndim - 1

    return axis


def windows(name: str, output: torch.Tensor) -> np.ndarray | None:
    """Where the positions of the maps of `swin` below are among those of its windows, shifted in the second block."""
    found = re.search(r"layers\.(\d)\.blocks\.(\d)\.(attention|dropout@0)", name)
    if not found or output.ndim != 3 or output.shape[1] != WINDOW**2:
        return None
    side = (16, 8)[int(found[1])]
    y, x = (np.indices((side, side)) - WINDOW // 2 * int(found[2])) % side
    window = y // WINDOW * (side // WINDOW) + x // WINDOW
    return (window * WINDOW**2 + y % WINDOW * WINDOW + x % WINDOW).ravel()


CONVOLUTIONAL = second_in(r"^(?!.*(layers\.\d+\.(layernorm|pwconv|act)|^layernorm)).*$")
CASES = [
    text("bert"),
    text("distilbert"),
    text("gpt2"),
    text("llama", quick=True),
    text("t5", quick=True),
    text("bart"),
    text("mamba", channels=second_in(r"conv1d$|mixer\.act$"), quick=True),
    text("gpt_oss"),
    text("xlnet"),
    Case("vit", config("vit", **SIZES, **PIXELS), second_in("projection$"), quick=True),
    Case("deit", config("deit", **SIZES, **PIXELS), second_in("projection$")),
    Case("beit", config("beit", **SIZES, **PIXELS), second_in("projection$")),
    Case("dinov2", config("dinov2", **SIZES, **PIXELS), second_in("projection$")),
    Case("resnet", config("resnet", embedding_size=8, layer_type="basic", **STAGES), channels_second),
    Case("convnext", config("convnext", num_stages=2, **STAGES), CONVOLUTIONAL, quick=True),
    Case(
        "swin",
        config("swin", image_size=32, patch_size=2, embed_dim=8, depths=[2, 1], num_heads=[2, 2], window_size=WINDOW),
        second_in(r"projection$|layers\.\d\[1\]$|^pooler$"),
        places=windows,
    ),
    Case(
        "segformer",
        config("segformer"),
        second_in(r"\.(proj|dwconv\.dwconv|sequence_reduction\.sequence_reduction)$|^stages\.\d$"),
        inputs=(3, 64, 64),
    ),
    Case(
        "whisper",
        config(
            "whisper",
            d_model=16,
            encoder_layers=2,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=16,
            decoder_ffn_dim=16,
            num_mel_bins=4,
            max_source_positions=12,
            vocab_size=320,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=1,
        ),
        second_in(r"^conv\d$"),
        inputs=(4, 24),
        quick=True,
    ),
    Case(
        "wav2vec2",
        config(
            "wav2vec2",
            **SIZES,
            conv_dim=(8, 8),
            conv_stride=(4, 4),
            conv_kernel=(8, 4),
            num_feat_extract_layers=2,
            num_conv_pos_embeddings=4,
            num_conv_pos_embedding_groups=2,
        ),
        second_in(r"feature_extractor|pos_conv_embed\."),
        inputs=(400,),
    ),
]


def saved(case: Case, folder: Path) -> str:
    import transformers

    torch.manual_seed(0)
    model = transformers.AutoModel.from_config(case.config())
    if case.inputs is None:
        return language_models.save_model(model, folder)
    model.save_pretrained(folder)
    return f"hf:{folder}"


def two_inputs(network: TorchNetwork, case: Case) -> Any:
    """Return two different inputs; texts of as many tokens."""
    if case.inputs is not None:
        return torch.randn(2, *case.inputs, generator=torch.Generator().manual_seed(3))
    assert isinstance(network, TextNetwork)
    tokens = [network.tokenizer(line)["input_ids"] for line in TEXTS]
    ids = torch.tensor([row[: min(map(len, tokens))] for row in tokens])
    return network.arguments(ids, torch.ones_like(ids))


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name, marks=() if case.quick else pytest.mark.slow) for case in CASES]
)
def test_each_layer_is_right_or_refused(case: Case, tmp_path: Path) -> None:
    network: Any = load_network(saved(case, tmp_path))
    found = verdicts(network, two_inputs(network, case), case.channels, places=case.places)
    print(line(case.name, found))  # noqa: T201  # the table
    for one in found:
        if one.verdict != RIGHT:
            print("   ", one.layer, one.verdict, one.said)  # noqa: T201
    assert not wrong(found)
    assert any(one.verdict == RIGHT for one in found)


def test_both_sides_of_an_encoder_decoder_are_there(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "t5")
    network: Any = load_network(saved(case, tmp_path))
    layers = ("encoder.block.1.layer.1", "decoder.block.1.layer.2", "decoder.block.1.layer.1.EncDecAttention.o")
    found = verdicts(network, two_inputs(network, case), case.channels, layers)
    assert [one.verdict for one in found] == [RIGHT] * 3
    assert np.unique([one.layer for one in found]).size == 3
