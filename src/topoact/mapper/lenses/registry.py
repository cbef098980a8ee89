"""Lenses: functions that give every activation vector one number.

The L2 norm is the lens of Rathore et al. 2021 (section 4). Columns of metadata are lenses as well, but a matrix does
not know them: whoever has the table passes the column as an array. Lenses made of distances are in `remoteness`.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeGuard

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput, UnknownName
from topoact.mapper.lenses.distance import DistanceTo, Eccentricity, NeighbourDistance
from topoact.mapper.lenses.pca import PrincipalComponent
from topoact.mapper.norms import Norm, l1_norm, l2_norm, max_channel
from topoact.mapper.protocols import (
    Lens,
    LensValues,
    Progress,
    Vectors,
    no_progress,
)

LENSES: Final = ("l2", "l1", "max", "pca:0", "pca:1", "eccentricity:2", "knn:5")
"""Lenses that a menu offers; `lens_values` takes many more."""

NUMBER: Final = r"(\d+(?:\.\d+)?|inf)"


def lens_values(
    lens: "str | Lens | npt.ArrayLike | Sequence[Any]", vectors: Vectors, *, progress: Progress = no_progress
) -> LensValues:
    """Return the lens values of every point.

    Parameters
    ----------
    lens
        A name, a callable from vectors to values, the values themselves, or a list of these for several lenses. Names:
        ``"l2"``, ``"l1"``, ``"linf"``, ``"l<p>"`` with any p > 0 (norms); ``"max"`` (largest channel); ``"pca:<i>"``
        (i-th principal component, from 0); ``"eccentricity"``, ``"eccentricity:<p>"`` (`Eccentricity`); ``"knn:<k>"``
        (`NeighbourDistance`); ``"distance:<row>"`` (`DistanceTo` that point).
    vectors
        Shape (n_points, n_channels).
    progress
        Called as ``progress(stage, done, total)`` by lenses that compare all points; may raise `Cancelled`.

    Returns
    -------
    ndarray of float64
        Shape (n_points,), in units of the activations for norms and distances; for several lenses (n_points, n_lenses).

    Raises
    ------
    InvalidInput
        If a lens is unknown (`UnknownName`), or its values are not one finite number per point.

    Notes
    -----
    The L2 norm is the lens of Rathore et al. 2021 (section 4); eccentricity is in Singh, Mémoli, Carlsson 2007
    (section 4.2).

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.mapper import lens_values
    >>> vectors = np.array([[3.0, 4.0], [0.0, 1.0]])
    >>> lens_values("l2", vectors).tolist(), lens_values(["max", "l1"], vectors).tolist()
    ([5.0, 1.0], [[4.0, 7.0], [1.0, 1.0]])
    """
    if _is_several(lens, len(vectors)):
        return _one_or_more(np.column_stack([lens_values(one, vectors, progress=progress) for one in lens]))
    function = _named(lens, vectors) if isinstance(lens, str) else lens
    if isinstance(function, Eccentricity | NeighbourDistance):
        values: Any = function(vectors, progress)
    else:
        values = function(vectors) if callable(function) else function
    return _checked(np.asarray(values), len(vectors))


def lens_of_one(lens: str, vectors: Vectors) -> Lens | None:
    """Return a named lens of some points as a function of one vector, point or not; None where it is none.

    Eccentricity and the distance to a neighbour are no property of a vector alone.

    Raises
    ------
    UnknownName
        If there is no lens of that name.
    """
    function = _named(lens, vectors)
    if isinstance(function, PrincipalComponent):
        return function.fitted(vectors)
    return None if isinstance(function, Eccentricity | NeighbourDistance) else function


def _is_several(lens: Any, n_points: int) -> TypeGuard[Sequence[Any]]:
    """Tell a list of lenses from a list of values."""
    if not isinstance(lens, list | tuple) or not lens:
        return False
    return isinstance(lens[0], str) or callable(lens[0]) or np.shape(lens[0]) == (n_points,)


def _named(name: str, vectors: Vectors) -> Lens:
    for pattern, make in _NAMES.items():
        found = re.fullmatch(pattern, name)
        if found:
            return make(vectors, *found.groups())
    raise UnknownName(
        f"unknown lens {name!r}: choose l2, l1, linf, l<p>, max, pca:<i>, eccentricity, eccentricity:<p>, knn:<k> or "
        "distance:<row>"
    )


def _checked(values: npt.NDArray[np.generic], n_points: int) -> LensValues:
    if values.ndim not in {1, 2} or len(values) != n_points or values.size == 0:
        raise InvalidInput(f"a lens gives one number per point: got shape {values.shape} for {n_points} points")
    if not (np.issubdtype(values.dtype, np.number) or values.dtype == np.bool_):
        raise InvalidInput(f"a lens gives numbers: got values of type {values.dtype}")
    if np.iscomplexobj(values):
        raise InvalidInput(f"a lens gives real numbers: got values of type {values.dtype}")
    result = values.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(result.reshape(n_points, -1)).all(axis=1))
    if bad.size:
        raise InvalidInput(f"a lens is finite: {bad.size} of {n_points} values are not, the first at row {bad[0]}")
    return _one_or_more(result)


def _one_or_more(values: LensValues) -> LensValues:
    """Return the values of a single lens as one row of numbers."""
    return values.ravel() if values.ndim == 2 and values.shape[1] == 1 else values


def _row(vectors: Vectors, row: str) -> Lens:
    if int(row) >= len(vectors):
        raise InvalidInput(f"lens 'distance:{row}' does not exist: there are {len(vectors)} points, counted from 0")
    return DistanceTo(vectors[int(row)])


_NAMES: Final[dict[str, Callable[..., Lens]]] = {
    "l2": lambda _vectors: l2_norm,
    "l1": lambda _vectors: l1_norm,
    "max": lambda _vectors: max_channel,
    f"l{NUMBER}": lambda _vectors, p: Norm(float(p)),
    r"pca:(\d+)": lambda _vectors, i: PrincipalComponent(int(i)),
    "eccentricity": lambda _vectors: Eccentricity(),
    f"eccentricity:{NUMBER}": lambda _vectors, p: Eccentricity(float(p)),
    r"knn:(\d+)": lambda _vectors, k: NeighbourDistance(int(k)),
    r"distance:(\d+)": _row,
}
