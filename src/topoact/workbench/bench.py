"""The workbench: what a person does with an opened study. Results are kept in the study and found again."""

from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.analysis.drawing.layout import Drawing, anchored_layout, layout
from topoact.analysis.drawing.projection import check_projection, project
from topoact.analysis.labels.classes import class_counts, top_classes
from topoact.analysis.shape.skeleton import roots
from topoact.errors import InvalidInput, UnknownName
from topoact.interpret.study_network import (
    NetworkChoice,
    StudyNetwork,
    has_gradients,
    reload_network,
)
from topoact.mapper import (
    LENSES,
    MapperGraph,
    Progress,
    lens_values,
    no_progress,
)
from topoact.study import Layer, Study, open_study
from topoact.study.cache.located_inputs import LocatedInputs
from topoact.study.cache.results import ResultCache
from topoact.study.files import digest
from topoact.workbench.columns import number_columns
from topoact.workbench.graphs.graph_engine import GraphEngine
from topoact.workbench.graphs.index_store import LensedLayer
from topoact.workbench.locators import Locators
from topoact.workbench.settings import (
    MapSettings,
    default_for,
    from_stored,
    resolve,
)

if TYPE_CHECKING:
    from topoact.workbench.images.activation_images import ActivationImages

Numbers = npt.NDArray[np.int64]
DRAWING_VERSION: Final = 2
"""Version of the drawings; raised by a change that places nodes elsewhere, so that stored ones are left aside."""
COLUMN_LENS: Final = "column:"
"""Prefix of a lens that is a column of the examples table."""


