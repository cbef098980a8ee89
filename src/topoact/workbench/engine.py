"""What the workbench keeps in memory, so that turning a knob does not measure distances again."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper import (
    DBSCAN,
    DistanceCurve,
    MapperGraph,
    NeighborIndex,
    Progress,
    TooLarge,
    UniformCover,
    available_memory,
    check_enough,
    widest_interval,
)
from topoact.workbench.settings import MapSettings

ROOM: Final = 192 * 2**20
"""Bytes up to which an index serves wider intervals than the graph at hand needs."""
CURVES: Final = 64
"""Distance curves that are remembered."""

Vectors = npt.NDArray[np.float32]


class Source(NamedTuple):
    """A layer seen through a lens; what it gives is only read when it is needed."""

    layer: str
    """Digest of the layer."""
    lens: str
    vectors: Callable[[], Vectors]
    values: Callable[[Vectors], npt.NDArray[np.float64]]


class Engine:
    """Makes graphs; keeps the neighbour index of the last one and the distance curves of the last few.

    Memory: that of one `NeighborIndex`.
    """

    def __init__(self) -> None:
        self._curves: dict[tuple[str, int], DistanceCurve] = {}
        self._index: tuple[tuple[str, str, float], NeighborIndex] | None = None

    def graph(self, source: Source, settings: MapSettings, progress: Progress) -> MapperGraph:
        """Return the graph of a layer; at once if the index at hand serves it.

        Raises
        ------
        InvalidInput
            If a setting is out of range or does not fit the layer.
        """
        cover = UniformCover(settings.n_intervals, settings.overlap)
        eps, curve = self._radius(source, settings, progress)
        try:
            index = self._serving(source, cover, eps, progress)
        except TooLarge:
            vectors = source.vectors()
            return settings.mapper(source.values(vectors)).fit(vectors, progress=progress).graph_
        return replace(index.graph_of(cover, settings.min_samples, progress=progress), curve=curve)

    def _radius(self, source: Source, settings: MapSettings, progress: Progress) -> tuple[float, DistanceCurve | None]:
        """Return ε, and the curve it was read from."""
        key = (source.layer, settings.min_samples)
        curve = self._curves.get(key) if settings.eps == "elbow" else None
        if curve is not None:
            return curve.elbow, curve
        vectors = source.vectors()
        check_enough(len(vectors), settings.min_samples)
        if settings.eps == "elbow":
            progress("measuring distances", 0, 1)
        bound = DBSCAN(eps=settings.eps, min_samples=settings.min_samples).bind(vectors, seed=0)
        if bound.curve is not None:
            self._curves[key] = bound.curve
            while len(self._curves) > CURVES:
                del self._curves[next(iter(self._curves))]
        return bound.eps, bound.curve

    def _serving(self, source: Source, cover: UniformCover, eps: float, progress: Progress) -> NeighborIndex:
        """Return an index that serves the cover, making it if need be."""
        key = (source.layer, source.lens, eps)
        if self._index is not None and self._index[0] == key:
            index = self._index[1]
            if index.serves(cover.intervals(index.lens)):
                return index
        self._index = None
        vectors = source.vectors()
        values = source.values(vectors)
        intervals = cover.intervals(values)
        needed = float((intervals.upper - intervals.lower).max() / np.ptp(values))
        free = widest_interval(np.sort(values), min(ROOM, available_memory() // 4))
        index = NeighborIndex(vectors, values, eps, min(1.0, max(needed, free)), progress=progress)
        self._index = (key, index)
        return index
