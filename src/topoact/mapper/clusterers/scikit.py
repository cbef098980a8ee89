"""`HDBSCAN` and `Scikit`: clusterers with the interface of scikit-learn, interval by interval."""

import warnings
from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import DBSCAN as SklearnDBSCAN
from sklearn.cluster import HDBSCAN as SklearnHDBSCAN

from topoact.errors import InvalidInput
from topoact.mapper.checks import check_whole
from topoact.mapper.clusterers.dbscan import DBSCAN
from topoact.mapper.neighbors.memory import TooLarge, available_memory
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import Clusterer, Labels, Rows, Vectors

SIZE_PARAMETERS: Final = ("n_clusters", "n_components", "min_cluster_size", "min_samples")
"""Parameters that are a number of points, or clusters, that a clusterer needs."""
QUADRATIC: Final = ("AgglomerativeClustering", "AffinityPropagation", "SpectralClustering")
"""Clusterers whose memory is proportional to the square of the number of points."""
LINEAR: Final = ("BayesianGaussianMixture", "Birch", "BisectingKMeans", "GaussianMixture", "HDBSCAN", "KMeans",
                 "MeanShift", "MiniBatchKMeans", "OPTICS")  # fmt: skip
"""Clusterers whose memory is proportional to the number of points."""


class LargeInterval(UserWarning):
    """An interval holds so many points that a clusterer may run out of memory."""


class HDBSCAN(BaseEstimator):  # type: ignore[misc]
    """Hierarchical density-based clusters (Campello et al. 2013) of each interval, as in scikit-learn.

    Parameters
    ----------
    min_cluster_size
        Points that make a cluster, at least 2.
    min_samples
        Points within a radius that make it dense, the point itself included; `min_cluster_size` when None.
    allow_single_cluster
        Whether an interval may be one cluster. Without, one that has no parts is all noise.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> rng = np.random.default_rng(0)
    >>> cloud = np.r_[rng.normal(size=(60, 2)), rng.normal(size=(60, 2)) + [0, 30]]
    >>> clusterer = topoact.HDBSCAN(min_cluster_size=10)
    >>> topoact.Mapper(lens=cloud[:, 0], n_intervals=1, clusterer=clusterer).fit(cloud).graph_.n_nodes
    2
    """

    def __init__(
        self, min_cluster_size: int = 5, min_samples: int | None = None, *, allow_single_cluster: bool = False
    ) -> None:
        self.min_cluster_size = min_cluster_size
        self.min_samples = min_samples
        self.allow_single_cluster = allow_single_cluster

    def bind(self, vectors: Vectors, *, seed: int) -> "BoundScikit":
        """Fix the parameters for a layer.

        Raises
        ------
        InvalidInput
            If a parameter is out of range.
        """
        check_whole("min_cluster_size", self.min_cluster_size, 2)
        if self.min_samples is not None:
            check_whole("min_samples", self.min_samples, otherwise=", or None")
        return BoundScikit(SklearnHDBSCAN(**self.get_params(), copy=False), vectors, seed)


class Scikit:
    """Any clusterer that has ``fit_predict``; a copy of it clusters each interval.

    Its ``random_state`` is the mapper's where it is None. An interval with fewer points than its ``n_clusters``,
    ``min_cluster_size`` or ``min_samples``, or with a single one where it has none of these, is noise, as it
    is in KeplerMapper.
    """

    def __init__(self, clusterer: Any) -> None:
        self.clusterer = clusterer

    def bind(self, vectors: Vectors, *, seed: int) -> "BoundScikit":
        """Fix the seed for a layer."""
        return BoundScikit(self.clusterer, vectors, seed)


