"""Do graphs find the shape of points that have one? ``python -m benchmarks.planted --help``.

Shapes in 64 channels with Gaussian noise; lens: first principal component, 25 intervals, overlap 35 %, edges of Jaccard
above 0.02. Counted is how often components and loops are the true ones.
"""

import argparse
import time
from typing import Any, Final

import topoact
from topoact.analysis.topology import shape
from topoact.testing.shapes import SHAPES, planted

CLUSTERERS: Final[dict[str, Any]] = {
    "DBSCAN": topoact.DBSCAN(),
    "DBSCAN:interval": topoact.DBSCAN(eps="elbow:interval"),
    "Modes(15)": topoact.Modes(k=15),
    "Modes(30)": topoact.Modes(k=30),
    "Modes(30, 1.5)": topoact.Modes(k=30, prominence=1.5),
}


def found(cloud: Any, clusterer: Any) -> tuple[int, int]:
    """Return components and loops."""
    mapper = topoact.Mapper(lens="pca:0", n_intervals=25, overlap=0.35, clusterer=clusterer)
    return tuple(shape(mapper.fit(cloud).graph_))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted", description=__doc__)
    parser.add_argument("--points", type=int, default=6000)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--noise", type=float, nargs="*", default=[0.02, 0.05, 0.1])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--relu", action="store_true")
    parser.add_argument("--clusterers", nargs="*", choices=list(CLUSTERERS), default=list(CLUSTERERS))
    chosen = parser.parse_args()
    print(f"{chosen.points} points, {chosen.channels} channels{', behind a ReLU' * chosen.relu}")
    print(f"| shape | noise | {' | '.join(chosen.clusterers)} |\n| --- | --- |{' --- |' * len(chosen.clusterers)}")
    for name, (_, truth) in SHAPES.items():
        for noise in chosen.noise:
            clouds = [
                planted(name, chosen.points, chosen.channels, noise=noise, relu=chosen.relu, seed=seed)
                for seed in range(chosen.seeds)
            ]
            cells = [_cell(clouds, CLUSTERERS[one], truth) for one in chosen.clusterers]
            print(f"| {name} {truth} | {noise} | {' | '.join(cells)} |", flush=True)


def _cell(clouds: list[Any], clusterer: Any, truth: tuple[int, int]) -> str:
    """Return how many are right, what the others are, and the seconds for each."""
    start = time.perf_counter()
    results = [found(cloud, clusterer) for cloud in clouds]
    seconds = (time.perf_counter() - start) / len(clouds)
    wrong = [f"{components},{loops}" for components, loops in results if (components, loops) != truth]
    return f"{len(results) - len(wrong)}/{len(results)} {' '.join(wrong)} ({seconds:.1f} s)"


if __name__ == "__main__":
    main()
