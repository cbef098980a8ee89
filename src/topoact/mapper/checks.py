"""Point clouds, validated once."""

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_array

from topoact.errors import InvalidInput
from topoact.mapper.protocols import Vectors

TYPES = [np.float64, np.float32]
"""Types that are kept; the first is the one that whole numbers are turned into."""


def checked_vectors(X: npt.ArrayLike) -> Vectors:
    """Return a point cloud as a C-contiguous finite matrix of float32 or float64.

    Raises
    ------
    InvalidInput
        If it is not a finite matrix of at least two points.
    """
    try:
        vectors: Vectors = check_array(X, dtype=TYPES, ensure_min_samples=2, ensure_all_finite=False, order="C")
    except ValueError as error:
        raise InvalidInput(str(error).splitlines()[0].rstrip(":")) from error
    check_finite(vectors)
    return vectors


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
