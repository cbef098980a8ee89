"""Where photos land that a study has not seen: how fast, and how sure.

``python -m benchmarks.probe STUDY TRAIN TEST --model … --weights …``, with the tables of photos that the study was made
of and of photos held out.
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

from benchmarks.measure import clocked, conditions, save
from topoact.analysis.location.locate import Located, Locator
from topoact.analysis.location.novelty import Novelty
from topoact.extract.predictions import Outputs
from topoact.interpret.query import query_images
from topoact.interpret.study_network import NetworkChoice
from topoact.mapper import lens_values
from topoact.workbench import Workbench, open_workbench
from topoact.workbench.locate.locate import locate_many
from topoact.workbench.locators import Locators

SIDE: Final = 32


def noise_images(n: int, seed: int = 0) -> dict[str, list[bytes]]:
    """Return images that show nothing, by kind."""
    rng = np.random.default_rng(seed)
    blobs = lambda: Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)).resize((SIDE, SIDE))  # noqa: E731
    normal = lambda: np.clip(rng.normal(128, 50, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)  # noqa: E731
    kinds: dict[str, Callable[[], Any]] = {
        "uniform noise": lambda: rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8),
        "Gaussian noise": normal,
        "one colour": lambda: np.broadcast_to(rng.integers(0, 256, 3), (SIDE, SIDE, 3)).astype(np.uint8),
        "sixteen colours, blurred": blobs,
    }
    return {kind: [_png(make()) for _ in range(n)] for kind, make in kinds.items()}


def speed(bench: Workbench, layer: str, photos: list[bytes]) -> dict[str, float]:
    """Return the seconds that photos take: through the network, into the graph, and both."""
    opened, outputs = bench.study.layer(layer), Outputs.noted(bench.study.manifest.notes)
    rounds = []
    for _ in range(3):
        bench.locators = Locators(bench.located_inputs)  # as for a first input
        network, _ = clocked(lambda: query_images(bench.network, outputs, [opened], photos))
        began = time.process_time()
        both, _ = clocked(lambda: locate_many(bench, photos, bench.default_settings, layer))
        processor = time.process_time() - began
        rounds.append({"network": network, "locating": both - network, "both": both, "processor, both": processor})
    return min(rounds, key=lambda one: one["both"])


def own_nodes(bench: Workbench, layer: str, photos: list[bytes], rows: np.ndarray) -> dict[str, int]:
    """Return how many photos of the study are recognised, and land in exactly the nodes that hold them."""
    graph, (_, found) = (
        bench.map(layer, bench.default_settings),
        locate_many(bench, photos, bench.default_settings, layer),
    )
    held = graph.memberships.incidence(graph.n_points).T.tocsr()
    own = [set(_nodes(found, i)) == set(held[[row]].indices.tolist()) for i, row in enumerate(rows)]
    return {"photos": len(rows), "recognised": int((found.same == rows).sum()), "in their own nodes": sum(own)}


def unseen_classes(bench: Workbench, layer: str, photos: list[bytes], labels: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield for each class how photos of it land in a graph that was made without it, beside those of the others."""
    opened = bench.study.layer(layer)
    vectors, known = opened.vectors(), opened.metadata("label").astype(str).to_numpy()
    new = query_images(bench.network, None, [opened], photos).layers[layer].vectors
    for name in sorted(set(known)):
        kept = np.ascontiguousarray(vectors[known != name])
        graph = bench.default_settings.mapper("l2").fit(kept).graph_
        found = Locator(kept, graph, usual=Novelty(kept)).locate(new, lens_values("l2", new))
        unseen, margin = labels == name, _margins(found)
        yield {
            "class": name,
            "outside": float((~found.inside)[unseen].mean()),
            "outside, of the others": float((~found.inside)[~unseen].mean()),
            "AUROC of the margin": roc_auc_score(unseen, -margin),
            "AUROC of the distance": roc_auc_score(unseen, found.distance),
            "AUROC of the reach": roc_auc_score(unseen, found.reach),
            "AUROC of reach / usual": roc_auc_score(unseen, found.reach / found.usual.clip(1e-12)),
        }


def outside(bench: Workbench, layers: list[str], images: dict[str, list[bytes]]) -> list[dict[str, Any]]:
    """Return which share of some images lands outside, by layer."""
    shares = []
    for kind, files in images.items():
        found = {layer: locate_many(bench, files, bench.default_settings, layer)[1] for layer in layers}
        shares.append({"images": kind, **{layer: float(1 - one.inside.mean()) for layer, one in found.items()}})
    return shares


def main() -> None:
    """Measure, print tables and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--model", default="study")
    parser.add_argument("--weights")
    parser.add_argument("--layer", default="layer3@mean")
    parser.add_argument("-n", type=int, default=1000)
    asked = parser.parse_args()
    bench = open_workbench(asked.study, NetworkChoice(asked.model, asked.weights))
    results: dict[str, Any] = {"conditions": conditions()}
    photos, labels = _read(asked.test, np.arange(asked.n))
    locate_many(
        bench, photos[:2], bench.default_settings, asked.layer
    )  # imports, compiles, makes the graph, finds what is usual
    results["speed"] = speed(bench, asked.layer, photos)
    rows = np.sort(np.random.default_rng(0).choice(bench.study.n_examples, asked.n, replace=False))
    results["own"] = own_nodes(bench, asked.layer, _read(asked.train, rows)[0], rows)
    means = [name for name in bench.layers if name.endswith("@mean")]
    results["outside"] = outside(bench, means, {"held-out photos": photos, **noise_images(300)})
    results["classes"] = list(unseen_classes(bench, asked.layer, photos, labels))
    print(results["conditions"], results["speed"], results["own"], sep="\n")
    for part in ("outside", "classes"):
        print("\n".join(_table(results[part])), "\n")
    save("probe", results)


def _read(table: Path, rows: np.ndarray) -> tuple[list[bytes], np.ndarray]:
    photos = pq.read_table(table, columns=["image", "label"]).take(rows)
    files = [one["bytes"] if isinstance(one, dict) else one for one in photos.column("image").to_pylist()]
    return files, np.array([str(label) for label in photos.column("label").to_pylist()])


def _nodes(found: Located, query: int) -> list[int]:
    start, stop = found.matches.indptr[query : query + 2]
    return found.matches.node[start:stop].tolist()


def _margins(found: Located) -> np.ndarray:
    """Return the largest margin of each vector; −1 where it lands nowhere, 1 where no node competes."""
    margins = np.full(len(found.inside), -1.0)
    query = np.repeat(np.arange(len(margins)), np.diff(found.matches.indptr))
    np.maximum.at(margins, query, np.nan_to_num(found.matches.margin, nan=1.0))
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
