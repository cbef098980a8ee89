"""Memory for the bits of an index: `allocate` takes it from RAM or a temporary file, `alias` from a stored array.

The temporary file is the one exception to "`mapper` touches no file". It has no name (or loses it at once), so that
nothing is left of it however the process ends, and all of its blocks are reserved before it is mapped: writing to
mapped memory on a full disk would kill the process.
"""

import mmap
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.neighbors._layout import Words
from topoact.mapper.neighbors.memory import TooLarge, mebibytes

CHUNK: Final = 2**22
"""Bytes that are written at a time."""


def allocate(shape: tuple[int, ...], folder: Path | None) -> Words:
    """Return words to be written: in memory, or in a nameless file in a folder.

    Raises
    ------
    TooLarge
        If the disk has too little free space.
    """
    if folder is None:
        return np.empty(shape, dtype=np.uint64)
    n_bytes = 8 * int(np.prod(shape))
    check_disk(n_bytes, folder)
    try:
        with tempfile.TemporaryFile(dir=folder, prefix="topoact-") as file:
            _reserve(file.fileno(), n_bytes)
            return np.frombuffer(mmap.mmap(file.fileno(), n_bytes), dtype=np.uint64).reshape(shape)
    except OSError as error:
        raise TooLarge(
            f"{folder} did not take the {mebibytes(n_bytes)} of the neighbour index ({error.strerror or error}): "
            "make room there, or let spill name another folder"
        ) from error


def check_disk(n_bytes: int, folder: Path) -> None:
    """Refuse a folder whose disk has fewer bytes free; raises `TooLarge`."""
    free = shutil.disk_usage(folder).free
    if n_bytes > free:
        raise TooLarge(
            f"the neighbour index needs {mebibytes(n_bytes)} on disk and {folder} has {mebibytes(free)} free: make "
            "room there, let spill name another folder, or ask for more intervals or less overlap"
        )


def checked_folder(spill: "str | os.PathLike[str] | None") -> Path | None:
    """Return the folder for the temporary file; raises `InvalidInput` if it is no writable folder."""
    if spill is None:
        return None
    folder = Path(spill)
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise InvalidInput(f"spill must be a folder that can be written to: got {str(folder)!r}")
    return folder


def _reserve(file: int, n_bytes: int) -> None:
    """Extend a file to that length, with every block of it allocated on the disk."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, n_bytes)
        return
    zeros = bytes(CHUNK)
    for start in range(0, n_bytes, CHUNK):
        os.write(file, zeros[: min(CHUNK, n_bytes - start)])


def alias(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a plain array of the same memory, which machine code compiled for ordinary arrays takes.

    numba compiles again for arrays that may not be written to, such as read-only memory maps; nothing writes to these.
    """
    if type(array) is np.ndarray and array.flags.writeable:
        return array
    return np.asarray(_Memory(array))


class _Memory:
    """The memory of an array under the array interface, flagged writable."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self.owner = array
        self.__array_interface__ = {**array.__array_interface__, "data": (array.ctypes.data, False)}
