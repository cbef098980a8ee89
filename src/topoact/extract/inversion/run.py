"""Optimise pictures, many at once, until a layer answers like their targets."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput
from topoact.extract.inversion.inputs import Inputs
from topoact.extract.inversion.paintings import painting
from topoact.extract.inversion.recipe import Recipe
from topoact.extract.inversion.shaking import Shaking
from topoact.extract.networks import TorchNetwork
from topoact.extract.predictions import scores_of
from topoact.mapper import Progress, no_progress

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]

WHOLE: Final = "mean"
"""The sampling policy whose vectors are means over the whole map; those of all others are of one position."""


class Inverted(NamedTuple):
    """Activation images, and how well they do what they were made for."""

    pictures: NDArray[np.uint8]
    """Shape (n, H, W, colours)."""
    reached: Vectors
    """What the layer answers to each of them, as they are stored: shape (n, n_channels)."""
    cosine: NDArray[np.float64]
    """Between the target and that answer; no number where either is zero."""
    scores: Vectors | None
    """What the network gives for each, (n, K), if it is a classifier."""


def invert(
    network: TorchNetwork,
    layer: str,
    targets: Vectors,
    inputs: Inputs,
    recipe: Recipe | None = None,
    *,
    policy: str = "random",
    batch_size: int = 16,
    progress: Progress = no_progress,
) -> Inverted:
    """Return for each target vector a picture to which the layer answers like it.

    Parameters
    ----------
    network
        The network; its weights need no gradients and get none.
    layer
        Dotted name of the module.
    targets
        Shape (n, n_channels), finite.
    inputs
        How pictures become inputs; see `inputs_of`.
    recipe
        How they are made.
    policy
        How the vectors of the layer were sampled: "mean" is of the whole map; of all others a target is what the
        layer answers at the middle of its map.
    batch_size
        Pictures in one optimisation. A picture depends on its target and its seed, and on its batch only so far as the
        network's arithmetic does.
    progress
        Told of each step; may raise `topoact.errors.Cancelled`.

    Raises
    ------
    InvalidInput
        If targets are not finite or do not fit the layer.
    ModelError
        If the network fails.

    Notes
    -----
    Source: Rathore et al. 2021, section 4.3, after Carter et al. 2019. Memory: what the network computes of a batch.
    """
    recipe = recipe or Recipe()
    targets = np.ascontiguousarray(targets, dtype=np.float32)
    if targets.ndim != 2 or not np.isfinite(targets).all():
        raise InvalidInput(f"targets must be finite vectors, shape (n, channels): got shape {targets.shape}")
    parts, n_steps = [], recipe.steps * recipe.attempts
    batches = range(0, len(targets), batch_size)
    for number, start in enumerate(batches):

        def told(step: int, number: int = number) -> None:
            progress("painting", number * n_steps + step, len(batches) * n_steps)

        some = targets[start : start + batch_size]
        with _frozen(network):
            parts.append(_best(network, layer, some, inputs, recipe, policy, told))
    return _joined(parts, targets, inputs)


def position(grid: tuple[int, int]) -> tuple[int, int]:
    """Return the position of a map at which targets of single positions are aimed: its middle."""
    return grid[0] // 2, grid[1] // 2


def _best(
    network: TorchNetwork, layer: str, targets: Vectors, inputs: Inputs, recipe: Recipe, policy: str, told: Any
) -> Inverted:
    """Return the best of some attempts for each target."""
    best: Inverted | None = None
    for attempt in range(recipe.attempts):
        seeds = [_seed(target, recipe.seed, attempt) for target in targets]
        made = _attempt(
            network, layer, targets, inputs, recipe, policy, seeds, lambda s, a=attempt: told(a * recipe.steps + s)
        )
        best = made if best is None else _better(best, made)
    assert best is not None
    return best


def _attempt(
    network: TorchNetwork,
    layer: str,
    targets: Vectors,
    inputs: Inputs,
    recipe: Recipe,
    policy: str,
    seeds: list[int],
    told: Any,
) -> Inverted:
    import torch

    height, width = (recipe.size, recipe.size) if recipe.size else inputs.size
    canvas, shaking = painting(recipe, inputs.n_colours, height, width, seeds), Shaking(seeds)
    canvas.parameter = canvas.parameter.detach().to(network.device).requires_grad_()
    wanted = torch.from_numpy(targets).to(network.device)
    optimizer = torch.optim.Adam([canvas.parameter], lr=recipe.learning_rate)
    for step in range(recipe.steps):
        told(step)
        optimizer.zero_grad(set_to_none=True)
        pictures = canvas.pictures()
        shaken = shaking(pictures) if recipe.shaken else pictures
        answers = _answers(network, layer, inputs.of(shaken), policy)
        _loss(answers, wanted, recipe).backward()
        optimizer.step()
    return _judged(network, layer, targets, inputs, policy, canvas.pictures().detach())


def _loss(answers: "torch.Tensor", wanted: "torch.Tensor", recipe: Recipe) -> "torch.Tensor":
    """Return the sum, over pictures, of what each is to make small; the scale of a target does not matter."""
    import torch

    if answers.shape != wanted.shape:
        raise InvalidInput(f"targets have {wanted.shape[1]} channels, and the layer has {answers.shape[1]}")
    length = wanted.norm(dim=1).clamp_min(1e-12)
    if recipe.aim == "point":
        return ((answers - wanted).square().sum(1) / length.square()).sum()
    cosine = torch.nn.functional.cosine_similarity(answers, wanted, dim=1)
    along = (answers * wanted).sum(1) / length.square()
    return -(along * cosine.clamp_min(recipe.least_cosine) ** recipe.power).sum()


def _answers(network: TorchNetwork, layer: str, batch: "torch.Tensor", policy: str) -> "torch.Tensor":
    """Return the vectors (B, channels) with which a layer answers."""
    return vectors_of(network.response(batch, layer), policy).float()


def vectors_of(output: Any, policy: str) -> Any:
    """Return one vector (B, C) of each output (B, C, H, W), (B, T, C) or (B, C): the whole map's, or the middle's."""
    if output.ndim == 2:
        return output
    if output.ndim == 3:
        return output.mean(1) if policy == WHOLE else output[:, output.shape[1] // 2]
    y, x = position((output.shape[2], output.shape[3]))
    return output.mean((2, 3)) if policy == WHOLE else output[:, :, y, x]


def _judged(
    network: TorchNetwork, layer: str, targets: Vectors, inputs: Inputs, policy: str, pictures: "torch.Tensor"
) -> Inverted:
    """Look at pictures as they will be stored, in bytes: what does the layer answer, and what does the network say?"""
    import torch

    stored = (pictures * 255).round()
    output, kept = network.tap(
        inputs.of(stored / 255), {layer: lambda output: vectors_of(output, policy).float().cpu().numpy()}
    )
    reached = kept[layer]
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = (reached * targets).sum(1) / (np.linalg.norm(reached, axis=1) * np.linalg.norm(targets, axis=1))
    is_classifier = isinstance(output, torch.Tensor) and output.ndim == 2
    scores = scores_of(output).float().cpu().numpy() if is_classifier else None
    return Inverted(stored.byte().permute(0, 2, 3, 1).cpu().numpy(), reached, cosine.astype(np.float64), scores)


def _better(one: Inverted, other: Inverted) -> Inverted:
    """Return of each target the picture with the greater cosine; of equals the first."""
    later = np.nan_to_num(other.cosine, nan=-2) > np.nan_to_num(one.cosine, nan=-2)

    def chosen(a: Any, b: Any) -> Any:
        return np.where(later.reshape(-1, *[1] * (a.ndim - 1)), b, a)

    scores = None if one.scores is None or other.scores is None else chosen(one.scores, other.scores)
    return Inverted(*(chosen(a, b) for a, b in zip(one[:3], other[:3], strict=True)), scores)


def _joined(parts: list[Inverted], targets: Vectors, inputs: Inputs) -> Inverted:
    if not parts:
        none = np.empty((0, *inputs.size, inputs.n_colours), np.uint8)
        return Inverted(none, targets, np.empty(0), None)
    scores = (
        None if parts[0].scores is None else np.concatenate([part.scores for part in parts if part.scores is not None])
    )
    return Inverted(*(np.concatenate(column) for column in list(zip(*parts, strict=True))[:3]), scores)


def _seed(target: Vectors, seed: int, attempt: int) -> int:
    """Return the seed of one attempt at one target: the same wherever in a list the target stands."""
    said = target.tobytes() + f"{seed} {attempt}".encode()
    return int.from_bytes(hashlib.blake2b(said, digest_size=7).digest(), "little")


@contextmanager
def _frozen(network: TorchNetwork) -> Iterator[None]:
    from topoact.extract.networks.gradients import frozen

    with frozen(network.module):
        yield
