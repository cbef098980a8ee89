"""How what a network gives changes along a direction of the output of one of its modules."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from topoact.errors import ModelError
from topoact.networks import hooks

if TYPE_CHECKING:
    import torch
    from torch import nn


def along(
    model: "nn.Module",
    inputs: Any,
    name: str,
    put: Callable[["torch.Tensor"], tuple["torch.Tensor", "torch.Tensor"]],
    of: Callable[[Any], "torch.Tensor"],
    *,
    precision: AbstractContextManager[Any],
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Run the network with the output of a module replaced, and differentiate what it gives along a direction.

    One pass of forward-mode differentiation: it costs about two forward passes, however many numbers the network gives.

    Parameters
    ----------
    model
        The network, in evaluation mode.
    inputs
        Its input: a tensor, or a mapping of its arguments by name.
    name
        Dotted name of a module that gives a tensor, once in a pass.
    put
        Makes of the module's output what takes its place, and the direction; both of its shape.
    of
        Makes of the network's output the numbers of interest.
    precision
        In which the pass runs.

    Returns
    -------
    tuple of Tensor
        The numbers, and their derivatives along the direction.

    Raises
    ------
    ModelError
        If the network fails, the module is not called exactly once, or the numbers do not depend on it.
    """
    import torch
    from torch.autograd import forward_ad
    from torch.nn.attention import SDPBackend, sdpa_kernel

    seen: set[str] = set()

    def replace(name: str, output: Any) -> "torch.Tensor":
        tensor = hooks.checked_tensor(name, output, again=name in seen)
        seen.add(name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of torch itself, at its first dual number
            return forward_ad.make_dual(*put(tensor))  # type: ignore[no-untyped-call]

    hooks.check_reachable(model, (name,))
    attention = sdpa_kernel(SDPBackend.MATH)  # the fused ones know no forward mode
    with torch.no_grad(), forward_ad.dual_level(), precision, attention, hooks.hooked(model, (name,), replace):
        numbers = of(hooks.forward(model, inputs))
        value, slope = forward_ad.unpack_dual(numbers)  # type: ignore[no-untyped-call]
    hooks.check_called((name,), seen)
    if slope is None:
        raise ModelError(f"what the network gives does not depend on layer {name!r}")
    return value, slope
