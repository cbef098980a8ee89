"""Do graphs have the shape of the points? ``python -m benchmarks.planted run -o FILE`` and ``… table FILE``.

Known shapes in several channels with Gaussian noise, with and without a ReLU; lens: first principal component, 25
intervals, overlap 35 %. A case is right when the numbers of components and loops are the true ones, wrong when one of
the reported numbers is not, and otherwise undecided: `consensus` and `shape_report` may leave a number open, the
others count all components and loops of the graph. Branches are
scored for `consensus` alone: right is the true number, or none seen where there is none; wrong is another number, more
that are sure than there are, or none seen where there is an arm that would have been. ``power`` tries that: arms a
little longer than what would be missed, on a ring. KeplerMapper and giotto-tda use DBSCAN with the elbow's ε of
"paper", and all their edges; they are left out where they cannot be installed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from itertools import product
from math import inf
from pathlib import Path
from typing import Any, Final

import networkx as nx
import numpy as np

import topoact
from benchmarks.environments import is_installed, python_of
from topoact.analysis.shape.consensus import consensus
from topoact.analysis.shape.report import Count, ShapeReport
from topoact.analysis.shape.topology import shape, shape_report
from topoact.mapper.nerve import Members, nerve
from topoact.testing.shapes import BRANCHED, BRANCHES, SHAPES, planted, ring_with_whisker

ALL_SHAPES: Final = SHAPES | BRANCHED
Counts = tuple[int | None, int | None]
Case = tuple[str, int, int, float, bool, int]
INTERVALS: Final = {"n_intervals": 25, "overlap": 0.35}
CASE: Final = ("shape", "points", "channels", "noise", "relu", "seed")
PEERS: Final = ("kepler-mapper", "giotto-tda")
SIDES: Final = ("judge", "report", "Modes", "paper", "communities", *PEERS)


def cloud(case: Case) -> Any:
    name, n_points, n_channels, noise, relu, seed = case
    return planted(name, n_points, n_channels, noise=noise, relu=relu, seed=seed).astype(np.float32)


def counts_of(side: str, points: Any) -> Counts:
    """Return components and loops; None where a side leaves the number open."""
    clusterer = {
        "report": topoact.Modes(k=15),
        "Modes": topoact.Modes(k=15),
        "paper": topoact.DBSCAN(eps="elbow", min_samples=5),
        "communities": topoact.Communities(k=15),
    }[side]
    graph = topoact.Mapper(lens="pca:0", clusterer=clusterer, **INTERVALS).fit(points).graph_
    return _counts(shape_report(graph)) if side == "report" else shape(graph)


def _counts(shown: ShapeReport) -> Counts:
    return shown.components.value, shown.loops.value


def by_peer(side: str, clouds: list[Any]) -> list[Counts]:
    """Return what graphs of another library show, made in its own environment by `benchmarks.mapper_libraries`."""
    with tempfile.TemporaryDirectory() as folder:
        for number, points in enumerate(clouds):
            lens = topoact.mapper.lens_values("pca:0", points)
            eps = topoact.DBSCAN(eps="elbow", min_samples=5).bind(points, seed=0).eps
            np.savez(Path(folder) / f"{number:03}.cloud.npz", vectors=points, lens=lens, eps=eps, **INTERVALS)
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [python_of(side), Path(__file__).with_name("mapper_libraries.py"), side, folder]
        subprocess.run(command, check=True, capture_output=True, env=environment)
        return [_all_edges(path, len(clouds[0])) for path in sorted(Path(folder).glob("*.nodes.npz"))]


def _all_edges(path: Path, n_points: int) -> Counts:
    """Return components and loops of a nerve, whatever its edges carry."""
    with np.load(path) as saved:
        edges, n_nodes = nerve(Members(saved["indptr"], saved["indices"]), n_points), len(saved["indptr"]) - 1
    network = nx.Graph(zip(edges.source.tolist(), edges.target.tolist(), strict=True))
    network.add_nodes_from(range(n_nodes))
    n_pieces = nx.number_connected_components(network)
    return n_pieces, network.number_of_edges() - n_nodes + n_pieces


def outcomes(side: str, cases: list[Case]) -> list[dict[str, Any]]:
    """Return cases with the counts of a side, and whether they are right."""
    clouds = [cloud(case) for case in cases]
    if side == "judge":
        shown = [consensus(points, "pca:0", **INTERVALS) for points in clouds]
        return [_of_judge(case, one) for case, one in zip(cases, shown, strict=True)]
    found = by_peer(side, clouds) if side in PEERS else [counts_of(side, points) for points in clouds]
    return [judged(side, case, counts) for case, counts in zip(cases, found, strict=True)]


def _of_judge(case: Case, shown: ShapeReport) -> dict[str, Any]:
    persistence = shown.persistence and (shown.persistence.least, shown.persistence.seen)
    return judged("judge", case, _counts(shown)) | {
        "branches": asdict(shown.branches),
        "persistence": persistence,
        "branching": branching_outcome(case[0], shown.branches),
    }


def branching_outcome(name: str, count: Count) -> str:
    """Return whether what is told of the branches of a shape is right; see the module."""
    n_branches, length = BRANCHES[name]
    if count.value is not None:
        return "right" if count.value == n_branches else "wrong"
    if count.least > n_branches or (n_branches and count.seen == 0 and (count.missed_below or inf) <= length):
        return "wrong"
    return "right" if n_branches == count.seen == 0 and count.missed_below else "cannot tell"


def judged(side: str, case: Case, found: Counts) -> dict[str, Any]:
    """Return a case with counts, and whether they are right."""
    wrong = any(count not in (None, true) for count, true in zip(found, ALL_SHAPES[case[0]][1], strict=True))
    how = "wrong" if wrong else "cannot tell" if None in found else "right"
    return dict(zip(CASE, case, strict=True)) | {"side": side, "found": found, "outcome": how}


def _run(chosen: argparse.Namespace) -> None:
    """Run every side over the grid, seed by seed, except for cases in the file; clouds of a chunk are equally large."""
    sides = [side for side in chosen.sides if is_installed(side)]
    lines = chosen.output.read_text().splitlines() if chosen.output.exists() else []
    done = {(one["side"], *(one[name] for name in CASE)) for one in map(json.loads, lines)}
    with ProcessPoolExecutor(chosen.jobs) as pool, chosen.output.open("a") as file:
        for side, seed in product(sides, chosen.seeds):
            chunks = [
                [(name, n_points, n_channels, noise, relu, seed) for name in chosen.shapes for noise in chosen.noise]
                for n_points, n_channels, relu in product(chosen.points, chosen.channels, chosen.relu)
            ]
            missing = [chunk for chunk in chunks if (side, *chunk[-1]) not in done]
            for results in pool.map(partial(outcomes, side), missing):
                file.writelines(json.dumps(result) + "\n" for result in results)
                file.flush()


def _table(chosen: argparse.Namespace) -> None:
    results = [json.loads(line) for path in chosen.files for line in path.read_text().splitlines()]
    found = {name: {one[name] for one in results} for name in CASE}
    groups: dict[str, Any] = {name: _of(shape=name) for name in ALL_SHAPES if name in found["shape"]}
    for relu, level in product(sorted(found["relu"]), sorted(found["noise"])):
        groups[f"noise {level}, {'ReLU' if relu else 'no ReLU'}"] = _of(noise=level, relu=relu)
    groups["all"] = _of()
    sides = [side for side in SIDES if any(one["side"] == side for one in results)]
    heads = [*sides, "branches"] if any("branching" in one for one in results) else sides
    print(f"|  | {' | '.join(heads)} |\n| --- |{' --- |' * len(heads)}")
    for name, chosen_by in groups.items():
        print(f"| {name} | {' | '.join(_cells(results, heads, chosen_by))} |")


def _of(**which: Any) -> Any:
    return lambda one: all(one[name] == value for name, value in which.items())


def _power(chosen: argparse.Namespace) -> None:
    """Print how many arms a little longer than what would be missed are seen on a ring, and how many are denied."""
    print("| noise | points | would be missed below | arms planted | seen | denied |")
    print("| --- |" + " --- |" * 5)
    for noise, n_points in product(chosen.noise, chosen.points):
        seen, denied, missed = 0, 0, []
        for seed in chosen.seeds:
            ring = consensus(cloud(("ring", n_points, 32, noise, False, seed)), "pca:0", **INTERVALS).branches
            if ring.missed_below is None:
                continue
            missed.append(ring.missed_below)
            length = 1.1 * ring.missed_below
            grown = round(n_points * (1 + length / (2 * np.pi)))
            points = planted(ring_with_whisker(length), grown, 32, noise=noise, seed=1000 + seed).astype(np.float32)
            count = consensus(points, "pca:0", **INTERVALS).branches
            seen += count.seen > 0
            denied += count.seen == 0 and (count.missed_below or inf) < length
        below = f"{np.median(missed):.2f}" if missed else "any length"
        print(f"| {noise} | {n_points:,} | {below} | {len(missed)} | {seen} | {denied} |", flush=True)


def _cells(results: list[dict[str, Any]], sides: list[str], chosen_by: Any) -> Iterator[str]:
    for side in sides:
        key, of = ("branching", "judge") if side == "branches" else ("outcome", side)
        tally = Counter(one[key] for one in results if one["side"] == of and chosen_by(one))
        total = max(1, sum(tally.values()))
        yield " / ".join(f"{100 * tally[how] / total:.3g}" for how in ("right", "cannot tell", "wrong"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted", description=__doc__)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="append the outcomes that a file lacks")
    run.set_defaults(do=_run)
    run.add_argument("-o", "--output", type=Path, required=True)
    run.add_argument("--points", type=int, nargs="*", default=[2000, 6000])
    run.add_argument("--channels", type=int, nargs="*", default=[16, 64, 512])
    run.add_argument("--noise", type=float, nargs="*", default=[0.02, 0.05, 0.1])
    run.add_argument("--seeds", type=int, nargs="*", default=list(range(10)))
    run.add_argument("--sides", nargs="*", choices=SIDES, default=["judge"])
    run.add_argument("--jobs", type=int, default=1)
    run.add_argument("--shapes", nargs="*", choices=ALL_SHAPES, default=list(SHAPES))
    run.add_argument("--relu", type=int, nargs="*", choices=(0, 1), default=[0, 1])
    power = commands.add_parser("power", help="arms a little longer than what would be missed")
    power.set_defaults(do=_power)
    power.add_argument("--points", type=int, nargs="*", default=[2000, 6000])
    power.add_argument("--noise", type=float, nargs="*", default=[0.02, 0.05, 0.1, 0.15])
    power.add_argument("--seeds", type=int, nargs="*", default=list(range(20)))
    table = commands.add_parser("table", help="percent right / cannot tell / wrong")
    table.set_defaults(do=_table)
    table.add_argument("files", type=Path, nargs="+")
    chosen = parser.parse_args()
    chosen.do(chosen)


if __name__ == "__main__":
    sys.exit(main())
