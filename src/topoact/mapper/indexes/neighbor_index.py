"""`NeighborIndex`: mapper graphs of one lens and one ε, or a ladder of radii, without measuring a distance again.

Sorted by lens value, an interval is a range of points. For each pair that can share one it is decided once which radii
reach from one to the other (`tiles`, `simd_f32`, `float64`), and kept in bits (`adjacency_bits`, `bitplanes`), on which
DBSCAN of any interval works (`dbscan`), with the result of scikit-learn's in float64; `float64` is exact at ε.
"""

import os
from collections.abc import Mapping
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.build import assemble
from topoact.mapper.checks import check_enough, check_whole
from topoact.mapper.covers.even import UniformCover
from topoact.mapper.graph import MapperGraph
from topoact.mapper.indexes._bit_storage import checked_folder
from topoact.mapper.indexes._lens_order import Ordered, in_order
from topoact.mapper.neighbors._layout import Layout, lay_out
from topoact.mapper.neighbors._threads import usable_cores
from topoact.mapper.neighbors.memory import Needs, available_memory, fits_memory, is_sparse, mebibytes, tile_bytes
from topoact.mapper.neighbors.metrics import Metric, checked_metric, checked_radii, level_of
from topoact.mapper.neighbors.nearest import check_neighbours
from topoact.mapper.nerve import Nodes
from topoact.mapper.protocols import Cover, Intervals, Lens, LensValues, Nearest, Progress, Vectors, no_progress

if TYPE_CHECKING:
    from topoact.mapper.neighbors._kernels.bitplanes import Planes
    from topoact.mapper.neighbors._nodes import Gatherer
    from topoact.mapper.neighbors.products import TorchProducts


