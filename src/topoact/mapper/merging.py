"""Merging of modes with rising prominence: `merged` gives the mode that each belongs to."""

from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


def merged(parent: Numbers, kept: Numbers) -> Numbers:
    """Return for each mode, or node, the place in `kept` of the first one that its way to ever denser ones meets."""
    into = parent.copy()
    into[kept] = kept
    while (into != (further := into[into])).any():
        into = further
    return np.searchsorted(kept, into)


def checked_prominence(prominence: Any) -> float:
    """Return a prominence as a float; raises `InvalidInput` where it is negative or no number."""
    if not isinstance(prominence, Real) or isinstance(prominence, bool) or not float(prominence) >= 0:
        raise InvalidInput(f"prominence must be a number, at least 0: got {prominence!r}")
    return float(prominence)
