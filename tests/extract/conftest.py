"""Small networks and photos, as a user would have them on disk."""

import io
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from topoact.extract import Plan
from topoact.inputs.opening import open_source
from topoact.inputs.records import Source
from topoact.networks.loading import load_model
from topoact.networks.preprocessing import Preprocessing
from topoact.study import Study

from . import tiny

LAYERS = ("0", "2", "4")
"""Of the network `small`."""

MODELS = """
import torch
from torch import nn


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.relu, self.unused = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(2, 2)

    def forward(self, x):
        return self.relu(self.relu(self.conv(x))).mean((2, 3))


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.flat = nn.LSTM(3, 5, batch_first=True), nn.Flatten(0)

    def forward(self, x):
        tokens = x.flatten(2).transpose(1, 2)
        self.flat(x)
        return self.lstm(tokens)


def small():
    torch.manual_seed(7)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 6, 3, stride=2), nn.Flatten(), nn.Linear(54, 5)]
    return nn.Sequential(*layers).requires_grad_(False)


instance = small()


def exploding():
    model = small()
    model[2].bias[3] = float("nan")
    return model


def number():
    return 42


def failing():
    raise KeyError("no such checkpoint")


def wrong_size():
    return nn.Linear(7, 7)


to_tensor = lambda image: torch.tensor(image.size[0] * [1.0])[:, None, None].expand(-1, 8, 8)


def breaking(image):
    raise ZeroDivisionError("by design")


class Squares:
    classes = ["red", "green"]

    def __len__(self):
        return 10

    def __getitem__(self, i):
        torch.manual_seed(i)
        return torch.rand(3, 8, 8), i % 2


class Dicts(Squares):
    classes = ()

    def __getitem__(self, i):
        item = super().__getitem__(i)
        return {"input": item[0], "label": item[1] + 3, "id": f"square {i}", "shade": i / 10}


def empty():
    return []


def no_length():
    return iter([])


def bad_item():
    return [{"image": 1}]


class Dying(nn.Sequential):
    def forward(self, x):
        import multiprocessing, os, pathlib

        if multiprocessing.parent_process() and not (pathlib.Path(__file__).parent / "alive").exists():
            os.kill(os.getpid(), 9)
        return super().forward(x)


def dying():
    return Dying(*small())
"""


@pytest.fixture(scope="session")
def torchvision_beside_cpu_torch() -> Iterator[None]:
    """Declare the operators whose absence keeps torchvision from importing beside a CPU build of torch, if it does."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        yield from _declared_operators()
    else:
        yield


@pytest.fixture(scope="session")
def transformers(torchvision_beside_cpu_torch: None) -> Any:
    """The library, which imports torchvision where there is one."""
    return pytest.importorskip("transformers", reason="transformers is not installed")


def _declared_operators() -> Iterator[None]:
    library = torch.library.Library("torchvision", "DEF")
    for schema in (
        "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    ):
        library.define(schema)
    yield  # the operators live as long as the library
    del library


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of networks, datasets and transforms."""
    path = tmp_path_factory.mktemp("models") / "my_models.py"
    path.write_text(textwrap.dedent(MODELS))
    return path


def plan(**changes: object) -> Plan:
    usual = {"layers": LAYERS, "policies": ("random", "mean", "all"), "preprocessing": Preprocessing(), "batch_size": 4}
    return Plan(**{**usual, **changes})


def same(first: Study, second: Study) -> bool:
    """Whether two studies hold the same arrays, bit by bit, and the same examples."""
    arrays = all(
        np.array_equal(first.layer(name).vectors().view(np.uint32), second.layer(name).vectors().view(np.uint32))
        and first.layer(name).points.equals(second.layer(name).points)
        for name in first.layers
    )
    return arrays and first.layers == second.layers and first.examples.equals(second.examples)


def picture(seed: int, size: tuple[int, int] = (8, 8), kind: str = "PNG") -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def write_photos(
    folder: Path, n: int = 24, classes: Sequence[str] = ("cat", "dog"), broken: Sequence[int] = ()
) -> Path:
    for number in range(n):
        file = folder / classes[number % len(classes)] / f"{number:03d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"no image" if number in broken else picture(number))
    return folder


@pytest.fixture
def model(models: Path) -> torch.nn.Sequential:
    return load_model(f"{models}:small")


@pytest.fixture
def photos(tmp_path: Path) -> Source:
    """24 photos of 8 x 8 pixels in two class folders."""
    return open_source(str(write_photos(tmp_path / "photos")))


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topoact.study.segments.SEGMENT_EXAMPLES", 8)


@pytest.fixture
def small_windows(small_segments: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments and windows of a few texts, and no network."""
    monkeypatch.setattr("topoact.extract.texts.reading.WINDOW_TEXTS", 7)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory, transformers: Any) -> str:
    return f"hf:{tiny.save_bert(tmp_path_factory.mktemp('bert'))}"


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory, transformers: Any) -> str:
    return f"hf:{tiny.save_bert(tmp_path_factory.mktemp('classifier'), classes=('cat', 'dog', 'owl'))}"


@pytest.fixture
def lines(tmp_path: Path) -> str:
    path = tmp_path / "lines.csv"
    rows = (f'{i},"{line}",{["cat", "dog"][i % 2]}' for i, line in enumerate(tiny.LINES))
    path.write_text("number,text,label\n" + "\n".join(rows), "utf-8")
    return str(path)


@pytest.fixture
def sentences_of_words(tmp_path: Path) -> str:
    (tmp_path / "a.conllu").write_text(tiny.CORPUS, "utf-8")
    return str(tmp_path / "a.conllu")


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(Path(tiny.__file__).parent))
    (tmp_path / "own.py").write_text(tiny.CODE)
    return tmp_path / "own.py"
