"""How fast and how lean is extraction beside the bare forward loop, with the same network, loader and batches?

The network is ResNet-20, the images are photos of CIFAR-10. The two loops take turns, a stretch of one segment of
images each, so that what else the machine does falls on both.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.sides import peak_mebibytes
from topoact.extract import Plan, Preprocessing, extract, load_model, open_source
from topoact.extract.loader import load_batches
from topoact.extract.networks.libraries import import_torch
from topoact.extract.sources import Source
from topoact.study.segments import SEGMENT_EXAMPLES

ROOT = Path(__file__).parents[1]
PREPROCESSING = Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
LAYERS = ("bn1", "layer1", "layer2", "layer3")


def bare_loop(model: Any, source: Source, n_images: int, batch_size: int) -> Iterator[float]:
    """Run the network over the images and keep nothing; yield the seconds that each stretch took."""
    torch = import_torch()
    start, done = time.perf_counter(), 0
    for batch in load_batches(source, PREPROCESSING, batch_size=batch_size, stop=n_images):
        with torch.inference_mode():
            model(batch.inputs)
        done += len(batch.records)
        if done % SEGMENT_EXAMPLES == 0:
            yield time.perf_counter() - start
            start = time.perf_counter()


def take_turns(model: Any, source: Source, n_images: int, batch_size: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each stretch of the bare loop and of extraction, and those of finishing at the end."""
    bare, ours = [], []
    loop = bare_loop(model, source, n_images, batch_size)
    start = time.perf_counter()

    def report(stage: str, done: int, total: int) -> None:  # noqa: ARG001
        nonlocal start
        if done and done % SEGMENT_EXAMPLES == 0:
            ours.append(time.perf_counter() - start)
            bare.append(next(loop))
            start = time.perf_counter()

    plan = Plan(LAYERS, ("random", "mean"), PREPROCESSING, batch_size=batch_size, limit=n_images)
    with tempfile.TemporaryDirectory() as folder:
        extract(model, source, Path(folder) / "study", plan, on_progress=report)
    return bare, [*ours, time.perf_counter() - start]


def measure(data: Path, weights: Path, stretches: int = 20, batch_size: int = 64) -> dict[str, Any]:
    """Time both loops over so many turns of one segment of images each."""
    model = load_model(f"{ROOT / 'examples' / 'cifar10_resnet20.py'}:resnet20", weights=weights)
    source = open_source(str(data))
    list(bare_loop(model, source, 2 * SEGMENT_EXAMPLES, batch_size))
    before = peak_mebibytes()
    bare, (*ours, finish) = take_turns(model, source, stretches * SEGMENT_EXAMPLES, batch_size)
    return {
        "images": SEGMENT_EXAMPLES,
        "bare": bare,
        "extraction": ours,
        "finish": finish,
        "bare_mib": before,
        "extraction_mib": peak_mebibytes(),
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))))
