"""What can be wrong with a drawing, counted slowly and literally: `crossings`, `overlaps` and `over_foreign`."""

from collections.abc import Sequence
from itertools import combinations

Point = Sequence[float]


def crossings(positions: Sequence[Point], edges: Sequence[tuple[int, int]]) -> int:
    """Return how many pairs of straight edges cross in a point that is no end of either."""
    return sum(
        _cross(*(positions[node] for node in (*one, *other)))
        for one, other in combinations(edges, 2)
        if not set(one) & set(other)
    )


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


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _turn(a: Point, b: Point, c: Point) -> float:
    """Return whether c lies left (positive) or right (negative) of the line from a to b."""
    turn: float = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (turn > 0) - (turn < 0)


def _distance(a: Point, b: Point) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def _distance_to(point: Point, a: Point, b: Point) -> float:
    """Return how far a point is from the piece of a line from a to b."""
    along = (b[0] - a[0], b[1] - a[1])
    length = along[0] ** 2 + along[1] ** 2
    share = ((point[0] - a[0]) * along[0] + (point[1] - a[1]) * along[1]) / length if length else 0.0
    share = min(1.0, max(0.0, share))
    return _distance(point, (a[0] + share * along[0], a[1] + share * along[1]))
