"""What the answers of a layer are to be: along a target, or the target itself."""

from typing import TYPE_CHECKING, Final

from topoact.errors import InvalidInput
from topoact.extract.inversion.recipe import Recipe

if TYPE_CHECKING:
    import torch

TINY: Final = 1e-12


def loss(answers: "torch.Tensor", wanted: "torch.Tensor", recipe: Recipe) -> "torch.Tensor":
    """Return the sum, over pictures, of what each is to make small; the scale of a target does not matter.

    Raises
    ------
    InvalidInput
        If targets do not fit the layer.
    """
    if answers.shape != wanted.shape:
        raise InvalidInput(f"targets have {wanted.shape[1]} channels, and the layer has {answers.shape[1]}")
    return misses(answers, wanted) if recipe.aim == "point" else -along(answers, wanted, recipe)


def misses(answers: "torch.Tensor", wanted: "torch.Tensor") -> "torch.Tensor":
    """Return the sum of |h − v|² / |v|²."""
    return ((answers - wanted).square().sum(1) / wanted.square().sum(1).clamp_min(TINY)).sum()


def along(answers: "torch.Tensor", wanted: "torch.Tensor", recipe: Recipe) -> "torch.Tensor":
    """Return the sum of (h·v) cosⁿ(h, v) / |v|²."""
    from torch.nn import functional

    dot = (answers * wanted).sum(1) / wanted.square().sum(1).clamp_min(TINY)
    cosine = functional.cosine_similarity(answers, wanted, dim=1)
    return (dot * cosine.clamp_min(recipe.least_cosine) ** recipe.power).sum()
