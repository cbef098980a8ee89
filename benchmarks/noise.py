"""How prominent are modes of points without structure? ``python -m benchmarks.noise``: what `noise_level` is fitted to.

A cell says how often a second mode reaches prominence 1 and, in brackets, the largest prominence. Gaussians, uniform
balls and spheres are an interval each; segments and discs with noise in 64 channels are cut into 25 by their first
principal component, and the largest of all intervals counts.
"""

import argparse
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from topoact import UniformCover
from topoact.mapper import lens_values, mode_tree
from topoact.mapper.covers import pullback
from topoact.testing.shapes import planted

DIMENSIONS: Final = (1, 2, 3, 5, 8, 20, 64)
Draw = Callable[[np.random.Generator, int, int], Any]


def gaussian(rng: np.random.Generator, n_points: int, n_channels: int) -> Any:
    return rng.normal(size=(n_points, n_channels))


def ball(rng: np.random.Generator, n_points: int, n_channels: int) -> Any:
    return sphere(rng, n_points, n_channels - 1) * rng.random((n_points, 1)) ** (1 / n_channels)


def sphere(rng: np.random.Generator, n_points: int, n_dimensions: int) -> Any:
    directions = rng.normal(size=(n_points, n_dimensions + 1))
    return directions / np.linalg.norm(directions, axis=1)[:, None]


DRAWS: Final[dict[str, Draw]] = {"gaussian": gaussian, "ball": ball, "sphere": sphere}


def second(cloud: Any, sets: Any, k: int) -> float:
    """Return the prominence of the most prominent mode that is not the highest of its set."""
    tree = mode_tree(cloud.astype(np.float32), sets, k)
    first = np.unique(tree.interval, return_index=True)[1]
    return float(np.delete(tree.prominence, first).max(initial=0.0))


def cell(prominences: list[float]) -> str:
    return f"{sum(one >= 1 for one in prominences)}/{len(prominences)} ({max(prominences):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.noise", description=__doc__)
    parser.add_argument("--points", type=int, nargs="*", default=[100, 300, 1000])
    parser.add_argument("--k", type=int, nargs="*", default=[10, 15, 30])
    parser.add_argument("--runs", type=int, default=100)
    chosen = parser.parse_args()
    print(f"| points | k | {' | '.join(f'{d} dimensions' for d in DIMENSIONS)} |\n| --- |{' --- |' * 8}")
    for kind, draw in DRAWS.items():
        for n_points in chosen.points:
            for k in chosen.k:
                rng, sets = np.random.default_rng(0), [np.arange(n_points)]
                cells = [
                    cell([second(draw(rng, n_points, d), sets, k) for _ in range(chosen.runs)]) for d in DIMENSIONS
                ]
                print(f"| {kind}, {n_points} | {k} | {' | '.join(cells)} |", flush=True)
    for shape in ("line", "disc"):
        for noise in (0.02, 0.05, 0.1):
            for k in chosen.k:
                clouds = [planted(shape, noise=noise, seed=seed) for seed in range(max(1, chosen.runs // 10))]
                print(f"| {shape}, noise {noise} | {k} | {cell([second(x, _slices(x), k) for x in clouds])} |")


def _slices(cloud: Any) -> Any:
    lens = lens_values("pca:0", cloud)
    return pullback(lens, UniformCover(25, 0.35).intervals(lens))


if __name__ == "__main__":
    main()
