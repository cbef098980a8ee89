"""Activation images per minute, beside torch-lucent: the same network, steps, size, objective, transforms and threads.

    pip install --no-deps --target build/peers/lucent -r benchmarks/peers/lucent.txt
    python -m benchmarks.inversion --layer features.7 --images 8

Both sides run in this process in turns, with SqueezeNet 1.1 of `examples/` on one thread. Where lucent is not
installed, it is left out. It needs a torchvision that fits the torch; it was written for older libraries, and `_lucent`
defines the names that have moved since. Its images are not resized to 224 pixels here, as it would do by default, which
would make it slower. With ``--images 1 --steps 2 --size 32 --turns 1`` it is done in seconds.
"""

import argparse
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import clocked, conditions, spread
from topoact.interpret.inversion import Inputs, Recipe, inputs_of, invert
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "squeezenet_imagenet.py"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.inversion", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layer", default="features.7")
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--steps", type=int, default=256)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--weights", default=None)
    parser.add_argument("--lucent", type=Path, default=ROOT / "build" / "peers" / "lucent")
    options = parser.parse_args()
    print(conditions())
    import torch

    torch.set_num_threads(1)
    network = load_network(f"{EXAMPLE}:squeezenet", weights=options.weights)
    inputs = inputs_of(network, Preprocessing(transform=f"{EXAMPLE}:prepare"))
    with torch.no_grad():
        width = network.response(torch.zeros(1, 3, options.size, options.size), options.layer).shape[1]
    targets = np.random.default_rng(0).random((options.images, width)).astype(np.float32)
    paper = Recipe.paper(size=options.size, steps=options.steps, attempts=1, whitened=False)
    ours = Recipe(size=options.size, steps=options.steps)

    def topoact(recipe: Recipe) -> Callable[[], Any]:
        return lambda: invert(network, options.layer, targets, inputs, recipe, policy="all", batch_size=options.images)

    sides = {"TopoAct, paper's recipe": topoact(paper), "TopoAct, own recipe": topoact(ours)}
    try:
        sides["torch-lucent"] = _lucent(options.lucent, network.module, inputs, targets, options)
    except ImportError as error:
        print(f"left out: torch-lucent: {error}")
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(options.turns):
        for name, work in sides.items():
            seconds[name].append(clocked(work)[0])
            print(name, f"{options.images / seconds[name][-1] * 60:.1f} images a minute", flush=True)
    print("| | images a minute, median | range |\n| --- | ---: | ---: |")
    for name, values in seconds.items():
        rate = spread(options.images / value * 60 for value in values)
        print(f"| {name} | {rate['median']:.1f} | {rate['min']:.1f}–{rate['max']:.1f} |")


def _lucent(folder: Path, module: Any, inputs: Inputs, targets: Any, options: argparse.Namespace) -> Callable[[], Any]:
    """Return the same work done by torch-lucent: its own parametrization, transforms, objective class and loop.

    Raises
    ------
    ImportError
        If torch-lucent, or what it needs, is not installed.
    """
    import torch

    sys.path.append(str(folder))
    for name in ("IPython", "IPython.display"):  # to show images in notebooks
        sys.modules.setdefault(name, types.ModuleType(name))
    import kornia

    for name in ("get_rotation_matrix2d", "warp_affine"):
        if not hasattr(kornia, name):
            setattr(kornia, name, getattr(kornia.geometry.transform, name))
    from lucent.optvis import objectives, param, render, transform

    wanted, layer = torch.from_numpy(targets), options.layer.replace(".", "_")

    def objective(output_of: Callable[[str], Any]) -> Any:
        maps = output_of(layer)
        vectors = maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]
        cosine = torch.nn.functional.cosine_similarity(vectors, wanted, dim=1)
        return -((vectors * wanted).sum(1) * cosine.clamp_min(0.1) ** 4).sum()

    return lambda: render.render_vis(
        module,
        objectives.Objective(objective, "direction"),
        lambda: param.image(options.size, batch=options.images),
        transforms=[*transform.standard_transforms, inputs.of],
        thresholds=(options.steps,),
        preprocess=False,
        progress=False,
        show_image=False,
        fixed_image_size=options.size,
    )


if __name__ == "__main__":
    main()
