"""Small studies, of scikit-learn's handwritten digits, of sentences, and of planted shapes."""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from PIL import Image
from sklearn.datasets import load_digits

from topoact.study import Chunk, Points, StudyWriter
from topoact.study.thumbnails import Thumbnail
from topoact.testing.shapes import planted

CLASSES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def write_digits_study(path: Path, n_examples: int = 1797) -> Path:
    """Write a study of the digits with two layers, predictions of the nearest class centroid, and thumbnails.

    Layers are ``pixels`` (64 channels, no position) and ``rows`` (8 channels, one vector for each of the 8 rows of an
    image, so that it has 8 points per example).
    """
    pixels, target = load_digits(return_X_y=True)
    pixels, target = pixels[:n_examples].astype(np.float32), target[:n_examples]
    centroids = np.stack([pixels[target == digit].mean(axis=0) for digit in range(10)])
    distance = np.linalg.norm(pixels[:, None] - centroids, axis=2)
    likelihood = np.exp(-distance / 4)
    examples = {
        "id": [f"digit-{row:04d}" for row in range(len(pixels))],
        "label": [CLASSES[digit] for digit in target],
        "prediction": [CLASSES[digit] for digit in likelihood.argmax(axis=1)],
        "confidence": (likelihood.max(axis=1) / likelihood.sum(axis=1)).astype(np.float32),
        "ink": pixels.mean(axis=1),
    }
    layers = {
        "pixels": _layer("pixels", pixels[:, None], None),
        "rows": _layer("rows", pixels.reshape(-1, 8, 8), (8, 1)),
    }
    thumbnails = [_thumbnail(row) for row in pixels]
    with StudyWriter(path, {"model": None, "data": "digits", "n": n_examples}, capacity=len(pixels)) as writer:
        writer.append(Chunk(examples, layers, thumbnails, next_input=len(pixels)))
        return writer.finish(_encoded(writer.examples()), classes=CLASSES, title="Handwritten digits")


def write_text_study(path: Path, sentences: Sequence[str], *, of_words: bool) -> Path:
    """Write a study of sentences, or of their words, with one layer of four channels: counts of letters, with noise."""
    words = [(i, m.group(), *m.span()) for i, text in enumerate(sentences) for m in re.finditer(r"\S+", text)]
    columns: dict[str, list[Any]] = {"id": [str(i) for i in range(len(words))], "word": [word for _, word, *_ in words]}
    columns |= {"sentence": [sentences[i] for i, *_ in words]}
    columns |= {"start": [start for *_, start, _ in words], "end": [end for *_, end in words]}
    if not of_words:
        columns = {"id": [str(i) for i in range(len(sentences))], "text": list(sentences)}
    texts = columns["word" if of_words else "text"]
    counts = np.array([[text.count(letter) for letter in "aeio"] for text in texts])
    vectors = (counts + np.random.default_rng(0).normal(0, 0.1, counts.shape)).astype(np.float32)
    with StudyWriter(path, {"model": None, "data": "sentences"}, capacity=len(texts)) as writer:
        layers = {"letters": _layer("letters", vectors[:, None], None)}
        writer.append(Chunk(columns, layers, [None] * len(texts), next_input=len(texts)))
        return writer.finish(writer.examples(), title="Sentences")


def _layer(name: str, vectors: npt.NDArray[np.float32], grid: tuple[int, int] | None) -> Points:
    n_examples, n_positions, _ = vectors.shape
    position = np.arange(n_positions) if grid else np.full(n_positions, -1)
    y = np.broadcast_to(position, (n_examples, n_positions)).astype(np.int32)
    return Points(name, "all" if grid else "given", grid, np.ascontiguousarray(vectors), y, np.minimum(y, 0))


def _thumbnail(pixels: npt.NDArray[np.float32]) -> Thumbnail:
    image = Image.fromarray((255 - pixels.reshape(8, 8) * 255 / 16).astype(np.uint8))
    buffer = io.BytesIO()
    image.resize((32, 32), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue(), "image/png"


def _encoded(examples: pa.Table) -> pa.Table:
    for name in ("label", "prediction"):
        index = examples.column_names.index(name)
        examples = examples.set_column(index, name, examples[name].dictionary_encode())
    return examples


def write_planted_study(path: Path, names: Sequence[str], classes: Sequence[str], n_examples: int = 3000) -> Path:
    """Write a study of planted shapes, one a layer, whose norm grows along their longest axis.

    The classes are those of the sectors of the first shape, as many as there are.
    """
    layers: dict[str, Points] = {}
    sectors = np.zeros(n_examples, dtype=np.int64)
    for number, name in enumerate(names):
        cloud = planted(name, n_examples, 8, noise=0.03, seed=1)
        axes = np.linalg.svd(cloud - cloud.mean(axis=0), full_matrices=False)[2]
        layers[name] = _layer(name, (cloud + 8 * axes[0]).astype(np.float32)[:, None], None)
        if not number:
            x, y = axes[:2] @ cloud.T
            sectors = np.floor((np.arctan2(y, x) / np.pi + 1) / 2 * len(classes)).astype(np.int64) % len(classes)
    examples = {
        "id": [str(row) for row in range(n_examples)],
        "label": [classes[sector] for sector in sectors.tolist()],
    }
    with StudyWriter(path, {"model": None, "data": "planted"}, capacity=n_examples) as writer:
        writer.append(Chunk(examples, layers, [None] * n_examples, next_input=n_examples))
        return writer.finish(writer.examples(), classes=tuple(classes), title="Planted shapes")
