"""Clusterers by name: `CLUSTERERS` is the registry, `named_clusterer` makes one."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from topoact.errors import UnknownName
from topoact.mapper.clusterers.dbscan import DBSCAN
from topoact.mapper.clusterers.modes import Modes
from topoact.mapper.protocols import Clusterer
from topoact.registry import Registry


class ClustererKind(NamedTuple):
    """A clusterer that is called by name, and how a menu offers it.

    Examples
    --------
    >>> import topoact
    >>> from topoact.mapper import ClustererKind
    >>> kind = ClustererKind(topoact.DBSCAN, "DBSCAN", settings=("eps", "min_samples"))
    >>> kind.make(metric="cosine", eps=0.4, min_samples=5).metric
    'cosine'
    """

    make: Callable[..., Clusterer]
    """Called with the keyword `metric` and with those of `settings`."""
    label: str
    """Its name in menus."""
    settings: tuple[str, ...] = ()
    """The settings of a graph that it has beside the metric, of k, prominence, eps and min_samples."""


def named_clusterer(name: str, settings: Mapping[str, Any]) -> Clusterer:
    """Return a clusterer.

    Parameters
    ----------
    name
        A name in `CLUSTERERS`.
    settings
        Of a graph: the metric, and at least those that the clusterer has.

    Returns
    -------
    Clusterer
        The clusterer, with its settings.

    Raises
    ------
    UnknownName
        If there is no clusterer of that name.

    Examples
    --------
    >>> from topoact.mapper import named_clusterer
    >>> named_clusterer("dbscan", {"metric": "euclidean", "eps": 259.0, "min_samples": 5}).eps
    259.0
    """
    if name not in CLUSTERERS:
        raise UnknownName(f"unknown clusterer {name!r}: choose {', '.join(CLUSTERERS)}")
    kind = CLUSTERERS[name]
    return kind.make(metric=settings["metric"], **{key: settings[key] for key in kind.settings})


CLUSTERERS: Final = Registry(
    "topoact.clusterers",
    ClustererKind,
    {
        "modes": ClustererKind(Modes, "modes of density", ("k", "prominence")),
        "dbscan": ClustererKind(DBSCAN, "DBSCAN", ("eps", "min_samples")),
    },
)
"""Clusterers by name; other packages add theirs with entry points of the group ``topoact.clusterers``."""
