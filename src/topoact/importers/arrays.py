"""The matrices and columns of a file of vectors: `VectorData`, and `sort_out`, which makes it of named arrays."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from topoact.errors import InvalidInput

NUMBERS: Final = "fiu"
"""Kinds of NumPy's dtypes that vectors can have."""
UNNAMED: Final = "vectors"
"""Name of a layer whose file has none for it."""
MAX_WHOLE: Final = 2**24
"""Whole numbers up to this are the same in float32."""
MAX_LISTED: Final = 8
"""Arrays that an error names."""
COLUMN_KINDS: Final = "fiubUSTMm"
"""Kinds of NumPy's dtypes that can be columns of a table: numbers, truth values, text, time."""


class Matrix(Protocol):
    """Rows of numbers: an array of NumPy, zarr or HDF5, or a reader of this folder. Indexing reads the rows."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def __getitem__(self, rows: slice, /) -> Any: ...


class VectorData(NamedTuple):
    """The contents of a file of vectors."""

    layers: Mapping[str, Matrix]
    """Matrices of equally many rows, by name."""
    table: pa.Table | None = None
    """Columns of the file with one value a row."""

    @property
    def n_rows(self) -> int:
        return next(iter(self.layers.values())).shape[0]


def sort_out(path: Path, arrays: Mapping[str, Matrix], wanted: Sequence[str] | None) -> VectorData:
    """Return the matrices of a file as layers, and its arrays of one value a row as columns.

    Parameters
    ----------
    path
        Named in errors.
    arrays
        All arrays of the file.
    wanted
        Names of the arrays that become layers; all matrices of numbers by default.

    Raises
    ------
    InvalidInput
        If one that is wanted does not exist or is no matrix of numbers, one holds Python objects, or numbers of rows
        differ.
    """
    for name, array in arrays.items():
        if array.dtype.hasobject and array.dtype.kind != "T":
            raise InvalidInput(f"{name!r} in {path} holds Python objects, which are not loaded: save numbers or text")
    layers = {name: arrays[name] for name in _layer_names(path, arrays, wanted)}
    for name, array in layers.items():
        check_matrix(f"{name!r} in {path}" if len(arrays) > 1 else str(path), array)
    _check_rows(path, layers)
    n_rows = next(iter(layers.values())).shape[0]
    columns = {
        name: array for name, array in arrays.items() if array.shape == (n_rows,) and array.dtype.kind in COLUMN_KINDS
    }
    return VectorData(
        layers, pa.table({name: column(array[:]) for name, array in columns.items()}) if columns else None
    )


def check_matrix(subject: str, array: Matrix) -> None:
    """Refuse an array that is no matrix of numbers with a row and a column; `subject` names it in the error."""
    if len(array.shape) != 2 or 0 in array.shape:
        raise InvalidInput(f"{subject} has shape {array.shape}: a matrix with one vector a row is needed")
    if array.dtype.kind not in NUMBERS:
        raise InvalidInput(f"{subject} holds {array.dtype}: floating-point or whole numbers are needed")


def column(values: npt.NDArray[Any]) -> pa.Array:
    """Return values as a column of a table; bytes are text, and times have microseconds unless they are finer."""
    if values.dtype.kind in "ST":
        values = np.array([value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values])
    elif values.dtype.kind in "Mm":
        values = values.astype(f"{values.dtype.kind}8[{'ns' if np.datetime_data(values.dtype)[0] == 'ns' else 'us'}]")
    elif values.dtype.kind == "f" and values.dtype.itemsize > 8:
        values = values.astype(np.float64)
    return pa.array(values.astype(values.dtype.newbyteorder("="), copy=False))


def as_float32(name: str, layer: Matrix, first: int, last: int) -> npt.NDArray[np.float32]:
    """Return some rows of a matrix as a study stores them; numbers that are too large become infinite.

    Raises
    ------
    InvalidInput
        If a whole number is another one as float32.
    """
    block = np.asarray(layer[first:last])
    with np.errstate(over="ignore"):
        vectors = block.astype(np.float32)
    if block.dtype.kind in "iu":
        rows, columns = np.nonzero((block > MAX_WHOLE) | (block < -MAX_WHOLE))
        for row, place in zip(rows.tolist(), columns.tolist(), strict=True):
            if int(vectors[row, place]) != (number := int(block[row, place])):
                raise InvalidInput(
                    f"row {first + row} of {name!r} holds {number}, which float32 cannot hold exactly: subtract the"
                    " mean, or save floating-point numbers"
                )
    return vectors


def _layer_names(path: Path, arrays: Mapping[str, Matrix], wanted: Sequence[str] | None) -> Sequence[str]:
    """Return the names of the arrays that become layers."""
    if wanted is not None:
        if unknown := [name for name in wanted if name not in arrays]:
            raise InvalidInput(f"{path} has no {unknown[0]!r}, it holds {_listed(arrays)}: see --vector-column")
        return wanted
    if len(arrays) == 1:
        return list(arrays)
    names = [name for name, array in arrays.items() if len(array.shape) >= 2 and array.dtype.kind in NUMBERS]
    if not names:
        raise InvalidInput(f"{path} holds no matrix of numbers, but {_listed(arrays) or 'nothing'}")
    return names


def _check_rows(path: Path, layers: Mapping[str, Matrix]) -> None:
    (first, one), *others = layers.items()
    for name, other in others:
        if other.shape[0] != one.shape[0]:
            raise InvalidInput(
                f"{first!r} has {one.shape[0]:,} rows and {name!r} {other.shape[0]:,} in {path}: name those that belong"
                " together with --vector-column"
            )


def _listed(arrays: Mapping[str, Matrix]) -> str:
    """Return the names and shapes of the first arrays, for an error."""
    names = [f"{name} {array.shape}" for name, array in arrays.items()]
    return ", ".join(names[:MAX_LISTED]) + (", …" if len(names) > MAX_LISTED else "")
