"""`select_layers`: layers of a network by names and globs; `default_layers`: a choice when none are named."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from topoact.errors import UnknownName
from topoact.networks.specs import nearest

if TYPE_CHECKING:
    from topoact.networks import Network

RECOMMENDED: Final = ("recommended", "usual")
"""Patterns for the recommended layers of an architecture; the second is the former name of the first."""


def select_layers(network: "Network", patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the layers that match, each once, in the order of the patterns and then of the network.

    Parameters
    ----------
    network
        The network.
    patterns
        Names, "recommended" (or "usual"), or globs whose ``*`` does not cross a dot or a slash: ``inception*`` is not
        ``inception3a.branch1``.

    Returns
    -------
    tuple of str
        Dotted names of the layers.

    Raises
    ------
    UnknownName
        If a pattern matches nothing; the message lists the nearest names.
    """
    known = network.layer_names()
    matches = [name for pattern in patterns for name in _matches(pattern.strip(), known, network)]
    return tuple(dict.fromkeys(matches))


def default_layers(network: "Network", inputs: Any) -> tuple[str, ...]:
    """Return the recommended layers of the network, or its own choice where its architecture is unknown."""
    return network.recommended_layers() or network.default_layers(inputs)


def _matches(pattern: str, known: Sequence[str], network: "Network") -> Sequence[str]:
    if pattern in RECOMMENDED:
        if layers := network.recommended_layers():
            return layers
        raise UnknownName(f"no layers are {pattern} for {network.name}: name some, 'topoact layers' lists them")
    parts = _parts(pattern)
    matches = [name for name in known if _fits(_parts(name), parts)]
    if not matches:
        raise UnknownName(f"the network has no layer {pattern!r}: did you mean {nearest(pattern, known)}?")
    return matches


def _parts(name: str) -> list[str]:
    return re.split(r"[./]", name)


def _fits(name: list[str], pattern: list[str]) -> bool:
    return len(name) == len(pattern) and all(map(fnmatchcase, name, pattern))
