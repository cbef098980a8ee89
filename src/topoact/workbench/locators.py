"""`Locators`: what locates vectors in graphs, kept in memory for the graphs used last."""

from collections.abc import Callable
from math import isfinite
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.analysis.location.locate import Locator
from topoact.analysis.location.novelty import Novelty
from topoact.mapper import MapperGraph
from topoact.mapper.neighbors.metrics import checked_metric
from topoact.study import Layer
from topoact.study.cache.located_inputs import LocatedInputs

MAX_COORDINATES: Final = 50_000_000
"""Coordinates of the layers whose locators are kept; each takes up to 16 bytes."""


class Locators:
    """The locators of the graphs used last.

    Parameters
    ----------
    located_inputs
        Of the study; it keeps the novelty limits of the layers.
    """

    def __init__(self, located_inputs: LocatedInputs) -> None:
        self._located_inputs = located_inputs
        self._known: dict[tuple[str, str], tuple[int, Locator]] = {}

    def get(
        self, key: str, layer: Layer, graph: MapperGraph, metric: str, vectors: Callable[[], npt.NDArray[np.float32]]
    ) -> Locator:
        """Return what locates vectors in the graph of that key; `vectors` are read if it is not in memory."""
        name = (key, layer.digest)
        size, found = self._known.pop(name, (layer.n_points * layer.n_channels, None))
        found = found or self._made(layer, graph, metric, vectors())
        self._known[name] = (size, found)
        while sum(size for size, _ in self._known.values()) > MAX_COORDINATES:
            del self._known[next(iter(self._known))]
        return found

    def _made(self, layer: Layer, graph: MapperGraph, metric: str, vectors: npt.NDArray[np.float32]) -> Locator:
        distance = checked_metric(metric)
        if graph.eps is not None:
            return Locator(vectors, graph, metric=distance)
        key = f"{layer.digest}-{distance}"
        known = self._located_inputs.novelty_limit(key)
        usual = Novelty(vectors, layer.points["example"].to_numpy(), metric=distance, limit=known)
        if known is None and isfinite(usual.limit):
            self._located_inputs.save_novelty_limit(key, usual.limit)
        return Locator(vectors, graph, metric=distance, usual=usual)
