"""`Tiles`, made by `cut`: points in lens order, laid out for `simd_f32`, their norms with error bounds, and nonzeros.

The error bound. Let u = 2⁻²⁴ be the rounding of float32 and m the number of terms of a product. Rounding the
coordinates and summing in any order, fused or not, gives ``|a − x·y| ≤ γ(m + 2) |x| |y|`` with γ(m) = m u / (1 − m u)
(Higham 2002, section 3.1). m is at most the number of nonzeros of either point, m_x and m_y, so with
m + 2 ≤ √((m_x + 2) (m_y + 2)) and 2 a b ≤ a² + b², ``2 |a − x·y| ≤ γ(m_x + 2) s_x + γ(m_y + 2) s_y`` (with one
denominator for all). Rounding the norms, their sum, the last subtraction and ε² costs at most 6 u (s_x + s_y) more,
for pairs near ε have s_x + s_y ≥ ε² / 2. So a point has κ = γ(m + 2) + 6 u; `error_bound` is a little larger.

Cosine distances. Tiles hold unit vectors u, for which |u − v|² = 2 (1 − cos). Let w = 2⁻⁵³. In float64 a unit vector is
off by at most (m / 2 + 4) w, which moves |u − v|² by at most (4 m + 32) w, and the sum that decides
(`float64`) is off by (m + 5) w, so 2 (1 − cos) by twice that. Split between both points, that is less than
α = (4 m + 32) w for each, which is added to and taken from their norms. A zero vector has no direction and is 1 from
all others: its squared norm is one more than its coordinates make it.

Coordinates are scaled by a power of two so that ε is near 1: nothing that matters underflows, and what overflows has no
norm (NaN) and is left to the exact comparison.
"""

import math
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.float64 import lengths
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._layout import WORD
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.protocols import Progress, Rows, Vectors

MAX_SQUARE: Final = 1e37
"""Squared norm, in units of ε², from which sums in float32 may overflow."""
MIN_COSINE_RADIUS: Final = 1e-9
"""Distance between unit vectors below which it is rounding."""
TILES_PER_TASK: Final = 64


class Nonzeros(NamedTuple):
    """Nonzero coordinates of points in lens order, row by row."""

    values: npt.NDArray[np.float32]
    channels: npt.NDArray[Any]
    """uint16 or uint32."""
    starts: npt.NDArray[np.int64]
    """Where those of each point start, shape (n_points + 1,)."""


class Scaled(NamedTuple):
    """What coordinates of tiles are made of: ``vectors[order] * factors[order] - shift``."""

    vectors: Vectors
    order: Rows
    factors: npt.NDArray[np.float64]
    """Of each row."""
    shift: npt.NDArray[np.float64]
    """Of each channel; 0 for sparse data."""


class Tiles(NamedTuple):
    """Points in lens order, padded to a multiple of 64."""

    tiles: npt.NDArray[np.float32]
    """Scaled coordinates, shape (n_tiles, n_channels, 64); dense data are centred."""
    norms: npt.NDArray[np.float32]
    """(1 + κ) s + α and (1 − κ) s − α of each point, shape (2, 64 n_tiles); infinite for padding."""
    values: npt.NDArray[np.float32]
    """Scaled `Nonzeros`; empty for dense data."""
    channels: npt.NDArray[Any]
    starts: npt.NDArray[np.int64]
    scale: float

    @property
    def sparse(self) -> bool:
        return len(self.starts) > 1

    def limits(self, radii: npt.NDArray[np.float64], metric: Metric) -> npt.NDArray[np.float32]:
        """Return the squared distance between points of the tiles that each radius stands for."""
        with np.errstate(over="ignore"):
            limits = 2 * radii * self.scale**2 if metric == "cosine" else (radii * self.scale) ** 2
        return np.minimum(limits, np.finfo(np.float32).max).astype(np.float32)


