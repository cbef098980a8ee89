"""Gradients that pass rectifiers which are off.

A channel that is off has no gradient, so an image that starts without it never finds it. Inside the block the values of
all rectifiers are what they are, and their gradients those of leaky ones (Mordvintsev, Olah and others redirect them
for the first steps in the library lucid).
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch.overrides import TorchFunctionMode

PLAIN: Final = (0.0, inf)
"""Between what values a plain rectifier leaves its argument as it is."""


def leaky_relu_gradients(slope: float) -> AbstractContextManager[Any]:
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
            return PLAIN
        if function is functional.relu6:
            return 0.0, 6.0
        return (named["min_val"], named["max_val"]) if function is functional.hardtanh else None

    class Leaking(TorchFunctionMode):
        def __init__(self, slope: float) -> None:
            super().__init__()
            self._slope = slope

        def __torch_function__(
            self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
        ) -> Any:
            if (between := bounds(function, named := kwargs or {})) is None:
                return function(*args, **named)
            written = function in in_place or bool(named.get("inplace"))
            return _rectified().apply(args[0], between, self._slope, written)

    return Leaking


@cache
def _rectified() -> Any:
    """Return the function whose values are those of a rectifier, and whose gradients those of a leaky one."""
    import torch

    class Rectified(torch.autograd.Function):
        @staticmethod
        def forward(
            ctx: Any, x: torch.Tensor, bounds: tuple[float, float], slope: float, in_place: bool
        ) -> torch.Tensor:
            if in_place:
                ctx.mark_dirty(x)
            if bounds == PLAIN:
                answer = x.relu_() if in_place else x.relu()
            else:
                answer = x.clamp_(*bounds) if in_place else x.clamp(*bounds)
            ctx.save_for_backward(answer)
            ctx.bounds, ctx.slope = bounds, slope
            return answer

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> Any:
            (gradient,), (answer,) = gradients, ctx.saved_tensors
            if ctx.bounds == PLAIN:
                return torch.ops.aten.leaky_relu_backward(gradient, answer, ctx.slope, True), None, None, None
            passed = torch.ops.aten.hardtanh_backward(gradient, answer, *ctx.bounds)
            return torch.lerp(passed, gradient, ctx.slope), None, None, None

    return Rectified
