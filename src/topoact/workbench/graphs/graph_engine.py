"""`GraphEngine`: mapper graphs from indexes of the layer used last, so that another setting needs few new distances."""

import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from topoact.mapper import Cover, MapperGraph, NeighborIndex, Progress, TooLarge, check_enough
from topoact.mapper.clusterers.epsilon import distance_curves, parse_rule
from topoact.mapper.neighbors.metrics import checked_metric
from topoact.study.cache.place import Derived
from topoact.workbench.graphs.index_plan import index_plan
from topoact.workbench.graphs.index_store import Curves, IndexStore, LastUsed, LensedLayer
from topoact.workbench.graphs.mode_engine import ModeEngine
from topoact.workbench.graphs.radius_grid import N_ELBOWS, radius_grid
from topoact.workbench.settings import MapSettings


class EngineResult(NamedTuple):
    """A graph, and the radii that its index serves."""

    graph: MapperGraph
    stops: tuple[float, ...] = ()
    """Radii whose graphs need no further distances, ascending."""


class GraphEngine:
    """Computes graphs; keeps indexes in memory and, where they were slow to build, in the study.

    Memory: that of one `NeighborIndex` and one `ModeIndex`, and of the distance curves of the last layer.

    Parameters
    ----------
    place
        Where the study's derived data are.
    """

    def __init__(self, place: Path | Derived) -> None:
        self._store = IndexStore(place)
        self._modes = ModeEngine(self._store)
        self._curves: tuple[tuple[str, str], Curves] | None = None
        self._index = LastUsed[NeighborIndex]()

    def graph(self, lensed: LensedLayer, settings: MapSettings, progress: Progress) -> EngineResult:
        """Return the graph of a layer; without new distances if the index in memory serves it.

        Raises
        ------
        InvalidInput
            If a setting is out of range or does not fit the layer.
        """
        if settings.clusterer == "modes":
            return EngineResult(self._modes.graph(lensed, settings, progress))
        if settings.clusterer != "dbscan":
            return EngineResult(self._fit(lensed, settings, progress))
        settings.clusterer_of()
        cover, rule, k = settings.cover_of(), parse_rule(settings.eps), settings.min_samples
        curves = self._distance_curves(lensed, settings, progress)
        curve = curves[k - 1] if curves and k <= len(curves) else None
        eps = rule.read(curve, checked_metric(settings.metric)) if curve is not None else 0.0
        if eps and not rule.per_interval:
            try:
                result = self._from_index(lensed, settings, cover, eps, progress)
                return result._replace(graph=replace(result.graph, curve=curve))
            except TooLarge:
                pass
        return EngineResult(replace(self._fit(lensed, settings, progress), curve=curve))

    def has_mode_index(self, layer_digest: str, lens: str, settings: MapSettings) -> bool:
        """Return whether an index is stored from which graphs of modes are made quickly."""
        return self._store.find_mode_index(layer_digest, lens, settings.metric, settings.k) is not None

    def close(self) -> None:
        """Wait until the index that is being written is in the study."""
        self._store.close()

    def _fit(self, lensed: LensedLayer, settings: MapSettings, progress: Progress) -> MapperGraph:
        """Return the graph of the estimator, without an index."""
        vectors = lensed.vectors()
        return settings.mapper(lensed.values(vectors)).fit(vectors, progress=progress).graph_

    def _from_index(
        self, lensed: LensedLayer, settings: MapSettings, cover: Cover, eps: float, progress: Progress
    ) -> EngineResult:
        """Return the graph of one radius from an index; raises `TooLarge`."""
        index = self._index.get_or_build(
            lensed,
            lambda index: _serves(index, settings, cover, eps),
            lambda: self._store.load_neighbor_index(lensed, settings.metric, eps),
            lambda: self._build(lensed, settings, cover, eps, progress),
        )
        graph = index.graph_of(cover, settings.min_samples, eps=eps, progress=progress)
        return EngineResult(graph, index.radii)

    def _distance_curves(self, lensed: LensedLayer, settings: MapSettings, progress: Progress) -> Curves:
        """Return the distance curves of the first, second, … neighbour; none if minPts is no positive number."""
        key, k = (lensed.layer_digest, settings.metric), settings.min_samples
        if not isinstance(k, int) or k < 1:
            return ()
        if self._curves is None or self._curves[0] != key:
            self._curves = (key, self._store.load_curves(*key))
        if k > len(self._curves[1]):
            vectors = lensed.vectors()
            check_enough(len(vectors), k)
            metric = checked_metric(settings.metric)
            n_curves = min(max(k, N_ELBOWS), len(vectors) - 1)
            self._curves = (key, distance_curves(vectors, n_curves, seed=0, metric=metric, progress=progress))
        return self._curves[1]

    def _build(
        self, lensed: LensedLayer, settings: MapSettings, cover: Cover, eps: float, progress: Progress
    ) -> NeighborIndex:
        start, vectors = time.monotonic(), lensed.vectors()
        values = lensed.values(vectors)
        curves = self._distance_curves(lensed, settings, progress)
        plan = index_plan(values, cover, radius_grid(eps, curves, settings.min_samples), eps)
        metric, spill = checked_metric(settings.metric), self._store.spill
        index = NeighborIndex(vectors, values, **plan, metric=metric, spill=spill, progress=progress)
        self._store.save_neighbor_index(lensed, index, curves, time.monotonic() - start)
        return index


def _serves(index: NeighborIndex, settings: MapSettings, cover: Cover, eps: float) -> bool:
    return index.metric == settings.metric and eps in index.radii and index.serves(cover.intervals(index.lens))
