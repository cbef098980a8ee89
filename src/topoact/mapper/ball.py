"""`BallMapper`: balls around landmarks instead of a lens and a cover (Dłotko 2019, arXiv 1901.07410).

1. Go through the points in order; a point that lies in no ball yet becomes a landmark, the centre of a ball.
2. Each ball is a node; balls that share points are joined.
"""

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from topoact.errors import InvalidInput
from topoact.mapper.build import assemble, centres
from topoact.mapper.checks import check_differing, validated
from topoact.mapper.graph import MapperGraph
from topoact.mapper.lenses.distance import squares_between
from topoact.mapper.lenses.registry import lens_values
from topoact.mapper.neighbors.memory import TooLarge, available_memory
from topoact.mapper.neighbors.metrics import Metric, checked_metric
from topoact.mapper.nerve import Members, Nodes
from topoact.mapper.protocols import Intervals, Lens, LensValues, Progress, Rows, Vectors, no_progress

CANDIDATES: Final = 256
"""Points among which landmarks are chosen at a time."""
BLOCK_ROWS: Final = 4_096
MEMBERSHIP_BYTES: Final = 40
"""Bytes that a membership takes while nodes are built."""

Matrix = npt.NDArray[np.float64]
Pairs = tuple[Rows, Rows]


class BallMapper(BaseEstimator):  # type: ignore[misc]
    """The ball mapper graph of a point cloud (Dłotko 2019).

    Parameters
    ----------
    radius
        Radius of the balls, in units of the activations; points at this distance belong to them.
    lens
        As for `Mapper`. It has no part in the construction; nodes are described by it.
    metric
        ``"euclidean"``, or ``"cosine"``: 1 − cos, with radii in (0, 2].

    Attributes
    ----------
    graph_ : MapperGraph
        The result of `fit`. Each node is an interval of its own, from the least to the largest lens value of its
        points; its medoid is the point nearest to its mean, as everywhere. ``graph_.eps`` is the radius.
    landmarks_ : ndarray of int64, shape (n_nodes,)
        Row of the centre of each ball, ascending.
    n_features_in_ : int
        Number of channels seen in `fit`.

    Notes
    -----
    The construction is Dłotko's (2019, arXiv 1901.07410). The graph depends on the order of the rows. Distances are
    float64; those so near the radius that the rounding of a matrix product could decide are computed again from
    differences. Time: one product of landmarks and points. Memory: 40 bytes for each point of each ball.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    >>> topoact.BallMapper(radius=0.6).fit(np.c_[np.cos(angle), np.sin(angle)]).graph_
    <MapperGraph: 10 nodes, 10 edges, 100.0% of 400 points covered>
    """

    def __init__(
        self, radius: float, *, lens: str | Lens | npt.ArrayLike | Sequence[Any] = "l2", metric: Metric = "euclidean"
    ) -> None:
        self.radius = radius
        self.lens = lens
        self.metric = metric

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
        BallMapper
            The estimator itself, with `graph_` and `landmarks_`.

        Raises
        ------
        InvalidInput
            If `X` is not finite, all its points are equal, a parameter is out of range, or the balls have more points
            than memory.
        """
        metric = checked_metric(self.metric)
        if not (isinstance(self.radius, Real) and 0 < float(self.radius) < np.inf):
            raise InvalidInput(f"radius must be a positive number: got {self.radius!r}")
        if metric == "cosine" and self.radius > 2:
            raise InvalidInput(f"radius must be in (0, 2] for cosine: got {self.radius!r}")
        vectors = validated(self, X)
        check_differing(vectors)
        lens = lens_values(self.lens, vectors, progress=progress)
        self.landmarks_, members = cover_with_balls(vectors, float(self.radius), metric, progress=progress)
        every = np.arange(len(self.landmarks_))
        nodes = Nodes(every, members, *centres(vectors, members, progress=progress))
        progress("joining nodes", 0, 1)
        self.graph_: MapperGraph = assemble(lens, _extents(lens, members), nodes, eps=float(self.radius))
        return self


def cover_with_balls(
    vectors: Vectors, radius: float, metric: Metric, *, progress: Progress = no_progress
) -> tuple[Rows, Members]:
    """Return the landmarks, in order, and the points of their balls.

    Raises
    ------
    TooLarge
        If there are more memberships than memory.
    """
    points = _Points(vectors, radius, metric)
    covered = np.zeros(len(vectors), dtype=bool)
    landmarks: list[Rows] = []
    balls: list[Pairs] = []
    n_free = available_memory() // MEMBERSHIP_BYTES
    while not covered.all():
        progress("covering with balls", int(covered.sum()), len(vectors))
        candidates = np.flatnonzero(~covered)[:CANDIDATES]
        chosen = candidates[_greedy(points.near(candidates, candidates), len(candidates))]
        first = sum(map(len, landmarks))
        for ball, rows in points.neighbours(chosen):
            covered[rows] = True
            balls.append((first + ball, rows))
            n_free -= len(rows)
            if n_free < 0:
                raise TooLarge(f"balls of radius {radius:g} hold more points than fit into memory: use another radius")
        landmarks.append(chosen)
    return np.concatenate(landmarks), _members(balls, sum(map(len, landmarks)))


def _greedy(near: Pairs, n_candidates: int) -> Rows:
    """Return which candidates, in their order, are in no ball of an earlier one that was chosen."""
    within = np.zeros((n_candidates, n_candidates), dtype=bool)
    within[near] = True
    free, chosen = np.ones(n_candidates, dtype=bool), []
    while free.any():
        chosen.append(int(free.argmax()))
        free &= ~within[chosen[-1]]
    return np.array(chosen, dtype=np.int64)


class _Points:
    """Decides which points lie within the radius of each other."""

    def __init__(self, vectors: Vectors, radius: float, metric: Metric) -> None:
        # By a power of two, which rounds nothing, so that squares stay within float64.
        self.scale = 1.0 if metric == "cosine" else float(np.ldexp(1.0, -np.frexp(radius)[1]))
        self.vectors, self.radius, self.metric = vectors, radius * self.scale, metric

    def neighbours(self, centres: Rows) -> Iterator[Pairs]:
        """Yield, block by block of points, numbers of centres and the rows that lie within the radius of them."""
        for start in range(0, len(self.vectors), BLOCK_ROWS):
            rows = np.arange(start, min(start + BLOCK_ROWS, len(self.vectors)))
            centre, row = self.near(centres, rows)
            yield centre, rows[row]

    def near(self, a: Rows, b: Rows) -> Pairs:
        """Return the pairs within the radius, as indices into two lists of rows; each point is within its own."""
        left, right = self._scaled(a), self._scaled(b)
        excess, slack = self._excess(left, right)
        _, own, same = np.intersect1d(a, b, assume_unique=True, return_indices=True)
        excess[own, same] = -np.inf
        i, j = np.nonzero(~(excess > slack))  # including NaN, where float64 overflows
        doubtful = np.flatnonzero(~(excess[i, j] < -slack))
        near = np.ones(len(i), dtype=bool)
        near[doubtful] = self._exactly(left, right, i[doubtful], j[doubtful])
        return i[near], j[near]

    def _excess(self, left: Matrix, right: Matrix) -> tuple[Matrix, float]:
        """Return by how much pairs are outside the radius, and a bound of its rounding error."""
        rounding = 4 * (left.shape[1] + 8) * float(np.finfo(np.float64).eps)
        if self.metric == "cosine":
            return (1 - self.radius) - left @ right.T, 2 * rounding
        with np.errstate(over="ignore"):
            squares = _squares(left).max() + _squares(right).max() + self.radius**2
        return squares_between(left, right) - self.radius**2, squares * rounding

    def _exactly(self, left: Matrix, right: Matrix, i: Rows, j: Rows) -> npt.NDArray[np.bool_]:
        """Decide doubtful pairs from differences, which do not depend on the order of sums in a matrix product."""
        near = np.empty(len(i), dtype=bool)
        for start in range(0, len(i), BLOCK_ROWS):
            some = slice(start, start + BLOCK_ROWS)
            x, y = left[i[some]], right[j[some]]
            with np.errstate(over="ignore"):
                if self.metric == "cosine":
                    near[some] = 1 - (x * y).sum(axis=1) <= self.radius
                else:
                    near[some] = ((x - y) ** 2).sum(axis=1) <= self.radius**2
        return near

    def _scaled(self, rows: Rows) -> Matrix:
        """Return some points in float64, for cosine scaled to length 1; zero vectors stay 0."""
        points = self.vectors[rows] * np.float64(self.scale)
        if self.metric == "cosine":
            norms = np.sqrt(_squares(points))
            points /= np.where(norms > 0, norms, 1)[:, None]
        return points


def _squares(points: Matrix) -> Matrix:
    return np.einsum("ij,ij->i", points, points)


def _members(balls: list[Pairs], n_balls: int) -> Members:
    """Return the points of each ball, ascending."""
    number, rows = (np.concatenate(parts) for parts in zip(*balls, strict=True))
    order = np.argsort(number, kind="stable")  # blocks of points came in order
    indptr = np.concatenate([[0], np.cumsum(np.bincount(number, minlength=n_balls))])
    return Members(indptr, rows[order])


def _extents(lens: LensValues, members: Members) -> Intervals:
    values, starts = lens[members.indices], members.indptr[:-1]
    return Intervals(np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts))
