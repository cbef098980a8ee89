"""How kernels are compiled: to machine code that releases the interpreter, kept on disk between runs."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a free function over arrays on its first call; threads run it side by side."""
    return cast(F, numba.njit(nogil=True, cache=True)(function))
