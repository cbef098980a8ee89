"""Locating photos in the graphs of a study: how fast it is, and whether unfamiliar photos are recognised as such.

``python -m benchmarks.locate STUDY TRAIN TEST --model … --weights …``; TRAIN is the table of photos that the study
was made from, and TEST one of held-out photos; with ``-n 20 --noise 5`` it is done in seconds. Measured are the time to
locate photos, the share of the study's own photos that are recognised and located in their own nodes, the shares of
held-out photos and of noise that are outside the graphs, and how well the photos of a class are separated from the
others in a graph that was made without this class.
"""

import argparse
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq
from PIL import Image
from sklearn.metrics import roc_auc_score

from benchmarks.measure import RESULTS, clocked, conditions, save
from topoact.analysis.location.locate import Located, Locator
from topoact.analysis.location.novelty import Novelty
from topoact.extract.predictions import Outputs
from topoact.interpret.query import query_images
from topoact.interpret.study_network import NetworkChoice
from topoact.mapper import lens_values
from topoact.workbench import Workbench, open_workbench
from topoact.workbench.locate.locate import locate_many
from topoact.workbench.locators import Locators

IMAGE_SIDE: Final = 32
"""Pixels."""


def noise_images(n: int, seed: int = 0) -> dict[str, list[bytes]]:
    """Return images of no object, by kind."""
    rng, shape = np.random.default_rng(seed), (IMAGE_SIDE, IMAGE_SIDE, 3)

    def blurred() -> Image.Image:
        return Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)).resize(shape[:2])

    kinds: dict[str, Callable[[], Any]] = {
        "uniform noise": lambda: rng.integers(0, 256, shape, dtype=np.uint8),
        "Gaussian noise": lambda: np.clip(rng.normal(128, 50, shape), 0, 255).astype(np.uint8),
        "one colour": lambda: np.broadcast_to(rng.integers(0, 256, 3), shape).astype(np.uint8),
        "sixteen colours, blurred": blurred,
    }
    return {kind: [_png(make()) for _ in range(n)] for kind, make in kinds.items()}


def speed(bench: Workbench, layer: str, photos: list[bytes]) -> dict[str, float]:
    """Return the seconds for the network's pass over all photos, for locating its vectors, and for both."""
    opened, outputs = bench.study.layer(layer), Outputs.noted(bench.study.manifest.notes)
    rounds = []
    for _ in range(3):
        bench.locators = Locators(bench.located_inputs)  # nothing is cached, as for a first input
        network, _ = clocked(lambda: query_images(bench.network, outputs, [opened], photos))
        began = time.process_time()
        both, _ = clocked(lambda: locate_many(bench, photos, bench.default_settings, layer))
        processor = time.process_time() - began
        rounds.append({"network": network, "locating": both - network, "both": both, "processor, both": processor})
    return min(rounds, key=lambda one: one["both"])


def own_nodes(bench: Workbench, layer: str, photos: list[bytes], rows: np.ndarray) -> dict[str, int]:
    """Return how many photos of the study are recognised, and located in exactly the nodes they are members of."""
    graph, (_, located) = (
        bench.map(layer, bench.default_settings),
        locate_many(bench, photos, bench.default_settings, layer),
    )
    nodes_of_point = graph.memberships.incidence(graph.n_points).T.tocsr()
    own = [set(_nodes(located, i)) == set(nodes_of_point[[row]].indices.tolist()) for i, row in enumerate(rows)]
    return {"photos": len(rows), "recognised": int((located.same == rows).sum()), "in their own nodes": sum(own)}


