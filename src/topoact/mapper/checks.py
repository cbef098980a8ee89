"""Validation of point clouds and parameters: `checked_vectors`, `validated` and the `check_…` functions."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from topoact.errors import InvalidInput
from topoact.mapper.numbers import check_numbers
from topoact.mapper.protocols import Vectors

BLOCK_ROWS = 16_384
TYPES = [np.float64, np.float32]
"""Types that are kept; others are converted to the first."""


def checked_vectors(X: npt.ArrayLike) -> Vectors:
    """Return a point cloud as a C-contiguous finite matrix of float32 or float64.

    Raises
    ------
    InvalidInput
        If it is not a finite matrix of at least two points, or its values would change; see `check_numbers`.
    """
    return _checked(check_array, X)


def validated(estimator: BaseEstimator, X: npt.ArrayLike) -> Vectors:
    """Return `checked_vectors` of what an estimator is fitted to, and set its ``n_features_in_``."""
    return _checked(validate_data, estimator, X)


def _checked(check: Callable[..., Vectors], *what: object) -> Vectors:
    """Let scikit-learn check a point cloud, except for finiteness, for which `check_finite` says more."""
    check_numbers("X", what[-1])
    try:
        vectors = check(*what, dtype=TYPES, ensure_min_samples=2, ensure_all_finite=False, order="C")
    except (ValueError, TypeError) as error:
        raise InvalidInput(str(error).splitlines()[0].rstrip(":")) from error
    check_finite(vectors)
    return vectors


def check_whole(name: str, value: object, minimum: int = 1, *, otherwise: str = "") -> None:
    """Refuse a parameter that is not a whole number, or too small; `otherwise` names what else it may be.

    Raises
    ------
    InvalidInput
        With its name, the bound and the value.
    """
    if not isinstance(value, int | np.integer) or value < minimum:
        raise InvalidInput(f"{name} must be a whole number, at least {minimum}{otherwise}: got {value!r}")


def check_differing(vectors: Vectors) -> None:
    """Refuse points that are all equal.

    Raises
    ------
    InvalidInput
        With their number.
    """
    blocks = (vectors[start : start + BLOCK_ROWS] for start in range(0, len(vectors), BLOCK_ROWS))
    if not any((block != vectors[:1]).any() for block in blocks):
        raise InvalidInput(f"all {len(vectors)} points are equal: there is no shape to summarise")


def check_enough(n_points: int, min_samples: object) -> None:
    """Refuse a minPts that no point can reach.

    Raises
    ------
    InvalidInput
        With both numbers.
    """
    if isinstance(min_samples, int | np.integer) and n_points < min_samples:
        raise InvalidInput(
            f"min_samples is {min_samples} but n_samples={n_points}: no point can be a core point, lower min_samples"
        )


def check_finite(vectors: Vectors) -> None:
    """Refuse NaN and infinity.

    Raises
    ------
    InvalidInput
        With the number of rows that hold them, and the first of these.
    """
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if bad.size:
        raise InvalidInput(
            f"X must be finite: {bad.size} of {len(vectors)} rows hold NaN or infinity, the first is row {bad[0]}; "
            "leave them out"
        )
