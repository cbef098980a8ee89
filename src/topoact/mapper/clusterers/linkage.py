"""Single linkage: two points belong together when a chain of short steps leads from one to the other."""

from numbers import Real
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator

from topoact.errors import InvalidInput
from topoact.mapper.checks import check_whole
from topoact.mapper.clusterers.dbscan import DBSCAN
from topoact.mapper.protocols import CoverClusterer, IntervalClusterer, Labels, Rows, Vectors

FIRST_GAP: Final = "first-gap"


class SingleLinkage(BaseEstimator):  # type: ignore[misc]
    """Single-linkage clusters of each interval; every point is in one.

    Parameters
    ----------
    cut
        Longest step within a cluster, in units of the activations; or ``"first-gap"``, chosen in each interval as
        Singh, Mémoli, Carlsson 2007 (section 3.1) do: from the lengths of the steps that join clusters, and the largest
        distance of all, a histogram is made, and steps below its first empty bin are taken. Without an empty bin the
        interval is one cluster.
    n_bins
        Bins of that histogram, from the shortest step to the largest distance. More bins, more clusters.

    Notes
    -----
    A number is `DBSCAN` with ``min_samples=1``, and as quick. ``"first-gap"`` computes all distances within each
    interval, in memory proportional to its points.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> cloud = np.r_[np.linspace(0, 1, 50), np.linspace(8, 9, 50)][:, None]
    >>> mapper = topoact.Mapper(lens=cloud[:, 0] % 4, n_intervals=2, clusterer=topoact.SingleLinkage())
    >>> mapper.fit(cloud).graph_
    <MapperGraph: 4 nodes, 2 edges, 100.0% of 100 points covered>
    """

    def __init__(self, cut: float | Literal["first-gap"] = FIRST_GAP, n_bins: int = 10) -> None:
        self.cut = cut
        self.n_bins = n_bins

    def bind(self, vectors: Vectors, *, seed: int) -> IntervalClusterer | CoverClusterer:
        """Fix the parameters for a layer.

        Raises
        ------
        InvalidInput
            If a parameter is out of range.
        """
        check_whole("n_bins", self.n_bins)
        cut: Any = self.cut
        if isinstance(cut, Real) and 0 < float(cut) < np.inf:
            return DBSCAN(eps=float(cut), min_samples=1).bind(vectors, seed=seed)
        if cut != FIRST_GAP:
            raise InvalidInput(f"cut must be a positive number or '{FIRST_GAP}': got {cut!r}")
        return FirstGap(vectors, int(self.n_bins))


class FirstGap:
    """Single linkage, cut in each interval at the first gap among the lengths of its steps."""

    def __init__(self, vectors: Vectors, n_bins: int) -> None:
        self.vectors = vectors
        self.n_bins = n_bins

    def labels(self, rows: Rows) -> Labels:
        """Return the cluster of each row, numbered by their first rows."""
        from topoact.mapper.clusterers._spanning import spanning_tree

        parent, child, height, diameter = spanning_tree(np.ascontiguousarray(self.vectors[rows]))
        short = height <= first_gap(height, diameter, self.n_bins)
        steps = sparse.coo_array((np.ones(short.sum()), (parent[short], child[short])), shape=(len(rows), len(rows)))
        return sparse.csgraph.connected_components(steps, directed=False)[1].astype(np.int64)


def first_gap(heights: npt.NDArray[np.float64], diameter: float, n_bins: int) -> float:
    """Return where the first empty bin of the histogram begins, infinity if there is none.

    Parameters
    ----------
    heights
        Lengths of the steps that join clusters.
    diameter
        Largest distance, which is counted as well.
    n_bins
        Bins from the smallest of these numbers to the largest.
    """
    if len(heights) == 0 or heights.min() == diameter:
        return float(np.inf)
    counts, ends = np.histogram(np.append(heights, diameter), bins=n_bins)
    empty = np.flatnonzero(counts == 0)
    return float(ends[empty[0]]) if len(empty) else float(np.inf)