def error_bound(n_terms: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return κ of points with that many terms in their products."""
    unit = 2.0**-24
    rounding: Any = 1.01 * (n_terms + 2.0) * unit
    return rounding / (1 - min(0.5, float(rounding.max()))) + 8 * unit


def cut(
    vectors: Vectors,
    order: Rows,
    eps: float,
    *,
    metric: Metric = "euclidean",
    sparse: bool,
    n_jobs: int,
    progress: Progress,
) -> Tiles:
    """Lay out the rows `order` of `vectors`, in units in which `eps` (the smallest of several) is near 1.

    Memory: `topoact.mapper.neighbors.memory.tile_bytes`.
    """
    n_points, n_channels = len(order), vectors.shape[1]
    n_tiles = -(-n_points // WORD)
    scale = unit_scale(max(MIN_COSINE_RADIUS, np.sqrt(2 * eps)) if metric == "cosine" else eps)
    factors = row_factors(vectors, scale, metric)
    scaled = Scaled(vectors, order, factors, np.zeros(n_channels) if sparse else middle(vectors, factors))
    nonzeros = _empty_nonzeros(vectors, order, sparse=sparse)
    tiles = np.empty((n_tiles, n_channels, WORD), dtype=np.float32)
    squares = np.full(n_tiles * WORD, np.inf)

    def fill(first: int) -> None:
        last = min(n_tiles, first + TILES_PER_TASK)
        _fill_tiles(scaled, first, last, tiles, squares)
        if sparse:
            _fill_nonzeros(scaled, first * WORD, min(n_points, last * WORD), nonzeros)

    side_by_side(fill, range(0, n_tiles, TILES_PER_TASK), n_jobs=n_jobs, stage="sorting points", progress=progress)
    n_terms = np.full(n_tiles * WORD, 0 if sparse else n_channels, dtype=np.int64)
    n_terms[: len(nonzeros.starts) - 1] += np.diff(nonzeros.starts)
    alpha = np.zeros(len(squares))
    if metric == "cosine":
        squares[:n_points] += scale**2 * (factors[order] == 0)
        alpha += (4 * n_terms + 32) * 2.0**-53 * scale**2
    return Tiles(tiles, _norms(squares, error_bound(n_terms), alpha), *nonzeros, scale)


def find_nonzeros(vectors: Vectors, order: Rows, *, n_jobs: int, progress: Progress) -> Nonzeros:
    """Return the nonzeros of float32 vectors as they are. Memory: 6 bytes each, 8 per point."""
    nonzeros = _empty_nonzeros(vectors, order, sparse=True)
    scaled = Scaled(vectors, order, np.ones(len(vectors)), np.zeros(vectors.shape[1]))
    step = TILES_PER_TASK * WORD

    def fill(first: int) -> None:
        _fill_nonzeros(scaled, first, min(len(order), first + step), nonzeros)

    side_by_side(fill, range(0, len(order), step), n_jobs=n_jobs, stage="sorting points", progress=progress)
    return nonzeros


def unit_scale(eps: float) -> float:
    """Return the power of two that brings `eps` near to 1."""
    return math.ldexp(1.0, -min(1000, max(-1000, math.frexp(eps)[1])))


def row_factors(vectors: Vectors, scale: float, metric: Metric) -> npt.NDArray[np.float64]:
    """Return what the coordinates of each row are multiplied by; 0 for a vector without direction."""
    if metric == "euclidean":
        return np.full(len(vectors), scale)
    size = lengths(vectors)
    with np.errstate(over="ignore"):  # a factor that overflows gives the point no norm
        return np.divide(scale, size, out=np.zeros(len(size)), where=size > 0)


def middle(vectors: Vectors, factors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean of the scaled points."""
    if (factors == factors[0]).all():
        return vectors.mean(axis=0, dtype=np.float64) * factors[0]
    return np.einsum("ij,i->j", vectors, factors) / len(vectors)


def _empty_nonzeros(vectors: Vectors, order: Rows, *, sparse: bool) -> Nonzeros:
    """Return arrays for the nonzeros, still to be filled; for dense data, empty ones."""
    starts = np.zeros(len(order) + 1 if sparse else 1, dtype=np.int64)
    if sparse:
        np.cumsum(_count_nonzeros(vectors)[order], out=starts[1:])
    kind = np.uint16 if vectors.shape[1] <= 2**16 else np.uint32
    return Nonzeros(np.empty(starts[-1], dtype=np.float32), np.empty(starts[-1], dtype=kind), starts)


def _norms(
    squares: npt.NDArray[np.float64], kappa: npt.NDArray[np.float64], alpha: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Return the norms enlarged and lessened by their error; those that may overflow are NaN."""
    known = np.where((squares > MAX_SQUARE) & np.isfinite(squares) | np.isnan(squares), np.nan, squares)
    return np.stack([known * (1 + kappa) + alpha, known * (1 - kappa) - alpha]).astype(np.float32)


@compiled
def _count_nonzeros(vectors: Any) -> Any:
    counts = np.zeros(len(vectors), dtype=np.int64)
    for row in range(len(vectors)):
        count = 0
        for channel in range(vectors.shape[1]):
            count += vectors[row, channel] != 0
        counts[row] = count
    return counts


@compiled
def _fill_tiles(scaled: Any, first: Any, last: Any, tiles: Any, squares: Any) -> None:
    """Write the coordinates of the tiles ``first:last``, and the squared norms of their points."""
    vectors, order, factors, shift = scaled
    for tile in range(first, last):
        for k in range(64):
            point = tile * 64 + k
            if point >= len(order):
                tiles[tile, :, k] = 0
                continue
            row = order[point]
            total = 0.0
            for channel in range(vectors.shape[1]):
                value = np.float64(vectors[row, channel]) * factors[row] - shift[channel]
                tiles[tile, channel, k] = np.float32(value)
                total += value * value
            # Infinite norms are padding; a point too far out to be squared has none.
            squares[point] = total if total < np.inf else np.nan


@compiled
def _fill_nonzeros(scaled: Any, first: Any, last: Any, nonzeros: Any) -> None:
    """Write the nonzeros of the points ``first:last``."""
    vectors, order, factors, _shift = scaled
    values, channels, starts = nonzeros
    for point in range(first, last):
        row = order[point]
        entry = starts[point]
        for channel in range(vectors.shape[1]):
            value = vectors[row, channel]
            if value != 0:
                values[entry] = np.float32(np.float64(value) * factors[row])
                channels[entry] = channel
                entry += 1
