"""Metrics and radii of an index: `checked_metric`, `checked_radii`, `level_of`."""

from collections.abc import Iterable
from numbers import Real
from typing import Any, Final, Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput

Metric = Literal["euclidean", "cosine"]
"""``"cosine"`` is 1 − cos; a zero vector is at distance 1 from all other points."""

MAX_RADII: Final = 255


def checked_metric(metric: object) -> Metric:
    """Return a metric's name; raises `InvalidInput` with the names that exist."""
    names = get_args(Metric)
    if metric not in names:
        raise InvalidInput(f"metric must be {' or '.join(map(repr, names))}: got {metric!r}")
    return cast(Metric, metric)


def checked_radii(eps: Any, metric: Metric) -> npt.NDArray[np.float64]:
    """Return one radius or an ascending ladder of them.

    Raises
    ------
    InvalidInput
        If one is not a positive number (at most 2 for cosine), they do not ascend, or there are more than `MAX_RADII`.
    """
    ladder = isinstance(eps, Iterable) and not isinstance(eps, str | bytes) and np.ndim(cast(Any, eps)) == 1
    radii = list(cast(Iterable[Any], eps)) if ladder else [eps]
    for radius in radii:
        if not (isinstance(radius, Real) and 0 < float(radius) < np.inf):
            raise InvalidInput(f"eps must be a positive number: got {radius!r}")
        if metric == "cosine" and float(radius) > 2:
            raise InvalidInput(
                f"eps must be in (0, 2] for metric 'cosine', where no distance is larger: got {radius!r}"
            )
    result = np.array(radii, dtype=np.float64)
    if not 1 <= len(result) <= MAX_RADII:
        raise InvalidInput(f"eps may be 1 to {MAX_RADII} radii: got {len(result)}")
    fall = np.flatnonzero(np.diff(result) <= 0)
    if fall.size:
        raise InvalidInput(f"the radii of eps must ascend: got {radii[fall[0]]!r} before {radii[fall[0] + 1]!r}")
    return result


def level_of(eps: float | None, radii: tuple[float, ...]) -> int:
    """Return the index of `eps` among the radii; it may be None where there is one.

    Raises
    ------
    InvalidInput
        If it is none of them, with the nearest radii.
    """
    if eps is None and len(radii) == 1:
        return 0
    if not isinstance(eps, int | float | np.number):
        raise InvalidInput(f"this index has {len(radii)} radii, so eps must be one of them: got {eps!r}")
    wanted = float(eps)
    if wanted in radii:
        return radii.index(wanted)
    near = sorted(sorted(radii, key=lambda radius: abs(radius - wanted))[:4])
    raise InvalidInput(f"this index was not built for eps={eps!r}: the nearest of its radii are {_listed(near)}")


def _listed(radii: list[float]) -> str:
    return ", ".join(f"{radius!r}" for radius in radii)
