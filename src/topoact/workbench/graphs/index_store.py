"""Neighbour indexes as the study keeps them: what was measured once is there again at the next start."""

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

Vectors = npt.NDArray[np.float32]
Index = TypeVar("Index", NeighborIndex, ModeIndex)
Curves = Sequence[DistanceCurve]
"""Distance curves of the first, second, … neighbour."""


READING: Final = (1.0, 200e6)
"""Seconds, and bytes per second, in which a slow disk gives an index back; what is made in less time is made again."""
MODES: Final = "-modes"
"""Behind a layer's digest it names the index of its modes."""


class LensedLayer(NamedTuple):
    """A layer seen through a lens; what it gives is only read when it is needed."""

    layer: str
    """Digest of the layer."""
    lens: str
    vectors: Callable[[], Vectors]
    values: Callable[[Vectors], npt.NDArray[np.float64]]


class IndexStore:
    """The newest indexes of each layer of a study: of near pairs, with the layer's distance curves, and of modes."""

    def __init__(self, study: Path) -> None:
        self.study = study
        self._saving: threading.Thread | None = None

    def index(self, source: LensedLayer, metric: str, eps: float) -> NeighborIndex | None:
        """Return the kept index of a layer if it is of this lens, metric and radius; its bits stay on disk."""
        stored = self._load(source.layer, metric)
        if stored is None or stored.facts.get("lens") != source.lens or eps not in stored.facts.get("radii", ()):
            return None
        return _restored(NeighborIndex, source, stored)

    def modes(self, source: LensedLayer, metric: str, k: int) -> ModeIndex | None:
        """Return the kept index of a layer's modes if it is of this lens and metric and of k neighbours or more."""
        stored = self._load(source.layer + MODES, metric)
        if stored is None or stored.facts.get("lens") != source.lens or not stored.facts.get("k", 0) >= k:
            return None
        return _restored(ModeIndex, source, stored)

    def curves(self, layer: str, metric: str) -> Curves:
        """Return the distance curves that lie with the kept index of a layer, or none."""
        stored = self._load(layer, metric)
        curves = stored.arrays.get("curves") if stored is not None else None
        if curves is None or curves.dtype != np.float64 or curves.ndim != 2:
            return ()
        if not all((np.diff(curves, axis=axis) >= 0).all() for axis in (0, 1)):
            return ()
        return tuple(DistanceCurve(k, np.array(curve)) for k, curve in enumerate(curves, start=1))

    def keep(self, source: LensedLayer, index: NeighborIndex, curves: Curves, seconds: float) -> None:
        """Keep an index that took so long to make."""
        if not index.spilled and _is_worth_keeping(index.band_bytes, seconds):
            arrays = {**index.arrays(), "curves": np.stack([curve.distances for curve in curves])}
            facts = {"metric": index.metric, "radii": list(index.radii), "max_interval": index.max_interval}
            self._save(source.layer, {"lens": source.lens, **facts}, arrays)

    def keep_modes(self, source: LensedLayer, index: ModeIndex, seconds: float) -> None:
        """Keep an index of modes that took so long to make."""
        if _is_worth_keeping(index.n_bytes, seconds):
            facts = {"lens": source.lens, "metric": index.metric, "k": index.k}
            self._save(source.layer + MODES, facts, index.arrays())

    def _save(self, name: str, facts: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> None:
        """Write an index in the background; none while another one is being written."""
        if self._saving is not None and self._saving.is_alive():
            return
        work = (self.study, name, {"topoact": version("topoact"), **facts}, arrays)
        self._saving = threading.Thread(target=save_index, args=work, name="keeping the index")
        self._saving.start()

    def close(self) -> None:
        """Wait until what is being kept is there."""
        if self._saving is not None:
            self._saving.join()

    def _load(self, name: str, metric: str) -> StoredIndex | None:
        stored = load_index(self.study, name)
        if stored is None or stored.facts.get("topoact") != version("topoact"):
            return None
        return stored if stored.facts.get("metric") == metric else None


class LastUsed(Generic[Index]):
    """The index that was used last, in memory."""

    def __init__(self) -> None:
        self._known: tuple[tuple[str, str], Index] | None = None

    def get_or_build(
        self,
        source: LensedLayer,
        serves: Callable[[Index], bool],
        kept: Callable[[], Index | None],
        make: Callable[[], Index],
    ) -> Index:
        """Return an index of a layer and lens that serves: the one at hand, the one that is kept, or a new one."""
        key = (source.layer, source.lens)
        if self._known is not None and self._known[0] == key and serves(self._known[1]):
            return self._known[1]
        self._known = None  # there may be no room for two
        index = kept()
        if index is None or not serves(index):
            index = make()
        self._known = (key, index)
        return index


def _restored(kind: type[Index], source: LensedLayer, stored: StoredIndex) -> Index | None:
    """Return the index that is stored, unless it is damaged."""
    vectors = source.vectors()
    try:
        return kind.restore(vectors, source.values(vectors), stored.arrays)
    except InvalidInput:
        return None


def _is_worth_keeping(n_bytes: int, seconds: float) -> bool:
    start, rate = READING
    return seconds > start + n_bytes / rate
