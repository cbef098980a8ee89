"""What points show without a graph: `signal_of` finds the directions that stand out from noise, `counts_of` counts.

Loops are counted by persistent homology (`rips`), branches by the arms that meet (`arms`).
"""

from typing import Any, Final, NamedTuple

import numpy as np

from topoact.analysis.shape.arms import RUNS, branching, missed
from topoact.analysis.shape.report import NONE_SEEN, Count, none_seen
from topoact.analysis.shape.rips import SAMPLE, rips_loops
from topoact.mapper.protocols import Vectors

SAMPLE_POINTS: Final = 20_000
"""Points that the principal axes are found from."""
MIN_POINTS: Final = 100
"""Points up to which nothing is counted."""
PERSISTENCE_SEEDS: Final = (0, 1)


class Signal(NamedTuple):
    """Points without the directions in which they are noise."""

    points: Any
    """The principal components that stand out; float32, shape (n_points, n_components)."""
    novel: Any
    """The component of largest variance that does not, shape (n_points,); zeros where there is none."""
    edge: float
    """The variance above which a component stands out."""


class PointCounts(NamedTuple):
    """Loops and branches of points."""

    loops: Count
    branches: Count


def signal_of(vectors: Vectors, seed: int = 0) -> Signal:
    """Return the principal components of points that stand out from noise of one level in all channels.

    The level is read from the median of the spectrum (Gavish, Donoho 2014); what stands out has a variance above the
    upper edge of the spectrum of noise (Marchenko, Pastur 1967), by a tenth. Memory: a copy of the vectors, and one of
    a sample of 20,000.
    """
    n_points, n_channels = vectors.shape
    rows = np.random.default_rng(seed).choice(n_points, min(n_points, SAMPLE_POINTS), replace=False)
    centre = vectors[rows].mean(axis=0, dtype=np.float64).astype(vectors.dtype)
    sample = vectors[rows] - centre
    variances, axes = np.linalg.eigh((sample.T @ sample).astype(np.float64) / len(rows))
    ratio = min(len(rows), n_channels) / max(len(rows), n_channels)
    median = np.median(variances[-min(len(rows), n_channels) :])
    edge = 1.1 * (1 + ratio**0.5) ** 2 * median / (1 - ratio / 3)
    kept = variances > edge
    components = np.ascontiguousarray((vectors - centre) @ axes[:, kept].astype(vectors.dtype), dtype=np.float32)
    noise = np.flatnonzero(~kept)[-1:]
    novel = ((vectors - centre) @ axes[:, noise].astype(vectors.dtype)).sum(axis=1)
    return Signal(components, novel, float(edge))


def significant(vectors: Vectors, seed: int = 0) -> Any:
    """Return the points of `signal_of`, float32 of shape (n_points, n_components)."""
    return signal_of(vectors, seed).points


def counts_of(signal: Signal, seed: int = 0) -> PointCounts:
    """Count loops and branches; neither is ever 0, as what a sample of points does not show may be there.

    Time: 1 to 2 s, most of it for the arms that are planted where no branch is seen.
    """
    if len(signal.points) < MIN_POINTS or not signal.points.shape[1]:
        few = f"fewer than {MIN_POINTS} points" if signal.points.shape[1] else "no component stands out from noise"
        return PointCounts(Count(None, 0, 0, few), Count(None, 0, 0, few))
    return PointCounts(_loops(signal, seed), _branches(signal, seed))


def _loops(signal: Signal, seed: int) -> Count:
    found = [rips_loops(signal.points, seed=seed + number) for number in PERSISTENCE_SEEDS]
    least, most = min(found), max(found)
    if most == 0:
        return Count(None, 0, 0, f"{NONE_SEEN}; none of a sample of {SAMPLE} points is significant")
    if least < most:
        shown = " and ".join(map(str, found))
        return Count(None, least, most, f"samples of {SAMPLE} points have {shown} significant loops")
    return Count(least, least, most)


def _branches(signal: Signal, seed: int) -> Count:
    found = branching(signal.points, seed=seed)
    if found.value == 0:
        shortest = missed(signal.points, signal.novel, signal.edge, seed=seed)
        return none_seen(*(shortest or (None, None)))
    least, most = min(found.least), max(found.most)
    if found.value is None:
        several = f"{least} to {most}" if least < most else f"{most}, hardly seen,"
        return Count(
            None, least if found.firm else 0, most, f"in {RUNS} samples of the points arms meet at {several} places"
        )
    return Count(found.value, least, most)
