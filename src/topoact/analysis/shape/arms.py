"""Places at which three arms or more meet, whatever the lens, and how short an arm would be missed: `branching`.

Arms are looked for around a hundred centres at radii from a sixth of the spread of the points on; an arm that is found
at a radius is two radii long. Where none is seen, arms are planted: at random places pieces of the cloud itself are cut
out and turned into new arms, as noisy and as dense as it is there, until three meet.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

RUNS: Final = 3
"""Samples of the points that must agree."""
MAX_POINTS: Final = 4000
"""Points of a sample."""
SHARE: Final = 0.8
"""Of the points, at most, in a sample."""
N_CENTRES: Final = 100
NEAREST: Final = 1 / 60
"""Share of the points whose mean is a centre."""
RADII: Final = 2.0 ** np.arange(-2.5, 1.01, 0.5)
"""Inner radii of the shells, in units of the spread of the points."""
TRIALS: Final = 12
"""Arms that are planted of each length."""
FOUND: Final = 11
"""Arms of a length that must be found for it to be long enough, as of every greater length."""
APART: Final = 4.0
"""Radii beyond which two places are certainly two."""
FIRM: Final = 5
"""Centres and radii that show a place which is seen firmly, on average."""
STRAY: Final = 0.1
"""Share of what shows places that a place has at least."""
TOGETHER: Final = 1.0
"""Radii up to which two places are certainly one."""
NEAR_CENTRES: Final = 6
"""Centres of a sample that are nearest to a planted arm."""
MIN_ANGLE: Final = 0.5
"""Cosine of the angle of 60° that a planted arm has with any other, at least."""

Floats = npt.NDArray[np.float64]


class Branching(NamedTuple):
    """How many places there are at which arms meet, in each of three samples."""

    least: tuple[int, ...]
    """Places, those that may be one taken for one."""
    most: tuple[int, ...]
    """Places, those that may be two taken for two."""
    firm: bool = True
    """Whether each is seen several times: what is hardly seen may have a fellow that is not."""

    @property
    def value(self) -> int | None:
        """The number that all samples agree on; None where they do not."""
        counts = {*self.least, *self.most}
        return counts.pop() if self.firm and len(counts) == 1 else None


class Missed(NamedTuple):
    """The shortest arm that is found in at least 90 % of the trials."""

    length: float
    """In the distance of the points."""
    n_points: int
    """Points of so long an arm."""


class _Sample(NamedTuple):
    points: Floats
    means: Floats
    """Of neighbours of some points."""
    centres: Floats
    """Means that are evenly spread."""
    radii: Floats


def branching(points: npt.ArrayLike, *, seed: int = 0) -> Branching:
    """Count the places at which three arms or more meet.

    Parameters
    ----------
    points
        Shape (n_points, n_dimensions), finite; few dimensions, as `consensus` keeps them.
    seed
        Seed of the samples. Time: 0.3 to 1 s, whatever the number of points.

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.analysis.shape.arms import branching
    >>> rng = np.random.default_rng(0)
    >>> turn = np.pi * np.array([0.5, 7 / 6, 11 / 6])[rng.integers(0, 3, 2000)]
    >>> arms = rng.random(2000)[:, None] * np.c_[np.cos(turn), np.sin(turn)]
    >>> branching(arms + rng.normal(0, 0.05, arms.shape)).value
    1
    """
    from topoact.analysis.shape._arms import n_arms

    found = []
    for run in range(RUNS):
        sample = _sample(np.asarray(points, dtype=np.float64), np.random.default_rng([seed, run]))
        forks = n_arms(sample.points, sample.centres, sample.radii) >= 3
        fewest, many = (_n_places(sample, forks, reach) for reach in (APART, TOGETHER))
        found.append((fewest, many, np.count_nonzero(forks) >= FIRM * many))
    least, most, firm = zip(*found, strict=True)
    return Branching(least, most, all(firm))


def missed(points: npt.ArrayLike, novel: npt.ArrayLike, edge: float, *, seed: int = 0) -> Missed | None:
    """Return the shortest arm that would be found; None where not even one as long as the cloud is wide would be.

    Parameters
    ----------
    points
        As for `branching`, which sees none in them.
    novel
        Shape (n_points,). One direction more, of noise alone: the one in which arms are planted on a line.
    edge
        The variance that noise reaches in some direction: an arm that leaves the space of `points` must exceed it.
    seed
        Seed of the places. Time: 0.2 to 3 s, whatever the number of points.
    """
    cloud = np.asarray(points, dtype=np.float64)
    room = cloud if cloud.shape[1] > 1 else np.column_stack([cloud, np.asarray(novel, dtype=np.float64)])
    sample, shortest = _sample(room, np.random.default_rng([seed, 0])), None
    if not sample.radii[0]:
        return None
    for length in 2 * sample.radii[::-1]:
        rng = np.random.default_rng(seed)
        trials = [_planted(sample, length, rng) for _ in range(TRIALS)]
        if sum(seen for seen, _ in trials) < FOUND:
            break
        density = float(np.median([per_length for _, per_length in trials])) * len(cloud) / len(sample.points)
        shown = max(length, (3 * len(cloud) * edge / density) ** (1 / 3))
        if shown <= 2 * sample.radii[-1]:
            shortest = Missed(float(shown), max(1, round(density * shown)))
    return shortest


def _sample(points: Floats, rng: np.random.Generator) -> _Sample:
    """Return some points, means of neighbours that are evenly spread among them, and the radii of the shells."""
    some = rng.choice(points, min(MAX_POINTS, max(1, round(SHARE * len(points)))), replace=False)
    chosen = rng.choice(some, min(len(some), 5 * N_CENTRES), replace=False)
    n_nearest = min(len(some), max(15, round(NEAREST * len(some))))
    means = some[np.argpartition(cdist(chosen, some), n_nearest - 1, axis=1)[:, :n_nearest]].mean(axis=1)
    rows, distance = [0], cdist(means[:1], means)[0]
    while len(rows) < min(N_CENTRES, len(means)):
        rows.append(int(distance.argmax()))
        distance = np.minimum(distance, cdist(means[rows[-1:]], means)[0])
    return _Sample(some, means, means[rows], RADII * np.sqrt(some.var(axis=0).sum()))


def _n_places(sample: _Sample, forks: Any, reach: float) -> int:
    """Return the number of groups of centres at which arms meet, without those that are seen hardly ever.

    The smaller radii come first. Centres within `reach` radii of one another, or of a place that a smaller radius
    shows, are one place.
    """
    place = np.full(len(sample.centres), -1)
    for radius, found in zip(sample.radii, forks.T, strict=True):
        known, new = np.flatnonzero(place >= 0), np.flatnonzero(found & (place < 0))
        if len(known) and len(new):
            away = cdist(sample.centres[new], sample.centres[known])
            near = away.min(axis=1) <= reach * radius
            place[new[near]] = place[known[away.argmin(axis=1)[near]]]
            new = new[~near]
        if len(new):
            joined = cdist(sample.centres[new], sample.centres[new]) <= reach * radius
            place[new] = place.max() + 1 + connected_components(joined, directed=False)[1]
    sightings = np.bincount(place[place >= 0], forks.sum(axis=1)[place >= 0])
    return int(np.count_nonzero(sightings >= STRAY * sightings.sum()))


def _planted(sample: _Sample, length: float, rng: np.random.Generator) -> tuple[bool, float]:
    """Plant arms at a random place until three meet; return whether they are found, and their points per length."""
    from topoact.analysis.shape._arms import arms_at, n_arms

    points, radii = sample.points, sample.radii[sample.radii <= length / 2 * 1.001]
    place = sample.means[rng.integers(len(sample.means))]
    offsets, own, density = _thinnest_piece(points, place, radii)
    n_points = max(1, round(density * length))
    axes = max((list(arms_at(points, place, radius))[:2] for radius in radii), key=len)
    added = []
    for _ in range(3 - len(axes)):
        axes.append(_direction(axes, points.shape[1], rng))
        across = _turned(offsets[rng.integers(len(offsets), size=n_points)], own, axes[-1])
        added.append(place + rng.random(n_points)[:, None] * length * axes[-1] + across)
    grown = np.concatenate([points, *added])
    near = np.argsort(((sample.centres - place) ** 2).sum(axis=1), kind="stable")[:NEAR_CENTRES]
    return bool((n_arms(grown, sample.centres[near], radii) >= 3).any()), density


def _thinnest_piece(points: Floats, place: Floats, radii: Floats) -> tuple[Floats, Floats, float]:
    """Return of the balls around a place that which is thinnest beside its radius.

    Of it the offsets from its axis, the axis, and the points per length.
    """
    from topoact.analysis.shape._arms import MIN_POINTS

    squares, pieces = ((points - place) ** 2).sum(axis=1), []
    for radius in radii:
        piece = points[squares <= radius * radius]
        if len(piece) < MIN_POINTS and radius < radii[-1]:
            continue
        offsets = piece - (piece.mean(axis=0) if len(piece) else 0)
        axis = np.linalg.eigh(offsets.T @ offsets)[1][:, -1]
        across = offsets - (offsets @ axis)[:, None] * axis
        thickness = np.sqrt((across**2).sum() / max(1, len(piece))) / radius
        pieces.append((thickness, across, axis, len(piece) / (2 * radius)))
    return min(pieces, key=lambda one: one[0])[1:]


def _direction(axes: list[Any], n_dimensions: int, rng: np.random.Generator) -> Floats:
    """Return a random direction that is at 60° or more from others, or of many the one that is farthest from them."""
    drawn = rng.normal(size=(64, n_dimensions))
    drawn /= np.linalg.norm(drawn, axis=1)[:, None]
    if not axes:
        return np.asarray(drawn[0])
    nearest = (drawn @ np.array(axes).T).max(axis=1)
    wide = np.flatnonzero(nearest <= MIN_ANGLE)
    return np.asarray(drawn[wide[0] if len(wide) else nearest.argmin()])


def _turned(vectors: Floats, first: Floats, second: Floats) -> Floats:
    """Return vectors across one direction mirrored so that they are across another."""
    mirror = first - second
    square = float(mirror @ mirror)
    return vectors if square < 1e-12 else vectors - 2 / square * np.outer(vectors @ mirror, mirror)
