"""What derived data of a study take on the disk, and which of them go first when they take more than their budget.

What is computed again in seconds goes before what takes minutes, and of each what was used longest ago. The last use of
a graph or an index is the time stamp of its folder, of anything else that of its file; see `mark_used`.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from topoact.errors import InvalidInput
from topoact.study.files import remove_folder, remove_leftovers

VARIABLE: Final = "TOPOACT_BUDGET"
"""Environment variable of the budget of a study's derived data."""
DEFAULT: Final = "4GB"
KINDS: Final = ("graphs", "projections", "indexes", "inversions", "located-inputs", "sights", "probes")
"""Folders of derived data in a study."""
IN_USE: Final[Mapping[str, int]] = MappingProxyType(
    {"graphs": 8, "projections": 2, "indexes": 2, "inversions": 16, "located-inputs": 8, "sights": 1}
)
"""How many of each kind, those used last, count as in use and are kept whatever they take."""
SLOW_PARTS: Final = frozenset(
    {"stability.json", "consensus.json", "judgement.json", "attributions.parquet", "arguments.parquet", "words.json"}
)
"""Files in the folder of a graph that take minutes."""
QUICK_PROJECTION: Final = "-pca.parquet"
USE_SECONDS: Final = 60.0
"""Least time between two notes of the use of the same file."""
UNITS: Final = MappingProxyType({"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12})


class Item(NamedTuple):
    """Derived data that are removed together."""

    kind: str
    paths: tuple[Path, ...]
    """Files, or one folder."""
    n_bytes: int
    used: float
    """When it was used last, in seconds since 1970."""
    is_slow: bool
    """Whether it takes minutes to compute again, or cannot be computed without the user."""


def parse_size(text: str, name: str) -> int:
    """Return the bytes of a size such as 500MB or 1.5 GB.

    Raises
    ------
    InvalidInput
        If it is none; the message has the `name` of the setting.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?\s*", text, re.IGNORECASE | re.ASCII)
    if match is None:
        raise InvalidInput(f"{name} must be a size such as 500MB or 4GB: got {text!r}")
    number, unit, binary = match.groups()
    power = list(UNITS).index(unit.upper())
    return round(float(number) * (1024**power if binary else UNITS[unit.upper()]))


def budget() -> int:
    """Return the bytes that derived data of a study may take."""
    return parse_size(os.environ.get(VARIABLE, "").strip() or DEFAULT, VARIABLE)


def set_budget(size: str, name: str) -> None:
    """Set the budget of this process and those that it starts; raises `InvalidInput` as `parse_size`."""
    os.environ[VARIABLE] = str(parse_size(size, name))


def mark_used(path: Path) -> None:
    """Note that derived data are used now."""
    with suppress(OSError):
        if time.time() - path.stat().st_mtime > USE_SECONDS:
            os.utime(path)


def items(root: Path) -> list[Item]:
    """Return the derived data below a folder; links are none, wherever they lead."""
    return [
        *(_folder_item("graphs", folder) for folder in _folders(root / "graphs")),
        *(_folder_item("indexes", folder) for folder in _folders(root / "indexes")),
        *(_file_item("projections", [file]) for file in _files(root / "projections")),
        *(item for folder in _folders(root / "inversions") for item in _images(folder)),
        *(_file_item(kind, [file]) for kind in ("located-inputs", "sights", "probes") for file in _files(root / kind)),
    ]


def surplus(
    found: Iterable[Item], limit: int, *, in_use: Mapping[str, int] = IN_USE, is_slow_kept: bool = False
) -> list[Item]:
    """Return the items to remove so that the others take no more than `limit` bytes.

    Parameters
    ----------
    found
        All items.
    limit
        Bytes that may stay.
    in_use
        How many of each kind, those used last, stay in any case.
    is_slow_kept
        Whether what takes minutes to compute stays in any case.
    """
    newest_first, seen, free = sorted(found, key=lambda item: -item.used), dict[str, int](), list[Item]()
    for item in newest_first:
        seen[item.kind] = seen.get(item.kind, 0) + 1
        if seen[item.kind] > in_use.get(item.kind, 0) and not (is_slow_kept and item.is_slow):
            free.append(item)
    total, removed = sum(item.n_bytes for item in newest_first), list[Item]()
    for item in sorted(free, key=lambda item: (item.is_slow, item.used)):
        if total <= limit:
            break
        removed.append(item)
        total -= item.n_bytes
    return removed


def remove(item: Item) -> bool:
    """Remove an item; return false where that is refused."""
    try:
        for path in item.paths:
            if path.is_dir():
                remove_folder(path)
            else:
                path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    return sum(_size(file) for inner in _walk(path) for file in _files(inner)) if path.is_dir() else _size(path)


def clear_leftovers(root: Path) -> None:
    """Remove the temporary files of killed processes from all folders of derived data."""
    for kind in KINDS:
        for folder in _walk(root / kind):
            remove_leftovers(folder)


def _walk(folder: Path) -> Iterator[Path]:
    """Yield a folder and those inside it; follows no link."""
    yield folder
    for inner in _folders(folder):
        yield from _walk(inner)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        if folder.is_symlink():
            return []
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.endswith(".tmp")]
    except OSError:
        return []


def _folders(folder: Path) -> list[Path]:
    return [Path(entry.path) for entry in _entries(folder) if entry.is_dir(follow_symlinks=False)]


def _files(folder: Path) -> list[Path]:
    return [Path(entry.path) for entry in _entries(folder) if entry.is_file(follow_symlinks=False)]


def _folder_item(kind: str, folder: Path) -> Item:
    is_slow = any((folder / name).exists() for name in SLOW_PARTS)
    return Item(kind, (folder,), size_of(folder), _time(folder), is_slow)


def _file_item(kind: str, files: list[Path]) -> Item:
    is_slow = not files[0].name.endswith(QUICK_PROJECTION)
    return Item(kind, tuple(files), sum(map(_size, files)), max(map(_time, files)), is_slow)


def _images(folder: Path) -> list[Item]:
    """Return an item for each activation image: its picture, its record and its preview."""
    by_name = dict[str, list[Path]]()
    for file in _files(folder):
        by_name.setdefault(file.name.partition(".")[0], []).append(file)
    return [_file_item("inversions", files) for files in by_name.values()]


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _time(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0
