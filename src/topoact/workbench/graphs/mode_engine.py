"""Graphs of modes, from the index of the layer used last: another cover or prominence measures no distance anew."""

import time
from typing import Any

from topoact.mapper import (
    Cover,
    MapperGraph,
    ModeIndex,
    Progress,
    TooLarge,
)
from topoact.mapper.checks import check_differing
from topoact.mapper.clusterers.modes import BoundModes
from topoact.workbench.graphs.index_plan import wider
from topoact.workbench.graphs.index_store import (
    IndexStore,
    LastUsed,
    LensedLayer,
    Vectors,
)
from topoact.workbench.settings import MapSettings


class ModeEngine:
    """Makes graphs of modes; keeps the index of the last layer and lens."""

    def __init__(self, shelf: IndexStore) -> None:
        self._shelf = shelf
        self._index = LastUsed[ModeIndex]()

    def graph(self, source: LensedLayer, settings: MapSettings, progress: Progress) -> MapperGraph:
        """Return the graph of a layer.

        Raises
        ------
        InvalidInput
            If a setting is out of range or does not fit the layer.
        """
        vectors, cover = source.vectors(), settings.cover_of()
        bound = settings.clusterer_of().bind(vectors, seed=0)
        assert isinstance(bound, BoundModes)
        check_differing(vectors)
        try:
            index = self._serving(source, vectors, cover, bound, progress)
        except TooLarge:
            return settings.mapper(source.values(vectors)).fit(vectors, progress=progress).graph_
        return index.graph_of(cover, bound.least, k=bound.k, progress=progress)

    def _serving(
        self, source: LensedLayer, vectors: Vectors, cover: Cover, bound: BoundModes, progress: Progress
    ) -> ModeIndex:
        return self._index.get_or_build(
            source,
            lambda index: _fits(index, cover, bound),
            lambda: self._shelf.modes(source, bound.metric, bound.k),
            lambda: self._built(source, vectors, cover, bound, progress),
        )

    def _built(
        self, source: LensedLayer, vectors: Vectors, cover: Cover, bound: BoundModes, progress: Progress
    ) -> ModeIndex:
        began, lens = time.monotonic(), source.values(vectors)
        how: dict[str, Any] = {**wider(lens, cover), "metric": bound.metric, "progress": progress}
        index = ModeIndex(vectors, lens, bound.k, **how)
        self._shelf.keep_modes(source, index, time.monotonic() - began)
        return index


def _fits(index: ModeIndex, cover: Cover, bound: BoundModes) -> bool:
    return index.metric == bound.metric and index.k >= bound.k and index.serves(cover.intervals(index.lens))
