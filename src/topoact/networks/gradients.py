"""`gradients`: derivatives of a network's scores with respect to the outputs of some of its modules."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from topoact.errors import ModelError
from topoact.networks import hooks

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.autograd.graph import GradientEdge


def gradients(
    model: "nn.Module",
    inputs: Any,
    names: Sequence[str],
    sums: Callable[[Any], "torch.Tensor"],
    *,
    precision: AbstractContextManager[Any],
) -> Iterator[dict[str, "torch.Tensor"]]:
    """Run one forward pass, and one backward pass for each of some numbers computed from the network's output.

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
        The K numbers as a function of the network's output.
    precision
        Context in which the forward pass runs.

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
    from torch.autograd.graph import get_gradient_edge

    outputs: dict[str, GradientEdge] = {}

    def look(name: str, output: "torch.Tensor") -> "torch.Tensor":
        tensor = hooks.checked_tensor(name, output, again=name in outputs)
        own = (tensor if tensor.requires_grad else _leaf(name, tensor)).clone()  # others may use the tensor as well
        if not own.requires_grad:
            raise _no_gradient(name)
        outputs[name] = get_gradient_edge(own)  # and the network may overwrite its inputs
        return own

    with torch.enable_grad(), frozen(model):
        with precision, hooks.hooked(model, names, look):
            output = hooks.forward(model, inputs)
        numbers = sums(output)
    for k in range(len(numbers)):
        yield _backward(numbers, k, outputs)


def _backward(numbers: "torch.Tensor", k: int, outputs: dict[str, "GradientEdge"]) -> dict[str, "torch.Tensor"]:
    """Return the gradients of one of the numbers; the last releases the graph."""
    import torch

    is_last, tensors = k == len(numbers) - 1, list(outputs.values())
    by_output: Sequence[torch.Tensor | None] = [None] * len(tensors)
    if numbers.requires_grad:
        by_output = torch.autograd.grad(numbers[k], tensors, retain_graph=not is_last, allow_unused=True)
    for name, gradient in zip(outputs, by_output, strict=True):
        if gradient is None:
            raise _no_gradient(name)
    return dict(zip(outputs, by_output, strict=True))  # type: ignore[arg-type]  # none is None


def _no_gradient(name: str) -> ModelError:
    return ModelError(
        f"the scores have no gradient with respect to layer {name!r}: they do not depend on it, or the network switches"
        " gradients off; leave it out of --layers, or leave out --attribution"
    )


def _leaf(name: str, output: "torch.Tensor") -> "torch.Tensor":
    if not output.is_floating_point():
        kind = str(output.dtype).removeprefix("torch.")
        raise ModelError(f"layer {name!r} gives {kind}, which has no gradient: leave it out, or --attribution")
    return output.detach().requires_grad_()


@contextmanager
def frozen(model: "nn.Module") -> Iterator[None]:
    """Require no gradients of weights inside the block, so that autograd records nothing before the first module."""
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    try:
        for weight in trained:
            weight.requires_grad_(False)
        yield
    finally:
        for weight in trained:
            weight.requires_grad_(True)
