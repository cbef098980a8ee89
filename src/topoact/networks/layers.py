"""`select_layers`: layers of a network by names and globs; `default_layers`: a choice when none are named."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from topoact.errors import InvalidInput, UnknownName
from topoact.networks.axes import AxisChoices
from topoact.networks.sites import Site, split_suffix
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
        ``inception3a.branch1``. A part of an output that is no tensor, and one of several calls of a module, are named
        behind it: ``rnn[0]``, ``block.hidden_states``, ``fc@1``; indices and calls also behind a glob.

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
    """Return the recommended layers of the network that give vectors, or its own choice where there are none."""
    return usable_layers(network, network.recommended_layers(), inputs) or network.default_layers(inputs)


def choose_axes(network: "Network", choices: AxisChoices) -> None:
    """Let a network take the axes that the user names.

    Raises
    ------
    InvalidInput
        If some are named, and the network takes none.
    """
    if choose := getattr(network, "choose_axes", None):
        choose(choices)
    elif choices:
        raise InvalidInput(f"{network.name} takes no axes: leave out --example-axis and --channel-axis")


def usable_layers(network: "Network", names: tuple[str, ...], inputs: Any) -> tuple[str, ...]:
    """Return those of some layers that give vectors, or a part that does, where the network can tell."""
    choose = getattr(network, "usable_layers", None)
    return choose(names, inputs) if names and choose else names


def _matches(pattern: str, known: Sequence[str], network: "Network") -> Sequence[str]:
    if pattern in RECOMMENDED:
        if layers := network.recommended_layers():
            return layers
        raise UnknownName(f"no layers are {pattern} for {network.name}: name some, 'topoact layers' lists them")
    parts = _parts(pattern)
    matches = [name for name in known if _fits(_parts(name), parts)] or _parts_of(pattern, known)
    if not matches:
        raise UnknownName(f"the network has no layer {pattern!r}: did you mean {nearest(pattern, known)}?")
    return matches


def _parts_of(pattern: str, known: Sequence[str]) -> list[str]:
    """Return the parts of outputs and the calls that a pattern names."""
    glob, suffix = split_suffix(pattern)
    if suffix and (matches := [name for name in known if _fits(_parts(name), _parts(glob))]):
        return [f"{name}{suffix}" for name in matches]
    site = Site.of(pattern, known)
    return [pattern] if site else []


def _parts(name: str) -> list[str]:
    return re.split(r"[./]", name)


def _fits(name: list[str], pattern: list[str]) -> bool:
    return len(name) == len(pattern) and all(map(fnmatchcase, name, pattern))
