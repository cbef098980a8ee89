"""`LayerGraphs`: the mapper graphs of a study's layers, computed when they are first needed and stored in the study."""

from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from topoact.errors import UnknownName
from topoact.mapper import CLUSTERERS, MapperGraph, Progress, lens_values, no_progress
from topoact.study import Layer, Study
from topoact.study.cache.place import Derived
from topoact.study.cache.results import ResultCache
from topoact.study.checked import Damaged, Number, checked, or_none
from topoact.workbench.columns import COLUMN_LENS, number_columns
from topoact.workbench.graphs.graph_engine import GraphEngine
from topoact.workbench.graphs.index_store import LensedLayer
from topoact.workbench.settings import MapSettings, from_stored
from topoact.workbench.stored_graph import StoredGraph


class LayerGraphs:
    """The mapper graphs of the layers of a study.

    Parameters
    ----------
    study
        An opened study.
    cache
        The stored results of the study.
    derived
        Where they are.
    """

    def __init__(self, study: Study, cache: ResultCache, derived: Derived) -> None:
        self._study, self._cache = study, cache
        self._engine = GraphEngine(derived)
        self._vectors: tuple[str, npt.NDArray[np.float32]] | None = None

    def digest(self, layer: Layer, settings: MapSettings) -> str:
        """Return the digest that names a graph; the graph that was imported is named by that of its layer."""
        return settings.key(layer.digest) if layer.has_vectors else layer.digest

    def get(self, digest: str, layer: str | int | None = None) -> StoredGraph:
        """Return a stored graph.

        Parameters
        ----------
        digest
            Digest of the graph.
        layer
            Name or number of the layer that the graph must belong to; any by default.

        Raises
        ------
        UnknownName
            If there is no such layer, or no such graph of it.
        """
        opened = None if layer is None else self._study.layer(layer)
        stored = self.load(digest)
        if stored is None or (opened is not None and stored.layer.name != opened.name):
            whose = "" if opened is None else f" of layer {opened.name}"
            raise UnknownName(f"there is no graph {digest}{whose}: ask for it anew")
        return stored

    def load(self, digest: str) -> StoredGraph | None:
        """Return a stored graph, or None."""
        facts, graph = self._cache.about_graph(digest), self._cache.load_graph(digest)
        return None if facts is None or graph is None else or_none(lambda: self._stored(digest, facts, graph))

    def _stored(self, digest: str, facts: dict[str, Any], graph: MapperGraph) -> StoredGraph:
        """Return a stored graph whose digest is that of its layer and settings."""
        layer = self._study.layer(str(facts["layer"]))
        settings = from_stored(facts["settings"]) if layer.has_vectors else None
        is_known = settings is None or settings.clusterer in CLUSTERERS
        if is_known and digest != (settings.key(layer.digest) if settings else layer.digest):
            raise Damaged("it is the graph of other settings")
        return StoredGraph(digest, layer, settings, graph, checked(tuple[Number, ...], facts.get("stops", ())))

    def make(
        self,
        layer: str | int,
        settings: MapSettings,
        progress: Progress = no_progress,
        *,
        digest: str | None = None,
    ) -> MapperGraph:
        """Return the mapper graph of a layer; computes and stores it if it is not in the study.

        A layer without vectors has one graph, which was imported, whatever the settings.

        Parameters
        ----------
        layer
            Name or number of the layer.
        settings
            Of the graph.
        progress
            Called with each stage; may raise `topoact.errors.Cancelled`.
        digest
            Names the graph, where the caller knows it already.

        Raises
        ------
        InvalidInput
            If a setting is out of range or does not fit the layer.
        StudyError
            If an imported graph is damaged.
        """
        opened = self._study.layer(layer)
        digest = digest or self.digest(opened, settings)
        stored = self.load(digest)
        if stored is not None:
            return stored.graph
        if not opened.has_vectors:
            raise self._study.damaged(f"given/{opened.key}", "its files cannot be read")
        progress("reading activations", 0, 1)
        lensed = LensedLayer(
            opened.digest,
            " of ".join(filter(None, (settings.lens, settings.releases.get("lens")))),
            lambda: self.vectors(opened),
            lambda vectors: self._lens_values(opened, settings.lens, vectors, progress),
        )
        graph, stops = self._engine.graph(lensed, settings, progress)
        facts = {"layer": opened.name, "settings": asdict(settings), "stops": list(stops)}
        self._cache.save_graph(digest, graph, facts)
        return graph

    def vectors(self, layer: Layer) -> npt.NDArray[np.float32]:
        """Return the vectors of a layer; those of the layer used last are kept in memory."""
        last = self._vectors
        if last is None or last[0] != layer.name:
            self._vectors = None  # frees them first: memory may not hold two layers
            self._vectors = last = (layer.name, layer.vectors())
        return last[1]

    def norms(self, layer: Layer) -> npt.NDArray[np.float64]:
        """Return the Euclidean length of each vector of a layer."""
        return lens_values("l2", self.vectors(layer))

    def close(self) -> None:
        """Wait until the indexes that are being written are in the study."""
        self._engine.close()

    def _lens_values(
        self, layer: Layer, lens: str, vectors: npt.NDArray[np.float32], progress: Progress
    ) -> npt.NDArray[np.float64]:
        if not lens.startswith(COLUMN_LENS):
            return lens_values(lens, vectors, progress=progress)
        column = lens.removeprefix(COLUMN_LENS)
        if column not in number_columns(self._study):
            known = ", ".join(number_columns(self._study)) or "none"
            raise UnknownName(f"lens {lens!r}: no numeric column of that name without gaps; there are: {known}")
        return lens_values(layer.metadata(column).to_numpy(), vectors)
