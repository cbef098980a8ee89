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


def _arms(*lengths: float) -> Draw:
    """Three arms from the origin, 120° apart."""
    directions = np.array([[np.cos(a), np.sin(a)] for a in np.array([90, 210, 330]) * np.pi / 180])

    def draw(rng: np.random.Generator, n_points: int) -> Cloud:
        share = np.array(lengths) / sum(lengths)
        arm = rng.choice(3, n_points, p=share)
        return directions[arm] * (rng.random(n_points) * np.array(lengths)[arm])[:, None]

    return draw


def _circles(*centres: float) -> Draw:
    """Circles of radius 1 along the first axis."""

    def draw(rng: np.random.Generator, n_points: int) -> Cloud:
        angle = rng.random(n_points) * 2 * np.pi
        return np.stack([np.cos(angle) + rng.choice(centres, n_points), np.sin(angle)], axis=1)

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


def planted(
    shape: str, n_points: int = 6000, n_channels: int = 64, *, noise: float = 0.05, relu: bool = False, seed: int = 0
) -> Cloud:
    """Draw a shape of size 1 in a random plane, with Gaussian noise in every channel; with `relu` behind a ReLU."""
    rng = np.random.default_rng(seed)
    plane = np.linalg.qr(rng.normal(size=(n_channels, 2)))[0].T
    cloud = SHAPES[shape][0](rng, n_points) @ plane + noise * rng.normal(size=(n_points, n_channels))
    return np.maximum(cloud + 0.1, 0) if relu else cloud
