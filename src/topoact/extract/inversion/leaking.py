"""Gradients that pass rectifiers which are off.

A channel that is off has no gradient, so an image that starts without it never finds it. Inside the block the values of
all rectifiers are what they are, and their gradients those of leaky ones (Mordvintsev, Olah and others redirect them
for the first steps in the library lucid).
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.overrides import TorchFunctionMode


def leaking(slope: float) -> AbstractContextManager[Any]:
    """Let so much of a gradient pass where a rectifier is off."""
    return _leaking()(slope) if slope else nullcontext()


@cache
def _leaking() -> "Callable[[float], TorchFunctionMode]":
    import torch
    from torch.nn import functional
    from torch.overrides import TorchFunctionMode

    names = ("relu", "relu_")
    plain = {getattr(owner, name) for owner in (torch, torch.Tensor) for name in names} | {functional.relu}
    in_place = (torch.relu_, torch.Tensor.relu_)

    def bounds(function: Any, named: Mapping[str, Any]) -> tuple[float, float] | None:
        """Return between what values a function leaves its argument as it is; None if it is no rectifier."""
        if function in plain:
            return 0.0, torch.inf
        if function is functional.relu6:
            return 0.0, 6.0
        return (named["min_val"], named["max_val"]) if function is functional.hardtanh else None

    class Rectified(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor, least: float, most: float, slope: float) -> torch.Tensor:
            ctx.save_for_backward((x > least) & (x < most))
            ctx.slope = slope
            return x.clamp(least, most)

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> Any:
            (gradient,), (is_on,) = gradients, ctx.saved_tensors
            return torch.where(is_on, gradient, ctx.slope * gradient), None, None, None

    class Leaking(TorchFunctionMode):
        def __init__(self, slope: float) -> None:
            super().__init__()
            self._slope = slope

        def __torch_function__(
            self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
        ) -> Any:
            if (between := bounds(function, named := kwargs or {})) is None:
                return function(*args, **named)
            rectified: Any = Rectified.apply(args[0], *between, self._slope)  # type: ignore[no-untyped-call]
            return args[0].copy_(rectified) if function in in_place else rectified

    return Leaking
