"""How prominent modes of points without structure are: ``python -m benchmarks.noise``; `noise_level` is fitted to it.

A cell gives how often a second mode reaches prominence 1 and, in brackets, the largest prominence. Gaussians, uniform
balls and spheres are one interval each; segments and discs with noise in 64 channels are cut into 25 intervals by their
first principal component, and the largest prominence of all intervals counts.

``--graphs N`` instead makes N graphs of each cloud of 6,000 points: Gaussians, balls and, with ``--study`` and
``--layer``, a real layer with every channel shuffled; 25 intervals of the L2 norm and of the first principal component.
Counted are the graphs whose skeleton has a second mode in an interval, or a loop. ``--cloud-points`` makes clouds
smaller: with ``--runs 1 --points 100 --cloud-points 500`` all is done in seconds.
"""

import argparse
from collections.abc import Callable
from itertools import cycle, product
from pathlib import Path
from typing import Any, Final

import numpy as np

from topoact import Mapper, Modes, UniformCover
from topoact.analysis.shape.topology import shape_report
from topoact.mapper import lens_values, mode_tree
from topoact.mapper.covers.pullback import pullback
from topoact.study import open_study
from topoact.testing.shapes import planted

DIMENSIONS: Final = (1, 2, 3, 5, 8, 20, 64)
CLOUD_CHANNELS: Final = (8, 16, 64, 128)
"""Channels of successive clouds of ``--graphs``."""
Draw = Callable[[np.random.Generator, int, int], Any]


def gaussian(rng: np.random.Generator, n_points: int, n_channels: int) -> Any:
    return rng.normal(size=(n_points, n_channels))


def ball(rng: np.random.Generator, n_points: int, n_channels: int) -> Any:
    return sphere(rng, n_points, n_channels - 1) * rng.random((n_points, 1)) ** (1 / n_channels)


def sphere(rng: np.random.Generator, n_points: int, n_dimensions: int) -> Any:
    directions = rng.normal(size=(n_points, n_dimensions + 1))
    return directions / np.linalg.norm(directions, axis=1)[:, None]


DRAWS: Final[dict[str, Draw]] = {"gaussian": gaussian, "ball": ball, "sphere": sphere}


def second_prominence(cloud: Any, sets: Any, k: int) -> float:
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
    parser.add_argument("--cloud-points", type=int, default=6000, help="of a cloud that is cut into 25 intervals")
    parser.add_argument("--graphs", type=int, default=0)
    parser.add_argument("--study", type=Path)
    parser.add_argument("--layer")
    chosen = parser.parse_args()
    (graphs if chosen.graphs else intervals)(chosen)


def intervals(chosen: argparse.Namespace) -> None:
    """Print how prominent second modes of single intervals are."""
    print(f"| points | k | {' | '.join(f'{d} dimensions' for d in DIMENSIONS)} |\n| --- |{' --- |' * 8}")
    for kind, draw in DRAWS.items():
        for n_points in chosen.points:
            for k in chosen.k:
                rng, sets = np.random.default_rng(0), [np.arange(n_points)]
                cells = [
                    cell([second_prominence(draw(rng, n_points, d), sets, k) for _ in range(chosen.runs)])
                    for d in DIMENSIONS
                ]
                print(f"| {kind}, {n_points} | {k} | {' | '.join(cells)} |", flush=True)
    for shape, noise, k in product(("line", "disc"), (0.02, 0.05, 0.1), chosen.k):
        seeds = range(max(1, chosen.runs // 10))
        clouds = [planted(shape, chosen.cloud_points, noise=noise, seed=seed) for seed in seeds]
        found = [second_prominence(cloud, _slices(cloud), k) for cloud in clouds]
        print(f"| {shape}, noise {noise} | {k} | {cell(found)} |")


def graphs(chosen: argparse.Namespace) -> None:
    """Print how many graphs of noise have a second mode in an interval, or a loop."""
    draws: dict[str, Draw] = {"gaussian": gaussian, "ball": ball}
    if chosen.study:
        vectors = open_study(chosen.study).layer(chosen.layer).vectors()
        draws[f"{chosen.layer}, shuffled"] = lambda rng, n_points, _: rng.permuted(
            rng.choice(vectors, n_points), axis=0
        )
    print("| cloud | lens | k | second mode | loop | largest prominence |\n| --- | --- | --- | --- | --- | --- |")
    for (kind, draw), lens, k in product(draws.items(), ("l2", "pca:0"), chosen.k):
        rng = np.random.default_rng(0)
        clouds = [
            draw(rng, chosen.cloud_points, channels).astype(np.float32)
            for _, channels in zip(range(chosen.graphs), cycle(CLOUD_CHANNELS))
        ]
        seconds = [second_prominence(cloud, _slices(cloud, lens), k) for cloud in clouds]
        mapper = Mapper(lens=lens, n_intervals=25, overlap=0.35, clusterer=Modes(k=k))
        loops = sum(shape_report(mapper.fit(cloud).graph_).loops.seen > 0 for cloud in clouds)
        modes = sum(one >= 1 for one in seconds)
        print(
            f"| {kind} | {lens} | {k} | {modes}/{len(clouds)} | {loops}/{len(clouds)} | {max(seconds):.2f} |",
            flush=True,
        )


def _slices(cloud: Any, name: str = "pca:0") -> Any:
    lens = lens_values(name, cloud)
    return pullback(lens, UniformCover(25, 0.35).intervals(lens))


if __name__ == "__main__":
    main()
