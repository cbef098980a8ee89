"""How fast and how lean is extraction beside the bare forward loop, with the same network, loader and batches?

Run it as ``python benchmarks/extraction.py``; it needs CIFAR-10 photos and ResNet-20 weights, see ``--help``. The two
take turns, a stretch of one segment of images each, so that what else the machine does falls on both.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from topoact.extract import Plan, Preprocessing, extract, load_model, open_source
from topoact.extract.loader import load_batches
from topoact.extract.networks.libraries import import_torch
from topoact.extract.sources import Source
from topoact.study.segments import SEGMENT_EXAMPLES

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
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


def peak_megabytes() -> float:
    """Return the greatest memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED / "cifar10-train.parquet")
    parser.add_argument("--weights", type=Path, default=SHARED / "resnet20-cifar10.safetensors")
    parser.add_argument("--stretches", type=int, default=20, help=f"turns of {SEGMENT_EXAMPLES} images each")
    parser.add_argument("--batch-size", type=int, default=64)
    options = parser.parse_args()
    model = load_model(f"{ROOT / 'examples' / 'cifar10_resnet20.py'}:resnet20", weights=options.weights)
    source = open_source(str(options.data))
    list(bare_loop(model, source, 2 * SEGMENT_EXAMPLES, options.batch_size))
    before, n_images = peak_megabytes(), options.stretches * SEGMENT_EXAMPLES
    bare, (*ours, finish) = take_turns(model, source, n_images, options.batch_size)
    for name, seconds in (("bare loop", bare), ("extraction", ours)):
        print(f"{name:10s} {SEGMENT_EXAMPLES / statistics.median(seconds):7,.0f} images/s, median of {len(seconds)}")
    ratios = [a / b for a, b in zip(bare, ours, strict=True)]
    print(f"extraction runs at {statistics.median(ratios):.1%} of the bare loop, median of {len(ratios)} pairs;")
    print(f"over all, with {finish:.2f} s to finish, at {sum(bare) / (sum(ours) + finish):.1%}")
    print(f"peak memory {before:,.0f} MB after the bare loop, {peak_megabytes():,.0f} MB after extraction")


if __name__ == "__main__":
    main()
