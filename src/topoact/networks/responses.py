"""`response`: the output of a layer with its gradients, for inputs that are optimised."""

from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any

from topoact.errors import ModelError
from topoact.networks import hooks

if TYPE_CHECKING:
    import torch
    from torch import nn


def response(
    model: "nn.Module", inputs: "torch.Tensor", name: str, *, precision: AbstractContextManager[Any]
) -> "torch.Tensor":
    """Return the output of a module; nothing after it is computed.

    Parameters
    ----------
    model
        The network, in evaluation mode.
    inputs
        A tensor, which may require gradients.
    name
        Dotted name of a module that gives a tensor. If it is called several times, its first call counts.

    Raises
    ------
    ModelError
        If the network fails, or the module gives no tensor, is never called, or does not depend on the inputs.
    """
    outputs: dict[str, torch.Tensor] = {}

    def look(name: str, output: Any) -> None:
        outputs[name] = hooks.checked_tensor(name, output)
        raise hooks.LayerReached

    hooks.check_reachable(model, (name,))
    with precision, hooks.hooked(model, (name,), look), suppress(hooks.LayerReached):
        hooks.forward(model, inputs)
    hooks.check_called((name,), outputs)
    if inputs.requires_grad and not outputs[name].requires_grad:
        raise ModelError(f"layer {name!r} has no gradient with respect to the inputs: no picture can be found for it")
    return outputs[name]
