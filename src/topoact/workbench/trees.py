"""The modes of the layer used last: every prominence is a cut of their tree, so turning it measures nothing anew."""

from typing import Any, NamedTuple

from topoact.mapper import Intervals, MapperGraph, ModeTree, Progress, mode_tree
from topoact.mapper.build import assemble
from topoact.mapper.checks import check_differing
from topoact.mapper.clusterers.modes import BoundModes, nodes_of
from topoact.mapper.covers import pullback
from topoact.mapper.protocols import LensValues
from topoact.workbench.settings import MapSettings
from topoact.workbench.shelf import Source, Vectors


class Grown(NamedTuple):
    """The tree of a layer, and what it is the tree of."""

    key: tuple[str, dict[str, Any]]
    lens: LensValues
    intervals: Intervals
    tree: ModeTree


class TreeShelf:
    """Makes graphs of modes; keeps the tree of the last one.

    Memory: a few numbers for each point of each interval.
    """

    def __init__(self) -> None:
        self._grown: Grown | None = None

    def graph(self, source: Source, settings: MapSettings, progress: Progress) -> tuple[MapperGraph, list[int]]:
        """Return the graph of modes, and for each node the point that is its mode.

        Raises
        ------
        InvalidInput
            If a setting is out of range or does not fit the layer.
        """
        vectors = source.vectors()
        bound = settings.clusterer_of().bind(vectors, seed=0)
        assert isinstance(bound, BoundModes)
        key = (source.layer, {name: value for name, value in settings.used.items() if name != "prominence"})
        if self._grown is None or self._grown.key != key:
            self._grown = None
            lens, intervals = _covered(source, vectors, settings)
            self._grown = Grown(key, lens, intervals, _tree(vectors, lens, intervals, bound, progress))
        _, lens, intervals, tree = self._grown
        kept, parent = tree.kept(bound.least), tree.parents(bound.least)
        nodes = nodes_of(tree, vectors, bound.least, progress=progress)
        progress("joining nodes", 0, 1)
        graph = assemble(lens, intervals, nodes, prominence=tree.prominence[kept], parent=parent)
        return graph, tree.mode[kept].tolist()


def _covered(source: Source, vectors: Vectors, settings: MapSettings) -> tuple[LensValues, Intervals]:
    cover = settings.cover_of()
    check_differing(vectors)
    lens = source.values(vectors)
    return lens, cover.intervals(lens)


def _tree(vectors: Vectors, lens: LensValues, intervals: Intervals, bound: BoundModes, progress: Progress) -> ModeTree:
    """Return the tree; the one place that knows how trees are made."""
    return mode_tree(vectors, pullback(lens, intervals), bound.k, metric=bound.metric, progress=progress)