class DrawnGraph(NamedTuple):
    """The names of a graph and of one drawing of it; together they find both in the study."""

    graph: str
    layout: str


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
    >>> bench.layers
    ('pixels', 'rows')
    >>> bench.layer("pixels").map(n_intervals=10, overlap=0.5).coverage
    1.0
    """

    def __init__(self, study: Study, network: NetworkChoice | None = None) -> None:
        self.study, self.network_choice = study, network
        self.cache = ResultCache(study.path, study.given)
        self.located_inputs = LocatedInputs(study.path)
        self.locators = Locators(self.located_inputs)
        self._engine = GraphEngine(study.path)
        self._vectors: tuple[str, npt.NDArray[np.float32]] | None = None

    def __repr__(self) -> str:
        return repr(self.study)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, in order."""
        return self.study.layers

    @cached_property
    def default_settings(self) -> MapSettings:
        """The settings of a graph when nothing else is asked for: those for the layer of the fewest points."""
        layers = [self.study.layer(name) for name in self.layers]
        return default_for(min((layer.n_points for layer in layers if layer.has_vectors), default=0))

    @cached_property
    def network(self) -> StudyNetwork:
        """The study's network, loaded when first asked for.

        Raises
        ------
        InvalidInput
            If the workbench was opened without one, or it is not the one that made the study.
        ModelError
            If it cannot be loaded.
        """
        self.check_network()
        assert self.network_choice is not None
        return reload_network(self.study, self.network_choice)

    def check_network(self) -> None:
        """Refuse what needs a network where the workbench was opened without one; raises `InvalidInput`."""
        if self.network_choice is None:
            raise InvalidInput("the study was opened without its network: start the explorer with --model study")

    @cached_property
    def images(self) -> "ActivationImages":
        """Activation images of the study's layers."""
        from topoact.workbench.images.activation_images import ActivationImages

        return ActivationImages(self)

    @property
    def can_invert(self) -> bool:
        """Whether there can be activation images: told without loading the network."""
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
        return [*LENSES, *(COLUMN_LENS + name for name in number_columns(self.study))]

    def key(self, layer: Layer, settings: MapSettings) -> str:
        """Return the name of a graph; the one that was imported is called by its layer's digest."""
        return settings.key(layer.digest) if layer.has_vectors else layer.digest

    def map(self, layer: str | int, settings: MapSettings, progress: Progress = no_progress) -> MapperGraph:
        """Return the mapper graph of a layer, computing and storing it if it is not in the study yet.

        A layer without vectors has the graph that was imported, whatever the settings.
        """
        opened = self.study.layer(layer)
        key = self.key(opened, settings)
        stored = self.cache.load_graph(key)
        if stored is not None:
            return stored
        if not opened.has_vectors:
            raise self.study.damaged(f"given/{opened.key}", "its files cannot be read")
        progress("reading activations", 0, 1)
        source = LensedLayer(
            opened.digest,
            settings.lens,
            lambda: self.vectors(opened),
            lambda vectors: self._lens(opened, settings.lens, vectors, progress),
        )
        graph, stops = self._engine.graph(source, settings, progress)
        about = {"layer": opened.name, "settings": asdict(settings), "stops": list(stops)}
        self.cache.save_graph(key, graph, about)
        return graph

    def drawn_name(self, layer: str | int, settings: MapSettings, anchor: DrawnGraph | None) -> DrawnGraph:
        """Return the names that `draw` stores its result under, without computing anything.

        All cuts of one tree of modes are cut out of one drawing, and its name is theirs.
        """
        opened = self.study.layer(layer)
        key, finest = self.key(opened, settings), self.key(opened, settings.finest)
        whole = self._finest(anchor)
        if anchor and whole and whole.graph == finest:
            return DrawnGraph(key, anchor.layout)
        return DrawnGraph(key, digest([DRAWING_VERSION, finest, *(whole or ())]))

    def draw(
        self,
        layer: str | int,
        settings: MapSettings,
        anchor: DrawnGraph | None = None,
        progress: Progress = no_progress,
    ) -> Drawing:
        """Return where the nodes of a graph are drawn, beside those of `anchor` if one is given.

        A graph of modes has the places of its nodes in its finest cut, whatever its prominence.
        """
        name = self.drawn_name(layer, settings, anchor)
        graph = self.map(layer, settings, progress)
        stored = self.cache.load_drawing(*name)
        if stored is not None and len(stored.positions) == graph.n_nodes:
            return stored
        if graph.prominence is not None and settings.finest != settings:
            drawing = self._cut(layer, settings, anchor, progress)
        else:
            progress("placing nodes", 0, 1)
            drawing = layout(graph) if anchor is None else self._beside(graph, anchor)
        self.cache.save_drawing(*name, drawing)
        return drawing

    def project(self, layer: str | int, kind: str, progress: Progress = no_progress) -> npt.NDArray[np.float32]:
        """Return a projection of a layer's points to the plane, shape (n_points, 2)."""
        stored = self.stored_projection(layer, kind)
        if stored is not None:
            return stored
        progress("projecting", 0, 1)
        opened = self.study.layer(layer)
        positions = project(kind, self.vectors(opened))
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
        return self.cache.load_projection(f"{self.study.layer(layer).digest}-{kind}")

    def close(self) -> None:
        """Wait until what is being kept in the study is there."""
        self._engine.close()

    def vectors(self, layer: Layer) -> npt.NDArray[np.float32]:
        """Return the vectors of a layer; those of the layer used last are kept in memory."""
        known = self._vectors
        if known is None or known[0] != layer.name:
            self._vectors = None
            self._vectors = known = (layer.name, layer.vectors())
        return known[1]

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

    def _finest(self, anchor: DrawnGraph | None) -> DrawnGraph | None:
        """Return the drawing that a drawing was cut out of; itself where it was not."""
        about = self.cache.about_graph(anchor.graph) if anchor else None
        if not anchor or not about or "settings" not in about:
            return anchor
        finest = from_stored(about["settings"]).finest
        return DrawnGraph(self.key(self.study.layer(about["layer"]), finest), anchor.layout)

    def _cut(self, layer: str | int, settings: MapSettings, anchor: DrawnGraph | None, progress: Progress) -> Drawing:
        """Take the nodes that are left at the prominence out of the finest drawing, each in its place."""
        whole = self._finest(anchor)
        if whole is not None and self.cache.load_drawing(*whole) is None:
            anchor = whole = None
        drawing = self.draw(layer, settings.finest, whole, progress)
        left = roots(self.map(layer, settings.finest, progress), settings.prominence)
        return Drawing(drawing.positions[left], self._among(drawing.continues[left], anchor, whole))

    def _among(self, nodes: Numbers, anchor: DrawnGraph | None, whole: DrawnGraph | None) -> Numbers:
        """Return the numbers that nodes of the finest cut have in the anchor, −1 where it does not have them."""
        if anchor == whole or anchor is None or whole is None:
            return nodes
        about, finest = self.cache.about_graph(anchor.graph), self.cache.load_graph(whole.graph)
        if about is None or finest is None:
            return np.full_like(nodes, -1)
        number = np.full(finest.n_nodes + 1, -1)
        left = roots(finest, from_stored(about["settings"]).prominence)
        number[left] = np.arange(len(left))
        return number[nodes]

    def _beside(self, graph: MapperGraph, anchor: DrawnGraph) -> Drawing:
        other, drawing = self.cache.load_graph(anchor.graph), self.cache.load_drawing(*anchor)
        if other is None or drawing is None:
            raise InvalidInput(f"the graph {anchor.graph} to be drawn beside is not in the study any more: draw anew")
        return anchored_layout(graph, other, drawing.positions)


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
