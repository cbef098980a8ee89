"""`IndexStore`: indexes that were slow to build, stored in the study; `LastUsed`: the one in memory."""

import os
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper import DistanceCurve, ModeIndex, NeighborIndex
from topoact.study.cache.indexes import StoredIndex, load_index, save_index
from topoact.study.cache.place import Derived, as_derived

Vectors = npt.NDArray[np.float32]
Index = TypeVar("Index", NeighborIndex, ModeIndex)
Curves = Sequence[DistanceCurve]
"""Distance curves of the first, second, … neighbour."""

READ_SECONDS: Final = 1.0
"""Time that a slow disk takes to find an index."""
READ_BYTES_PER_SECOND: Final = 200e6
"""Rate at which a slow disk then reads it."""
MODES_SUFFIX: Final = "-modes"
"""Suffix of a layer's digest in the name of its index of modes."""


class LensedLayer(NamedTuple):
    """A layer and a lens; vectors and lens values are read when they are first needed."""

    layer_digest: str
    lens: str
    """Name of the lens, with the release of the package that offers it unless it is this one."""
    vectors: Callable[[], Vectors]
    """Returns the vectors, shape (n_points, n_channels)."""
    values: Callable[[Vectors], npt.NDArray[np.float64]]
    """Returns the lens values of the vectors, shape (n_points,)."""


class IndexStore:
    """The newest indexes of each layer of a study: of neighbours, with the layer's distance curves, and of modes.

    An index is stored only if a slow disk reads it in less time than it took to build. Only the version of TopoAct that
    stored an index uses it.

    Parameters
    ----------
    place
        Where the study's derived data are.
    """

    def __init__(self, place: Path | Derived) -> None:
        self._derived = as_derived(place)
        self._writer: threading.Thread | None = None

    @property
    def spill(self) -> Path | None:
        """Folder for what memory does not hold; None where nothing can be written."""
        try:
            self._derived.root.mkdir(parents=True, exist_ok=True)
        except OSError:
            return None
        return self._derived.root if os.access(self._derived.root, os.W_OK) else None

    def load_neighbor_index(self, lensed: LensedLayer, metric: str, eps: float) -> NeighborIndex | None:
        """Return the stored index of a layer if it has this lens, metric and radius; its bits stay on disk."""
        stored = self._load(lensed.layer_digest, metric)
        if stored is None or stored.facts.get("lens") != lensed.lens or eps not in stored.facts.get("radii", ()):
            return None
        return _restore(NeighborIndex, lensed, stored)

    def load_mode_index(self, lensed: LensedLayer, metric: str, k: int) -> ModeIndex | None:
        """Return the stored index of a layer's modes if it has this lens and metric, and k neighbours or more."""
        stored = self.find_mode_index(lensed.layer_digest, lensed.lens, metric, k)
        return None if stored is None else _restore(ModeIndex, lensed, stored)

    def find_mode_index(self, layer_digest: str, lens: str, metric: str, k: int) -> StoredIndex | None:
        """Return what is stored of such an index, which is not read yet."""
        stored = self._load(layer_digest + MODES_SUFFIX, metric)
        fits = stored is not None and stored.facts.get("lens") == lens and stored.facts.get("k", 0) >= k
        return stored if fits else None

    def load_curves(self, layer_digest: str, metric: str) -> Curves:
        """Return the distance curves that are stored with the index of a layer, or none."""
        stored = self._load(layer_digest, metric)
        curves = stored.arrays.get("curves") if stored is not None else None
        if curves is None or curves.dtype != np.float64 or curves.ndim != 2:
            return ()
        if not all((np.diff(curves, axis=axis) >= 0).all() for axis in (0, 1)):
            return ()
        return tuple(DistanceCurve(k, np.array(curve)) for k, curve in enumerate(curves, start=1))

    def save_neighbor_index(self, lensed: LensedLayer, index: NeighborIndex, curves: Curves, seconds: float) -> None:
        """Store an index that took `seconds` to build, with the layer's distance curves."""
        if not index.spilled and _is_worth_storing(index.band_bytes, seconds):
            arrays = {**index.arrays(), "curves": np.stack([curve.distances for curve in curves])}
            facts = {"metric": index.metric, "radii": list(index.radii), "max_interval": index.max_interval}
            self._save(lensed.layer_digest, {"lens": lensed.lens, **facts}, arrays)

    def save_mode_index(self, lensed: LensedLayer, index: ModeIndex, seconds: float) -> None:
        """Store an index of modes that took `seconds` to build."""
        if _is_worth_storing(index.n_bytes, seconds):
            facts = {"lens": lensed.lens, "metric": index.metric, "k": index.k}
            self._save(lensed.layer_digest + MODES_SUFFIX, facts, index.arrays())

    def close(self) -> None:
        """Wait until the index that is being written is stored."""
        if self._writer is not None:
            self._writer.join()

    def _save(self, name: str, facts: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> None:
        """Write an index in the background; does nothing while another one is being written."""
        if self._writer is not None and self._writer.is_alive():
            return
        arguments = (self._derived, name, {"topoact": version("topoact"), **facts}, arrays)
        self._writer = threading.Thread(target=save_index, args=arguments, name="storing the index")
        self._writer.start()

    def _load(self, name: str, metric: str) -> StoredIndex | None:
        stored = load_index(self._derived, name)
        if stored is None or stored.facts.get("topoact") != version("topoact"):
            return None
        return stored if stored.facts.get("metric") == metric else None


class LastUsed(Generic[Index]):
    """The index that was used last, in memory."""

    def __init__(self) -> None:
        self._last: tuple[tuple[str, str], Index] | None = None

    def get_or_build(
        self,
        lensed: LensedLayer,
        serves: Callable[[Index], bool],
        load: Callable[[], Index | None],
        build: Callable[[], Index],
    ) -> Index:
        """Return an index of a layer and lens that `serves` accepts: the one in memory, the stored one, or a new one.

        Parameters
        ----------
        lensed
            The layer and the lens.
        serves
            Whether an index can compute the graph.
        load, build
            Return the stored index, if there is one, and a new one.
        """
        key = (lensed.layer_digest, lensed.lens)
        if self._last is not None and self._last[0] == key and serves(self._last[1]):
            return self._last[1]
        self._last = None  # frees it first: memory may not hold two
        index = load()
        if index is None or not serves(index):
            index = build()
        self._last = (key, index)
        return index


def _restore(kind: type[Index], lensed: LensedLayer, stored: StoredIndex) -> Index | None:
    """Return the stored index, or None if it is damaged."""
    vectors = lensed.vectors()
    try:
        return kind.restore(vectors, lensed.values(vectors), stored.arrays)
    except InvalidInput:
        return None


def _is_worth_storing(n_bytes: int, seconds: float) -> bool:
    return seconds > READ_SECONDS + n_bytes / READ_BYTES_PER_SECOND
