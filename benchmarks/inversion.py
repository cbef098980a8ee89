"""Activation images per minute, beside torch-lucent: the same network, steps, size, objective, transforms and threads.

    pip install --no-deps --target build/peers/lucent -r benchmarks/peers/lucent.txt
    python -m benchmarks.inversion --layer features.7 --images 8

Both sides run in this process, one after the other in turns, with SqueezeNet 1.1 of `examples/` on one thread. lucent
needs a torchvision that fits the torch; it was written for older libraries, and `_lucent` gives it the names that have
moved since. Its images are not brought to 224 pixels here, which it does by itself and which would make it slower.
"""

import argparse
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import clocked, conditions, spread
from topoact.interpret.inversion import (
    Inputs,
    Recipe,
    inputs_of,
    invert,
)
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "squeezenet_imagenet.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layer", default="features.7")
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--steps", type=int, default=256)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--weights", default=None)
    parser.add_argument("--lucent", type=Path, default=ROOT / "build" / "peers" / "lucent")
    asked = parser.parse_args()
    print(conditions())
    import torch

    torch.set_num_threads(1)
    network = load_network(f"{EXAMPLE}:squeezenet", weights=asked.weights)
    inputs = inputs_of(network, Preprocessing(transform=f"{EXAMPLE}:prepare"))
    with torch.no_grad():
        width = network.response(torch.zeros(1, 3, asked.size, asked.size), asked.layer).shape[1]
    targets = np.random.default_rng(0).random((asked.images, width)).astype(np.float32)
    lucent = _lucent(asked.lucent, network.module, inputs, targets, asked)
    paper = Recipe.paper(size=asked.size, steps=asked.steps, attempts=1, whitened=False)
    ours = Recipe(size=asked.size, steps=asked.steps)

    def topoact(recipe: Recipe) -> Callable[[], Any]:
        return lambda: invert(network, asked.layer, targets, inputs, recipe, policy="all", batch_size=asked.images)

    sides = {"TopoAct, paper's recipe": topoact(paper), "TopoAct, own recipe": topoact(ours), "torch-lucent": lucent}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(asked.turns):
        for name, work in sides.items():
            seconds[name].append(clocked(work)[0])
            print(name, f"{asked.images / seconds[name][-1] * 60:.1f} images a minute", flush=True)
    print("| | images a minute, median | range |\n| --- | ---: | ---: |")
    for name, values in seconds.items():
        rate = spread(asked.images / value * 60 for value in values)
        print(f"| {name} | {rate['median']:.1f} | {rate['min']:.1f}–{rate['max']:.1f} |")


def _lucent(folder: Path, module: Any, inputs: Inputs, targets: Any, asked: argparse.Namespace) -> Callable[[], Any]:
    """Return the same work done by torch-lucent: its own painting, transforms, objective class and loop."""
    import torch

    sys.path.append(str(folder))
    for name in ("IPython", "IPython.display"):  # to show images in notebooks
        sys.modules.setdefault(name, types.ModuleType(name))
    import kornia

    for name in ("get_rotation_matrix2d", "warp_affine"):
        if not hasattr(kornia, name):
            setattr(kornia, name, getattr(kornia.geometry.transform, name))
    from lucent.optvis import objectives, param, render, transform

    wanted, layer = torch.from_numpy(targets), asked.layer.replace(".", "_")

    def objective(answer: Callable[[str], Any]) -> Any:
        maps = answer(layer)
        vectors = maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]
        cosine = torch.nn.functional.cosine_similarity(vectors, wanted, dim=1)
        return -((vectors * wanted).sum(1) * cosine.clamp_min(0.1) ** 4).sum()

    return lambda: render.render_vis(
        module,
        objectives.Objective(objective, "direction"),
        lambda: param.image(asked.size, batch=asked.images),
        transforms=[*transform.standard_transforms, inputs.of],
        thresholds=(asked.steps,),
        preprocess=False,
        progress=False,
        show_image=False,
        fixed_image_size=asked.size,
    )


if __name__ == "__main__":
    main()
