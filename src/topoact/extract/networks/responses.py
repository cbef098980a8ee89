"""What a layer answers to inputs that are being optimised: its output with its gradients, and no more than it needs."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from topoact.errors import ModelError
from topoact.extract.networks import hooks
from topoact.extract.specs import explain

if TYPE_CHECKING:
    import torch
    from torch import nn


class _Seen(Exception):
    """Leaves a forward pass where all that is wanted of it is known."""


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
    import torch

    seen: list[Any] = []

    def look(_: str, output: Any) -> None:
        seen.append(output)
        raise _Seen

    hooks.check_reachable(model, (name,))
    with precision, hooks.hooked(model, (name,), look):
        try:
            model(inputs)
        except _Seen:
            pass
        except Exception as error:
            raise ModelError(
                f"the network fails on an input of shape {hooks.shape_of(inputs)}: {explain(error)}"
            ) from error
    if not seen:
        raise ModelError(f"layer {name!r} is never called in the forward pass")
    if not isinstance(seen[0], torch.Tensor):
        raise ModelError(f"layer {name!r} gives a {type(seen[0]).__name__}, not a tensor: choose a module inside it")
    if inputs.requires_grad and not seen[0].requires_grad:
        raise ModelError(f"layer {name!r} has no gradient with respect to the inputs: no picture can be found for it")
    return seen[0]
