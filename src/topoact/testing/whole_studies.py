"""`write_whole_studies`: small studies with a file of every kind that a study can have."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from topoact.mapper import Edges, ImportedGraph, Intervals, Members
from topoact.study import Chunk, Points, StudyWriter, segments
from topoact.study.cache.attributions import Attributions, save_attributions
from topoact.study.cache.inversions import Inversion, Prediction
from topoact.study.thumbnails import shrink
from topoact.testing.studies import write_text_study
from topoact.testing.visits import LOCATED, N_EXAMPLES, SETTINGS
from topoact.workbench import Workbench, open_workbench
from topoact.workbench.graphs import index_store
from topoact.workbench.images.activation_images import ActivationImages
from topoact.workbench.images.targets import NodesTarget, identity, target_record
from topoact.workbench.locate.locate import LocatedInput, plain
from topoact.workbench.locate.location_report import no_location
from topoact.workbench.shape import measure_consensus, measure_stability

SENTENCES: Final = tuple(
    f"{who} {what} a {whom}."
    for who in ("A cat", "Dogs")
    for what in ("see", "ate", "like")
    for whom in ("fish", "bird")
)
CONFIG: Final[dict[str, Any]] = {
    "model": {
        "spec": "net.py:net",
        "located": "/nowhere/net.py:net",
        "class": "Net",
        "digest": "weights",
        "weights": None,
    },
    "data": {"kind": "folder", "n": N_EXAMPLES},
    "preprocessing": {"size": 8, "mean": None, "std": None, "transform": None, "description": "RGB 0-1"},
    "layers": ["conv"],
    "policies": ["all", "mean"],
    "classes": ["cat", "dog"],
    "batch_size": 8,
    "seed": 0,
    "limit": None,
    "device": "cpu",
    "dtype": "float32",
}


def write_whole_studies(folder: Path) -> list[Path]:
    """Write a study of images, one of words and one of an imported graph, each with what can be derived from it."""
    words = write_text_study(folder / "words", SENTENCES, of_words=True)
    paths = [_write_images(folder / "images"), words, _write_graph(folder / "graph")]
    for path in paths:
        _derive(open_workbench(path))
    return paths


def _write_images(path: Path) -> Path:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(N_EXAMPLES, 4, 3)).astype(np.float32) + 3 * (np.arange(N_EXAMPLES) % 2)[:, None, None]
    labels = ["dog" if row % 2 else "cat" for row in range(N_EXAMPLES)]
    y, x = (np.tile(axis.ravel(), (N_EXAMPLES, 1)).astype(np.int32) for axis in np.indices((2, 2)))
    nowhere = np.full((N_EXAMPLES, 1), -1, dtype=np.int32)
    means = vectors.mean(axis=1, keepdims=True)
    layers = {
        "conv@all": Points("conv", "all", (2, 2), vectors, y, x),
        "conv@mean": Points("conv", "mean", None, means, nowhere, nowhere),
    }
    examples: dict[str, Any] = {
        "id": [f"photo {row}" for row in range(N_EXAMPLES)],
        "label": labels,
        "prediction": labels[::-1],
        "ink": rng.normal(size=N_EXAMPLES),
    }
    images = [shrink(_picture(rng)) for _ in range(N_EXAMPLES)]
    chunk = Chunk(examples, layers, images, next_input=N_EXAMPLES)
    with _small_segments(), StudyWriter(path, CONFIG, capacity=N_EXAMPLES) as writer:
        for start in range(0, N_EXAMPLES, 8):
            writer.append(chunk.part(start, start + 8))
        writer.notes.update(outputs={"n": 2, "names": ["cat", "dog"]}, input=[3, 8, 8], accuracy=0.5)
        return writer.finish(writer.examples(), classes=("cat", "dog"))


def _write_graph(path: Path) -> Path:
    members = Members(np.array([0, 3, 6, 8]), np.array([0, 1, 2, 2, 3, 4, 4, 5]))
    graph = ImportedGraph(
        lens=np.full(6, np.nan),
        intervals=Intervals(np.empty(0), np.empty(0)),
        interval=np.arange(3),
        memberships=members,
        links=Edges(np.array([0, 1]), np.array([1, 2]), np.array([1, 1]), np.array([0.2, 0.25])),
        means=np.ones((3, 2), dtype=np.float32),
        medoids=np.full(3, -1),
        names=("a", "b", "c"),
        node_lens=np.arange(3.0),
        lens_name="l2",
        classes=((("cat", 0.5), ("dog", 0.5)), (("cat", 1.0),), ()),
    )
    config = {"model": None, "preprocessing": None, "data": {"file": "graph.json"}, "layers": ["given"]}
    with StudyWriter(path, config, capacity=6) as writer:
        writer.append(Chunk({"id": list("abcdef")}, {}, [None] * 6, next_input=6))
        return writer.finish(writer.examples(), graphs={"given": graph})


def _picture(rng: np.random.Generator) -> Any:
    return Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))


@contextmanager
def _small_segments() -> Iterator[None]:
    before, segments.MAX_SEGMENT_EXAMPLES = segments.MAX_SEGMENT_EXAMPLES, 16
    try:
        yield
    finally:
        segments.MAX_SEGMENT_EXAMPLES = before


def _derive(bench: Workbench) -> None:
    """Store of each layer its graphs, drawings, indexes, projection and stability, and the rest of the first layer."""
    before, index_store.READ_SECONDS = index_store.READ_SECONDS, -1e9  # type: ignore[misc]  # keeps every index
    try:
        for layer in map(bench.study.layer, bench.layers):
            for settings in SETTINGS if layer.has_vectors else SETTINGS[:1]:
                bench.draw(layer.name, settings)
                bench.close()
            if layer.has_vectors:
                bench.project(layer.name, "pca")
                measure_stability(bench, layer.name, SETTINGS[0])
                measure_consensus(bench, layer.name, SETTINGS[0])
    finally:
        index_store.READ_SECONDS = before  # type: ignore[misc]
    if bench.study.manifest.model:
        _interpret(bench)
    location = no_location(bench.study.layer(0), 0, LOCATED, "it has no vector here")
    thumbnail = bench.study.thumbnail(0)
    located = LocatedInput("image", None, [("cat", 0.5)], [], [location], 1, thumbnail)
    bench.located_inputs.save(LOCATED, plain(located))
    bench.located_inputs.save_novelty_limit("x-euclidean", 1.5)


def _interpret(bench: Workbench) -> None:
    """Store the attributions of the nodes of a graph and an activation image, as a network would give them."""
    layer, images = bench.study.layer(0), ActivationImages(bench)
    digest = bench.key(layer, SETTINGS[0])
    graph, target = bench.graph(digest).graph, NodesTarget((0,))
    values = np.arange(2.0 * graph.n_nodes, dtype=np.float32).reshape(-1, 2)
    save_attributions(bench.study.path / "graphs" / digest, Attributions(values, values, values, is_bypassed=False))
    inversion = Inversion(
        layer=layer.name,
        target=target_record(target),
        identity=identity(target, graph),
        graph=digest,
        recipe=images.recipe.record(),
        steps=4,
        network="weights",
        cosine=0.5,
        length=1.0,
        lands=True,
        predictions=(Prediction("cat", 0.75),),
        size=(8, 8),
        reached=(0.5, 0.5, 0.5),
    )
    (name,) = images.names(layer.name, digest, [target])
    images.store.save(layer.key, name, np.zeros((8, 8, 3), dtype=np.uint8), inversion)
