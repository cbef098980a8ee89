"""One input of a source, `Record`, and what every source offers, `Source`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from typing import Any, Protocol

from topoact.errors import InvalidInput

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"})


@dataclass(frozen=True, slots=True)
class Record:
    """One input that has not been decoded."""

    row: int
    """Its place in the source."""
    id: str
    label: str | int | None
    image: Any
    """Bytes of an image file, its path, or a call that fetches the item of a Dataset."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further columns of the user's table."""


class Source(Protocol):
    """Inputs in a fixed order."""

    record: dict[str, Any]
    """What it is, as JSON; different when the inputs are."""
    n_threads: int
    """How many threads may decode its inputs at once."""
    gives_tensors: bool
    """Whether inputs need no preparing."""

    def __len__(self) -> int: ...

    def read(self, start: int) -> Iterator[Record]:
        """List the inputs from that place on."""
        ...

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        """Return names for the outputs of a network if the source says what they are."""
        ...


def as_label(value: Any) -> str | int | None:
    """Return a label as text or a whole number, whatever cell, tensor or numpy scalar it comes in."""
    value = plain_scalar(value)
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int) and not isinstance(value, bool) else str(value)


def plain_scalar(value: Any) -> Any:
    """Return the Python value of a number in a tensor or of numpy; anything else as it is."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value


def check_columns(
    path: Path | str, known: Sequence[str], wanted: Mapping[str, str | None], *, needed: Sequence[str]
) -> dict[str, str | None]:
    """Return the column to use for each role: one that is needed or that the user named may not be absent.

    Raises
    ------
    InvalidInput
        If a column does not exist; the message lists those that do.
    """
    found: dict[str, str | None] = {}
    for role, name in wanted.items():
        if (name or role) in known:
            found[role] = name or role
        elif name or role in needed:
            columns = ", ".join(known[:12])
            raise InvalidInput(f"{path} has no column {name or role!r}, its columns are {columns}: see --{role}-column")
        else:
            found[role] = None
    return found
