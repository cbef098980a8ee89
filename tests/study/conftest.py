"""A study of three kinds of layers, written portion by portion."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from topoact.study import Chunk, Points, Study, StudyWriter, open_study

N_EXAMPLES, BATCH, SEGMENT_BATCHES = 25, 4, 2
CONFIG = {"model": None, "seed": 0}
PNG = b"\x89PNG\r\n\x1a\n"
"""The first bytes of an image, which tell its kind."""


def vectors(n_examples: int, per_example: int, n_channels: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n_examples, per_example, n_channels)).astype(np.float32)


VECTORS = {"conv@random": vectors(N_EXAMPLES, 1, 3, 0), "conv@all": vectors(N_EXAMPLES, 6, 3, 1)}


def portions(start: int = 0, stop: int = N_EXAMPLES) -> Iterator[Chunk]:
    for first in range(start, stop, BATCH):
        rows = range(first, min(first + BATCH, N_EXAMPLES))
        layers = {name: _points(name, values[rows.start : rows.stop]) for name, values in VECTORS.items()}
        examples = {"id": [f"photo {i}" for i in rows], "label": ["cat" if i % 2 else "dog" for i in rows]}
        thumbnails = [None if i == 3 else (PNG + b"%d" % i, "image/png") for i in rows]
        yield Chunk(examples, layers, thumbnails, rows.stop)


def _points(name: str, values: np.ndarray) -> Points:
    n_examples, per_example, _ = values.shape
    y, x = (np.tile(axis.ravel()[:per_example], (n_examples, 1)).astype(np.int32) for axis in np.indices((2, 3)))
    return Points("conv", name.partition("@")[2], (2, 3), values, y, x)


def write(path: Path, **options: bool) -> Path:
    with StudyWriter(path, CONFIG, capacity=N_EXAMPLES + 5, **options) as writer:
        for portion in portions(writer.next_input):
            writer.append(portion)
        return writer.finish(writer.examples(), classes=("cat", "dog"))


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topoact.study.segments.MAX_SEGMENT_EXAMPLES", BATCH * SEGMENT_BATCHES)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return open_study(write(tmp_path / "study"))
