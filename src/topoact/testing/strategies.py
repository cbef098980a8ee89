"""Hypothesis strategies: `clouds`, `lenses` and `parameters`, with the duplicates and ties of real layers."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

EPSILONS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
"""Radii whose squares are exact, so that rounding does not matter for a distance equal to the radius."""


STEADY = settings(derandomize=True, max_examples=40, deadline=None)
"""The same examples on every run, without a deadline."""


class Parameters(NamedTuple):
    """Parameters of a mapper graph."""

    n_intervals: int
    overlap: float
    eps: float
    min_samples: int


@st.composite
def clouds(draw: st.DrawFn, *, max_points: int = 40, max_channels: int = 4) -> npt.NDArray[np.floating[Any]]:
    """Points of a small lattice, float32 or float64, many of them equal or equally far apart; not all are equal."""
    shape = draw(st.tuples(st.integers(2, max_points), st.integers(1, max_channels)))
    steps = draw(arrays.arrays(np.int64, shape, elements=st.integers(-6, 6)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    cloud = steps.astype(dtype) / 2
    if (cloud == cloud[0]).all():
        cloud[-1] += 1
    return cloud


@st.composite
def lenses(draw: st.DrawFn, n_points: int) -> npt.NDArray[np.float64]:
    """Lens values on a coarse grid, so that many are tied; not all are equal."""
    values = draw(arrays.arrays(np.int64, n_points, elements=st.integers(0, 32))).astype(np.float64)
    if (values == values[0]).all():
        values[-1] += 16
    return values


def parameters() -> st.SearchStrategy[Parameters]:
    """Any sensible parameters."""
    return st.builds(
        Parameters,
        n_intervals=st.integers(1, 12),
        overlap=st.floats(0, 0.8),
        eps=st.sampled_from(EPSILONS),
        min_samples=st.integers(1, 6),
    )


def dyadic_parameters() -> st.SearchStrategy[Parameters]:
    """Parameters under which every end of an interval is exact for a lens of whole numbers."""
    return st.builds(
        Parameters,
        n_intervals=st.sampled_from([1, 2, 4, 8]),
        overlap=st.sampled_from([0.0, 0.5]),
        eps=st.sampled_from(EPSILONS),
        min_samples=st.integers(1, 6),
    )
