"""`save_index`, `load_index`: neighbour indexes stored with a study, so that distances are computed once.

``indexes/<digest of the layer>/`` holds the newest index of a layer: its arrays as plain ``.npy`` files, which are
mapped into memory, and ``index.json`` with the facts that identify it. One that is damaged, or of another format,
counts as absent.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from topoact.errors import StudyError
from topoact.study.cache.budget import budget
from topoact.study.cache.place import Derived, as_derived
from topoact.study.checked import Count, Damaged, Number, Text, checked, or_none, read_json, regular
from topoact.study.files import inside, replacing_folder, write_json

FORMAT: Final = 1
MAX_DISK_SHARE: Final = 0.25
"""Share of the free disk that one index may take."""
MAX_BUDGET_SHARE: Final = 0.5
"""Share of the budget of derived data that one index may take."""
MAX_READ_BYTES: Final = 2**20
"""Size up to which an array is read, not mapped."""

Array = npt.NDArray[Any]


class _Facts(BaseModel):
    """The facts that identify an index, as far as they are compared."""

    model_config = ConfigDict(extra="allow")
    topoact: Text | None = None
    lens: Text | None = None
    metric: Text | None = None
    radii: list[Number] = []
    k: Count = 0


class StoredIndex(NamedTuple):
    """An index on disk."""

    facts: dict[str, Any]
    """The facts that `save_index` was given."""
    arrays: dict[str, Array]
    """Read-only."""


def save_index(place: Path | Derived, layer: str, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> bool:
    """Store the arrays of an index instead of the layer's last one, and return whether that succeeded.

    A failure is no error: the index is computed again in the next session.
    """
    derived, n_bytes = as_derived(place), sum(array.nbytes for array in arrays.values())
    path = derived.own("indexes", layer)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(path.parent).free
        if n_bytes > min(MAX_DISK_SHARE * free, MAX_BUDGET_SHARE * budget()):
            return False
        with replacing_folder(path) as folder:
            sizes = {name: _write(folder / f"{name}.npy", array) for name, array in arrays.items()}
            write_json(folder / "index.json", {"format": FORMAT, "facts": dict(facts), "bytes": sizes})
        derived.wrote(path)
    except (OSError, StudyError):
        return False
    return True


def load_index(place: Path | Derived, layer: str) -> StoredIndex | None:
    """Return the stored index of a layer, or None if there is none that can be used."""
    return or_none(lambda: _load(as_derived(place).find("indexes", layer)))


def _load(folder: Path) -> StoredIndex:
    about = read_json(inside(folder, "index.json"))
    checked(_Facts, about["facts"])
    files = {path.stem: regular(inside(folder, path.name)) for path in folder.glob("*.npy")}
    if about["format"] != FORMAT or about["bytes"] != {name: _size(path) for name, path in files.items()}:
        raise Damaged("it has another format, or a file of it another size")
    return StoredIndex(about["facts"], {name: _read(path) for name, path in files.items()})


def _write(path: Path, array: Array) -> int:
    """Write an array through to the disk: after a crash its file could have the right size and wrong content."""
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return _size(path)


def _read(path: Path) -> Array:
    array: Array = np.load(path, mmap_mode="r" if _size(path) > MAX_READ_BYTES else None, allow_pickle=False)
    array.setflags(write=False)
    return array


def _size(path: Path) -> int:
    return path.stat().st_size
