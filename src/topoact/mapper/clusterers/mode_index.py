"""`ModeIndex`: mapper graphs of density modes of one lens, without measuring a distance again.

1. Find for each point the few others that can be among its k nearest neighbours in some interval (`skyband`).
2. The k nearest neighbours in an interval are the k nearest of those that lie in it, whatever the cover.
3. The merge tree of these (`Modes`) holds all prominences; each is a cut of it.
"""

from collections.abc import Mapping
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.build import assemble
from topoact.mapper.checks import check_whole
from topoact.mapper.clusterers._recent_trees import CutTree, RecentTrees
from topoact.mapper.clusterers.mode_tree import ModeTree
from topoact.mapper.clusterers.modes import Climb, climb, climb_of, joined, lone_climb
from topoact.mapper.covers.even import UniformCover
from topoact.mapper.graph import MapperGraph
from topoact.mapper.indexes._lens_order import Ordered, in_order
from topoact.mapper.indexes._serialize import checked_origin, origin, taken
from topoact.mapper.neighbors._layout import Layout, lay_out
from topoact.mapper.neighbors._threads import side_by_side, usable_cores
from topoact.mapper.neighbors.memory import CANDIDATE_BYTES, available_memory, mebibytes
from topoact.mapper.neighbors.metrics import Metric, checked_metric
from topoact.mapper.protocols import Cover, Intervals, Lens, LensValues, Progress, Rows, Vectors, no_progress

if TYPE_CHECKING:
    from topoact.mapper.neighbors._kernels.skyband import Skyband
    from topoact.mapper.neighbors._nodes import Gatherer

MAX_INTERVAL: Final = 0.06
"""Share of the lens range, or of the points, that 25 intervals of overlap 30 % take, equal or balanced ones."""


