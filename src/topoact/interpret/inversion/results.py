"""`Inverted`: activation images with the vectors, cosines and scores that they reach."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Inverted(NamedTuple):
    """Activation images and what the network gives for them."""

    pictures: NDArray[np.uint8]
    """Shape (n, H, W, colours)."""
    reached: NDArray[np.float32]
    """The vector of the layer for each of them, as they are stored: shape (n, n_channels)."""
    cosine: NDArray[np.float64]
    """Cosine between the target and that vector; NaN where that vector is zero."""
    scores: NDArray[np.float32] | None
    """Scores of the network for each, (n, K), if it is a classifier."""


def joined(parts: Sequence[Inverted]) -> Inverted:
    """Return the images of several batches as one."""
    pictures, reached, cosine, scores = zip(*parts, strict=True)
    return Inverted(np.concatenate(pictures), np.concatenate(reached), np.concatenate(cosine), _joined_scores(scores))


def best(attempts: Sequence[Inverted]) -> Inverted:
    """Return of each target the attempt with the greatest cosine; of equals the first."""
    chosen = np.nan_to_num([attempt.cosine for attempt in attempts], nan=-2).argmax(0)

    def best_of(column: Sequence[Any]) -> Any:
        return np.stack(column)[chosen, np.arange(len(chosen))]

    pictures, reached, cosine, scores = zip(*attempts, strict=True)
    best_scores = None if scores[0] is None else best_of(scores)
    return Inverted(best_of(pictures), best_of(reached), best_of(cosine), best_scores)


def _joined_scores(parts: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32] | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None
