"""Which modules of a network are meant: dotted names and globs, and a sensible choice when none are given."""

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from topoact.errors import ModelError, UnknownName
from topoact.extract.hooks import watch

if TYPE_CHECKING:
    import torch
    from torch import nn


def select_layers(model: "nn.Module", patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the modules that match, in the user's order, those of one glob in the network's; each once.

    Parameters
    ----------
    model
        The network.
    patterns
        Dotted names, or globs whose ``*`` does not cross a dot: ``inception*`` is not ``inception3a.branch1``.

    Raises
    ------
    UnknownName
        If a pattern matches nothing; the message lists the nearest names.
    """
    known = [name for name, _ in model.named_modules(remove_duplicate=False) if name]
    found = [name for pattern in patterns for name in _matches(pattern.strip(), known)]
    return tuple(dict.fromkeys(found))


def default_layers(model: "nn.Module", inputs: "torch.Tensor") -> tuple[str, ...]:
    """Return the outermost modules that have parameters and give one tensor of vectors in one pass.

    Raises
    ------
    ModelError
        If there are none.
    """
    names = tuple(name for name, module in _outermost(model) if any(True for _ in module.parameters()))
    seen = watch(model, names, inputs)
    usable = tuple(name for name in names if seen[name] == 1)
    if not usable:
        raise ModelError("no layer to choose by default: name some with --layers")
    return usable


def _outermost(model: "nn.Module") -> list[tuple[str, "nn.Module"]]:
    """Return the children of the network, or of the only child that wraps them."""
    prefix, children = "", list(model.named_children())
    while len(children) == 1 and len(inner := list(children[0][1].named_children())) > 0:
        prefix, children = f"{prefix}{children[0][0]}.", inner
    return [(f"{prefix}{name}", module) for name, module in children]


def _matches(pattern: str, known: Sequence[str]) -> list[str]:
    parts = pattern.split(".")
    found = [name for name in known if _fits(name.split("."), parts)]
    if not found:
        near = difflib.get_close_matches(pattern, known, n=3, cutoff=0.4) or known[:5]
        raise UnknownName(f"the network has no layer {pattern!r}: did you mean {', '.join(near)}?")
    return found


def _fits(name: list[str], pattern: list[str]) -> bool:
    return len(name) == len(pattern) and all(map(fnmatchcase, name, pattern))
