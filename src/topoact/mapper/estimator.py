"""`Mapper`, the scikit-learn estimator of a mapper graph."""

from collections.abc import Sequence
from typing import Any, Self

import numpy.typing as npt
from sklearn.base import BaseEstimator, ClusterMixin

from topoact.mapper.build import build_graph
from topoact.mapper.checks import check_enough, validated
from topoact.mapper.clusterers.scikit import as_clusterer
from topoact.mapper.covers.product import check_even, even_cover
from topoact.mapper.graph import MapperGraph
from topoact.mapper.lenses.registry import lens_values
from topoact.mapper.protocols import Clusterer, Cover, Lens, Progress, no_progress


class Mapper(BaseEstimator):  # type: ignore[misc]
    """The mapper graph of a point cloud (Singh, Mémoli, Carlsson 2007), over one lens or several.

    Parameters
    ----------
    lens
        ``"l2"``, ``"pca:0"``, ``"knn:5"`` or another name (see `lens_values`), a callable from vectors to values, an
        array of values; for several lenses a list of these, or an array of shape (n_points, n_lenses).
    n_intervals
        Number of equal intervals that cover the range of each lens; a tuple of them where they differ.
    overlap
        Share of an interval that it has in common with the next, in [0, 1); a tuple of them where they differ.
    clusterer
        How the points of an interval are clustered: `DBSCAN`, with its defaults when None, `SingleLinkage`, `HDBSCAN`,
        or any clusterer of scikit-learn. The last two work interval by interval, with all the memory they need.
    random_state
        Seed of all samples.
    cover
        Another cover, instead of `n_intervals` and `overlap`: `QuantileCover`, `IntervalCover`, `ProductCover`
        for several lenses, or your own.
    n_jobs
        Intervals that are clustered side by side, where the clusterer works interval by interval: 1 when None, unless
        ``joblib.parallel_config`` says otherwise; all cores for −1. The graph is the same for any number.
    merge_subsets
        Leave out nodes whose points are all in another node.

    Attributes
    ----------
    graph_ : MapperGraph
        The result of `fit`.
    n_features_in_ : int
        Number of channels seen in `fit`.

    Notes
    -----
    The construction is that of Singh, Mémoli, Carlsson 2007 (section 3); with the L2 norm as the lens of activation
    vectors and `DBSCAN` it is that of Rathore, Chalapathi, Palande, Wang 2021 (section 4).

    Examples
    --------
    >>> import numpy as np, topoact
    >>> angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    >>> ring = np.c_[np.cos(angle), np.sin(angle)]
    >>> mapper = topoact.Mapper(lens=ring[:, 0], n_intervals=6, overlap=0.3, clusterer=topoact.DBSCAN(eps=0.1))
    >>> mapper.fit(ring).graph_
    <MapperGraph: 10 nodes, 10 edges, 100.0% of 400 points covered>
    """

    def __init__(
        self,
        *,
        lens: str | Lens | npt.ArrayLike | Sequence[Any] = "l2",
        n_intervals: int | tuple[int, ...] = 30,
        overlap: float | tuple[float, ...] = 0.3,
        clusterer: Clusterer | ClusterMixin | None = None,
        random_state: int = 0,
        cover: Cover | None = None,
        n_jobs: int | None = None,
        merge_subsets: bool = False,
    ) -> None:
        self.lens = lens
        self.n_intervals = n_intervals
        self.overlap = overlap
        self.clusterer = clusterer
        self.random_state = random_state
        self.cover = cover
        self.n_jobs = n_jobs
        self.merge_subsets = merge_subsets

    def fit(
        self,
        X: npt.ArrayLike,
        y: object = None,  # noqa: ARG002
        *,
        progress: Progress = no_progress,
    ) -> Self:
        """Build the graph.

        Parameters
        ----------
        X
            Activation vectors, shape (n_points, n_channels); float32 and float64 are kept, others become float64.
        y
            Ignored.
        progress
            Called with (stage, done, total); may raise `topoact.errors.Cancelled`.

        Returns
        -------
        Mapper
            The estimator itself, with `graph_`.

        Raises
        ------
        InvalidInput
            If `X` is not finite, has fewer points than the clusterer needs, or a parameter is out of range.
        """
        if self.cover is None:
            check_even(self.n_intervals, self.overlap)
        clusterer = as_clusterer(self.clusterer)
        vectors = validated(self, X)
        check_enough(len(vectors), getattr(clusterer, "min_samples", 1))
        lens = lens_values(self.lens, vectors, progress=progress)
        graph = build_graph(
            vectors,
            lens,
            cover=even_cover(self.n_intervals, self.overlap, lens) if self.cover is None else self.cover,
            clusterer=clusterer,
            seed=self.random_state,
            n_jobs=self.n_jobs,
            progress=progress,
        )
        self.graph_: MapperGraph = graph.without_subsets() if self.merge_subsets else graph
        return self
