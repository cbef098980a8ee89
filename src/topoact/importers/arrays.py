"""Named arrays of a file: which of them are vectors, and which say something of each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from topoact.errors import InvalidInput

NUMBERS: Final = "fiu"
UNNAMED: Final = "vectors"
"""Name of a layer whose file has none for it."""
SAYING: Final = "fiubUSTM"
"""Kinds of arrays whose values can stand in a table: numbers, truth, text, time."""


class Matrix(Protocol):
    """What has rows: arrays of NumPy, zarr and HDF5, and the readers of this folder. Rows are read when asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def __getitem__(self, rows: slice, /) -> Any: ...


class Found(NamedTuple):
    """What a file brings."""

    layers: Mapping[str, Matrix]
    """Matrices of equally many rows, by name."""
    table: pa.Table | None = None
    """What it says of each row."""

    @property
    def n_rows(self) -> int:
        return next(iter(self.layers.values())).shape[0]


def sort_out(path: Path, arrays: Mapping[str, Matrix], wanted: Sequence[str] | None) -> Found:
    """Return the matrices of a file as layers, and its arrays of one value a row as columns.

    Parameters
    ----------
    path
        Named in errors.
    arrays
        All arrays of the file.
    wanted
        Those that are layers; all matrices of numbers by default.

    Raises
    ------
    InvalidInput
        If one that is wanted does not exist or is no matrix of numbers, one holds Python objects, or numbers of rows
        differ.
    """
    for name, array in arrays.items():
        if array.dtype.hasobject and array.dtype.kind != "T":
            raise InvalidInput(f"{name!r} in {path} holds Python objects, which are not loaded: save numbers or text")
    layers = {name: arrays[name] for name in _names(path, arrays, wanted)}
    for name, array in layers.items():
        check_matrix(f"{name!r} in {path}" if len(arrays) > 1 else str(path), array)
    _check_rows(path, layers)
    n_rows = next(iter(layers.values())).shape[0]
    saying = {name: array for name, array in arrays.items() if array.shape == (n_rows,) and array.dtype.kind in SAYING}
    return Found(layers, pa.table({name: column(array[:]) for name, array in saying.items()}) if saying else None)


def check_matrix(said: str, array: Matrix) -> None:
    """Refuse what is no matrix of numbers with at least one row and column; `said` names it."""
    if len(array.shape) != 2 or 0 in array.shape:
        raise InvalidInput(f"{said} has shape {array.shape}: a matrix with one vector a row is needed")
    if array.dtype.kind not in NUMBERS:
        raise InvalidInput(f"{said} holds {array.dtype}: floating-point or whole numbers are needed")


def column(values: npt.NDArray[Any]) -> pa.Array:
    """Return values as a column of a table; bytes are text."""
    if values.dtype.kind in "ST":
        values = np.array([value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values])
    return pa.array(values)


def _names(path: Path, arrays: Mapping[str, Matrix], wanted: Sequence[str] | None) -> Sequence[str]:
    if wanted is not None:
        if unknown := [name for name in wanted if name not in arrays]:
            raise InvalidInput(f"{path} has no {unknown[0]!r}, it holds {_said(arrays)}: see --vector-column")
        return wanted
    if len(arrays) == 1:
        return list(arrays)
    names = [name for name, array in arrays.items() if len(array.shape) >= 2 and array.dtype.kind in NUMBERS]
    if not names:
        raise InvalidInput(f"{path} holds no matrix of numbers, but {_said(arrays) or 'nothing'}")
    return names


def _check_rows(path: Path, layers: Mapping[str, Matrix]) -> None:
    (first, one), *others = layers.items()
    for name, other in others:
        if other.shape[0] != one.shape[0]:
            raise InvalidInput(
                f"{first!r} has {one.shape[0]:,} rows and {name!r} {other.shape[0]:,} in {path}: name those that belong"
                " together with --vector-column"
            )


def _said(arrays: Mapping[str, Matrix]) -> str:
    said = [f"{name} {array.shape}" for name, array in arrays.items()]
    return ", ".join(said[:8]) + (", …" if len(said) > 8 else "")
