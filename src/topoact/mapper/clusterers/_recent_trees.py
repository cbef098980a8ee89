"""`RecentTrees`: the mode trees of the covers asked for last, each with the centres of its last cut."""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.clusterers.mode_tree import ModeTree
from topoact.mapper.merging import Numbers
from topoact.mapper.nerve import Nodes
from topoact.mapper.protocols import Progress

if TYPE_CHECKING:
    from topoact.mapper.neighbors._nodes import Gatherer

MAX_BYTES: Final = 32 * 2**20
"""Bytes of the trees that are kept; the last one is kept whatever it takes."""


class _Centres(NamedTuple):
    """The nodes of a cut: their modes and numbers of points, which tell them from those of other cuts of the tree."""

    kept: Numbers
    sizes: Numbers
    means: npt.NDArray[np.float32]
    medoids: npt.NDArray[np.int64]


class CutTree:
    """A mode tree, and the centres of the nodes of its last cut: most nodes of another one are among these."""

    def __init__(self, tree: ModeTree) -> None:
        self.tree = tree
        self._last: _Centres | None = None

    def nodes(self, prominence: float, gatherer: "Gatherer", progress: Progress) -> Nodes:
        """Return the nodes of a cut, with their mean vectors and medoids."""
        kept, members = self.tree.kept(prominence), self.tree.members(prominence)
        means = np.empty((len(kept), gatherer.vectors.shape[1]), dtype=np.float32)
        medoids, is_new = np.empty(len(kept), dtype=np.int64), np.ones(len(kept), dtype=bool)
        if self._last is not None and len(self._last.kept):
            place = np.minimum(np.searchsorted(self._last.kept, kept), len(self._last.kept) - 1)
            is_new = (self._last.kept[place] != kept) | (self._last.sizes[place] != members.sizes)
            old = place[~is_new]
            means[~is_new], medoids[~is_new] = self._last.means[old], self._last.medoids[old]
        means[is_new], medoids[is_new] = gatherer.centres(members.of(is_new), progress)
        self._last = _Centres(kept, members.sizes, means, medoids)
        return Nodes(self.tree.interval[kept], members, means, medoids)


class RecentTrees:
    """The trees of the covers asked for last."""

    def __init__(self) -> None:
        self._trees: dict[Hashable, CutTree] = {}

    def get(self, key: Hashable, make: Callable[[], ModeTree]) -> CutTree:
        """Return the tree of a key, made where it is not kept."""
        found = self._trees.pop(key, None) or CutTree(make())
        self._trees[key] = found
        while len(self._trees) > 1 and sum(one.tree.n_bytes for one in self._trees.values()) > MAX_BYTES:
            del self._trees[next(iter(self._trees))]
        return found
