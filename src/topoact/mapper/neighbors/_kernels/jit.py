"""How kernels are compiled: to machine code that releases the interpreter, kept on disk between runs."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a free function over arrays on its first call; threads run it side by side."""
    return cast(F, numba.njit(nogil=True, cache=True)(function))


def reordering(function: F) -> F:
    """Do as `compiled` does, and let sums of floats be taken in another order, several terms at a time."""
    return cast(F, numba.njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})(function))


def emitted(function: Callable[..., object]) -> Any:
    """Make a function whose body is written in LLVM's intermediate language callable from compiled ones.

    The function is given the types of its arguments, and returns its signature and what writes the body.
    """
    return intrinsic(function)
