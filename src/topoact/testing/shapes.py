"""`planted`: point clouds of known shape, in many channels and with noise, for tests of what a mapper graph finds."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

Cloud = np.ndarray[Any, np.dtype[np.float64]]
Draw = Callable[[np.random.Generator, int], Cloud]


def _polyline(*corners: tuple[float, float]) -> Draw:
    """Points along straight pieces, as many per length on each."""
    ends = np.array(corners, dtype=np.float64)
    lengths = np.linalg.norm(np.diff(ends, axis=0), axis=1)

    def draw(rng: np.random.Generator, n_points: int) -> Cloud:
        along = rng.random(n_points) * lengths.sum()
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return np.stack([np.interp(along, starts, ends[:, axis]) for axis in (0, 1)], axis=1)

    return draw


def _arms(*lengths: float, turns: tuple[float, ...] = (90, 210, 330)) -> Draw:
    """Arms from the origin, at these angles in degrees."""
    directions = np.array([[np.cos(a), np.sin(a)] for a in np.array(turns) * np.pi / 180])

    def draw(rng: np.random.Generator, n_points: int) -> Cloud:
        share = np.array(lengths) / sum(lengths)
        arm = rng.choice(len(lengths), n_points, p=share)
        return directions[arm] * (rng.random(n_points) * np.array(lengths)[arm])[:, None]

    return draw


def _tree(rng: np.random.Generator, n_points: int) -> Cloud:
    """Two forks, joined by a piece of length 1, with two arms of length 1 each."""
    arm, along = rng.integers(5, size=n_points), rng.random(n_points)
    starts = np.array([[-0.5, 0], [0.5, 0], [0.5, 0], [-0.5, 0], [-0.5, 0]])
    steps = np.array([[1, 0], [1, 0], [0, -1], [-1, 0], [0, 1]])
    return starts[arm] + along[:, None] * steps[arm]


def _circles(*centres: float) -> Draw:
    """Circles of radius 1 along the first axis."""

    def draw(rng: np.random.Generator, n_points: int) -> Cloud:
        angle = rng.random(n_points) * 2 * np.pi
        return np.stack([np.cos(angle) + rng.choice(centres, n_points), np.sin(angle)], axis=1)

    return draw


def ring_with_whisker(length: float) -> Draw:
    """A circle of radius 1 and an arm that leaves it straight, as many points per length on both."""

    def draw(rng: np.random.Generator, n_points: int) -> Cloud:
        angle, along = rng.random(n_points) * 2 * np.pi, rng.random(n_points) * length
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        on_whisker = rng.random(n_points) < length / (length + 2 * np.pi)
        return np.where(on_whisker[:, None], np.stack([1 + along, 0 * along], axis=1), circle)

    return draw


def _disc(rng: np.random.Generator, n_points: int) -> Cloud:
    angle, radius = rng.random(n_points) * 2 * np.pi, np.sqrt(rng.random(n_points))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _blobs(rng: np.random.Generator, n_points: int) -> Cloud:
    return rng.normal(size=(n_points, 2)) / 5 + rng.choice([-1.5, 1.5], n_points)[:, None] * [1, 0]


SHAPES: Final[dict[str, tuple[Draw, tuple[int, int]]]] = {
    "line": (_polyline((-1, 0), (1, 0)), (1, 0)),
    "Y": (_arms(1, 1, 1), (1, 0)),
    "branch": (_arms(1.5, 1, 0.6), (1, 0)),
    "ring": (_circles(0), (1, 1)),
    "disc": (_disc, (1, 0)),
    "eight": (_circles(-1, 1), (1, 2)),
    "blobs": (_blobs, (2, 0)),
}
"""How each is drawn, and the numbers of its components and loops."""


BRANCHED: Final[dict[str, tuple[Draw, tuple[int, int]]]] = {
    "cross": (_arms(1, 1, 1, 1, turns=(0, 90, 180, 270)), (1, 0)),
    "tree": (_tree, (1, 0)),
    "whisker": (ring_with_whisker(0.6), (1, 1)),
    "rings": (_circles(-2.5, 2.5), (2, 2)),
}
"""More of them, to count branches on."""
BRANCHES: Final[dict[str, tuple[int, float]]] = {
    "line": (0, 0),
    "Y": (1, 1),
    "branch": (1, 0.6),
    "ring": (0, 0),
    "disc": (0, 0),
    "eight": (1, 1),
    "blobs": (0, 0),
    "cross": (1, 1),
    "tree": (2, 1),
    "whisker": (1, 0.6),
    "rings": (0, 0),
}
"""Of all: how many branching places there are, and the length of the shortest of the three longest arms of one."""


def planted(
    shape: str | Draw,
    n_points: int = 6000,
    n_channels: int = 64,
    *,
    noise: float = 0.05,
    relu: bool = False,
    seed: int = 0,
) -> Cloud:
    """Draw a shape of size 1 in a random plane, with Gaussian noise in every channel; with `relu` behind a ReLU."""
    rng = np.random.default_rng(seed)
    plane = np.linalg.qr(rng.normal(size=(n_channels, 2)))[0].T
    draw = (SHAPES | BRANCHED)[shape][0] if isinstance(shape, str) else shape
    cloud = draw(rng, n_points) @ plane + noise * rng.normal(size=(n_points, n_channels))
    return np.maximum(cloud + 0.1, 0) if relu else cloud
