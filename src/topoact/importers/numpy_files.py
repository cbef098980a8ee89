"""Arrays as NumPy saves them: ``.npy`` and ``.npz``. No pickle is loaded."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.importers.arrays import Matrix

NPY_MAGIC: Final = b"\x93NUMPY"
LOCAL_HEADER: Final = 30
"""Bytes of a member's header in an archive, before its name."""
UNREADABLE: Final = (ValueError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError)


def open_npy(path: Path) -> Matrix:
    """Return the array of a ``.npy`` file, mapped into memory and not read."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except UNREADABLE as error:
        has_objects = path.read_bytes()[:6] == NPY_MAGIC and "bject" in str(error)
        reason = "it holds Python objects" if has_objects else "it is not a .npy file, or a damaged one"
        raise InvalidInput(f"{path} cannot be read: {reason}; save a matrix of numbers with numpy.save") from None
    if not isinstance(array, np.ndarray):
        raise InvalidInput(f"{path} is an archive of arrays: give it a name that ends in .npz")
    return array


def open_npz(path: Path) -> dict[str, Matrix]:
    """Return the arrays of a ``.npz`` archive.

    Memory: none for those that ``numpy.savez`` wrote, which are mapped; of those that ``numpy.savez_compressed`` wrote
    the rows that are asked for, read one after the other, or all of an array that is stored column by column.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
            return {member.filename.removesuffix(".npy"): _open(path, archive, member) for member in members}
    except UNREADABLE as error:
        raise InvalidInput(f"{path} cannot be read as a .npz archive: {error}") from None


def _open(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Matrix:
    with archive.open(member) as file:
        shape, fortran, dtype = _header(file)
        skip = file.tell()
    if dtype.hasobject:
        return np.empty(0, dtype=object)  # its kind is all that is needed to refuse it
    if member.compress_type == zipfile.ZIP_STORED and 0 not in shape:
        start = _data_of(path, member) + skip
        return np.memmap(path, dtype, "r", start, shape, "F" if fortran else "C")
    if fortran or len(shape) != 2:
        with archive.open(member) as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    return Streamed(lambda: zipfile.ZipFile(path).open(member), skip, (shape[0], shape[1]), dtype)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file)


def _data_of(path: Path, member: zipfile.ZipInfo) -> int:
    """Return where the bytes of a member begin: its own header may be longer than the directory says."""
    with path.open("rb") as file:
        file.seek(member.header_offset)
        header = file.read(LOCAL_HEADER)
    return (
        member.header_offset
        + LOCAL_HEADER
        + int.from_bytes(header[26:28], "little")
        + int.from_bytes(header[28:30], "little")
    )


class Streamed:
    """A matrix in a stream, read row by row; going back begins anew."""

    def __init__(self, open_: Callable[[], IO[bytes]], skip: int, shape: tuple[int, int], dtype: np.dtype[Any]) -> None:
        self.shape, self.dtype = shape, dtype
        self._open, self._skip = open_, skip
        self._file: IO[bytes] | None = None
        self._row = 0

    def __getitem__(self, rows: slice) -> npt.NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        width = self.shape[1] * self.dtype.itemsize
        if self._file is None or start < self._row:
            self._file, self._row = self._open(), 0
            self._file.read(self._skip)
        self._file.seek((start - self._row) * width, 1)
        self._row = stop
        data = self._file.read((stop - start) * width)
        return np.frombuffer(data, self.dtype).reshape(stop - start, self.shape[1])
