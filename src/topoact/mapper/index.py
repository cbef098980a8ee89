"""`NeighborIndex`: every mapper graph of one lens and one ε, without touching the vectors again.

1. Sort the points by lens value: an interval of a one-dimensional cover is then a range of them.
2. Decide once for each pair that can share an interval whether it lies within ε (`_tiles`, `_words`), and keep the
   answer as one bit (`_band`).
3. DBSCAN of any interval is bit work on that band (`_dbscan`), whatever the cover and minPts.

The result is that of scikit-learn's DBSCAN, run on each interval in float64. The convention where a distance equals ε
to the last digit: neighbours are pairs whose squared differences, summed in float64 channel by channel, do not exceed
``eps * eps``. scikit-learn's k-d tree (up to 15 channels) compares exactly this; above, its brute-force search expands
the square and rounds otherwise, so that a pair within about 1e-15 (|x|² + |y|²) of ε² may fall on the other side there.
"""

from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper._layout import Places, lay_out, reach_of
from topoact.mapper._threads import side_by_side, usable_cores
from topoact.mapper.build import assemble
from topoact.mapper.checks import check_differing, check_enough, checked_vectors
from topoact.mapper.covers import UniformCover, ranges
from topoact.mapper.graph import MapperGraph
from topoact.mapper.lenses import lens_values
from topoact.mapper.memory import available_memory, check_memory, is_sparse, tile_bytes
from topoact.mapper.nerve import Members, Nodes
from topoact.mapper.protocols import Cover, Intervals, Lens, Progress, Rows, no_progress


