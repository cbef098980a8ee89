"""The workbench: what a person does with an opened study. Results are kept in the study and found again."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.analysis.classes import class_counts, top_classes
from topoact.analysis.layout import Drawing, anchored_layout, layout
from topoact.analysis.projection import check_projection, project
from topoact.errors import InvalidInput, UnknownName
from topoact.mapper import LENSES, MapperGraph, Progress, lens_values, no_progress
from topoact.study import Layer, Study, open_study
from topoact.study.derived import Derived
from topoact.study.files import digest
from topoact.workbench.columns import number_columns
from topoact.workbench.engine import Engine
from topoact.workbench.settings import MapSettings
from topoact.workbench.shelf import Source

COLUMN_LENS: Final = "column:"
"""Prefix of a lens that is a column of the examples table."""


class DrawnGraph(NamedTuple):
    """The names of a graph and of one drawing of it; together they find both in the study."""

    graph: str
    layout: str


class OpenLayer:
    """A layer of an opened study."""

    def __init__(self, bench: "Workbench", layer: Layer) -> None:
        self._bench = bench
        self.layer = layer

    def __repr__(self) -> str:
        return repr(self.layer)

    def map(self, **settings: Any) -> MapperGraph:
        """Return the mapper graph of this layer; the keywords are those of `MapSettings`.

        Raises
        ------
        InvalidInput
            If a setting does not exist, is out of range, or does not fit the layer.
        """
        return self._bench.map(self.layer.name, _settings(settings))

    def vectors(self) -> npt.NDArray[np.float32]:
        """Return the activation vectors, shape (n_points, n_channels)."""
        return self._bench.vectors(self.layer)

    def top_classes(self, graph: MapperGraph, column: str = "label", n: int = 3) -> pd.DataFrame:
        """Return the n most frequent values of a column in every node: columns node, name, count, share."""
        values = pd.Categorical(self.layer.metadata(column))
        names = [str(name) for name in values.categories]
        return top_classes(class_counts(graph, values.codes, len(names)), names, n)


class Workbench:
    """An opened study and what can be done with it.

    Examples
    --------
    ``topoact.open("runs/resnet20").layer("layer3").map(n_intervals=50, overlap=0.5)``
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.derived = Derived(study.path, study.given)
        self._engine = Engine(study.path)
        self._vectors: tuple[str, npt.NDArray[np.float32]] | None = None

    def __repr__(self) -> str:
        return repr(self.study)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, in order."""
        return self.study.layers

    def layer(self, name: str | int) -> OpenLayer:
        """Return a layer by name or place; an unknown name is answered with the nearest ones."""
        return OpenLayer(self, self.study.layer(name))

    def lenses(self) -> list[str]:
        """Return the lenses on offer: those of the vectors, then the numeric columns."""
        return [*LENSES, *(COLUMN_LENS + name for name in number_columns(self.study))]

    def map(self, layer: str | int, settings: MapSettings, progress: Progress = no_progress) -> MapperGraph:
        """Return the mapper graph of a layer, computing and storing it if it is not in the study yet.

        A layer without vectors has the graph that was imported, whatever the settings.
        """
        opened = self.study.layer(layer)
        key = self._key(opened, settings)
        stored = self.derived.load_graph(key)
        if stored is not None:
            return stored
        if not opened.has_vectors:
            raise self.study.damaged(f"given/{opened.key}", "its files cannot be read")
        progress("reading activations", 0, 1)
        source = Source(
            opened.digest,
            settings.lens,
            lambda: self.vectors(opened),
            lambda vectors: self._lens(opened, settings.lens, vectors, progress),
        )
        graph, stops = self._engine.graph(source, settings, progress)
        about = {"layer": opened.name, "settings": asdict(settings), "stops": list(stops)}
        self.derived.save_graph(key, graph, about)
        return graph

    def drawn_name(self, layer: str | int, settings: MapSettings, anchor: DrawnGraph | None) -> DrawnGraph:
        """Return the names that `draw` stores its result under, without computing anything."""
        key = self._key(self.study.layer(layer), settings)
        return DrawnGraph(key, digest([key, *(anchor or ())]))

    def draw(
        self,
        layer: str | int,
        settings: MapSettings,
        anchor: DrawnGraph | None = None,
        progress: Progress = no_progress,
    ) -> Drawing:
        """Return where the nodes of a graph are drawn, beside those of `anchor` if one is given."""
        name = self.drawn_name(layer, settings, anchor)
        graph = self.map(layer, settings, progress)
        stored = self.derived.load_drawing(*name)
        if stored is not None and len(stored.positions) == graph.n_nodes:
            return stored
        progress("placing nodes", 0, 1)
        drawing = layout(graph) if anchor is None else self._beside(graph, anchor)
        self.derived.save_drawing(*name, drawing)
        return drawing

    def project(self, layer: str | int, kind: str, progress: Progress = no_progress) -> npt.NDArray[np.float32]:
        """Return a projection of a layer's points to the plane, shape (n_points, 2)."""
        stored = self.stored_projection(layer, kind)
        if stored is not None:
            return stored
        progress("projecting", 0, 1)
        opened = self.study.layer(layer)
        positions = project(kind, self.vectors(opened))
        self.derived.save_projection(f"{opened.digest}-{kind}", positions)
        return positions

    def stored_projection(self, layer: str | int, kind: str) -> npt.NDArray[np.float32] | None:
        """Return a projection that `project` has stored, or None.

        Raises
        ------
        UnknownName
            If there is no such layer or projection.
        """
        check_projection(kind)
        return self.derived.load_projection(f"{self.study.layer(layer).digest}-{kind}")

    def close(self) -> None:
        """Wait until what is being kept in the study is there."""
        self._engine.close()

    def vectors(self, layer: Layer) -> npt.NDArray[np.float32]:
        """Return the vectors of a layer; those of the layer used last are kept in memory."""
        if self._vectors is None or self._vectors[0] != layer.name:
            self._vectors = None
            self._vectors = (layer.name, layer.vectors())
        return self._vectors[1]

    def _key(self, layer: Layer, settings: MapSettings) -> str:
        """Return the name of a graph; the one that was imported is called by its layer's digest."""
        return settings.key(layer.digest) if layer.has_vectors else layer.digest

    def _lens(
        self, layer: Layer, lens: str, vectors: npt.NDArray[np.float32], progress: Progress
    ) -> npt.NDArray[np.float64]:
        if not lens.startswith(COLUMN_LENS):
            return lens_values(lens, vectors, progress=progress)
        column = lens.removeprefix(COLUMN_LENS)
        if column not in number_columns(self.study):
            known = ", ".join(number_columns(self.study)) or "none"
            raise UnknownName(f"lens {lens!r}: no numeric column of that name without gaps; there are: {known}")
        return lens_values(layer.metadata(column).to_numpy(), vectors)

    def _beside(self, graph: MapperGraph, anchor: DrawnGraph) -> Drawing:
        other, drawing = self.derived.load_graph(anchor.graph), self.derived.load_drawing(*anchor)
        if other is None or drawing is None:
            raise InvalidInput(f"the graph {anchor.graph} to be drawn beside is not in the study any more: draw anew")
        return anchored_layout(graph, other, drawing.positions)


def open_workbench(path: str | Path) -> Workbench:
    """Open the study in a folder.

    Raises
    ------
    StudyError
        If the folder is missing, unfinished, damaged, or written by a newer version.
    """
    return Workbench(open_study(path))


def _settings(values: dict[str, Any]) -> MapSettings:
    try:
        return replace(MapSettings(), **values)
    except TypeError:
        known = ", ".join(MapSettings.__dataclass_fields__)
        unknown = ", ".join(sorted(set(values) - set(MapSettings.__dataclass_fields__)))
        raise InvalidInput(f"unknown setting {unknown}: there are {known}") from None
