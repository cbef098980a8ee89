"""Compilation of kernels by numba: `compiled`, `reordering`, `emitted`.

Machine code releases the interpreter lock, and is cached on disk between runs. Kernels take NamedTuples of arrays;
those that read one in an inner loop take it apart first, because numba counts a reference at each access.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a function over arrays on its first call; threads run it side by side."""
    return cast(F, numba.njit(nogil=True, cache=True)(function))


def reordering(function: F) -> F:
    """Do as `compiled` does, and let sums of floats be taken in another order, several terms at a time."""
    return cast(F, numba.njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})(function))


def emitted(function: Callable[..., object]) -> Any:
    """Make a function that writes LLVM's intermediate language callable from compiled ones.

    The function gets the types of its arguments, and returns its signature and the function that writes the body.
    """
    return intrinsic(function)
