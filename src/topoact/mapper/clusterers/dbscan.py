"""`DBSCAN`: density-based clusters of each interval, at one ε or one for each interval."""

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from topoact.errors import InvalidInput
from topoact.mapper.checks import check_whole
from topoact.mapper.clusterers.epsilon import INTERVAL_QUERIES, Rule, distance_curve, parse_rule, within_range
from topoact.mapper.clusterers.interval_dbscan import labels_of, no_nodes, scan, scan_each
from topoact.mapper.covers.pullback import pullback
from topoact.mapper.distance_curve import DistanceCurve
from topoact.mapper.indexes.neighbor_index import NeighborIndex
from topoact.mapper.neighbors.memory import TooLarge
from topoact.mapper.neighbors.metrics import Metric, checked_metric, checked_radii
from topoact.mapper.nerve import Nodes
from topoact.mapper.protocols import Intervals, Labels, LensValues, Progress, Rows, Vectors, no_progress

DUPLICATES = 1e-6
"""Share of the largest coordinate within which points are duplicates, where a rule finds only duplicates."""


class DBSCAN(BaseEstimator):  # type: ignore[misc]
    """Density-based clusters (Ester et al. 1996), interval by interval, as scikit-learn computes them.

    Parameters
    ----------
    eps
        Radius of a point's neighbourhood, in units of the activations; or a rule that reads it from the sorted distance
        to the `min_samples`-th neighbour: ``"elbow"``, its knee, or ``"quantile:0.8"``, what it is for four fifths of
        the points. Over the whole layer, or with ``":interval"`` behind the rule over each interval alone.
    min_samples
        Points within `eps`, the point itself included, that make it a core point.
    metric
        ``"euclidean"`` or ``"cosine"``: 1 − cos, with radii in (0, 2].

    Notes
    -----
    Memory is that of a `NeighborIndex`, with an ε per interval that of the largest interval. Where it is too small,
    each interval has an index of its own; where even that does not fit, scikit-learn clusters it and keeps every
    neighbour list: 8 bytes times the pairs within `eps`.

    An interval with no more than `min_samples` points has no ε of its own (NaN) and is noise. In one whose rule gives
    0, because most points have that many duplicates, ε is the smallest positive distance on its curve; where there is
    none, a millionth of the largest coordinate (for cosine, of 1), so that duplicates make clusters.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> cloud = np.r_[np.linspace(0, 1, 50), np.linspace(8, 9, 50), 20.0][:, None]
    >>> graph = topoact.Mapper(n_intervals=1, clusterer=topoact.DBSCAN(eps=0.5, min_samples=5)).fit(cloud).graph_
    >>> graph.nodes["size"].tolist(), graph.uncovered.tolist()
    ([50, 50], [100])
    """

    def __init__(self, eps: float | str = "elbow", min_samples: int = 5, metric: Metric = "euclidean") -> None:
        self.eps = eps
        self.min_samples = min_samples
        self.metric = metric

    def bind(self, vectors: Vectors, *, seed: int) -> "BoundDBSCAN | LocalDBSCAN":
        """Fix ε for a layer, or how each interval has its own.

        Raises
        ------
        InvalidInput
            If a parameter is out of range, or a rule gives 0 for the whole layer.
        """
        rule, metric = self._validated()
        if rule.per_interval:
            return LocalDBSCAN(vectors, rule, self.min_samples, metric, seed)
        if rule.radius is not None:
            return BoundDBSCAN(vectors, rule.radius, self.min_samples, metric, None)
        curve = distance_curve(vectors, self.min_samples, seed=seed, metric=metric)
        eps = rule.read(curve, metric)
        if eps == 0:
            raise InvalidInput(
                f"eps={self.eps!r} gives 0: most points have {self.min_samples} exact duplicates; give eps as a number"
            )
        return BoundDBSCAN(vectors, eps, self.min_samples, metric, curve)

    def _validated(self) -> tuple[Rule, Metric]:
        check_whole("min_samples", self.min_samples)
        rule, metric = parse_rule(self.eps), checked_metric(self.metric)
        if rule.radius is not None:
            checked_radii(rule.radius, metric)
        return rule, metric


class BoundDBSCAN:
    """DBSCAN of one layer, at one ε.

    Intervals of one lens are clustered by a `NeighborIndex` made for them; boxes of several lenses, and intervals for
    which memory is too small, one after the other.
    """

    def __init__(
        self, vectors: Vectors, eps: float, min_samples: int, metric: Metric, curve: DistanceCurve | None
    ) -> None:
        self.vectors = vectors
        self.eps = eps
        self.min_samples = min_samples
        self.metric = metric
        self.curve = curve

    def nodes(self, lens: LensValues, intervals: Intervals, *, progress: Progress) -> Nodes:
        """Return the clusters of every interval."""
        try:
            if lens.ndim == 1:
                index = NeighborIndex(
                    self.vectors, lens, self.eps, intervals=intervals, metric=self.metric, progress=progress
                )
                return index.nodes(intervals, self.min_samples, progress=progress)
        except TooLarge:
            pass
        return scan_each(self.vectors, pullback(lens, intervals), len(intervals.lower), self._scan, progress)

    def labels(self, rows: Rows) -> Labels:
        """Return the cluster of each row; an interval with fewer than `min_samples` points is all noise."""
        return labels_of(self._scan(self.vectors[rows]), len(rows))

    def _scan(self, points: Vectors, progress: Progress = no_progress) -> Nodes:
        return scan(points, self.eps, self.min_samples, metric=self.metric, progress=progress)


class LocalDBSCAN:
    """DBSCAN of one layer, at an ε read from the points of each interval."""

    def __init__(self, vectors: Vectors, rule: Rule, min_samples: int, metric: Metric, seed: int) -> None:
        self.vectors = vectors
        self.rule = rule
        self.min_samples = min_samples
        self.metric = metric
        self.seed = seed
        self.eps: npt.NDArray[np.float64] = np.empty(0)
        """The ε of each interval, or box, of the last cover."""

    def nodes(self, lens: LensValues, intervals: Intervals, *, progress: Progress) -> Nodes:
        """Return the clusters of every interval; the radii are in `eps` then."""
        radii: list[float] = []

        def scan_one(points: Vectors, report: Progress) -> Nodes:
            radii.append(self.radius(points, report))
            return self._scan(points, radii[-1], report)

        sets, n_sets = pullback(lens, intervals), len(intervals.lower)
        nodes = scan_each(self.vectors, sets, n_sets, scan_one, progress)
        self.eps = np.array(radii)
        return nodes

    def labels(self, rows: Rows) -> Labels:
        """Return the cluster of each row, at the ε of these rows."""
        points = self.vectors[rows]
        return labels_of(self._scan(points, self.radius(points)), len(rows))

    def radius(self, points: Vectors, progress: Progress = no_progress) -> float:
        """Return the ε of some points; NaN where they are too few."""
        if len(points) <= self.min_samples:
            return np.nan
        curve = distance_curve(
            points, self.min_samples, seed=self.seed, metric=self.metric, n_queries=INTERVAL_QUERIES, progress=progress
        )
        unit = 1.0 if self.metric == "cosine" else float(np.abs(points).max()) or 1.0
        eps = self.rule.read(curve, self.metric) or curve.min_eps or DUPLICATES * unit
        return within_range(eps, self.metric)

    def _scan(self, points: Vectors, eps: float, progress: Progress = no_progress) -> Nodes:
        if np.isnan(eps):
            return no_nodes(points.shape[1])
        return scan(points, eps, self.min_samples, metric=self.metric, progress=progress)
