"""How fast and how lean is extraction beside the bare forward loop, with the same network, loader and batches?

Run it as ``python benchmarks/extraction.py``; it needs the CIFAR-10 photos and the ResNet-20 weights, see ``--help``.
Rounds of the two alternate, so that what else the machine does falls on both.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from topoact.extract import Plan, Preprocessing, extract, load_model, open_source
from topoact.extract.loader import load_batches
from topoact.extract.sources import Source

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
PREPROCESSING = Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
LAYERS = ("bn1", "layer1", "layer2", "layer3")


def bare_loop(model: Any, source: Source, n_images: int, batch_size: int) -> None:
    """Run the network over the images and keep nothing."""
    import torch

    with torch.inference_mode():
        for batch in load_batches(source, PREPROCESSING, batch_size=batch_size, stop=n_images):
            model(batch.inputs)


def extraction(model: Any, source: Source, n_images: int, batch_size: int) -> None:
    """Write a study of the paper's layers under both policies."""
    plan = Plan(LAYERS, ("random", "mean"), PREPROCESSING, batch_size=batch_size, limit=n_images)
    with tempfile.TemporaryDirectory() as folder:
        extract(model, source, Path(folder) / "study", plan)


def images_per_second(work: Callable[..., None], *arguments: object, n_images: int) -> float:
    """Return the speed of one round."""
    start = time.perf_counter()
    work(*arguments)
    return n_images / (time.perf_counter() - start)


def peak_megabytes() -> float:
    """Return the greatest memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED / "cifar10-train.parquet")
    parser.add_argument("--weights", type=Path, default=SHARED / "resnet20-cifar10.safetensors")
    parser.add_argument("--images", type=int, default=8192)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=64)
    options = parser.parse_args()
    model = load_model(f"{ROOT / 'examples' / 'cifar10_resnet20.py'}:resnet20", weights=options.weights)
    source = open_source(str(options.data))
    arguments = (model, source, options.images, options.batch_size)
    speeds: dict[Callable[..., None], list[float]] = {bare_loop: [], extraction: []}
    peaks = {}
    for work in (bare_loop, extraction):
        work(model, source, 1024, options.batch_size)
    for _ in range(options.rounds):
        for work, found in speeds.items():
            found.append(images_per_second(work, *arguments, n_images=options.images))
            peaks.setdefault(work, peak_megabytes())
    for work, found in speeds.items():
        rounds = " ".join(f"{speed:,.0f}" for speed in found)
        print(f"{work.__name__:11s} {statistics.median(found):7,.0f} images/s  peak {peaks[work]:,.0f} MB  ({rounds})")
    ratios = [b / a for a, b in zip(*speeds.values(), strict=True)]
    print(f"extraction runs at {statistics.median(ratios):.1%} of the bare loop (median of {options.rounds} pairs)")


if __name__ == "__main__":
    main()
