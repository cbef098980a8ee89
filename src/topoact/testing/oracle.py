"""`mapper`: a slow, literal mapper for checks of `topoact.mapper`; `balls`: the same of a ball mapper.

It uses sets and loops over numbers, and shares nothing with `topoact.mapper`. Distances are compared squared, in
float64, so that on a lattice every comparison is exact.
"""

from itertools import combinations, product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Node = tuple[int, frozenset[int]]
"""Number of the interval, and the points."""


class Oracle(NamedTuple):
    """A mapper graph as plain sets."""

    nodes: list[Node]
    """In order of interval, then of discovery."""
    edges: dict[tuple[int, int], tuple[int, float]]
    """(source, target) → (shared points, Jaccard index)."""


def mapper(
    points: npt.ArrayLike,
    lens: npt.NDArray[np.float64],
    *,
    n_intervals: int,
    overlap: float,
    eps: float,
    min_samples: int,
) -> Oracle:
    """Return the mapper graph by its definition, over one lens, shape (n,), or several, (n, d)."""
    vectors, columns = np.asarray(points, dtype=np.float64), np.transpose(np.reshape(lens, (len(lens), -1))).tolist()
    sides = [intervals(min(values), max(values), n_intervals, overlap) for values in columns]
    nodes = [
        (number, frozenset(cluster))
        for number, box in enumerate(product(*sides))
        for cluster in dbscan(vectors, held(columns, box), eps, min_samples)
    ]
    return Oracle(nodes, nerve([members for _, members in nodes]))


def held(columns: list[list[float]], box: tuple[tuple[float, float], ...]) -> list[int]:
    """Return the points in a box, from their values of each lens."""
    return [
        row
        for row, values in enumerate(zip(*columns, strict=True))
        if all(low <= value <= high for value, (low, high) in zip(values, box, strict=True))
    ]


def intervals(low: float, high: float, n_intervals: int, overlap: float) -> list[tuple[float, float]]:
    """Return the ends of KeplerMapper's intervals."""
    spacing = (high - low) / n_intervals
    length = spacing / (1 - overlap)
    centres = [low + (number + 0.5) * spacing for number in range(n_intervals)]
    return [(centre - length / 2, centre + length / 2) for centre in centres]


def dbscan(points: npt.NDArray[np.float64], rows: list[int], eps: float, min_samples: int) -> list[set[int]]:
    """Return the clusters among some rows, found in order of their first core point.

    A border point between two clusters belongs to the one found first, as in scikit-learn.
    """
    near = {a: [b for b in rows if ((points[a] - points[b]) ** 2).sum() <= eps**2] for a in rows}
    core = {row for row in rows if len(near[row]) >= min_samples}
    clusters: list[set[int]] = []
    taken: set[int] = set()
    for seed in rows:
        if seed in core and seed not in taken:
            clusters.append(_cluster(seed, near, core, taken))
            taken |= clusters[-1]
    return clusters


def balls(points: npt.ArrayLike, radius: float) -> list[tuple[int, set[int]]]:
    """Return the landmarks of a ball mapper and the points of their balls."""
    vectors = np.asarray(points, dtype=np.float64)
    result: list[tuple[int, set[int]]] = []
    for landmark in range(len(vectors)):
        if not any(landmark in ball for _, ball in result):
            ball = {row for row, x in enumerate(vectors) if ((x - vectors[landmark]) ** 2).sum() <= radius**2}
            result.append((landmark, ball))
    return result


def _cluster(seed: int, near: dict[int, list[int]], core: set[int], taken: set[int]) -> set[int]:
    cluster, waiting = {seed}, [seed]
    while waiting:
        row = waiting.pop()
        added = set(near[row]) - cluster - taken if row in core else set()
        cluster |= added
        waiting += sorted(added)
    return cluster


def nerve(members: list[frozenset[int]]) -> dict[tuple[int, int], tuple[int, float]]:
    """Return the pairs of sets that meet, how many elements they share, and their Jaccard index."""
    return {
        (a, b): (len(members[a] & members[b]), len(members[a] & members[b]) / len(members[a] | members[b]))
        for a, b in combinations(range(len(members)), 2)
        if members[a] & members[b]
    }


def clear_of_ends(lens: npt.ArrayLike, n_intervals: int, overlap: float) -> bool:
    """Return whether no value is so near an end that rounding could decide on which side it is."""
    values = np.asarray(lens, dtype=np.float64)
    low, high = float(values.min()), float(values.max())
    ends = np.array(intervals(low, high, n_intervals, overlap)).ravel()
    inner = ends[(ends > low) & (ends < high)]
    distance = np.abs(values[:, None] - inner)
    return not (distance < 1e-9 * max(abs(low), abs(high), high - low)).any()
