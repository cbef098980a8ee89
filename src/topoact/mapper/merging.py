"""Merging of modes with rising prominence: `merged` returns the mode that each one is merged into."""

from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


def merged(parent: Numbers, kept: Numbers) -> Numbers:
    """Return for each mode, or node, the index in `kept` of the first kept one among itself and its ancestors.

    Parameters
    ----------
    parent
        The denser mode that each is merged into, shape (n_modes,); itself for a root.
    kept
        Numbers of the modes that are left, ascending; they include the roots.
    """
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
