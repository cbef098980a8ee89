"""`ModeTree`: the modes of the points of each interval and how they merge; every prominence is a cut of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from topoact.errors import InvalidInput
from topoact.mapper.merging import Floats, Numbers, checked_prominence, merged
from topoact.mapper.nerve import Members
from topoact.mapper.protocols import Labels, Rows


@dataclass(frozen=True, eq=False)
class ModeTree:
    """The modes of the density in every interval of a cover, and the saddles over which they meet.

    Modes are numbered by interval, then by falling density. Densities are logarithms, in nats.

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.mapper import mode_tree
    >>> cloud = np.random.default_rng(0).normal(size=(500, 2))
    >>> tree = mode_tree(cloud, [np.arange(500)], k=15)
    >>> tree, len(tree.kept(1.0))
    (<ModeTree: 3 modes in 1 intervals>, 1)
    """

    rows: Rows
    """Points of every interval, one interval after the other, ascending in each."""
    starts: Numbers
    """Where those of each interval start, shape (n_intervals + 1,)."""
    basin: Numbers
    """Mode of each of these points, at which the path uphill ends."""
    interval: Numbers
    """Interval of each mode."""
    mode: Rows
    """The point that is the mode."""
    height: Floats
    """Log density at each mode."""
    saddle: Floats
    """Log density where each mode meets a denser one; −∞ where it never does."""
    parent: Numbers
    """The mode that it meets there; itself where there is none."""
    dimension: Floats
    """Intrinsic dimension of each interval; NaN where it has fewer than two points."""
    noise: Floats
    """Prominence, in nats, that structureless points of each interval's kind reach: the unit of prominence."""

    def __repr__(self) -> str:
        return f"<ModeTree: {len(self.mode)} modes in {len(self.starts) - 1} intervals>"

    @property
    def n_bytes(self) -> int:
        """Bytes of the arrays."""
        return sum(array.nbytes for array in vars(self).values() if isinstance(array, np.ndarray))

    @cached_property
    def prominence(self) -> Floats:
        """How far each mode rises above its saddle, as a multiple of the noise; infinite where it has none."""
        return (self.height - self.saddle) / self.noise[self.interval]

    def cut(self, prominence: float) -> Labels:
        """Merge the modes that are less prominent than this, each into the mode that it meets.

        Parameters
        ----------
        prominence
            At least 0, in the unit of `Modes`.

        Returns
        -------
        ndarray of int64
            The node of each of `rows`, numbered by interval, then by the density of the mode that gives the node its
            name. Of two cuts the one at the smaller prominence is a refinement of the other.

        Raises
        ------
        InvalidInput
            If the prominence is negative or no number.
        """
        return self._node(prominence)[self.basin]

    def kept(self, prominence: float) -> Numbers:
        """Return the modes that are at least this prominent: those of the nodes of a cut, in their order.

        Parameters
        ----------
        prominence
            As for `cut`.

        Returns
        -------
        ndarray of int64
            Numbers of modes, ascending.
        """
        return np.flatnonzero(self.prominence >= checked_prominence(prominence))

    def members(self, prominence: float) -> Members:
        """Return the points of each node of a cut.

        Parameters
        ----------
        prominence
            As for `cut`.

        Returns
        -------
        Members
            Row numbers of the points of each node.
        """
        node = self.cut(prominence)
        order = np.argsort(node, kind="stable")  # rows ascend within an interval, and so within its nodes
        indptr = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=len(self.kept(prominence))))])
        return Members(indptr.astype(np.int64), self.rows[order])

    def within(self, fine: float, coarse: float) -> Numbers:
        """Return for each node of the cut at `fine` the node of the cut at `coarse` that contains it.

        Parameters
        ----------
        fine
            The smaller prominence.
        coarse
            The larger, or an equal one.

        Returns
        -------
        ndarray of int64
            One number for each node at `fine`.

        Raises
        ------
        InvalidInput
            If `fine` is the larger one.
        """
        if checked_prominence(fine) > checked_prominence(coarse):
            raise InvalidInput(f"the fine cut must not be the more prominent one: got {fine!r} within {coarse!r}")
        return self._node(coarse)[self.kept(fine)]

    def _node(self, prominence: float) -> Numbers:
        """Return the node that each mode belongs to."""
        return merged(self.parent, self.kept(prominence))

    def parents(self, prominence: float) -> Numbers:
        """Return for each node of a cut the node that it merges into when the prominence passes its own; or itself."""
        return self._node(prominence)[self.parent[self.kept(prominence)]]

    def facts(self, prominence: float) -> dict[str, Any]:
        """Return the attributes that a graph stores of the nodes of a cut: prominence, parent and mode."""
        kept = self.kept(prominence)
        return {"prominence": self.prominence[kept], "parent": self.parents(prominence), "modes": self.mode[kept]}
