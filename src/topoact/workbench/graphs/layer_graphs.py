"""`LayerGraphs`: the mapper graphs of a study's layers, computed when they are first needed and stored in the study."""

from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput, StudyError, UnknownName
from topoact.mapper import CLUSTERERS, MapperGraph, Progress, lens_values, no_progress
from topoact.mapper.checks import check_differing
from topoact.study import Layer, Study
from topoact.study.added_columns import added_columns
from topoact.study.cache.place import Derived
from topoact.study.cache.results import ResultCache
from topoact.study.checked import Count, Damaged, Number, checked, or_none
from topoact.study.files import digest as digest_of
from topoact.workbench.columns import COLUMN_LENS, number_columns
from topoact.workbench.graphs.graph_engine import GraphEngine
from topoact.workbench.graphs.index_store import LensedLayer
from topoact.workbench.graphs.previews import SAMPLE_POINTS, is_large, preview_digest, preview_graph, sample_of
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
        if not layer.has_vectors:
            return layer.digest
        values = self._lens_digest(settings)
        return settings.key(digest_of([layer.digest, values]) if values else layer.digest)

    def get(self, digest: str, layer: str | int | None = None, *, previews: bool = False) -> StoredGraph:
        """Return a stored graph.

        Parameters
        ----------
        digest
            Digest of the graph.
        layer
            Name or number of the layer that the graph must belong to; any by default.
        previews
            Whether a preview will do.

        Raises
        ------
        UnknownName
            If there is no such layer, or no such graph of it.
        InvalidInput
            If it is a preview, and the whole graph is wanted.
        """
        opened = None if layer is None else self._study.layer(layer)
        stored = self.load(digest)
        if stored is None or (opened is not None and stored.layer.name != opened.name):
            whose = "" if opened is None else f" of layer {opened.name}"
            raise UnknownName(f"there is no graph {digest}{whose}: ask for it anew")
        if stored.sample is not None and not previews:
            of = f"{stored.sample:,} of {stored.graph.n_points:,} points"
            raise InvalidInput(f"graph {digest} is a preview, made of {of}: wait for the whole graph")
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
        stops, sample = checked(tuple[Number, ...], facts.get("stops", ())), checked(Count | None, facts.get("sample"))
        if is_known and digest not in self._names(layer, settings, sample):
            raise Damaged("it is the graph of other settings")
        return StoredGraph(digest, layer, settings, graph, stops, sample)

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
        own = self.digest(opened, settings)
        if digest not in (None, own):
            raise StudyError(f"{self._study.path} has changed since it was opened: start the explorer again")
        digest = own
        stored = self.load(digest)
        if stored is not None:
            return stored.graph
        if not opened.has_vectors:
            raise self._study.damaged(f"given/{opened.key}", "its files cannot be read")
        progress("reading activations", 0, 1)
        lensed = LensedLayer(
            opened.digest,
            self._lens_name(settings),
            lambda: self.vectors(opened),
            lambda vectors: self._lens_values(opened, settings.lens, vectors, progress),
        )
        graph, stops = self._engine.graph(lensed, settings, progress)
        facts = {"layer": opened.name, "settings": asdict(settings), "stops": list(stops)}
        self._cache.save_graph(digest, graph, facts)
        return graph

    def is_slow(self, layer: Layer, settings: MapSettings) -> bool:
        """Return whether a graph that is not stored takes so long that a preview of it is worth while."""
        return is_large(layer, settings) and not self._engine.has_mode_index(
            layer.digest, self._lens_name(settings), settings
        )

    def preview_digest(self, layer: Layer, settings: MapSettings, *, first: bool) -> str:
        """Return the name of the preview of a graph; see `previews.preview_digest`."""
        return preview_digest(self.digest(layer, settings.finest if first else settings), SAMPLE_POINTS, first=first)

    def preview(
        self, layer: str, settings: MapSettings, progress: Progress = no_progress, *, first: bool
    ) -> StoredGraph:
        """Return the preview of a graph; computes and stores it, under its own name, if it is not in the study.

        Parameters
        ----------
        layer
            Name of the layer.
        settings
            Of the graph.
        progress
            Called with each stage; may raise `topoact.errors.Cancelled`.
        first
            Whether the prominence is that of the first screen.
        """
        opened = self._study.layer(layer)
        digest = self.preview_digest(opened, settings, first=first)
        stored = self.load(digest)
        if stored is not None:
            return stored
        progress("reading activations", 0, 1)
        vectors, rows = self.vectors(opened), sample_of(opened.n_points, SAMPLE_POINTS)
        lens = self._lens_values(opened, settings.lens, vectors, progress)
        check_differing(vectors)
        graph, settings = preview_graph(vectors, lens, settings, rows, progress, first=first)
        self._cache.save_graph(
            digest, graph, {"layer": layer, "settings": asdict(settings), "stops": [], "sample": len(rows)}
        )
        return StoredGraph(digest, opened, settings, graph, sample=len(rows))

    def _lens_digest(self, settings: MapSettings) -> str | None:
        """Return the digest of the lens values where the lens is a column that can be replaced."""
        is_column = settings.lens.startswith(COLUMN_LENS)
        return self._added_columns.get(settings.lens.removeprefix(COLUMN_LENS)) if is_column else None

    @cached_property
    def _added_columns(self) -> dict[str, str]:
        return added_columns(self._study)

    def _lens_name(self, settings: MapSettings) -> str:
        """Return the name of a lens, with the release of its package and the digest of its values where they vary."""
        return " of ".join(filter(None, (settings.lens, settings.releases.get("lens"), self._lens_digest(settings))))

    def _names(self, layer: Layer, settings: MapSettings | None, sample: int | None) -> list[str]:
        """Return the names that a graph can have: that of its layer and settings, of a preview those of its kinds."""
        if settings is None:
            return [layer.digest]
        if sample is None:
            return [self.digest(layer, settings)]
        return [
            preview_digest(self.digest(layer, settings), sample, first=False),
            preview_digest(self.digest(layer, settings.finest), sample, first=True),
        ]

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