class ModeIndex:
    """The nearest neighbours of each point in every interval of a lens, and the modes that they make.

    Parameters
    ----------
    X
        Activation vectors, shape (n_points, n_channels). They are kept, not copied, and must not be changed.
    lens
        As for `Mapper`.
    k
        Neighbours, at least 2; a graph may take fewer.
    max_interval
        Widest interval to be served, as a share of the lens range, or of the points where that is more: n intervals of
        overlap p are 1 / (n (1 − p)) wide, and balanced ones have this share of the points. Wider ones are clustered as
        well, as slowly as without an index.
    metric
        As for `Modes`.
    intervals
        Serve these intervals, and what lies within them, in the place of `max_interval`.
    memory_limit
        Bytes that the index may take beside `X`; by default four fifths of what is free.
    n_jobs
        Threads; by default all cores that this process may use. The graphs are the same for any number.
    progress
        Called with (stage, done, total); may raise `topoact.errors.Cancelled`.

    Raises
    ------
    InvalidInput
        If `X` or the lens is not finite, a parameter is out of range, or memory is too small (`TooLarge`).

    Notes
    -----
    The trees are those of `mode_tree`, to the last digit. Memory: 14 bytes for each candidate, of which a point has
    about 2 k (1 + log(m / k)), with m others on either side within `max_interval`; during the search 16 more, and
    for each coordinate 4 bytes (10 per nonzero of sparse data); up to 32 MiB for the trees of the last covers. Time:
    one product in float32 per unordered pair.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> rng = np.random.default_rng(0)
    >>> cloud = np.r_[rng.normal(size=(300, 2)), rng.normal(size=(300, 2)) + [0, 6]]
    >>> index = topoact.ModeIndex(cloud, lens=cloud[:, 0], k=15, max_interval=0.7)
    >>> index.graph(n_intervals=2)
    <MapperGraph: 4 nodes, 2 edges, 100.0% of 600 points covered>
    >>> index.graph(n_intervals=4, overlap=0.5, prominence=0.1)
    <MapperGraph: 9 nodes, 9 edges, 100.0% of 600 points covered>
    """

    k: int
    metric: Metric
    max_interval: float
    n_jobs: int
    _points: Ordered
    _layout: Layout
    _skyband: "Skyband"
    _trees: RecentTrees

    def __init__(
        self,
        X: npt.ArrayLike,
        lens: str | Lens | npt.ArrayLike = "l2",
        k: int = 15,
        max_interval: float = MAX_INTERVAL,
        *,
        metric: Metric = "euclidean",
        intervals: Intervals | None = None,
        memory_limit: int | None = None,
        n_jobs: int | None = None,
        progress: Progress = no_progress,
    ) -> None:
        check_whole("k", k, 2)
        if not (isinstance(max_interval, Real) and 0 < float(max_interval) <= 1):
            raise InvalidInput(f"max_interval must be in (0, 1]: got {max_interval!r}")
        self.k, self.metric, self.n_jobs = int(k), checked_metric(metric), n_jobs or usable_cores()
        self._trees = RecentTrees()
        self._points = points = in_order(X, lens, progress)
        self.max_interval = float(max_interval) if intervals is None else points.share(intervals)
        if intervals is None:
            self._layout = lay_out(np.maximum(points.reach(max_interval), points.balanced_reach(max_interval)))
        else:
            self._layout = lay_out(points.covering(intervals))
        limit = available_memory() if memory_limit is None else memory_limit
        progress("loading the engine", 0, 1)
        from topoact.mapper.neighbors._kernels.candidates import skyband

        options: dict[str, Any] = {"metric": self.metric, "n_jobs": self.n_jobs, "progress": progress}
        self._skyband = skyband(points.vectors, points.order, self._layout, self.k, limit, **options)

    def __repr__(self) -> str:
        n_points, n_channels = self.vectors.shape
        return (
            f"<ModeIndex: {n_points} points of {n_channels} channels, k={self.k}, "
            f"max_interval={self.max_interval:.3g}, {mebibytes(self.n_bytes)}>"
        )

    @property
    def vectors(self) -> Vectors:
        """The activation vectors."""
        return self._points.vectors

    @property
    def lens(self) -> LensValues:
        """Lens value of each point, shape (n_points,)."""
        return self._points.lens

    @property
    def n_bytes(self) -> int:
        """Bytes that the candidates take."""
        return CANDIDATE_BYTES * len(self._skyband.places)

    def serves(self, intervals: Intervals) -> bool:
        """Tell whether no distance has to be measured for these intervals.

        Parameters
        ----------
        intervals
            Of any cover of the lens.

        Returns
        -------
        bool
            False where one of them is wider than `max_interval`.
        """
        return bool(self._layout.serves(*self._points.ranges(intervals)).all())

    def graph(
        self, n_intervals: int = 30, overlap: float = 0.3, prominence: float = 1.0, *, progress: Progress = no_progress
    ) -> MapperGraph:
        """Return the mapper graph of a uniform cover, clustered by `Modes`; raises as `graph_of` does.

        Parameters
        ----------
        n_intervals, overlap
            Of `UniformCover`.
        prominence, progress
            As for `graph_of`.

        Returns
        -------
        MapperGraph
            Equal to that of `Mapper` with `Modes`.
        """
        return self.graph_of(UniformCover(n_intervals, overlap), prominence, progress=progress)

    def graph_of(
        self, cover: Cover, prominence: float = 1.0, *, k: int | None = None, progress: Progress = no_progress
    ) -> MapperGraph:
        """Return the mapper graph of any cover, clustered by `Modes`.

        Parameters
        ----------
        cover
            Of one lens.
        prominence
            As for `Modes`. For the cover and k of one of the last calls only the tree is cut again.
        k
            No more than that of the index, which is the default.
        progress
            Called with (stage, done, total); may raise `topoact.errors.Cancelled`.

        Returns
        -------
        MapperGraph
            Equal to that of `Mapper` with `Modes`.

        Raises
        ------
        InvalidInput
            If a parameter is out of range.
        """
        intervals = cover.intervals(self.lens)
        found = self._cut_tree(intervals, k, progress)
        nodes = found.nodes(prominence, self._gatherer, progress)
        progress("joining nodes", 0, 1)
        return assemble(self.lens, intervals, nodes, **found.tree.facts(prominence))

    def tree(self, intervals: Intervals, *, k: int | None = None, progress: Progress = no_progress) -> ModeTree:
        """Return the modes of every interval; those of the last covers are cached. Raises as `graph_of` does."""
        return self._cut_tree(intervals, k, progress).tree

    def _cut_tree(self, intervals: Intervals, k: int | None, progress: Progress) -> CutTree:
        wanted = self._checked(k)
        key = (wanted, np.stack(intervals).tobytes())
        return self._trees.get(key, lambda: self._tree(intervals, wanted, progress))

    def _tree(self, intervals: Intervals, k: int, progress: Progress) -> ModeTree:
        starts, stops = self._points.ranges(intervals)
        served = self._layout.serves(starts, stops)
        sets: list[Rows] = [np.sort(self._points.order[a:b]) for a, b in zip(starts, stops, strict=True)]
        parts: list[Climb | None] = [None] * len(sets)

        def climb_interval(number: int) -> None:
            parts[number] = self._climb(int(starts[number]), int(stops[number]), k)

        largest_first = np.argsort(starts - stops, kind="stable")
        indexed = largest_first[served[largest_first]].tolist()
        side_by_side(climb_interval, indexed, n_jobs=self.n_jobs, stage="clustering", progress=progress)
        options: dict[str, Any] = {"metric": self.metric, "n_jobs": self.n_jobs, "progress": progress}
        for number in np.flatnonzero(~served):
            parts[number] = climb_of(self.vectors[sets[number]], k, **options)
        return joined(sets, [part for part in parts if part is not None])

    def _climb(self, start: int, stop: int, k: int) -> Climb:
        if stop - start < 2:
            return lone_climb(stop - start)
        rows, k = self._points.order[start:stop], min(k, stop - start - 1)
        near = self._skyband.nearest(rows, start, stop, k, self.metric)
        return climb(near, self.vectors.shape[1], self.metric)

    def _checked(self, k: int | None) -> int:
        if k is None:
            return self.k
        check_whole("k", k, 2)
        if k > self.k:
            raise InvalidInput(f"this index has k={self.k} neighbours: got k={k}, ask for fewer or build it for more")
        return int(k)

    @cached_property
    def _gatherer(self) -> "Gatherer":
        from topoact.mapper.neighbors._nodes import Gatherer

        return Gatherer(self.vectors, self._points.order, self.n_jobs)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return all that is worth keeping; `restore` takes it back.

        Returns
        -------
        dict
            Plain arrays under names.
        """
        arrays = origin(self._points, self.metric, self._layout, self.max_interval)
        return arrays | {"k": np.array([self.k]), **self._skyband._asdict()}

    @classmethod
    def restore(
        cls,
        X: npt.ArrayLike,
        lens: str | Lens | npt.ArrayLike,
        arrays: Mapping[str, npt.NDArray[Any]],
        *,
        n_jobs: int | None = None,
    ) -> Self:
        """Return the index that `arrays` came from, without measuring a distance again.

        Parameters
        ----------
        X, lens
            What the index was built from.
        arrays
            From `arrays`; they may be read-only memory maps, and are read when they are needed.
        n_jobs
            Threads; by default all cores that this process may use.

        Raises
        ------
        InvalidInput
            If the arrays are damaged, or do not belong to `X` and the lens.
        """
        from topoact.mapper.neighbors._kernels.skyband import checked_skyband

        self = cls.__new__(cls)
        self._points, self.n_jobs, self._trees = in_order(X, lens), n_jobs or usable_cores(), RecentTrees()
        self.metric, self._layout, self.max_interval = checked_origin(arrays, self._points)
        self.k = int(taken(arrays, "k", np.int64, (1,))[0])
        places = taken(arrays, "places", np.int32, (None,))
        starts = taken(arrays, "starts", np.int64, (2 * len(self.lens) + 1,))
        if self.k < 2:
            raise InvalidInput("the candidates of this neighbour index are damaged: build it again")
        lists = (starts, places, taken(arrays, "measures", np.float64, places.shape), arrays.get("ranks"))
        self._skyband = checked_skyband(*lists, self._points.order, self._layout, self.metric, self.n_jobs)
        return self