class BoundScikit:
    """A clusterer of scikit-learn, for the intervals of one layer."""

    def __init__(self, clusterer: Any, vectors: Vectors, seed: int) -> None:
        self.clusterer, self.vectors = _seeded(clusterer, seed), vectors
        self._min_points, self._kind, self._warned = _min_points(clusterer), _kind(clusterer), False

    def labels(self, rows: Rows) -> Labels:
        """Return the cluster of each row, −1 for noise.

        Raises
        ------
        InvalidInput
            If the clusterer fails, gives no labels, or cannot have the memory that it needs.
        """
        if len(rows) < self._min_points:
            return np.full(len(rows), -1, dtype=np.int64)
        self._check_memory(len(rows))
        try:
            labels = np.asarray(clone(self.clusterer, safe=False).fit_predict(self.vectors[rows].astype(np.float64)))
        except ValueError as error:
            raise InvalidInput(f"{self._kind} fails on an interval of {len(rows)} points: {_line(error)}") from error
        return self._checked(labels, len(rows))

    def _checked(self, labels: npt.NDArray[Any], n_points: int) -> Labels:
        if labels.shape != (n_points,) or not np.issubdtype(labels.dtype, np.integer):
            raise InvalidInput(
                f"{self._kind} must give one whole number per point: got {labels.dtype} of shape {labels.shape} for "
                f"{n_points} points"
            )
        return np.maximum(labels, -1).astype(np.int64)

    def _check_memory(self, n_points: int) -> None:
        needed, free = 8 * n_points**2, available_memory()
        if self._kind in LINEAR or needed * 4 <= free:
            return
        sentence = (
            f"{self._kind} may take {needed / 2**30:,.1f} GiB for an interval of {n_points:,} points, 8 bytes a pair, "
            f"and {free / 2**30:,.1f} GiB are free: use more intervals, less overlap or fewer points"
        )
        if self._kind in QUADRATIC and needed > free:
            raise TooLarge(sentence.replace("may take", "takes"))
        if not self._warned:
            self._warned = True
            warnings.warn(sentence, LargeInterval, stacklevel=2)


def as_clusterer(clusterer: Any) -> Clusterer:
    """Return what clusters intervals: `DBSCAN` for None and for scikit-learn's own, `Scikit` for what has fit_predict.

    Raises
    ------
    InvalidInput
        If it is not a clusterer.
    """
    if clusterer is None:
        return DBSCAN()
    if isinstance(clusterer, type):
        raise InvalidInput(f"clusterer must be an object, not a class: give {clusterer.__name__}()")
    if hasattr(clusterer, "bind"):
        bindable: Clusterer = clusterer
        return bindable
    if not hasattr(clusterer, "fit_predict"):
        raise InvalidInput(f"clusterer must have fit_predict, as those of scikit-learn have: got {clusterer!r}")
    if type(clusterer) is SklearnDBSCAN and clusterer.metric in get_args(Metric):
        return DBSCAN(clusterer.eps, clusterer.min_samples, clusterer.metric)
    return Scikit(clusterer)


def _parameters(clusterer: Any) -> dict[str, Any]:
    return clusterer.get_params() if hasattr(clusterer, "get_params") else {}


def _seeded(clusterer: Any, seed: int) -> Any:
    """Return a copy in which every random_state that is None, also of the steps of a pipeline, is the seed."""
    names = [name for name, value in _parameters(clusterer).items() if name.endswith("random_state") and value is None]
    copy = clone(clusterer, safe=False)
    return copy.set_params(**dict.fromkeys(names, seed)) if names else copy


def _min_points(clusterer: Any) -> int:
    """Return the number of points that a clusterer needs."""
    values = {name.rpartition("__")[2]: value for name, value in _parameters(clusterer).items()}
    numbers = [values[name] for name in SIZE_PARAMETERS if isinstance(values.get(name), int | np.integer)]
    return max(numbers, default=2)


def _kind(clusterer: Any) -> str:
    """Return the name of a clusterer, or of the one that a pipeline ends with."""
    return type(clusterer.steps[-1][1] if hasattr(clusterer, "steps") else clusterer).__name__


def _line(error: ValueError) -> str:
    return str(error).strip().split("\n")[0]
