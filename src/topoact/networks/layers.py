"""Which layers of a network are meant: names and globs, and a sensible choice when none are given."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from topoact.errors import UnknownName
from topoact.networks.specs import nearest

if TYPE_CHECKING:
    from topoact.networks import Network

USUAL = "usual"
"""Stands for the layers that people look at in networks of this kind."""


def select_layers(network: "Network", patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the layers that match, in the user's order, those of one glob in the network's; each once.

    Parameters
    ----------
    network
        The network.
    patterns
        Names, "usual", or globs whose ``*`` does not cross a dot or a slash: ``inception*`` is not
        ``inception3a.branch1``.

    Raises
    ------
    UnknownName
        If a pattern matches nothing; the message lists the nearest names.
    """
    known = network.layer_names()
    found = [name for pattern in patterns for name in _matches(pattern.strip(), known, network)]
    return tuple(dict.fromkeys(found))


def default_layers(network: "Network", inputs: Any) -> tuple[str, ...]:
    """Return the usual layers of the network, or what it takes for its layers where none are usual."""
    return network.recommended_layers() or network.default_layers(inputs)


def _matches(pattern: str, known: Sequence[str], network: "Network") -> Sequence[str]:
    if pattern == USUAL:
        if usual := network.recommended_layers():
            return usual
        raise UnknownName(f"no layers are usual for {network.name}: name some, 'topoact layers' lists them")
    parts = _parts(pattern)
    found = [name for name in known if _fits(_parts(name), parts)]
    if not found:
        raise UnknownName(f"the network has no layer {pattern!r}: did you mean {nearest(pattern, known)}?")
    return found


def _parts(name: str) -> list[str]:
    return re.split(r"[./]", name)


def _fits(name: list[str], pattern: list[str]) -> bool:
    return len(name) == len(pattern) and all(map(fnmatchcase, name, pattern))
