"""Clusterers by name: `CLUSTERERS` is the registry, `named_clusterer` makes one."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from topoact.errors import UnknownName
from topoact.mapper.clusterers.dbscan import DBSCAN
from topoact.mapper.clusterers.modes import Modes
from topoact.mapper.protocols import Clusterer
from topoact.registry import Registry


class ClustererKind(NamedTuple):
    """A clusterer that is called by name, and how a menu offers it."""

    make: Callable[..., Clusterer]
    """Called with the keyword `metric` and with those of `settings`."""
    label: str
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

    Raises
    ------
    UnknownName
        If there is no clusterer of that name.
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
