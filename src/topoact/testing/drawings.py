"""What can be wrong with a drawing, counted slowly and literally: `crossings`, `overlaps` and `over_foreign`."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

Point = Sequence[float]
Places = npt.NDArray[np.float64]


def crossings(positions: Sequence[Point], edges: Sequence[tuple[int, int]]) -> int:
    """Return how many pairs of straight edges cross in a point that is no end of either."""
    places, total = np.asarray(positions, dtype=np.float64).reshape(-1, 2), 0
    ends = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
    for number, edge in enumerate(ends):
        others = ends[number + 1 :]
        others = others[~np.isin(others, edge).any(axis=1)]
        (a, b), c, d = places[edge], places[others[:, 0]], places[others[:, 1]]
        total += int(((_turn(a, b, c) * _turn(a, b, d) < 0) & (_turn(c, d, a) * _turn(c, d, b) < 0)).sum())
    return total


def overlaps(positions: Sequence[Point], radii: Sequence[float]) -> int:
    """Return how many pairs of discs have an inner point in common."""
    discs = list(zip(positions, radii, strict=True))
    return sum(_distance(a, b) < r + s for (a, r), (b, s) in combinations(discs, 2))


def over_foreign(positions: Sequence[Point], radii: Sequence[float], edges: Sequence[tuple[int, int]]) -> int:
    """Return how many edges lead over the disc of a node that is not theirs."""
    return sum(
        any(
            node not in edge and _distance_to(positions[node], *(positions[end] for end in edge)) < radius
            for node, radius in enumerate(radii)
        )
        for edge in edges
    )


def _turn(a: Places, b: Places, c: Places) -> Places:
    """Return whether c lies left (1) or right (-1) of the line from a to b."""
    along, across = b - a, c - a
    return np.sign(along[..., 0] * across[..., 1] - along[..., 1] * across[..., 0])


def _distance(a: Point, b: Point) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def _distance_to(point: Point, a: Point, b: Point) -> float:
    """Return how far a point is from the piece of a line from a to b."""
    along = (b[0] - a[0], b[1] - a[1])
    length = along[0] ** 2 + along[1] ** 2
    share = ((point[0] - a[0]) * along[0] + (point[1] - a[1]) * along[1]) / length if length else 0.0
    share = min(1.0, max(0.0, share))
    return _distance(point, (a[0] + share * along[0], a[1] + share * along[1]))