class NeighborIndex:
    """Which points lie within ε of each other, for all pairs that an interval of the lens can hold.

    Parameters
    ----------
    X
        Activation vectors, shape (n_points, n_channels). They are kept, not copied, and must not be changed.
    lens
        As for `Mapper`.
    eps
        Radius of a point's neighbourhood, in units of the activations.
    max_interval
        Widest interval to be served, as a share of the lens range: n intervals of overlap p are 1 / (n (1 − p)) wide.
    intervals
        Serve these intervals, and what lies within them, in the place of `max_interval`.
    memory_limit
        Bytes that the index may take beside `X`; by default four fifths of what is free.
    n_jobs
        Threads; by default all cores that this process may use.
    progress
        Called with (stage, done, total); may raise `topoact.errors.Cancelled`.

    Raises
    ------
    InvalidInput
        If `X` or the lens is not finite, a parameter is out of range, or `memory_limit` is too small; the last is found
        out before anything large is allocated.

    Notes
    -----
    Memory: one bit per ordered pair of points that can share an interval, and 4 bytes per coordinate (10 per nonzero of
    sparse data). Time: one product in float32 per unordered pair.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    >>> ring = np.c_[np.cos(angle), np.sin(angle)]
    >>> index = topoact.NeighborIndex(ring, lens=ring[:, 0], eps=0.1, max_interval=0.4)
    >>> index.graph(n_intervals=6, overlap=0.3)
    <MapperGraph: 10 nodes, 10 edges, 100.0% of 400 points covered>
    >>> index.graph(n_intervals=4, overlap=0.2, min_samples=3)
    <MapperGraph: 6 nodes, 6 edges, 100.0% of 400 points covered>
    """

    def __init__(
        self,
        X: npt.ArrayLike,
        lens: str | Lens | npt.ArrayLike = "l2",
        eps: float = 259.0,
        max_interval: float = 0.03,
        *,
        intervals: Intervals | None = None,
        memory_limit: int | None = None,
        n_jobs: int | None = None,
        progress: Progress = no_progress,
    ) -> None:
        if not _within(eps, np.inf) or eps == np.inf:
            raise InvalidInput(f"eps must be a positive number: got {eps!r}")
        if not _within(max_interval, 1):
            raise InvalidInput(f"max_interval must be in (0, 1]: got {max_interval!r}")
        vectors = checked_vectors(X)
        check_differing(vectors)
        values = lens_values(lens, vectors)
        if values.min() == values.max():
            raise InvalidInput(
                f"the lens is {values[0]:g} at every point, so there is no range to cover: choose another lens"
            )
        self.vectors, self.lens, self.eps = vectors, values, float(eps)
        self.n_jobs = n_jobs or usable_cores()
        self._order: Rows = np.argsort(values, kind="stable").astype(np.int64)
        self._sorted = values[self._order]
        self.max_interval = float(max_interval) if intervals is None else self._share(intervals)
        reach = reach_of(self._sorted, self.max_interval) if intervals is None else self._covering(intervals)
        self._build(reach, memory_limit, progress)

    def _share(self, intervals: Intervals) -> float:
        """Return the width of the widest interval as a share of the lens range."""
        return float((intervals.upper - intervals.lower).max() / (self._sorted[-1] - self._sorted[0]))

    def _covering(self, intervals: Intervals) -> Places:
        """Return for each sorted point one past the last that shares one of these intervals with it."""
        starts, stops = ranges(self._sorted, intervals)
        reach = np.arange(1, len(self._sorted) + 1)
        for start, stop in zip(starts, stops, strict=True):
            reach[start:stop] = np.maximum(reach[start:stop], stop)
        return np.maximum.accumulate(reach)

    def _build(self, reach: Places, memory_limit: int | None, progress: Progress) -> None:
        sparse = is_sparse(self.vectors)
        self._layout = lay_out(reach)
        other = tile_bytes(self.vectors, sparse)
        limit = available_memory() if memory_limit is None else memory_limit
        check_memory(self._sorted, self._layout.n_bytes, other, limit)
        progress("loading the engine", 0, 1)
        self.n_bytes = self._layout.n_bytes + other
        from topoact.mapper._band import fill_band, measure_band
        from topoact.mapper._tiles import cut

        how: dict[str, Any] = {"n_jobs": self.n_jobs, "progress": progress}
        tiles = cut(self.vectors, self._order, self.eps, sparse=sparse, **how)
        self._band = fill_band(self.vectors, self._order, tiles, self.eps, self._layout, **how)
        self._facts = measure_band(self._layout, self._band, len(self.lens), **how)
        self._position = np.empty_like(self._order)
        self._position[self._order] = np.arange(len(self._order))
        self._nonzeros = (tiles.values, tiles.channels, tiles.starts) if tiles.exact_nonzeros(self.vectors) else None
        self._scale = tiles.scale

    def __repr__(self) -> str:
        n_points, n_channels = self.vectors.shape
        return (
            f"<NeighborIndex: {n_points} points of {n_channels} channels, eps={self.eps:g}, "
            f"max_interval={self.max_interval:.3g}, {self.n_bytes / 2**20:.1f} MiB>"
        )

    @property
    def band_bytes(self) -> int:
        """Bytes that the bits take."""
        return self._layout.n_bytes

    def serves(self, intervals: Intervals) -> bool:
        """Tell whether the index holds all pairs that these intervals need."""
        return bool(self._layout.serves(*ranges(self._sorted, intervals)).all())

    def graph(
        self,
        n_intervals: int = 70,
        overlap: float = 0.5,
        min_samples: int = 5,
        *,
        progress: Progress = no_progress,
    ) -> MapperGraph:
        """Return the mapper graph of a uniform cover, clustered by DBSCAN.

        Raises
        ------
        InvalidInput
            If a parameter is out of range, or the intervals are wider than `max_interval`.
        """
        return self.graph_of(UniformCover(n_intervals, overlap), min_samples, progress=progress)

    def graph_of(self, cover: Cover, min_samples: int = 5, *, progress: Progress = no_progress) -> MapperGraph:
        """Return the mapper graph of any cover, clustered by DBSCAN; raises as `graph` does."""
        intervals = cover.intervals(self.lens)
        nodes = self.nodes(intervals, min_samples, progress=progress)
        progress("joining nodes", 0, 1)
        return assemble(self.lens, intervals, nodes, eps=self.eps)

    def nodes(self, intervals: Intervals, min_samples: int, *, progress: Progress = no_progress) -> Nodes:
        """Return the clusters of every interval; raises as `graph` does."""
        from topoact.mapper._dbscan import cluster_range
        from topoact.mapper._gather import gather_members

        if not isinstance(min_samples, int | np.integer) or min_samples < 1:
            raise InvalidInput(f"min_samples must be a whole number, at least 1: got {min_samples!r}")
        check_enough(len(self.lens), min_samples)
        starts, stops = self._ranges(intervals)
        begins = np.concatenate([[0], np.cumsum(stops - starts)])
        labels = np.empty(begins[-1], dtype=np.int32)
        counts = np.zeros(len(starts), dtype=np.int64)

        def cluster(number: int) -> None:
            counts[number] = cluster_range(
                starts[number],
                stops[number],
                int(min_samples),
                self._order,
                self._facts,
                self._layout,
                self._band,
                labels[begins[number] : begins[number + 1]],
            )

        side_by_side(cluster, range(len(starts)), n_jobs=self.n_jobs, stage="clustering", progress=progress)
        first_node = np.concatenate([[0], np.cumsum(counts)])
        members = Members(*gather_members(self._position, starts, stops, begins, labels, first_node))
        means, medoids = self._centres(members, progress)
        return Nodes(np.repeat(np.arange(len(starts)), counts), members, means, medoids)

    def _ranges(self, intervals: Intervals) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        starts, stops = ranges(self._sorted, intervals)
        if not self._layout.serves(starts, stops).all():
            raise InvalidInput(
                f"an interval takes {self._share(intervals):.4g} of the lens range, but this index serves max_interval="
                f"{self.max_interval:.4g}: build it for wider intervals, or ask for more of them or less overlap"
            )
        return starts, np.maximum(starts, stops)

    def _centres(self, members: Members, progress: Progress) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Return the mean vector and the medoid of each node."""
        from topoact.mapper._gather import dense_centre, sparse_centre

        n_nodes, n_channels = len(members.indptr) - 1, self.vectors.shape[1]
        means = np.empty((n_nodes, n_channels), dtype=np.float32)
        medoids = np.empty(n_nodes, dtype=np.int64)

        def centre(node: int) -> None:
            rows, mean = members.indices[members.indptr[node] : members.indptr[node + 1]], np.empty(n_channels)
            if self._nonzeros is None:
                medoids[node] = dense_centre(self.vectors, rows, mean)
            else:
                medoids[node] = sparse_centre(*self._nonzeros, self._position, self._scale, rows, mean)
            means[node] = mean

        largest_first = np.argsort(-members.sizes, kind="stable").tolist()
        side_by_side(centre, largest_first, n_jobs=self.n_jobs, stage="averaging nodes", progress=progress)
        return means, medoids


def _within(value: Any, highest: float) -> bool:
    return isinstance(value, Real) and 0 < float(value) <= highest
