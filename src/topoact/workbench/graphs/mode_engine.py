"""`ModeEngine`: graphs of modes from one `ModeIndex`, which serves other covers and prominences as well."""

import time

from topoact.mapper import Cover, MapperGraph, ModeIndex, Progress, TooLarge
from topoact.mapper.checks import check_differing
from topoact.mapper.clusterers.modes import BoundModes
from topoact.workbench.graphs.index_plan import mode_index_plan
from topoact.workbench.graphs.index_store import IndexStore, LastUsed, LensedLayer, Vectors
from topoact.workbench.settings import MapSettings


class ModeEngine:
    """Computes graphs of modes; keeps the index of the layer and lens used last in memory.

    Parameters
    ----------
    store
        Stored indexes of the study.
    """

    def __init__(self, store: IndexStore) -> None:
        self._store = store
        self._index = LastUsed[ModeIndex]()

    def graph(self, lensed: LensedLayer, settings: MapSettings, progress: Progress) -> MapperGraph:
        """Return the graph of a layer.

        Raises
        ------
        InvalidInput
            If a setting is out of range or does not fit the layer.
        """
        vectors, cover = lensed.vectors(), settings.cover_of()
        bound = settings.clusterer_of().bind(vectors, seed=0)
        assert isinstance(bound, BoundModes)
        check_differing(vectors)
        try:
            index = self._index_for(lensed, vectors, cover, bound, progress)
        except TooLarge:
            return settings.mapper(lensed.values(vectors)).fit(vectors, progress=progress).graph_
        return index.graph_of(cover, bound.min_prominence, k=bound.k, progress=progress)

    def _index_for(
        self, lensed: LensedLayer, vectors: Vectors, cover: Cover, bound: BoundModes, progress: Progress
    ) -> ModeIndex:
        return self._index.get_or_build(
            lensed,
            lambda index: _serves(index, cover, bound),
            lambda: self._store.load_mode_index(lensed, bound.metric, bound.k),
            lambda: self._build(lensed, vectors, cover, bound, progress),
        )

    def _build(
        self, lensed: LensedLayer, vectors: Vectors, cover: Cover, bound: BoundModes, progress: Progress
    ) -> ModeIndex:
        start, lens = time.monotonic(), lensed.values(vectors)
        plan = mode_index_plan(lens, cover)
        index = ModeIndex(vectors, lens, bound.k, **plan, metric=bound.metric, progress=progress)
        self._store.save_mode_index(lensed, index, time.monotonic() - start)
        return index


def _serves(index: ModeIndex, cover: Cover, bound: BoundModes) -> bool:
    return index.metric == bound.metric and index.k >= bound.k and index.serves(cover.intervals(index.lens))
