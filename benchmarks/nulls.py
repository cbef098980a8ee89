"""Are loops and branches found where there are none? ``python -m benchmarks.nulls run -o FILE``, ``… table FILE``.

Clouds without a loop or a branch: blobs, balls, cubes, heavy tails, mixtures, stretched and skewed clouds of 1 to 20
dimensions; some in more channels, with noise. A false loop is one that `consensus` tells or that persistence calls
significant, a false branch one that it tells, or of which it is sure. "points" has them as they are, with all their
dimensions, and no graph; `consensus` finds the dimensions itself, and leaves a cloud that is noise in all of them.
"""

import argparse
import json
from collections.abc import Iterable
from itertools import islice, product
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.stats import beta

from topoact.analysis.shape.arms import branching
from topoact.analysis.shape.consensus import consensus
from topoact.analysis.shape.rips import rips_loops

WAYS: Final = ("points", "consensus")
SIZES: Final = (1500, 4000)
DIMENSIONS: Final = (2, 3, 5, 10, 20)


def _mixture(n_blobs: int, radius: float) -> Any:
    """Gaussian blobs around random places on a sphere."""

    def draw(rng: np.random.Generator, n_points: int, n_dimensions: int) -> Any:
        places = _sphere(rng, n_blobs, n_dimensions) * radius
        return places[rng.integers(n_blobs, size=n_points)] + rng.normal(size=(n_points, n_dimensions))

    return draw


def _sphere(rng: np.random.Generator, n_points: int, n_dimensions: int) -> Any:
    directions = rng.normal(size=(n_points, n_dimensions))
    return directions / np.linalg.norm(directions, axis=1)[:, None]


def _ball(rng: np.random.Generator, n: int, d: int) -> Any:
    return _sphere(rng, n, d) * rng.random((n, 1)) ** (1 / d)


DRAWS: Final[dict[str, Any]] = {
    "Gaussian": lambda rng, n, d: rng.normal(size=(n, d)),
    "stretched": lambda rng, n, d: rng.normal(size=(n, d)) * 2.0 ** -np.arange(d),
    "unequal axes": lambda rng, n, d: rng.normal(size=(n, d)) / np.sqrt(1 + np.arange(d)),
    "ball": _ball,
    "cube": lambda rng, n, d: rng.random((n, d)),
    "simplex": lambda rng, n, d: rng.dirichlet(np.ones(d + 1), n),
    "Student's t, 3": lambda rng, n, d: rng.normal(size=(n, d)) / np.sqrt(rng.chisquare(3, size=(n, 1)) / 3),
    "Student's t, 2, each channel": lambda rng, n, d: rng.standard_t(2, size=(n, d)),
    "Laplace": lambda rng, n, d: rng.laplace(size=(n, d)),
    "exponential": lambda rng, n, d: rng.exponential(size=(n, d)),
    "log-normal": lambda rng, n, d: np.exp(rng.normal(size=(n, d))),
    "two blobs": _mixture(2, 2.0),
    "three blobs": _mixture(3, 2.5),
    "five blobs": _mixture(5, 3.0),
    "ten blobs": _mixture(10, 4.0),
    "four blobs far apart": _mixture(4, 6.0),
}
"""By name: rng, points and dimensions to a cloud."""


def judged(way: str, seed: int, name: str, n_points: int, n_dimensions: int) -> dict[str, Any]:
    """Return how many loops and branches a cloud is said to have."""
    rng = np.random.default_rng([seed, n_points, n_dimensions])
    points = DRAWS[name](rng, n_points, n_dimensions)
    case = {"way": way, "seed": seed, "cloud": name, "points": n_points, "dimensions": n_dimensions}
    if way == "points":
        return case | {"loops": rips_loops(points, seed=seed), "branches": min(branching(points, seed=seed).least)}
    size = np.sqrt(points.var(axis=0).max())
    axes = np.linalg.qr(rng.normal(size=(32, points.shape[1])))[0].T
    told = consensus((points @ axes + 0.1 * size * rng.normal(size=(n_points, 32))).astype(np.float32), "pca:0")
    loops = max(one.value or one.least for one in (told.loops, told.persistence or told.loops))
    return case | {"loops": loops, "branches": told.branches.value or told.branches.least}


def _run(chosen: argparse.Namespace) -> None:
    """Judge clouds that the file lacks: of every kind, size and dimension one with a seed, then with the next."""
    done = chosen.output.read_text().splitlines() if chosen.output.exists() else []
    cases = ((seed, *case) for seed in range(chosen.clouds) for case in product(DRAWS, SIZES, DIMENSIONS))
    with chosen.output.open("a") as file:
        for case in islice(cases, sum(json.loads(line)["way"] == chosen.way for line in done), chosen.clouds):
            file.write(json.dumps(judged(chosen.way, *case)) + "\n")
            file.flush()


def _table(chosen: argparse.Namespace) -> None:
    results = [json.loads(line) for line in chosen.file.read_text().splitlines()]
    print("| cloud | " + " | ".join(f"{way}: clouds | with a loop | with a branch" for way in WAYS) + " |")
    print("| --- |" + " --- |" * 3 * len(WAYS))
    for name in DRAWS:
        print(f"| {name} | {' | '.join(map(str, _tally(one for one in results if one['cloud'] == name)))} |")
    total = _tally(results)
    cells = [
        _with_bound(number, total[3 * (place // 3)]) if place % 3 else str(number) for place, number in enumerate(total)
    ]
    print(f"| all | {' | '.join(cells)} |")


def _tally(results: Iterable[dict[str, Any]]) -> list[int]:
    """Return for each way the number of clouds, of those with a loop and of those with a branch."""
    ones = list(results)
    ways = [[one for one in ones if one["way"] == way] for way in WAYS]
    return [sum(map(counts, some)) for some in ways for counts in (lambda _: 1, _has("loops"), _has("branches"))]


def _has(kind: str) -> Any:
    return lambda one: one[kind] > 0


def _with_bound(number: int, of: int) -> str:
    """Return a number, and the bound on its share that holds with 95 % confidence."""
    return f"{number}, below {100 * beta.ppf(0.95, number + 1, max(of - number, 1)):.2g} %"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nulls", description=__doc__)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="judge clouds that a file lacks")
    run.set_defaults(do=_run)
    run.add_argument("-o", "--output", type=Path, required=True)
    run.add_argument("--way", choices=WAYS, default=WAYS[0])
    run.add_argument("--clouds", type=int, default=500)
    table = commands.add_parser("table", help="how many have a loop or a branch")
    table.set_defaults(do=_table)
    table.add_argument("file", type=Path)
    chosen = parser.parse_args()
    chosen.do(chosen)


if __name__ == "__main__":
    main()
