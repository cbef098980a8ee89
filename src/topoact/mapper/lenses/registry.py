"""Lenses by name: `LENSES` is the registry, `lens_values` computes the values, `lens_menu` lists names for a menu.

The L2 norm is the lens of Rathore et al. 2021 (section 4). Columns of metadata are lenses as well: the caller passes
their values as an array.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeGuard

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput, UnknownName
from topoact.mapper.lenses.distance import DistanceTo, Eccentricity, NeighbourDistance
from topoact.mapper.lenses.pca import PrincipalComponent
from topoact.mapper.norms import Norm, l1_norm, l2_norm, max_channel
from topoact.mapper.numbers import check_numbers
from topoact.mapper.protocols import Lens, LensValues, Progress, Vectors, no_progress
from topoact.registry import Registry

NUMBER: Final = r"(\d+(?:\.\d+)?|inf)"


class LensKind(NamedTuple):
    """A family of lenses that are called by name.

    Examples
    --------
    >>> from topoact.mapper import LensKind
    >>> kind = LensKind("mean", lambda vectors: lambda some: some.mean(axis=1), "mean", is_pointwise=True)
    >>> kind.usage, kind.menu
    ('mean', ())
    """

    pattern: str
    """Regular expression that the whole name matches, such as ``pca:(\\d+)``."""
    make: Callable[..., Lens]
    """Called with the vectors, shape (n_points, n_channels), and the groups of the pattern; returns the lens."""
    usage: str
    """How names are written, as in error messages."""
    menu: tuple[str, ...] = ()
    """Names that a menu offers."""
    is_pointwise: bool = False
    """Whether the value of a vector depends on that vector alone; then new vectors can be given one."""


def lens_menu() -> list[str]:
    """Return the names of lenses that a menu offers; `lens_values` takes many more."""
    return [name for _, kind in LENSES.usable() for name in kind.menu]


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
        return _one_or_more(np.column_stack([lens_values(part, vectors, progress=progress) for part in lens]))
    function = _named(lens, vectors)[1] if isinstance(lens, str) else lens
    if isinstance(function, Eccentricity | NeighbourDistance):
        values: Any = function(vectors, progress)
    else:
        values = function(vectors) if callable(function) else function
    return _checked(values, len(vectors))


def lens_of_one(lens: str, vectors: Vectors) -> Lens | None:
    """Return a named lens as a function of one vector, point or not; None where it depends on all points.

    Parameters
    ----------
    lens
        A name; see `lens_values`.
    vectors
        The points, shape (n_points, n_channels), to which a principal component is fitted.

    Raises
    ------
    UnknownName
        If there is no lens of that name.
    """
    kind, function = _named(lens, vectors)
    if isinstance(function, PrincipalComponent):
        return function.fitted(vectors)
    return function if kind.is_pointwise else None


def lens_release(name: str) -> str | None:
    """Return which other package offers a lens, with its version; None for a lens of this package.

    Parameters
    ----------
    name
        A name; see `lens_values`.
    """
    return next((LENSES.release(key) for key, kind in LENSES.usable() if re.fullmatch(kind.pattern, name)), None)


def _is_several(lens: Any, n_points: int) -> TypeGuard[Sequence[Any]]:
    """Return whether a list holds lenses, not values."""
    if not isinstance(lens, list | tuple) or not lens:
        return False
    return isinstance(lens[0], str) or callable(lens[0]) or np.shape(lens[0]) == (n_points,)


def _named(name: str, vectors: Vectors) -> tuple[LensKind, Lens]:
    for _, kind in LENSES.usable():
        match = re.fullmatch(kind.pattern, name)
        if match:
            return kind, kind.make(vectors, *match.groups())
    *usages, last = dict.fromkeys(usage for _, kind in LENSES.usable() for usage in kind.usage.split(", "))
    raise UnknownName(f"unknown lens {name!r}: choose {', '.join(usages)} or {last}")


def _checked(given: npt.ArrayLike, n_points: int) -> LensValues:
    values = np.asarray(given)
    if values.ndim not in {1, 2} or len(values) != n_points or values.size == 0:
        raise InvalidInput(f"a lens gives one number per point: got shape {values.shape} for {n_points} points")
    if not (np.issubdtype(values.dtype, np.number) or values.dtype == np.bool_):
        raise InvalidInput(f"a lens gives numbers: got values of type {values.dtype}")
    if np.iscomplexobj(values):
        raise InvalidInput(f"a lens gives real numbers: got values of type {values.dtype}")
    check_numbers("the lens", given)
    result = values.astype(np.float64)
    invalid = np.flatnonzero(~np.isfinite(result.reshape(n_points, -1)).all(axis=1))
    if invalid.size:
        n, first = invalid.size, invalid[0]
        raise InvalidInput(f"a lens is finite: {n} of {n_points} values are not, the first at row {first}")
    return _one_or_more(result)


def _one_or_more(values: LensValues) -> LensValues:
    """Return the values, those of a single lens in one dimension."""
    return values.ravel() if values.ndim == 2 and values.shape[1] == 1 else values


def _distance_to_row(vectors: Vectors, row: str) -> Lens:
    if int(row) >= len(vectors):
        raise InvalidInput(f"lens 'distance:{row}' does not exist: there are {len(vectors)} points, counted from 0")
    return DistanceTo(vectors[int(row)])


LENSES: Final = Registry(
    "topoact.lenses",
    LensKind,
    {
        "l2": LensKind("l2", lambda _: l2_norm, "l2", ("l2",), is_pointwise=True),
        "l1": LensKind("l1", lambda _: l1_norm, "l1", ("l1",), is_pointwise=True),
        "norm": LensKind(f"l{NUMBER}", lambda _, p: Norm(float(p)), "linf, l<p>", is_pointwise=True),
        "max": LensKind("max", lambda _: max_channel, "max", ("max",), is_pointwise=True),
        "pca": LensKind(r"pca:(\d+)", lambda _, i: PrincipalComponent(int(i)), "pca:<i>", ("pca:0", "pca:1")),
        "eccentricity": LensKind("eccentricity", lambda _: Eccentricity(), "eccentricity"),
        "eccentricity:p": LensKind(
            f"eccentricity:{NUMBER}", lambda _, p: Eccentricity(float(p)), "eccentricity:<p>", ("eccentricity:2",)
        ),
        "knn": LensKind(r"knn:(\d+)", lambda _, k: NeighbourDistance(int(k)), "knn:<k>", ("knn:5",)),
        "distance": LensKind(r"distance:(\d+)", _distance_to_row, "distance:<row>", is_pointwise=True),
    },
)
"""Lenses by name; other packages add theirs with entry points of the group ``topoact.lenses``."""
