"""The folder of a reader who follows the pages of the documentation: the files that their examples name, but small."""

from pathlib import Path
from shutil import copytree
from typing import Final

import numpy as np
import pytest
from PIL import Image

from topoact.study import Chunk, Points, StudyWriter

NETWORK: Final = '''"""A network in the place of ResNet-20, with layers of the same names."""

from collections import OrderedDict

import torch
from torch import nn


def resnet20():
    torch.manual_seed(5)
    layers = OrderedDict(bn1=nn.Conv2d(3, 4, 3, padding=1))
    layers["layer1"] = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), nn.ReLU())
    layers["layer2"] = nn.Sequential(nn.Conv2d(6, 8, 3, stride=2), nn.ReLU())
    layers["layer3"] = nn.Sequential(nn.Conv2d(8, 12, 3, stride=2), nn.Tanh())
    return nn.Sequential(OrderedDict(layers, pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), fc=nn.Linear(12, 3)))
'''
COLOURS: Final = ("blue", "green", "red")
SIDE: Final = 16


@pytest.fixture(scope="session")
def reader_files(tmp_path_factory: pytest.TempPathFactory, digits_path: Path) -> Path:
    """The files themselves; pages and examples add studies of other names to them."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "my_models.py").write_text(NETWORK, "utf-8")
    _write_photos(folder / "photos")
    copytree(digits_path, folder / "runs" / "digits")
    _write_network_study(folder)
    _write_texts(folder / "runs" / "bbc")
    return folder


@pytest.fixture
def reader(reader_files: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder as the working directory."""
    monkeypatch.chdir(reader_files)
    return reader_files


def _write_photos(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for number, colour in enumerate(COLOURS):
        (folder / colour).mkdir(parents=True)
        for photo in range(40):
            pixels = rng.integers(0, 128, (SIDE, SIDE, 3), dtype=np.uint8)
            pixels[..., 2 - number] += np.uint8(rng.integers(50, 120))
            Image.fromarray(pixels).save(folder / colour / f"{photo:02d}.png")


def _write_network_study(folder: Path) -> None:
    from safetensors.torch import save_file

    from topoact.extract import Plan, extract
    from topoact.inputs.opening import open_source
    from topoact.networks.loading import load_network

    network = load_network(f"{folder}/my_models.py:resnet20")
    save_file(network.module.state_dict(), folder / "resnet20.safetensors")
    plan = Plan(layers=("bn1", "layer3"), policies=("random", "mean"))
    extract(network, open_source(str(folder / "photos")), folder / "runs" / "r20", plan)


def _write_texts(path: Path) -> None:
    """Write a study of newspaper articles in five sections, with the layer that the pages look at."""
    rng = np.random.default_rng(0)
    words = [f"{section}{number}" for section in ("cup", "film", "market", "phone", "vote") for number in range(30)]
    sections = rng.integers(0, 5, 600)
    texts = [" ".join(words[30 * section + row] for row in rng.integers(0, 30, 20)) for section in sections]
    vectors = (3 * np.eye(5)[sections] + rng.normal(0, 1, (600, 5))).astype(np.float32)
    nowhere = np.full((600, 1), -1, np.int32)
    layer = Points("bert.encoder.layer.3", "mean", None, vectors[:, None], nowhere, nowhere)
    columns = {"id": [str(row) for row in range(600)], "text": texts}
    with StudyWriter(path, {"model": None, "data": "articles"}, capacity=600) as writer:
        portion = Chunk(columns, {"bert.encoder.layer.3@mean": layer}, [None] * 600, next_input=600)
        writer.append(portion)
        writer.finish(writer.examples(), title="Articles")
