"""`files_below`: the files in a folder that are data, without those that systems and editors leave there."""

import os
from collections.abc import Iterator, Set
from pathlib import Path, PurePath
from typing import Final

from topoact.errors import InvalidInput

HIDDEN_NAMES: Final = frozenset({"__macosx", "__pycache__", "@eadir", "$recycle.bin", "system volume information"})
"""Names of folders, in lower case, that systems make beside the user's own."""


def files_below(folder: Path, suffixes: Set[str]) -> list[Path]:
    """Return the files with one of some suffixes, in any case, relative to the folder and in order.

    Links are followed, except to a folder that holds them. Hidden files and folders are left out.

    Raises
    ------
    InvalidInput
        If a folder cannot be read.
    """
    try:
        found = [path for path in _walk(folder, ()) if path.suffix.lower() in suffixes]
    except OSError as error:
        raise InvalidInput(f"{error.filename or folder} cannot be read: {error.strerror}") from None
    return sorted((path.relative_to(folder) for path in found), key=lambda path: path.parts)


def is_hidden(path: PurePath) -> bool:
    """Return whether a path, relative to the user's data, is or lies in what systems and editors hide."""
    return any((part.startswith(".") and part != "..") or part.lower() in HIDDEN_NAMES for part in path.parts)


def _walk(folder: Path, above: tuple[tuple[int, int], ...]) -> Iterator[Path]:
    """Yield the files in a folder; `above` are the device and number of the folders that hold it."""
    facts = folder.stat()
    own = (facts.st_dev, facts.st_ino)
    if own in above:
        return
    with os.scandir(folder) as entries:
        inside = [Path(entry.path) for entry in entries if not is_hidden(PurePath(entry.name))]
    for path in inside:
        if path.is_dir():
            yield from _walk(path, (*above, own))
        else:
            yield path
