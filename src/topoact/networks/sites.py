"""`Site`: where in a forward pass a tensor is found: a module, one of its calls, a part of its output.

A layer is named as its module: ``layer1``. ``fc@1`` is the second call of a module that is called several times,
``rnn[0]`` the first part of a tuple, ``block.hidden_states`` a part of a mapping or of an object by name, and
``fc@1[0]`` both. The name of a module comes first where it could be read in two ways.
"""

import copy
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, is_dataclass, replace
from typing import Any, Final, TypeAlias

from topoact.errors import ModelError

Key: TypeAlias = int | str

_SUFFIX: Final = re.compile(r"(?:@(\d+))?((?:\[\d+\]|\.[A-Za-z_]\w*)*)")
_PARTS: Final = re.compile(r"\[(\d+)\]|\.(\w+)")
_END: Final = re.compile(r"(?:@\d+)?(?:\[\d+\])*$")
_MAX_DEPTH: Final = 3
"""Nested parts of an output that are listed."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where in a pass a tensor is found."""

    name: str
    module: str
    """Dotted name of the module."""
    call: int | None = None
    """Which of its calls, from 0; None for the only one."""
    parts: tuple[Key, ...] = ()
    """Indices and names that lead from its output to the tensor."""

    @classmethod
    def of(cls, name: str, modules: Collection[str]) -> "Site | None":
        """Return the site that a name means; None where no module fits."""
        if name in modules:
            return cls(name, name)
        for end in range(len(name) - 1, 0, -1):
            if name[:end] in modules and (suffix := _SUFFIX.fullmatch(name[end:])):
                parts = tuple(int(number) if number else key for number, key in _PARTS.findall(suffix[2]))
                return cls(name, name[:end], int(suffix[1]) if suffix[1] else None, parts)
        return None

    def within(self, output: Any) -> Any:
        """Return the part of a module's output.

        Raises
        ------
        ModelError
            If there is none.
        """
        for key in self.parts:
            try:
                output = _part(output, key)
            except (IndexError, KeyError, AttributeError, TypeError):
                kind = "tensor, which has no parts" if hasattr(output, "numel") else type(output).__name__
                raise ModelError(
                    f"layer {self.name!r}: {self.module} gives a {kind}, and {key!r} is none of its parts"
                    f"{_choice(self.module, output)}"
                ) from None
        return output

    def replaced(self, output: Any, value: Any) -> Any:
        """Return a module's output with the part replaced."""
        return _replaced(output, self.parts, value)


def split_suffix(pattern: str) -> tuple[str, str]:
    """Return a pattern without the call and the indices at its end, and these."""
    match = _END.search(pattern)
    start = match.start() if match else len(pattern)
    return pattern[:start], pattern[start:]


def tensor_parts(output: Any, depth: int = _MAX_DEPTH) -> Iterator[tuple[str, Any]]:
    """Yield the tensors in an output with the suffixes that name them; an output that is a tensor has none."""
    if hasattr(output, "numel"):
        yield "", output
        return
    if depth == 0:
        return
    if isinstance(output, Mapping):
        named = [(f".{key}", value) for key, value in output.items() if str(key).isidentifier()]
    elif isinstance(output, tuple | list):
        named = [(f"[{number}]", value) for number, value in enumerate(output)]
    elif is_dataclass(output):
        named = [(f".{key}", getattr(output, key)) for key in output.__dataclass_fields__]
    else:
        return
    for suffix, value in named:
        yield from ((suffix + rest, tensor) for rest, tensor in tensor_parts(value, depth - 1))


def no_tensor(name: str, output: Any) -> ModelError:
    """Return the error for a layer that gives no tensor, with the parts to choose from."""
    remedy = _choice(name, output) or ": choose a module inside it"
    return ModelError(f"layer {name!r} gives a {type(output).__name__}, not a tensor{remedy}")


def _choice(name: str, output: Any) -> str:
    names = [f"{name}{suffix}" for suffix, _ in tensor_parts(output) if suffix]
    return f": choose one of {', '.join(names[:6])}" if names else ""


def _part(output: Any, key: Key) -> Any:
    if hasattr(output, "numel"):
        raise TypeError("a tensor has no parts")
    if isinstance(key, int) or isinstance(output, Mapping):
        return output[key]
    return getattr(output, key)


def _replaced(output: Any, parts: tuple[Key, ...], value: Any) -> Any:
    if not parts:
        return value
    key, inner = parts[0], _replaced(_part(output, parts[0]), parts[1:], value)
    if isinstance(output, tuple):
        items = [*output[: int(key)], inner, *output[int(key) + 1 :]] if isinstance(key, int) else None
        if items is None:
            return output._replace(**{str(key): inner})  # type: ignore[attr-defined]  # a named tuple
        return type(output)(*items) if hasattr(output, "_fields") else tuple(items)
    if is_dataclass(output) and not isinstance(output, Mapping) and not isinstance(output, type):
        return replace(output, **{str(key): inner})
    changed = copy.copy(output)
    if isinstance(output, Mapping) and isinstance(key, int):  # outputs of transformers are mappings with numbers too
        changed[list(output)[key]] = inner
    elif isinstance(output, Mapping | list):
        changed[key] = inner
    else:
        setattr(changed, str(key), inner)
    return changed
