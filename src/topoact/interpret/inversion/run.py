"""Optimise pictures, many at once, until a layer answers like their targets."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput
from topoact.interpret.inversion.inputs import Inputs
from topoact.interpret.inversion.layer_target import LayerTarget, in_bytes
from topoact.interpret.inversion.objective import loss
from topoact.interpret.inversion.parametrization import parametrization
from topoact.interpret.inversion.recipe import Recipe
from topoact.interpret.inversion.relu_gradients import leaky_relu_gradients
from topoact.interpret.inversion.results import Inverted, best, joined
from topoact.interpret.inversion.transforms import Transforms
from topoact.mapper import Progress, no_progress
from topoact.networks import TorchNetwork
from topoact.networks.gradients import frozen

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]
Preview = Callable[[NDArray[np.uint8]], None]

FIRST_PREVIEW: Final = 16
"""The step after which there is something to see."""
BETWEEN_PREVIEWS: Final = 1.5
"""Seconds."""


def invert(
    network: TorchNetwork,
    layer: str,
    targets: Vectors,
    inputs: Inputs,
    recipe: Recipe | None = None,
    *,
    policy: str = "random",
    whitening: NDArray[np.float64] | None = None,
    batch_size: int = 16,
    progress: Progress = no_progress,
    preview: Preview | None = None,
) -> Inverted:
    """Return for each target vector a picture to which the layer answers like it.

    The same targets and parameters give the same pictures, bit for bit, on one machine. In another batch a picture
    starts and is shaken in the same way, but is the same only so far as the network's arithmetic is.

    Parameters
    ----------
    network
        The network, on the device where it is; its weights need no gradients and get none.
    layer
        Dotted name of the module.
    targets
        Shape (n, n_channels), n ≥ 1, finite, none of them zero.
    inputs
        How pictures become inputs; see `inputs_of`.
    recipe
        How they are made.
    policy
        How the vectors of the layer were sampled: "mean" is of the whole map; of all others a target is what the
        layer answers at the middle of its map.
    whitening
        Needed by a recipe that is whitened, and only by it; see `whitening`.
    batch_size
        Pictures in one optimisation.
    progress
        Told of each step; may raise `topoact.errors.Cancelled`.
    preview
        Called with the pictures of the running batch as they are, (B, H, W, colours), now and then.

    Raises
    ------
    InvalidInput
        If targets are not finite, are zero or do not fit the layer, or the whitening does not fit the recipe.
    ModelError
        If the network fails.

    Notes
    -----
    Source: Rathore et al. 2021, section 4.3, after Carter et al. 2019. Memory: what the network computes of a batch.
    """
    targets = _checked(targets)
    observer, recipe = LayerTarget(network, layer, inputs, policy), recipe or Recipe()
    directions = _directions(targets, recipe, whitening)
    batches = [slice(start, start + batch_size) for start in range(0, len(targets), batch_size)]
    watch = _Watch(progress, preview, total=len(batches) * recipe.attempts * recipe.steps)
    with frozen(network.module):
        return joined([_best(observer, (targets[at], directions[at]), recipe, watch) for at in batches])


@dataclass(eq=False)
class _Watch:
    """Tells of each step, and shows the pictures now and then."""

    progress: Progress
    preview: Preview | None
    total: int
    done: int = 0
    shown: float = 0.0

    def see(self, step: int, pictures: "torch.Tensor") -> None:
        self.progress("optimising images", self.done, self.total)
        self.done += 1
        now = time.monotonic()
        if self.preview and (step == FIRST_PREVIEW or (step > FIRST_PREVIEW and now > self.shown + BETWEEN_PREVIEWS)):
            self.preview(in_bytes(pictures).cpu().numpy())
            self.shown = now


def _checked(targets: Vectors) -> Vectors:
    targets = np.ascontiguousarray(targets, dtype=np.float32)
    if targets.ndim != 2 or not len(targets):
        raise InvalidInput(f"targets must be one vector or more, shape (n, channels): got shape {targets.shape}")
    for row, target in enumerate(targets):
        if not np.isfinite(target).all():
            raise InvalidInput(f"target {row} has values that are not finite: no picture answers so")
        if not target.any():
            raise InvalidInput(f"target {row} is zero and has no direction: choose another vector")
    return targets


def _directions(targets: Vectors, recipe: Recipe, whitening: NDArray[np.float64] | None) -> Vectors:
    """Return along what the answers are to point: the targets, whitened if the recipe says so."""
    if not recipe.whitened:
        if whitening is not None:
            raise InvalidInput("a whitening is given, and the recipe is not whitened: leave it out, or whitened=True")
        return targets
    width = targets.shape[1]
    if whitening is None or whitening.shape != (width, width):
        said = "none" if whitening is None else "one of shape {}x{}".format(*whitening.shape)
        raise InvalidInput(f"a whitened recipe needs the whitening of the layer, {width}x{width}: got {said}")
    return np.asarray(targets @ whitening, dtype=np.float32)


def _best(observer: LayerTarget, wanted: tuple[Vectors, Vectors], recipe: Recipe, watch: _Watch) -> Inverted:
    """Return the best of some attempts for each target, which is sought along a direction."""
    targets, directions = wanted
    attempts = []
    for attempt in range(recipe.attempts):
        seeds = [_seed(target, recipe.seed, attempt) for target in targets]
        attempts.append(observer.judge(_painted(observer, directions, recipe, seeds, watch), targets))
    return best(attempts)


def _painted(
    observer: LayerTarget, targets: Vectors, recipe: Recipe, seeds: list[int], watch: _Watch
) -> "torch.Tensor":
    """Return one picture for each target, optimised."""
    import torch

    device = observer.network.device
    height, width = (recipe.size, recipe.size) if recipe.size else observer.inputs.size
    n_colours, bounds = observer.inputs.n_colours, observer.inputs.bounds
    canvas, transforms = (
        parametrization(recipe, n_colours, height, width, seeds, bounds=bounds),
        Transforms(seeds, bounds.ground),
    )
    canvas.parameter = canvas.parameter.detach().to(device).requires_grad_()
    wanted = torch.from_numpy(targets).to(device)
    optimizer = torch.optim.Adam([canvas.parameter], lr=recipe.learning_rate, betas=(0.9, recipe.memory))
    for step in range(recipe.steps):
        pictures = canvas.pictures()
        watch.see(step, pictures)
        optimizer.param_groups[0]["lr"] = recipe.learning_rate * recipe.decay(step)
        strength = recipe.transform_strength(step)
        with leaky_relu_gradients(recipe.relu_leak * recipe.decay(step)):
            answers = observer.answers(transforms(pictures, strength) if strength else pictures)
        (canvas.parameter.grad,) = torch.autograd.grad(loss(answers, wanted, recipe, step), canvas.parameter)
        optimizer.step()
    return canvas.pictures().detach()


def _seed(target: Vectors, seed: int, attempt: int) -> int:
    """Return the seed of one attempt at one target: the same wherever in a list the target stands."""
    said = target.tobytes() + f"{seed} {attempt}".encode()
    return int.from_bytes(hashlib.blake2b(said, digest_size=7).digest(), "little")