def unseen_classes(bench: Workbench, layer: str, photos: list[bytes], labels: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield for each class how its photos are located in a graph made without it, beside those of the other classes."""
    opened = bench.study.layer(layer)
    vectors, classes = opened.vectors(), opened.metadata("label").astype(str).to_numpy()
    new = query_images(bench.network, None, [opened], photos).layers[layer].vectors
    for name in sorted(set(classes)):
        kept = np.ascontiguousarray(vectors[classes != name])
        graph = bench.default_settings.mapper("l2").fit(kept).graph_
        located = Locator(kept, graph, novelty=Novelty(kept)).locate(new, lens_values("l2", new))
        unseen, margin = labels == name, _margins(located)
        yield {
            "class": name,
            "outside": float((~located.inside)[unseen].mean()),
            "outside, of the others": float((~located.inside)[~unseen].mean()),
            "AUROC of the margin": roc_auc_score(unseen, -margin),
            "AUROC of the distance": roc_auc_score(unseen, located.distance),
            "AUROC of the reach": roc_auc_score(unseen, located.reach),
            "AUROC of reach / usual": roc_auc_score(unseen, _relative_reach(located)),
        }


def outside(bench: Workbench, layers: list[str], images: dict[str, list[bytes]]) -> list[dict[str, Any]]:
    """Return the share of some images that is located outside the graph of each layer."""
    shares = []
    for kind, files in images.items():
        located = {layer: locate_many(bench, files, bench.default_settings, layer)[1] for layer in layers}
        shares.append({"images": kind, **{layer: float(1 - one.inside.mean()) for layer, one in located.items()}})
    return shares


def main() -> None:
    """Measure, print tables and save the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.locate", description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--model", default="study")
    parser.add_argument("--weights")
    parser.add_argument("--layer", default="layer3@mean")
    parser.add_argument("-n", type=int, default=1000, help="photos of each table")
    parser.add_argument("--noise", type=int, default=300, help="images of noise, of each kind")
    options = parser.parse_args()
    bench = open_workbench(options.study, NetworkChoice(options.model, options.weights))
    results: dict[str, Any] = {"conditions": conditions()}
    photos, labels = _read(options.test, np.arange(options.n))
    locate_many(
        bench, photos[:2], bench.default_settings, options.layer
    )  # imports, compiles, makes the graph and its reaches
    results["speed"] = speed(bench, options.layer, photos)
    rows = np.sort(np.random.default_rng(0).choice(bench.study.n_examples, options.n, replace=False))
    results["own"] = own_nodes(bench, options.layer, _read(options.train, rows)[0], rows)
    means = [name for name in bench.layers if name.endswith("@mean")]
    results["outside"] = outside(bench, means, {"held-out photos": photos, **noise_images(options.noise)})
    results["classes"] = list(unseen_classes(bench, options.layer, photos, labels))
    print(results["conditions"], results["speed"], results["own"], sep="\n")
    for part in ("outside", "classes"):
        print("\n".join(_table(results[part])), "\n")
    save("locate", results, into=RESULTS)


def _read(table: Path, rows: np.ndarray) -> tuple[list[bytes], np.ndarray]:
    photos = pq.read_table(table, columns=["image", "label"]).take(rows)
    files = [one["bytes"] if isinstance(one, dict) else one for one in photos.column("image").to_pylist()]
    return files, np.array([str(label) for label in photos.column("label").to_pylist()])


def _nodes(located: Located, query: int) -> list[int]:
    start, stop = located.matches.indptr[query : query + 2]
    return located.matches.node[start:stop].tolist()


def _relative_reach(located: Located) -> np.ndarray:
    """Return the reach of each vector as a multiple of the usual one; largest where no interval has its lens value."""
    return np.nan_to_num(located.reach / located.limit.clip(1e-12), nan=np.finfo(float).max)


def _margins(located: Located) -> np.ndarray:
    """Return the largest margin of each vector; −1 where it is in no node, 1 where no node competes."""
    margins = np.full(len(located.inside), -1.0)
    query = np.repeat(np.arange(len(margins)), np.diff(located.matches.indptr))
    np.maximum.at(margins, query, np.nan_to_num(located.matches.margin, nan=1.0))
    return margins


def _png(pixels: Any) -> bytes:
    content = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(content, "PNG")
    return content.getvalue()


def _table(rows: list[dict[str, Any]]) -> list[str]:
    cells = [[f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()] for row in rows]
    names = list(rows[0])
    return [f"| {' | '.join(line)} |" for line in (names, ["---"] * len(names), *cells)]


if __name__ == "__main__":
    main()
