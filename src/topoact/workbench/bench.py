"""`open_workbench` opens a study as a `Workbench`: its graphs, drawings and projections, stored in the study."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.analysis.drawing.layout import Drawing
from topoact.analysis.drawing.projection import check_projection, project
from topoact.analysis.labels.classes import class_counts, top_classes
from topoact.errors import InvalidInput
from topoact.interpret.study_network import NetworkChoice, StudyNetwork, has_gradients, reload_network
from topoact.mapper import MapperGraph, Progress, lens_menu, no_progress
from topoact.study import Layer, Study, open_study
from topoact.study.cache.located_inputs import LocatedInputs
from topoact.study.cache.place import Derived
from topoact.study.cache.results import ResultCache, Shape
from topoact.workbench.columns import COLUMN_LENS, number_columns
from topoact.workbench.graphs.drawings import Arrangement, DrawingPlan, Drawings
from topoact.workbench.graphs.layer_graphs import LayerGraphs
from topoact.workbench.locators import Locators
from topoact.workbench.patches import Patches
from topoact.workbench.settings import MapSettings, default_for, resolve
from topoact.workbench.sights import look
from topoact.workbench.stored_graph import DrawingName, StoredGraph


class OpenLayer:
    """A layer of an opened study, as `Workbench.layer` returns it.

    Parameters
    ----------
    bench
        The opened study.
    layer
        The layer on disk.

    Examples
    --------
    >>> import topoact
    >>> layer = topoact.open("runs/digits").layer("pixels")
    >>> layer, layer.vectors().shape
    (<Layer pixels: 1,797 points x 64 channels>, (1797, 64))
    >>> graph = layer.map(n_intervals=10)
    >>> layer.top_classes(graph, n=1).columns.tolist()
    ['node', 'name', 'count', 'share']
    """

    def __init__(self, bench: "Workbench", layer: Layer) -> None:
        self._bench = bench
        self.layer = layer

    def __repr__(self) -> str:
        return repr(self.layer)

    def map(self, *, preset: str | None = None, **settings: Any) -> MapperGraph:
        """Return the mapper graph of this layer, from the study where it has been computed before.

        Parameters
        ----------
        preset
            Settings that go together: ``"paper"``. By default those of the study: `MapSettings` with fewer intervals
            where layers have less than 10,000 points.
        **settings
            Other values of fields of `MapSettings`.

        Returns
        -------
        MapperGraph
            The graph; it is kept in the study.

        Raises
        ------
        InvalidInput
            If a setting does not exist, is out of range, or does not fit the layer.
        """
        return self._bench.map(self.layer.name, resolve(self._bench.default_settings, preset, **settings))

    def vectors(self) -> npt.NDArray[np.float32]:
        """Return the activation vectors.

        Returns
        -------
        ndarray of float32
            Shape (n_points, n_channels); those of the layer used last are kept in memory.
        """
        return self._bench.vectors(self.layer)

    def top_classes(self, graph: MapperGraph, column: str = "label", n: int = 3) -> pd.DataFrame:
        """Return the most frequent values of a column of the examples in every node.

        Parameters
        ----------
        graph
            A graph of this layer.
        column
            Such as ``"label"`` or ``"prediction"``.
        n
            Number of values for each node.

        Returns
        -------
        pandas.DataFrame
            Columns node, name, count, share.

        Raises
        ------
        UnknownName
            If there is no such column.
        """
        values = pd.Categorical(self.layer.metadata(column))
        names = [str(name) for name in values.categories]
        return top_classes(class_counts(graph, values.codes, len(names)), names, n)


class Workbench:
    """An opened study and what can be done with it, as `topoact.open` returns it.

    Parameters
    ----------
    study
        The study on disk.
    network
        Which network is loaded for what needs one; none by default.

    Examples
    --------
    >>> import topoact
    >>> bench = topoact.open("runs/digits")
    >>> bench.layer("pixels").map(n_intervals=10, overlap=0.5).coverage
    1.0
    """

    def __init__(self, study: Study, network: NetworkChoice | None = None) -> None:
        self.study, self.network_choice = study, network
        self.derived = Derived.of(study.path)
        layers = map(study.layer, study.layers)
        shapes = {layer.name: Shape(layer.n_points, layer.n_channels) for layer in layers}
        self.cache = ResultCache(self.derived, study.imported_graphs, shapes)
        self.located_inputs = LocatedInputs(self.derived)
        self.locators = Locators(self.located_inputs)
        self.patches = Patches(study, self.derived)
        self._graphs = LayerGraphs(study, self.cache, self.derived)
        self.drawings = Drawings(study, self.cache, self._graphs)

    def __repr__(self) -> str:
        return repr(self.study)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, in order."""
        return self.study.layers

    @cached_property
    def default_settings(self) -> MapSettings:
        """Settings of a graph where none are given: the default ones for the layer of the fewest points."""
        layers = map(self.study.layer, self.layers)
        return default_for(min((layer.n_points for layer in layers if layer.has_vectors), default=0))

    @cached_property
    def network(self) -> StudyNetwork:
        """The study's network, loaded at the first access.

        Raises
        ------
        InvalidInput
            If the workbench was opened without one, or it is not the one that made the study.
        ModelError
            If it cannot be loaded.
        """
        self.check_network()
        assert self.network_choice is not None
        network = reload_network(self.study, self.network_choice)
        look(self.study, self.derived, network)
        self.patches.forget()
        return network

    def check_network(self) -> None:
        """Raise `InvalidInput` if the workbench was opened without the study's network."""
        if self.network_choice is None:
            raise InvalidInput("the study was opened without its network: start the explorer with --model study")

    @property
    def can_invert(self) -> bool:
        """Whether activation images can be made; known without loading the network."""
        return self.network_choice is not None and has_gradients(self.study, self.network_choice)

    def layer(self, name: str | int) -> OpenLayer:
        """Return a layer.

        Parameters
        ----------
        name
            Its name, or its place in `layers`.

        Returns
        -------
        OpenLayer
            The layer, whose vectors are read when they are asked for.

        Raises
        ------
        UnknownName
            If there is none; the message lists the nearest names.
        """
        return OpenLayer(self, self.study.layer(name))

    def lenses(self) -> list[str]:
        """Return the lenses on offer.

        Returns
        -------
        list of str
            Names for `lens=` of `OpenLayer.map`: those of the vectors, then numeric columns of the examples.
        """
        return [*lens_menu(), *(COLUMN_LENS + name for name in number_columns(self.study))]

    def key(self, layer: Layer, settings: MapSettings) -> str:
        """Return the digest that names a graph; see `LayerGraphs.digest`."""
        return self._graphs.digest(layer, settings)

    def map(self, layer: str | int, settings: MapSettings, progress: Progress = no_progress) -> MapperGraph:
        """Return the mapper graph of a layer; see `LayerGraphs.make`."""
        return self._graphs.make(layer, settings, progress)

    def graph(self, digest: str, layer: str | int | None = None, *, previews: bool = False) -> StoredGraph:
        """Return a stored graph; see `LayerGraphs.get`."""
        return self._graphs.get(digest, layer, previews=previews)

    def find_graph(self, digest: str) -> StoredGraph | None:
        """Return a stored graph, or None."""
        return self._graphs.load(digest)

    def plan_drawing(
        self,
        layer: str | int,
        settings: MapSettings,
        anchor: DrawingName | None = None,
        arrangement: Arrangement = "lens",
    ) -> DrawingPlan:
        """Return the names of a drawing, without computing a graph; see `Drawings.plan`."""
        return self.drawings.plan(layer, settings, anchor, arrangement)

    def draw(
        self,
        layer: str | int,
        settings: MapSettings,
        anchor: DrawingName | None = None,
        progress: Progress = no_progress,
        *,
        arrangement: Arrangement = "lens",
    ) -> Drawing:
        """Return the positions of the nodes of a graph, beside those of `anchor` if one is given."""
        return self.drawings.draw(self.plan_drawing(layer, settings, anchor, arrangement), progress)

    def drawn_name(self, layer: str | int, settings: MapSettings, anchor: DrawingName | None) -> DrawingName:
        """Return the name under which `draw` stores its result, without computing anything."""
        return self.plan_drawing(layer, settings, anchor).name

    def project(self, layer: str | int, kind: str, progress: Progress = no_progress) -> npt.NDArray[np.float32]:
        """Return a projection of a layer's points to the plane, shape (n_points, 2); store a new one."""
        if (stored := self.stored_projection(layer, kind)) is not None:
            return stored
        progress("projecting", 0, 1)
        positions = project(kind, self.vectors(opened := self.study.layer(layer)), progress=progress)
        self.cache.save_projection(f"{opened.digest}-{kind}", positions)
        return positions

    def stored_projection(self, layer: str | int, kind: str) -> npt.NDArray[np.float32] | None:
        """Return a projection that `project` has stored, or None.

        Raises
        ------
        UnknownName
            If there is no such layer or projection.
        """
        check_projection(kind)
        opened = self.study.layer(layer)
        return self.cache.load_projection(f"{opened.digest}-{kind}", opened.n_points)

    def vectors(self, layer: Layer) -> npt.NDArray[np.float32]:
        """Return the vectors of a layer; see `LayerGraphs.vectors`."""
        return self._graphs.vectors(layer)

    def close(self) -> None:
        """Wait until the indexes that are being written are in the study."""
        self._graphs.close()


def open_workbench(path: str | Path, network: NetworkChoice | None = None) -> Workbench:
    """Open the study in a folder.

    Parameters
    ----------
    path
        The folder.
    network
        Which network is loaded for what needs one, such as activation images; none by default.

    Returns
    -------
    Workbench
        The opened study. Only ``study.json`` is read.

    Raises
    ------
    StudyError
        If the folder is missing, unfinished, damaged, or written by a newer version.

    Examples
    --------
    >>> import topoact
    >>> topoact.open("runs/digits")
    <Study Handwritten digits: 1,797 examples, layers pixels, rows>
    """
    return Workbench(open_study(path), network)
