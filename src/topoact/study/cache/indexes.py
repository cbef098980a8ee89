"""Neighbour indexes kept with a study, so that the next start need not measure distances again.

``indexes/<digest of the layer>/`` holds the newest index of a layer: its arrays as plain ``.npy`` files, which are
mapped into memory when they are used, and ``index.json``, which says of what it is the index. One that is damaged or
foreign counts as absent.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.study.files import replacing_folder, write_json

FORMAT: Final = 1
SHARE: Final = 0.25
"""Share of the free disk that one index may take."""
SMALL: Final = 2**20
"""Bytes up to which an array is read rather than mapped."""

Array = npt.NDArray[Any]


class StoredIndex(NamedTuple):
    """An index as it lies on disk."""

    facts: dict[str, Any]
    """What `save_index` was told of it."""
    arrays: dict[str, Array]
    """Read-only."""


def save_index(study: Path, layer: str, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> bool:
    """Keep the arrays of an index in the place of the layer's last one; return whether there was room for them.

    Nothing fails when it cannot be kept: the session goes on without.
    """
    n_bytes = sum(array.nbytes for array in arrays.values())
    try:
        if n_bytes > SHARE * shutil.disk_usage(study).free:
            return False
        with replacing_folder(_folder(study, layer)) as folder:
            sizes = {name: _write(folder / f"{name}.npy", array) for name, array in arrays.items()}
            write_json(folder / "index.json", {"format": FORMAT, "facts": dict(facts), "bytes": sizes})
    except OSError:
        return False
    return True


def load_index(study: Path, layer: str) -> StoredIndex | None:
    """Return the index kept of a layer, or None when there is none that can be used."""
    folder = _folder(study, layer)
    try:
        about = json.loads((folder / "index.json").read_text("utf-8"))
        files = {path.stem: path for path in folder.glob("*.npy")}
        if about["format"] != FORMAT or about["bytes"] != {name: _size(path) for name, path in files.items()}:
            return None
        return StoredIndex(dict(about["facts"]), {name: _read(path) for name, path in files.items()})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _folder(study: Path, layer: str) -> Path:
    return study / "indexes" / layer


def _write(path: Path, array: Array) -> int:
    """Write an array for good: after a crash its file would have the right size and wrong content."""
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return _size(path)


def _read(path: Path) -> Array:
    array: Array = np.load(path, mmap_mode="r" if _size(path) > SMALL else None, allow_pickle=False)
    array.setflags(write=False)
    return array


def _size(path: Path) -> int:
    return path.stat().st_size
