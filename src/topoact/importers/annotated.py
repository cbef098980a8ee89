"""`open_h5ad`, `open_zarr`: AnnData, in an HDF5 file or a zarr store, and arrays of zarr.

AnnData's layout on disk is read as its specification has it, so that blocks of rows can be read of dense and sparse
matrices alike, and the package anndata is not needed. HDF5 files and zarr groups have the same interface.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from topoact.errors import InvalidInput
from topoact.importers.arrays import UNNAMED, Matrix, VectorData, check_matrix, column, sort_out


def open_h5ad(path: Path, wanted: Sequence[str] | None) -> VectorData:
    """Return the matrices and columns of a ``.h5ad`` file; see `annotated`."""
    try:
        import h5py
    except ImportError:
        raise InvalidInput("a .h5ad file needs h5py: pip install 'topoact[anndata]'") from None
    try:
        return annotated(path, h5py.File(path, "r"), wanted)
    except InvalidInput:
        raise
    except (OSError, KeyError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read as AnnData: {error}") from None


def open_zarr(path: Path, wanted: Sequence[str] | None) -> VectorData:
    """Return the matrices and columns of a zarr store: one array, a group of arrays, or AnnData."""
    import zarr

    try:
        opened = zarr.open(path, mode="r")
    except (OSError, KeyError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read as zarr: {error}") from None
    if isinstance(opened, zarr.Array):
        return sort_out(path, {UNNAMED: cast("Matrix", opened)}, None)
    if opened.attrs.get("encoding-type") == "anndata":
        return annotated(path, opened, wanted)
    return sort_out(path, {name: cast("Matrix", array) for name, array in sorted(opened.arrays())}, wanted)


def annotated(path: Path, store: Any, wanted: Sequence[str] | None) -> VectorData:
    """Return the matrices ``X`` and of ``obsm`` as layers, and the columns of ``obs``.

    Memory: ``obs``; of a sparse matrix where its rows begin, or all of it if it is compressed by columns.
    """
    if "obs" not in store or not hasattr(store["obs"], "keys"):
        raise InvalidInput(f"{path} has no 'obs', or one of before AnnData 0.7: open and save it with a newer anndata")
    matrices = {"X": store["X"]} if "X" in store else {}
    matrices |= {name: store["obsm"][name] for name in sorted(store.get("obsm", ()))}
    layers = {name: matrix for name, entry in matrices.items() if (matrix := _matrix(entry)) is not None}
    data = sort_out(path, layers, wanted)
    for name, layer in data.layers.items():
        check_matrix(f"{name!r} in {path}", layer)
    return VectorData(data.layers, _table(store["obs"]))


def _matrix(entry: Any) -> Matrix | None:
    """Return an entry of the store as a matrix; None for one of another kind, such as a table."""
    kind = entry.attrs.get("encoding-type", "array")
    if kind in ("csr_matrix", "csc_matrix"):
        return _SparseRows(entry) if kind == "csr_matrix" else _from_columns(entry)
    return None if hasattr(entry, "keys") else cast("Matrix", entry)


class _SparseRows:
    """A sparse matrix compressed by rows, of which blocks of rows are read and made dense."""

    def __init__(self, group: Any) -> None:
        rows, columns = group.attrs["shape"]
        self.shape, self.dtype = (int(rows), int(columns)), np.dtype(group["data"].dtype)
        self._group, self._indptr = group, group["indptr"][:]

    def __getitem__(self, rows: slice) -> npt.NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        ends = self._indptr[start : stop + 1]
        span = slice(int(ends[0]), int(ends[-1]))
        parts = (self._group["data"][span], self._group["indices"][span], ends - ends[0])
        return np.asarray(sparse.csr_array(parts, shape=(stop - start, self.shape[1])).toarray())


class _SparseInMemory:
    """A sparse matrix in memory, made dense by blocks of rows."""

    def __init__(self, matrix: sparse.csr_array) -> None:
        self._matrix, self.shape, self.dtype = matrix, matrix.shape, matrix.dtype

    def __getitem__(self, rows: slice) -> npt.NDArray[Any]:
        return np.asarray(self._matrix[rows].toarray())


def _from_columns(group: Any) -> Matrix:
    parts = tuple(group[name][:] for name in ("data", "indices", "indptr"))
    return _SparseInMemory(sparse.csc_array(parts, shape=tuple(map(int, group.attrs["shape"]))).tocsr())


def _table(group: Any) -> pa.Table:
    """Return a table; its index is the column "id" unless there is one."""
    index = str(group.attrs["_index"])
    columns = {"id": _values(group, index)} | {
        str(name): _values(group, str(name)) for name in group.attrs["column-order"]
    }
    return pa.table({name: values for name, values in columns.items() if values is not None})


def _values(frame: Any, name: str) -> pa.Array | None:
    """Return a column of a table; None for a kind that is not known."""
    entry = frame[name]
    kind = entry.attrs.get("encoding-type", "array")
    if "__categories" in frame and name in frame["__categories"]:  # as AnnData 0.7 has it
        return _decoded(entry[:], frame["__categories"][name])
    if kind == "categorical":
        return _decoded(entry["codes"][:], entry["categories"])
    if str(kind).startswith("nullable-"):
        return pa.array(_plain(entry["values"]).to_numpy(zero_copy_only=False), mask=entry["mask"][:])
    return _plain(entry) if kind in ("array", "string-array") else None


def _decoded(codes: npt.NDArray[np.integer], categories: Any) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), _plain(categories)).dictionary_decode()


def _plain(array: Any) -> pa.Array:
    is_text = array.attrs.get("encoding-type") == "string-array" or array.dtype.hasobject
    values = array.asstr()[:] if is_text and hasattr(array, "asstr") else array[:]
    return pa.array([str(value) for value in values]) if is_text else column(values)
