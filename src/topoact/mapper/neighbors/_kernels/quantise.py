"""Quantising coordinates to eight bits: `quantise` returns `Coarse` points, or None where others are quicker."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.float64 import Points
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.simd_int8 import AVAILABLE, MARGIN, MAX_CHANNELS, Coarse
from topoact.mapper.neighbors._layout import WORD, Layout
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.neighbors.memory import nonzero_share
from topoact.mapper.protocols import Progress, Vectors

SAMPLE_POINTS: Final = 1024
"""Points from which the range of each channel is taken."""
SAMPLE_PAIRS: Final = 4096
"""Pairs from which the share of doubtful ones is estimated."""
DOUBT: Final = 0.04
"""Share of doubtful pairs up to which eight-bit products are quicker."""
MIN_NONZEROS: Final = 0.15
"""Share of nonzeros up to which products of nonzeros alone are quicker."""
QUANTILES: Final = (1.0, 0.9999, 0.999, 0.99)
"""Quantiles of the coordinates that are tried as the end of the range."""
MIN_COSINE_RADIUS: Final = 1e-4
"""Cosine distance below which what float64 rounds would matter."""
MIN_RADIUS, MAX_RADIUS = 1e-6, 1e12
"""Between these, ε in steps and its square are safe in float32."""
TILES_PER_TASK: Final = 64


def quantise(points: Points, layout: Layout, *, n_jobs: int, progress: Progress) -> Coarse | None:
    """Return points in eight-bit coordinates, or None where other products are quicker.

    Products of nonzeros are quicker where most coordinates are 0, and those of float32 where too many pairs would be in
    doubt.

    Memory: 2 bytes per coordinate.
    """
    cosine = len(points.lengths) > 0
    if not suits(points.vectors) or (cosine and points.thresholds[0] < MIN_COSINE_RADIUS):
        return None
    radii = np.sqrt(2 * points.thresholds if cosine else points.thresholds)
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large is in doubt
        factors = _factors(points)
        low, step = _grid(points.vectors, factors)
        if not (0 < step < np.inf and MIN_RADIUS < radii[-1] / step < MAX_RADIUS):
            return None
        if _doubt(points, factors, low, step, radii, layout) > DOUBT:
            return None
    limits = (radii / step).astype(np.float32)
    coarse = _empty(len(points.order), points.vectors.shape[1], limits)
    n_tiles = len(coarse.tiles)

    def fill(first: int) -> None:
        last = min(n_tiles, first + TILES_PER_TASK)
        _write_points(points, factors, low, step, first * WORD, min(len(points.order), last * WORD), coarse)
        _tile(coarse.rows, first, last, coarse.tiles)

    side_by_side(fill, range(0, n_tiles, TILES_PER_TASK), n_jobs=n_jobs, stage="sorting points", progress=progress)
    return coarse


def _factors(points: Points) -> npt.NDArray[np.float64]:
    """Return what the coordinates of each row are multiplied by; 0 for a vector without direction."""
    if len(points.lengths) == 0:
        return np.ones(len(points.vectors))
    return np.divide(1.0, points.lengths, out=np.zeros(len(points.lengths)), where=points.lengths > 0)


def _empty(n_points: int, n_channels: int, limits: npt.NDArray[np.float32]) -> Coarse:
    """Return arrays that are still to be filled."""
    n_tiles, n_groups = -(-n_points // WORD), -(-n_channels // 4)
    return Coarse(
        rows=np.zeros((n_tiles * WORD, 4 * n_groups), dtype=np.int8),
        tiles=np.empty((n_tiles, n_groups, WORD, 4), dtype=np.uint8),
        squares=np.zeros((2, n_tiles * WORD), dtype=np.int32),
        errors=np.full(n_tiles * WORD, np.nan, dtype=np.float32),
        limits=limits,
    )


def suits(vectors: Vectors) -> bool:
    """Return whether the machine and the vectors allow for eight-bit products, and whether these are quicker."""
    return AVAILABLE and 16 <= vectors.shape[1] <= MAX_CHANNELS and nonzero_share(vectors) > MIN_NONZEROS


def _grid(vectors: Vectors, factors: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], float]:
    """Return the lowest value of each channel and the step that gives the shortest remainders, from a sample."""
    every = -(-len(vectors) // SAMPLE_POINTS)
    sample = vectors[::every] * factors[::every, None]
    low = sample.min(axis=0)
    height = sample - low
    best, chosen = np.inf, 0.0
    for step in np.quantile(height, QUANTILES) / 254:
        if 0 < step < np.inf:
            remainder = height - np.clip(np.rint(height / step), 0, 254) * step
            length = float(np.sqrt((remainder**2).sum(axis=1)).mean())
            best, chosen = min((best, chosen), (length, float(step)))
    return low, chosen


def _doubt(
    points: Points,
    factors: npt.NDArray[np.float64],
    low: npt.NDArray[np.float64],
    step: float,
    radii: npt.NDArray[np.float64],
    layout: Layout,
) -> float:
    """Return the share of doubtful pairs in a sample of those of the layout."""
    rng = np.random.default_rng(0)
    n_points = len(points.order)
    left = rng.integers(0, n_points, SAMPLE_PAIRS)
    right = rng.integers(layout.lower[left // WORD] * WORD, np.minimum(layout.upper[left // WORD] * WORD, n_points))
    x, y = (points.vectors[rows] * factors[rows, None] - low for rows in (points.order[left], points.order[right]))
    remainders = [np.linalg.norm(z - np.clip(np.rint(z / step), 0, 254) * step, axis=1) for z in (x, y)]
    distances, errors = np.linalg.norm(x - y, axis=1), remainders[0] + remainders[1]
    clear = np.all([np.abs(distances - radius) > errors for radius in radii], axis=0)
    return 1 - float(clear.mean())


@compiled
def _write_points(points: Any, factors: Any, low: Any, step: Any, first: Any, last: Any, coarse: Any) -> None:
    """Write whole coordinates, their squares, and in steps the lengths of the remainders."""
    for point in range(first, last):
        row = points.order[point]
        square, total, remainder, rounded = 0, 0, 0.0, 0.0
        for channel in range(points.vectors.shape[1]):
            value = np.float64(points.vectors[row, channel]) * factors[row]
            height = value - low[channel]
            whole = min(254.0, max(0.0, np.rint(height / step)))
            rest = height - whole * step
            size = abs(value) + abs(low[channel])
            remainder += rest * rest
            rounded += size * size
            q = int(whole) - 127 if whole >= 0 else 0
            coarse.rows[point, channel] = q
            square += q * q
            total += q
        coarse.squares[0, point] = square + 256 * total
        coarse.squares[1, point] = square
        error = (np.sqrt(remainder) + 2.0**-51 * np.sqrt(rounded)) / step * (1 + MARGIN) + MARGIN * coarse.limits[-1]
        coarse.errors[point] = error if error < np.inf and factors[row] > 0 else np.inf


@compiled
def _tile(rows: Any, first: Any, last: Any, tiles: Any) -> None:
    """Write the tiles ``first:last`` from the whole coordinates."""
    for tile in range(first, last):
        for k in range(64):
            for channel in range(rows.shape[1]):
                tiles[tile, channel >> 2, k, channel & 3] = rows[64 * tile + k, channel] + 128
