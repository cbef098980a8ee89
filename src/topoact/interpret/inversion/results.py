"""Activation images with what is known of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Inverted(NamedTuple):
    """Activation images, and how well they do what they were made for."""

    pictures: NDArray[np.uint8]
    """Shape (n, H, W, colours)."""
    reached: NDArray[np.float32]
    """What the layer answers to each of them, as they are stored: shape (n, n_channels)."""
    cosine: NDArray[np.float64]
    """Between the target and that answer; no number where that answer is zero."""
    scores: NDArray[np.float32] | None
    """What the network gives for each, (n, K), if it is a classifier."""


def joined(parts: Sequence[Inverted]) -> Inverted:
    """Return one after the other."""
    pictures, reached, cosine, scores = zip(*parts, strict=True)
    return Inverted(np.concatenate(pictures), np.concatenate(reached), np.concatenate(cosine), _joined_scores(scores))


def best(attempts: Sequence[Inverted]) -> Inverted:
    """Return of each target the attempt with the greatest cosine; of equals the first."""
    chosen = np.nan_to_num([attempt.cosine for attempt in attempts], nan=-2).argmax(0)

    def taken(column: Sequence[Any]) -> Any:
        return np.stack(column)[chosen, np.arange(len(chosen))]

    pictures, reached, cosine, scores = zip(*attempts, strict=True)
    return Inverted(taken(pictures), taken(reached), taken(cosine), None if scores[0] is None else taken(scores))


def _joined_scores(parts: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32] | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None
