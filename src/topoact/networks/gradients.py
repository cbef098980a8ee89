"""How scores of a network change with the outputs of some of its modules."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from topoact.errors import ModelError
from topoact.networks import hooks

if TYPE_CHECKING:
    import torch
    from torch import nn


def gradients(
    model: "nn.Module",
    inputs: Any,
    names: Sequence[str],
    sums: Callable[[Any], "torch.Tensor"],
    *,
    precision: AbstractContextManager[Any],
) -> Iterator[dict[str, "torch.Tensor"]]:
    """Run one forward pass, and one backward pass for each of some numbers that are made of what the network gives.

    The weights need no gradients and get none. Memory holds what the network computes of a batch after the first of
    the modules, until the last backward pass.

    Parameters
    ----------
    model
        The network, in evaluation mode.
    inputs
        Its input: a tensor, or a mapping of its arguments by name.
    names
        Dotted names of modules that give a tensor, once in a pass.
    sums
        Makes of the network's output a tensor of the K numbers.
    precision
        In which the forward pass runs.

    Yields
    ------
    dict
        For each of the numbers its gradients with respect to the output of each module, by name.

    Raises
    ------
    ModelError
        If the network fails, or a number has no gradient with respect to a module's output.
    """
    import torch

    seen: dict[str, torch.Tensor] = {}

    def look(name: str, output: "torch.Tensor") -> "torch.Tensor":
        seen[name] = output if output.requires_grad else _leaf(name, output)
        return seen[name].clone()  # the network may overwrite what it gets

    with torch.enable_grad(), frozen(model):
        with precision, hooks.hooked(model, names, look):
            output = hooks.forward(model, inputs)
        numbers = sums(output)
    for place in range(len(numbers)):
        yield _back(numbers, place, seen)


def _back(numbers: "torch.Tensor", place: int, seen: dict[str, "torch.Tensor"]) -> dict[str, "torch.Tensor"]:
    import torch

    is_last = place == len(numbers) - 1
    outputs, tensors = numbers[place], list(seen.values())
    found: Sequence[torch.Tensor | None] = [None] * len(tensors)
    if numbers.requires_grad:
        found = torch.autograd.grad(outputs, tensors, retain_graph=not is_last, allow_unused=True)
    for name, gradient in zip(seen, found, strict=True):
        if gradient is None:
            raise ModelError(
                f"the scores have no gradient with respect to layer {name!r}: they do not depend on it, or the network"
                " switches gradients off; leave it out of --layers, or leave out --attribution"
            )
    return dict(zip(seen, found, strict=True))  # type: ignore[arg-type]  # none is None


def _leaf(name: str, output: "torch.Tensor") -> "torch.Tensor":
    if not output.is_floating_point():
        kind = str(output.dtype).removeprefix("torch.")
        raise ModelError(f"layer {name!r} gives {kind}, which has no gradient: leave it out, or --attribution")
    return output.detach().requires_grad_()


@contextmanager
def frozen(model: "nn.Module") -> Iterator[None]:
    """Let no weight ask for a gradient inside the block: nothing before the first module is then remembered."""
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    try:
        for weight in trained:
            weight.requires_grad_(False)
        yield
    finally:
        for weight in trained:
            weight.requires_grad_(True)
