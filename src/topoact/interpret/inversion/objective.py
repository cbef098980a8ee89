"""What the answers of a layer are to be: along a target, or the target itself."""

from typing import TYPE_CHECKING, Final

from topoact.errors import InvalidInput
from topoact.interpret.inversion.recipe import Recipe

if TYPE_CHECKING:
    import torch

TINY: Final = 1e-12


def loss(answers: "torch.Tensor", wanted: "torch.Tensor", recipe: Recipe, step: int) -> "torch.Tensor":
    """Return the sum, over pictures, of what each is to make small in a step; a target's scale does not matter.

    Raises
    ------
    InvalidInput
        If targets do not fit the layer.
    """
    if answers.shape != wanted.shape:
        raise InvalidInput(f"targets have {wanted.shape[1]} channels, and the layer has {answers.shape[1]}")
    if recipe.objective == "direction":
        return -along(answers, wanted, recipe)
    return misses(answers, wanted, recipe.weight_of_length(step))


def misses(answers: "torch.Tensor", wanted: "torch.Tensor", weight: float) -> "torch.Tensor":
    """Return the sum of 1 − cos(h, v) + w log²(|h| / |v|)."""
    lengths = answers.norm(dim=1) / wanted.norm(dim=1)
    return (1 - _cosine(answers, wanted) + weight * lengths.clamp_min(TINY).log().square()).sum()


def along(answers: "torch.Tensor", wanted: "torch.Tensor", recipe: Recipe) -> "torch.Tensor":
    """Return the sum of (h·v) cosⁿ(h, v) / |v|²."""
    dot = (answers * wanted).sum(1) / wanted.square().sum(1).clamp_min(TINY)
    return (dot * _cosine(answers, wanted).clamp_min(recipe.min_cosine) ** recipe.power).sum()


def _cosine(answers: "torch.Tensor", wanted: "torch.Tensor") -> "torch.Tensor":
    from torch.nn import functional

    return functional.cosine_similarity(answers, wanted, dim=1)
