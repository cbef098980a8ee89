"""What a layer answers to inputs that are being optimised: its output with its gradients, and no more than it needs."""

from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any

from topoact.errors import ModelError
from topoact.networks import hooks

if TYPE_CHECKING:
    import torch
    from torch import nn


class _Seen(BaseException):
    """Leaves a forward pass where all that is wanted of it is known; no error, so that nothing takes it for one."""


def response(
    model: "nn.Module", inputs: "torch.Tensor", name: str, *, precision: AbstractContextManager[Any]
) -> "torch.Tensor":
    """Return the output of a module; what the network does after it is not computed.

    Parameters
    ----------
    model
        The network, in evaluation mode.
    inputs
        A tensor, which may ask for gradients.
    name
        Dotted name of a module that gives a tensor. If it is called several times, its first call counts.

    Raises
    ------
    ModelError
        If the network fails, or the module gives no tensor, is never called, or does not hang on the inputs.
    """
    seen: dict[str, torch.Tensor] = {}

    def look(name: str, output: Any) -> None:
        seen[name] = hooks.checked_tensor(name, output)
        raise _Seen

    hooks.check_reachable(model, (name,))
    with precision, hooks.hooked(model, (name,), look), suppress(_Seen):
        hooks.forward(model, inputs)
    hooks.check_called((name,), seen)
    if inputs.requires_grad and not seen[name].requires_grad:
        raise ModelError(f"layer {name!r} has no gradient with respect to the inputs: no picture can be found for it")
    return seen[name]