class NeighborIndex:
    """Which points lie within ε of each other, for all pairs that an interval of the lens can hold.

    Parameters
    ----------
    X
        Activation vectors, shape (n_points, n_channels). They are kept, not copied, and must not be changed.
    lens
        As for `Mapper`.
    eps
        Radius of a point's neighbourhood, in units of the activations; or an ascending ladder of at most 255 radii, of
        which each graph takes one.
    max_interval
        Widest interval to be served, as a share of the lens range: n intervals of overlap p are 1 / (n (1 − p)) wide.
    metric
        ``"euclidean"`` or ``"cosine"``: 1 − cos, with radii in (0, 2].
    intervals
        Serve these intervals, and what lies within them, in the place of `max_interval`.
    memory_limit
        Bytes that the index may take beside `X`; by default four fifths of what is free.
    spill
        Folder for a nameless temporary file, for bits that do not fit into `memory_limit`; without, they are refused.
    products
        Let torch multiply (`TorchProducts`); the result is the same.
    n_jobs
        Threads; by default all cores that this process may use.
    progress
        Called with (stage, done, total); may raise `topoact.errors.Cancelled`.

    Raises
    ------
    InvalidInput
        If `X` or the lens is not finite, a parameter is out of range, or memory (the disk, with `spill`) is too small:
        `TooLarge`, before anything large is allocated.

    Notes
    -----
    Memory: one bit per ordered pair of points that can share an interval (of a ladder of n radii ⌈log2(n + 1)⌉ bits,
    and one more from the first graph on), and while pairs are decided 4 bytes per coordinate (10 per nonzero of sparse
    data). Time: one product in float32 per unordered pair.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    >>> ring = np.c_[np.cos(angle), np.sin(angle)]
    >>> index = topoact.NeighborIndex(ring, lens=ring[:, 0], eps=0.1, max_interval=0.4)
    >>> index.graph(n_intervals=6, overlap=0.3)
    <MapperGraph: 10 nodes, 10 edges, 100.0% of 400 points covered>
    """

    radii: tuple[float, ...]
    metric: Metric
    max_interval: float
    n_jobs: int
    spilled: bool
    """Whether the bits are in a temporary file."""
    _points: Ordered
    _layout: Layout
    _needs: Needs
    _planes: "Planes"
    _nearest: Nearest | None = None

    def __init__(
        self,
        X: npt.ArrayLike,
        lens: str | Lens | npt.ArrayLike = "l2",
        eps: float | npt.ArrayLike = 259.0,
        max_interval: float = 0.03,
        *,
        metric: Metric = "euclidean",
        intervals: Intervals | None = None,
        memory_limit: int | None = None,
        spill: str | os.PathLike[str] | None = None,
        products: "TorchProducts | None" = None,
        n_jobs: int | None = None,
        progress: Progress = no_progress,
    ) -> None:
        self.metric = checked_metric(metric)
        radii = checked_radii(eps, self.metric)
        if not (isinstance(max_interval, Real) and 0 < float(max_interval) <= 1):
            raise InvalidInput(f"max_interval must be in (0, 1]: got {max_interval!r}")
        folder = checked_folder(spill)
        self._points = in_order(X, lens, progress)
        self.radii = tuple(radii.tolist())
        self.n_jobs = n_jobs or usable_cores()
        self.max_interval = float(max_interval) if intervals is None else self._points.share(intervals)
        covering = self._points.reach(self.max_interval) if intervals is None else self._points.covering(intervals)
        self._layout = lay_out(covering)
        other = tile_bytes(self.vectors, products is None and is_sparse(self.vectors))
        other += products.host_bytes(self.vectors.shape) if products else 0
        self._needs = Needs(self._layout.n_bytes, len(radii).bit_length(), other)
        limit = available_memory() if memory_limit is None else memory_limit
        self.spilled = not fits_memory(self._points.values, self._needs, limit, spill=folder is not None)
        progress("loading the engine", 0, 1)
        from topoact.mapper.indexes._build_bits import decide

        options: dict[str, Any] = {"n_jobs": self.n_jobs, "progress": progress}
        spilled_to = folder if self.spilled else None
        self._planes = decide(
            self._points, self._layout, radii, self.metric, self._needs, spilled_to, products, **options
        )

    @cached_property
    def _gatherer(self) -> "Gatherer":
        from topoact.mapper.neighbors._nodes import Gatherer

        return Gatherer(self.vectors, self._points.order, self.n_jobs)

    def __repr__(self) -> str:
        n_points, n_channels = self.vectors.shape
        eps = f"eps={self.radii[0]:g}" if len(self.radii) == 1 else f"{len(self.radii)} radii"
        return (
            f"<NeighborIndex: {n_points} points of {n_channels} channels, {eps}, "
            f"max_interval={self.max_interval:.3g}, {mebibytes(self.n_bytes)}>"
        )

    @property
    def vectors(self) -> Vectors:
        return self._points.vectors

    @property
    def lens(self) -> LensValues:
        return self._points.lens

    @property
    def n_bytes(self) -> int:
        """Bytes that it takes at most, while it is built or later; beside `X`."""
        return self._needs.total

    @property
    def band_bytes(self) -> int:
        """Bytes that the bits take."""
        return self._needs.pairs

    def serves(self, intervals: Intervals) -> bool:
        """Return whether the index has all pairs that these intervals need."""
        return bool(self._layout.serves(*self._points.ranges(intervals)).all())

    def graph(
        self,
        n_intervals: int = 70,
        overlap: float = 0.5,
        min_samples: int = 5,
        *,
        eps: float | None = None,
        progress: Progress = no_progress,
    ) -> MapperGraph:
        """Return the mapper graph of a uniform cover, clustered by DBSCAN.

        Parameters
        ----------
        n_intervals, overlap, min_samples
            As for `UniformCover` and `DBSCAN`.
        eps
            One of `radii`; may be left out where there is one.
        progress
            Called with (stage, done, total); may raise `topoact.errors.Cancelled`.

        Returns
        -------
        MapperGraph
            Equal to that of `Mapper` with `DBSCAN` at this ε.

        Raises
        ------
        InvalidInput
            If a parameter is out of range, or the intervals are wider than `max_interval`.
        """
        return self.graph_of(UniformCover(n_intervals, overlap), min_samples, eps=eps, progress=progress)

    def graph_of(
        self, cover: Cover, min_samples: int = 5, *, eps: float | None = None, progress: Progress = no_progress
    ) -> MapperGraph:
        """Return the mapper graph of any cover, clustered by DBSCAN; raises as `graph` does.

        Parameters
        ----------
        cover, min_samples, eps, progress
            A cover of one lens, and the rest as for `graph`.

        Returns
        -------
        MapperGraph
            As for `graph`.
        """
        level = level_of(eps, self.radii)
        intervals = cover.intervals(self.lens)
        nodes = self.nodes(intervals, min_samples, eps=eps, progress=progress)
        progress("joining nodes", 0, 1)
        return assemble(self.lens, intervals, nodes, eps=self.radii[level])

    def nodes(
        self, intervals: Intervals, min_samples: int, *, eps: float | None = None, progress: Progress = no_progress
    ) -> Nodes:
        """Return the clusters of every interval; raises as `graph` does."""
        level = level_of(eps, self.radii)
        check_whole("min_samples", min_samples)
        check_enough(len(self.lens), min_samples)
        starts, stops = self._points.ranges(intervals)
        if not self.serves(intervals):
            raise InvalidInput(
                f"an interval takes {self._points.share(intervals):.4g} of the lens range, but this index serves "
                f"max_interval={self.max_interval:.4g}: build it for wider ones, ask for more of them or less overlap"
            )
        with self._planes.at(level, progress) as adjacency:
            members, counts = self._gatherer.clusters(starts, stops, int(min_samples), adjacency, progress)
        means, medoids = self._gatherer.centres(members, progress)
        return Nodes(np.repeat(np.arange(len(starts)), counts), members, means, medoids)

    def nearest(self, k: int, *, progress: Progress = no_progress) -> Nearest:
        """Return the k nearest neighbours of each point among those that the index compares it with.

        Parameters
        ----------
        k, progress
            At least 1, else `InvalidInput`; as for `graph`. Memory: 32 bytes a neighbour, and `X` once more meanwhile.

        Returns
        -------
        Nearest
            Shape (n_points, k); kept for later calls.
        """
        from topoact.mapper.neighbors._kernels.nearest import nearest

        check_neighbours(k)
        if self._nearest is None or self._nearest.rows.shape[1] < k:
            reach = self._layout.reach(len(self.lens))
            options: dict[str, Any] = {"metric": self.metric, "n_jobs": self.n_jobs, "progress": progress}
            self._nearest = nearest(self.vectors, self._points.order, reach, int(k), **options)
        return Nearest(self._nearest.rows[:, :k], self._nearest.distances[:, :k])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return all that is worth keeping; `restore` takes it back.

        Returns
        -------
        dict
            Plain arrays under names.
        """
        from topoact.mapper.indexes._serialize import SerializedIndex, pack

        facts = self._planes.facts[: len(self.lens) if len(self.radii) == 1 else 0]
        kept = SerializedIndex(
            np.array(self.radii), self.metric, self.max_interval, self._layout, self._planes.planes, facts
        )
        return pack(kept, self._points)

    @classmethod
    def restore(
        cls,
        X: npt.ArrayLike,
        lens: str | Lens | npt.ArrayLike,
        arrays: Mapping[str, npt.NDArray[Any]],
        *,
        n_jobs: int | None = None,
    ) -> Self:
        """Return the index that `arrays` came from, without deciding a pair again.

        Parameters
        ----------
        X, lens
            What the index was built from.
        arrays, n_jobs
            From `arrays`, as they were or as read-only memory maps, read when they are needed; and threads, as above.

        Raises
        ------
        InvalidInput
            If the arrays are damaged, or do not belong to `X` and the lens.
        """
        from topoact.mapper.indexes._build_bits import take
        from topoact.mapper.indexes._serialize import unpack

        self = cls.__new__(cls)
        self._points, self.n_jobs, self.spilled = in_order(X, lens), n_jobs or usable_cores(), False
        kept = unpack(arrays, self._points)
        self.radii, self.metric, self.max_interval = tuple(kept.radii.tolist()), kept.metric, kept.max_interval
        self._layout, self._needs = kept.layout, Needs(kept.layout.n_bytes, len(kept.words), 0)
        self._planes = take(kept, len(self.lens), n_jobs=self.n_jobs)
        return self
