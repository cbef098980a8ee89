"""What the workbench keeps at hand, so that turning a knob does not measure distances again."""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from topoact.mapper import (
    Cover,
    MapperGraph,
    NeighborIndex,
    Progress,
    TooLarge,
    check_enough,
)
from topoact.mapper.clusterers.epsilon import distance_curves, parse_rule
from topoact.mapper.neighbors.metrics import checked_metric
from topoact.workbench.graphs.index_plan import index_plan
from topoact.workbench.graphs.index_store import (
    Curves,
    IndexStore,
    LastUsed,
    LensedLayer,
)
from topoact.workbench.graphs.mode_engine import ModeEngine
from topoact.workbench.graphs.radius_grid import ELBOWS, radius_grid
from topoact.workbench.settings import MapSettings


class EngineResult(NamedTuple):
    """A graph, and what can be asked next."""

    graph: MapperGraph
    stops: tuple[float, ...] = ()
    """Radii that are answered without measuring distances, ascending."""


class GraphEngine:
    """Makes graphs; keeps the indexes of the last ones, in memory and, where they were slow to make, in the study.

    Memory: that of one `NeighborIndex` and one `ModeIndex`, and of the curves of the last layer.
    """

    def __init__(self, study: Path) -> None:
        self._shelf = IndexStore(study)
        self._modes = ModeEngine(self._shelf)
        self._curves: tuple[tuple[str, str], Curves] | None = None
        self._index = LastUsed[NeighborIndex]()

    def graph(self, source: LensedLayer, settings: MapSettings, progress: Progress) -> EngineResult:
        """Return the graph of a layer; at once if the index at hand serves it.

        Raises
        ------
        InvalidInput
            If a setting is out of range or does not fit the layer.
        """
        if settings.clusterer == "modes":
            return EngineResult(self._modes.graph(source, settings, progress))
        if settings.clusterer != "dbscan":
            return EngineResult(self._fitted(source, settings, progress))
        settings.clusterer_of()
        cover, rule, k = settings.cover_of(), parse_rule(settings.eps), settings.min_samples
        curves = self._measured(source, settings, progress)
        curve = curves[k - 1] if curves and k <= len(curves) else None
        eps = rule.read(curve, checked_metric(settings.metric)) if curve is not None else 0.0
        if eps and not rule.per_interval:
            try:
                index = self._serving(source, settings, cover, eps, progress)
                graph = index.graph_of(cover, k, eps=eps, progress=progress)
                return EngineResult(replace(graph, curve=curve), index.radii)
            except TooLarge:
                pass
        return EngineResult(replace(self._fitted(source, settings, progress), curve=curve))

    def _fitted(self, source: LensedLayer, settings: MapSettings, progress: Progress) -> MapperGraph:
        """Return the graph of the estimator, without an index."""
        vectors = source.vectors()
        return settings.mapper(source.values(vectors)).fit(vectors, progress=progress).graph_

    def close(self) -> None:
        """Wait until what is being kept in the study is there."""
        self._shelf.close()

    def _measured(self, source: LensedLayer, settings: MapSettings, progress: Progress) -> Curves:
        """Return the distance curves of the first, second, … neighbour; none for a minPts that makes no sense."""
        key, k = (source.layer, settings.metric), settings.min_samples
        if not isinstance(k, int) or k < 1:
            return ()
        if self._curves is None or self._curves[0] != key:
            self._curves = (key, self._shelf.curves(*key))
        if k > len(self._curves[1]):
            vectors = source.vectors()
            check_enough(len(vectors), k)
            metric = checked_metric(settings.metric)
            most = min(max(k, ELBOWS), len(vectors) - 1)
            self._curves = (key, distance_curves(vectors, most, seed=0, metric=metric, progress=progress))
        return self._curves[1]

    def _serving(
        self, source: LensedLayer, settings: MapSettings, cover: Cover, eps: float, progress: Progress
    ) -> NeighborIndex:
        return self._index.get_or_build(
            source,
            lambda index: _fits(index, settings, cover, eps),
            lambda: self._shelf.index(source, settings.metric, eps),
            lambda: self._built(source, settings, cover, eps, progress),
        )

    def _built(
        self, source: LensedLayer, settings: MapSettings, cover: Cover, eps: float, progress: Progress
    ) -> NeighborIndex:
        began, vectors = time.monotonic(), source.vectors()
        values = source.values(vectors)
        curves = self._measured(source, settings, progress)
        what = index_plan(values, cover, radius_grid(eps, curves, settings.min_samples), eps)
        spill = self._shelf.study if os.access(self._shelf.study, os.W_OK) else None
        metric = checked_metric(settings.metric)
        index = NeighborIndex(vectors, values, **what, metric=metric, spill=spill, progress=progress)
        self._shelf.keep(source, index, curves, time.monotonic() - began)
        return index


def _fits(index: NeighborIndex, settings: MapSettings, cover: Cover, eps: float) -> bool:
    return index.metric == settings.metric and eps in index.radii and index.serves(cover.intervals(index.lens))
