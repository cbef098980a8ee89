"""The vectors of the measurements: a layer of a study, a ``.npy`` file, or a synthetic mixture of low density."""

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

from topoact.mapper import distance_curve, lens_values
from topoact.study import open_study

Vectors = np.ndarray[Any, np.dtype[np.float32]]


def layer_of(source: Path, layer: str) -> Vectors:
    """Read the vectors of a study's layer, or of a ``.npy`` file, whatever the layer."""
    return np.load(source) if source.suffix == ".npy" else open_study(source).layer(layer).vectors()


def lens_of(vectors: Vectors) -> Any:
    return lens_values("l2", vectors)


def sample(vectors: Vectors, n_points: int) -> Vectors:
    """Return every k-th vector in the order of their norms, in the order of their rows."""
    return vectors if n_points >= len(vectors) else np.ascontiguousarray(vectors[sample_rows(vectors, n_points)])


def sample_rows(vectors: Vectors, n_points: int) -> Any:
    """Return the rows of every k-th vector in the order of their norms, ascending; of few vectors all rows."""
    if n_points >= len(vectors):
        return np.arange(len(vectors))
    order = np.argsort(lens_of(vectors), kind="stable")
    return np.sort(order[:: len(order) // n_points][:n_points])


def mixture(
    n_points: int, *, n_channels: int = 512, n_classes: int = 100, noise: float = 0.1, seed: int = 0
) -> Vectors:
    """Make activations as after a ReLU: classes that differ in direction, points that differ in strength, and noise."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((n_classes, n_channels), dtype=np.float32) - 0.5
    strength = rng.uniform(0.6, 1.6, n_points).astype(np.float32)
    vectors = centres[rng.integers(n_classes, size=n_points)]
    alone = np.flatnonzero(rng.random(n_points) < noise)
    vectors[alone] = rng.standard_normal((len(alone), n_channels), dtype=np.float32) - 0.5
    vectors *= strength[:, None]
    vectors += 0.3 * rng.standard_normal(vectors.shape, dtype=np.float32)
    return np.maximum(vectors, 0, out=vectors)


def elbow(vectors: Vectors, min_samples: int = 5) -> float:
    return distance_curve(vectors, min_samples, seed=0).elbow


def mean_degree(vectors: Vectors, lens: Any, eps: float, width: float, n_queries: int = 500) -> float:
    """Estimate how many neighbours within ε a point has among those it can share an interval of this width with."""
    queries = np.random.default_rng(1).choice(len(vectors), min(n_queries, len(vectors)), replace=False)
    squares = (vectors.astype(np.float32) ** 2).sum(axis=1)
    distances = squares[queries, None] + squares - 2 * vectors[queries] @ vectors.T
    near = (distances <= eps * eps) & (np.abs(lens[queries, None] - lens) <= width)
    return float(near.sum(axis=1).mean() - 1)


def fifth_neighbour_distance(vectors: Vectors, queries: Any) -> Any:
    """Return the exact distance of these rows to their fifth neighbour, by scikit-learn."""
    distances, _ = NearestNeighbors(n_neighbors=6).fit(vectors).kneighbors(vectors[queries])
    return distances[:, 5]
