"""Covers of one lens by name: `COVERS` is the registry, `named_cover` makes one."""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from topoact.errors import UnknownName
from topoact.mapper.covers.even import QuantileCover, UniformCover
from topoact.mapper.protocols import Cover
from topoact.registry import Registry

OTHER_LIBRARIES: Final = "Equal, as placed by"
"""Heading of the menu for the conventions of other libraries."""


class CoverKind(NamedTuple):
    """A cover that is called by name, and how a menu offers it.

    Examples
    --------
    >>> import topoact
    >>> from topoact.mapper import CoverKind
    >>> CoverKind(topoact.QuantileCover, "equally many points").make(20, 0.3)
    QuantileCover(n_intervals=20, overlap=0.3)
    """

    make: Callable[[int, float], Cover]
    """Called with the number of intervals and the overlap, in [0, 1)."""
    label: str
    """Its name in menus."""
    group: str = ""
    """Heading of the menu under which it is offered."""


def named_cover(name: str, n_intervals: int, overlap: float) -> Cover:
    """Return a cover of one lens.

    Parameters
    ----------
    name
        A name in `COVERS`.
    n_intervals
        How many, at least 1.
    overlap
        Share of an interval that it has in common with the next, in [0, 1).

    Raises
    ------
    UnknownName
        If there is no cover of that name.
    InvalidInput
        If a number is out of range.
    """
    if name not in COVERS:
        raise UnknownName(f"unknown cover {name!r}: choose {', '.join(COVERS)}")
    return COVERS[name].make(n_intervals, overlap)


def _of_library(convention: str, label: str) -> CoverKind:
    return CoverKind(partial(UniformCover, convention=convention), label, OTHER_LIBRARIES)


COVERS: Final = Registry(
    "topoact.covers",
    CoverKind,
    {
        "uniform": CoverKind(UniformCover, "equal intervals"),
        "balanced": CoverKind(QuantileCover, "equally many points"),
        "giotto-tda": _of_library("giotto-tda", "giotto-tda"),
        "tda-mapper": _of_library("tda-mapper", "tda-mapper"),
        "gudhi": _of_library("gudhi", "GUDHI"),
        "zen-mapper": _of_library("zen-mapper", "zen-mapper"),
    },
)
"""Covers by name; other packages add theirs with entry points of the group ``topoact.covers``."""
