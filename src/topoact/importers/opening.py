"""`open_vectors`: the matrices and columns of a file of vectors, whose format is known by its suffix."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from topoact.errors import InvalidInput
from topoact.importers.annotated import open_h5ad, open_zarr
from topoact.importers.arrays import UNNAMED, VectorData, sort_out
from topoact.importers.numpy_files import open_npy, open_npz
from topoact.importers.parquet import open_parquet
from topoact.importers.tensors import open_tensors

Open = Callable[[Path, Sequence[str] | None], VectorData]

FORMATS: Final[dict[str, Open]] = {
    ".npy": lambda path, _: sort_out(path, {UNNAMED: open_npy(path)}, None),
    ".npz": lambda path, wanted: sort_out(path, open_npz(path), wanted),
    ".safetensors": lambda path, wanted: sort_out(path, open_tensors(path), wanted),
    ".parquet": open_parquet,
    ".pq": open_parquet,
    ".h5ad": open_h5ad,
    ".zarr": open_zarr,
}


def open_vectors(path: Path, wanted: Sequence[str] | None = None) -> VectorData:
    """Return the matrices and columns of a file; the vectors themselves are not read.

    Parameters
    ----------
    path
        A ``.npy``, ``.npz``, ``.safetensors``, ``.parquet`` or ``.h5ad`` file, or a folder of zarr.
    wanted
        Names of the arrays, tensors or columns that are vectors; by default all of which that is possible.

    Returns
    -------
    VectorData
        The matrices by name, whose rows are read on access, and the columns.

    Raises
    ------
    InvalidInput
        If the file does not exist, is of another kind or damaged, or holds no such matrices.
    """
    if not path.exists():
        raise InvalidInput(f"there is no file {path}")
    if path.is_dir():
        return open_zarr(path, wanted)
    if path.suffix.lower() not in FORMATS:
        raise InvalidInput(f"{path} is no file of vectors: there are {', '.join(FORMATS)}, and .json of graphs")
    return FORMATS[path.suffix.lower()](path, wanted)
