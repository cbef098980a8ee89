"""`Record`, an input of a source; `Source`, the protocol of sources; labels and columns of tables and of items."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from math import isnan
from pathlib import Path
from typing import Any, Protocol

from topoact.errors import InvalidInput
from topoact.study.columns import COLUMNS

RESERVED = ("id", "label", "example", "y", "x", *COLUMNS)
"""Columns of a study that a further column of the user's must not be called."""
FIRST_ITEMS = 64
"""Items in which the first label is looked for."""
IMAGE_SUFFIXES = frozenset(
    {
        *(".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".jpx", ".mpo", ".pbm"),
        *(".pfm", ".pgm", ".png", ".pnm", ".ppm", ".qoi", ".tga", ".tif", ".tiff", ".webp"),
    }
)


@dataclass(frozen=True, slots=True)
class Record:
    """One input that has not been decoded."""

    row: int
    """Its number in the source."""
    id: str
    label: str | int | None
    image: Any
    """Bytes of an image file, its path, or a function that returns the item of a Dataset."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further columns of the user's table."""


class Source(Protocol):
    """Inputs in a fixed order."""

    record: dict[str, Any]
    """Description of the source as JSON; it differs if the inputs differ."""
    n_threads: int
    """Number of threads that may decode its inputs at once."""
    gives_tensors: bool
    """Whether inputs are tensors, which need no preprocessing."""

    def __len__(self) -> int: ...

    def read(self, start: int) -> Iterator[Record]:
        """Yield the inputs from that row on."""
        ...

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        """Return names for the outputs of a network, if the source has them."""
        ...


def as_label(value: Any, missing: Set[str] = frozenset()) -> str | int | None:
    """Return a label, in a table cell, tensor or numpy scalar, as text or a whole number; None where there is none.

    An empty text, a number that is not one, and the texts in `missing` mean that there is none.
    """
    value = plain_scalar(value)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if is_missing(value) or (isinstance(value, str) and (not value.strip() or value in missing)):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int) and not isinstance(value, bool) else str(value)


def is_numbered(labels: Iterable[str | int | None]) -> bool:
    """Return whether the first label of a source that has one is a whole number."""
    return isinstance(next((label for label in islice(labels, FIRST_ITEMS) if label is not None), None), int)


class ExtraColumns:
    """Further columns of items that come one by one: any item may have columns that others lack.

    Numbers, truth values, texts and dates are columns; anything else is left out, but not of some items only.

    Parameters
    ----------
    roles
        Names that are no further columns.
    """

    def __init__(self, roles: Iterable[str]) -> None:
        self._roles, self._are_columns = frozenset(roles), dict[str, bool]()

    def of(self, facts: Mapping[str, Any], item: str) -> dict[str, Any]:
        """Return the columns of one item, without those whose value is missing.

        Raises
        ------
        InvalidInput
            If the values of one name are columns of one item and not of another.
        """
        values = {str(name): plain_scalar(value) for name, value in facts.items() if name not in self._roles}
        for name, value in values.items():
            if not is_missing(value) and self._are_columns.setdefault(name, _is_column(value)) != _is_column(value):
                raise InvalidInput(
                    f"{name!r} of {item} holds a value of type {type(value).__name__}, and of others "
                    f"{'none that is one number or text' if _is_column(value) else 'a number or text'}: give all alike"
                )
        return {free_name(name): value for name, value in values.items() if _is_column(value)}


def _is_column(value: Any) -> bool:
    return isinstance(value, str | int | float | date)


def free_name(name: str) -> str:
    """Return the name of a further column of the user's in a study."""
    return f"{name}_given" if name in RESERVED else name


def joined_columns(parts: Sequence[Mapping[str, Sequence[Any]]], lengths: Sequence[int]) -> dict[str, list[Any]]:
    """Return the columns of consecutive parts; None where a part lacks one."""
    names = dict.fromkeys(chain.from_iterable(parts))
    none = [[None] * length for length in lengths]
    return {
        name: list(chain.from_iterable(part.get(name, gap) for part, gap in zip(parts, none, strict=True)))
        for name in names
    }


def is_missing(value: Any) -> bool:
    """Return whether a value stands for a missing one in Python, NumPy or pandas."""
    return value is None or (isinstance(value, float) and isnan(value)) or type(value).__name__ in {"NAType", "NaTType"}


def plain_scalar(value: Any) -> Any:
    """Return the Python value of a number in a tensor or of numpy; anything else as it is."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value


def check_columns(
    path: Path | str, known: Sequence[str], wanted: Mapping[str, str | None], *, needed: Sequence[str]
) -> dict[str, str | None]:
    """Return the column for each role, None without one.

    Parameters
    ----------
    path
        Of the table, for errors.
    known
        Columns of the table.
    wanted
        The column that the user named for each role; None for the column named as the role.
    needed
        Roles that must have a column, even if the user named none.

    Raises
    ------
    InvalidInput
        If a column does not exist; the message lists those that do.
    """
    columns: dict[str, str | None] = {}
    for role, name in wanted.items():
        columns[role] = role_column(known, role, name)
        if columns[role] is None and (name or role in needed):
            listed = ", ".join(known[:12])
            raise InvalidInput(f"{path} has no column {name or role!r}, its columns are {listed}: see --{role}-column")
    return columns


def role_column(known: Sequence[str], role: str, name: str | None = None) -> str | None:
    """Return the column of a role: the one that is named, or called as the role is, in any case and with any spaces.

    Raises
    ------
    InvalidInput
        If there are several, none of them called exactly so.
    """
    if name is not None:
        return name if name in known else None
    alike = [role] if role in known else [column for column in known if column.strip().casefold() == role]
    if len(alike) > 1:
        raise InvalidInput(f"{alike[0]!r} and {alike[1]!r} may both be the column {role}: say --{role}-column")
    return alike[0] if alike else None


def check_distinct(path: Path | str, names: Sequence[str]) -> None:
    """Refuse a table of which two columns have one name.

    Raises
    ------
    InvalidInput
        With the name and the places of the columns.
    """
    for second, name in enumerate(names):
        if (first := names.index(name)) < second:
            raise InvalidInput(f"columns {first + 1} and {second + 1} of {path} are both called {name!r}: rename one")


def distinct_object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object as a dictionary, for `json.loads`, and refuse one that has a key twice.

    Raises
    ------
    InvalidInput
        With the key.
    """
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        raise InvalidInput(f"{next(name for name in names if names.count(name) > 1)!r} stands twice")
    return content
