"""`Locators`: the `Locator` of each of the graphs used last, in memory."""

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
"""Coordinates of the layers whose locators are in memory; each takes up to 16 bytes."""


class Locators:
    """The locators of the graphs used last.

    Parameters
    ----------
    located_inputs
        Those of the study; they hold the novelty limits of the layers.
    """

    def __init__(self, located_inputs: LocatedInputs) -> None:
        self._located_inputs = located_inputs
        self._locators: dict[tuple[str, str], tuple[int, Locator]] = {}

    def get(
        self, key: str, layer: Layer, graph: MapperGraph, metric: str, vectors: Callable[[], npt.NDArray[np.float32]]
    ) -> Locator:
        """Return the locator of a graph of a layer.

        Parameters
        ----------
        key
            Digest of the graph.
        layer, graph, metric
            The layer, its graph, and the distance between points.
        vectors
            Returns the vectors of the layer; called if the locator is not in memory.
        """
        name = (key, layer.digest)
        size, locator = self._locators.pop(name, (layer.n_points * layer.n_channels, None))
        locator = locator or self._new(layer, graph, metric, vectors())
        self._locators[name] = (size, locator)
        while sum(size for size, _ in self._locators.values()) > MAX_COORDINATES:
            del self._locators[next(iter(self._locators))]
        return locator

    def _new(self, layer: Layer, graph: MapperGraph, metric: str, vectors: npt.NDArray[np.float32]) -> Locator:
        distance = checked_metric(metric)
        if graph.eps is not None:
            return Locator(vectors, graph, metric=distance)
        key = f"{layer.digest}-{distance}"
        limit = self._located_inputs.novelty_limit(key)
        novelty = Novelty(vectors, layer.points["example"].to_numpy(), metric=distance, limit=limit)
        if limit is None and isfinite(novelty.limit):
            self._located_inputs.save_novelty_limit(key, novelty.limit)
        return Locator(vectors, graph, metric=distance, novelty=novelty)
