"""Points in lens order, laid out for `_words`: tiles, norms with their error, and for sparse data the nonzeros.

The error bound. Let u = 2⁻²⁴ be the rounding of float32 and m the number of terms of a product. Rounding the
coordinates and summing in any order, fused or not, gives ``|a − x·y| ≤ γ(m + 2) |x| |y|`` with γ(m) = m u / (1 − m u)
(Higham 2002, section 3.1). m is at most the number of nonzeros of either point, m_x and m_y, so with
m + 2 ≤ √((m_x + 2) (m_y + 2)) and 2 a b ≤ a² + b², ``2 |a − x·y| ≤ γ(m_x + 2) s_x + γ(m_y + 2) s_y`` (with one
denominator for all). Rounding the norms, their sum, the last subtraction and ε² costs at most 6 u (s_x + s_y) more,
for pairs near ε have s_x + s_y ≥ ε² / 2. So a point has κ = γ(m + 2) + 6 u; `error_bound` is a little larger.

Coordinates are scaled by a power of two so that ε is near 1: nothing that matters underflows, and what overflows has no
norm (NaN) and is left to the exact comparison.
"""

import math
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper._jit import compiled
from topoact.mapper._layout import WORD
from topoact.mapper._threads import side_by_side
from topoact.mapper.protocols import Progress, Rows, Vectors

HUGE: Final = 1e37
"""Squared norm, in units of ε², from which sums in float32 may overflow."""
TILES_PER_TASK: Final = 64


class Tiles(NamedTuple):
    """Points in lens order, padded to a multiple of 64."""

    tiles: npt.NDArray[np.float32]
    """Scaled coordinates, shape (n_tiles, n_channels, 64); dense data are centred."""
    norms: npt.NDArray[np.float32]
    """(1 + κ) s and (1 − κ) s of each point, shape (2, 64 n_tiles); infinite for padding."""
    limit: np.float32
    """ε² in scaled units."""
    values: npt.NDArray[np.float32]
    """Scaled nonzeros, row by row; empty for dense data."""
    channels: npt.NDArray[Any]
    """Their channels, uint16 or uint32."""
    starts: npt.NDArray[np.int64]
    """Where the nonzeros of each point start, shape (n_points + 1,)."""
    scale: float

    @property
    def sparse(self) -> bool:
        return len(self.starts) > 1

    def exact_nonzeros(self, vectors: Vectors) -> bool:
        """Tell whether the nonzeros are those of `vectors` to the last digit."""
        return self.sparse and vectors.dtype == np.float32 and bool((np.isfinite(self.values)).all())


def error_bound(n_terms: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return κ of points with that many terms in their products."""
    unit = 2.0**-24
    rounding: Any = 1.01 * (n_terms + 2.0) * unit
    return rounding / (1 - min(0.5, float(rounding.max()))) + 8 * unit


def cut(vectors: Vectors, order: Rows, eps: float, *, sparse: bool, n_jobs: int, progress: Progress) -> Tiles:
    """Lay out the rows `order` of `vectors`. Memory: `topoact.mapper.memory.tile_bytes`."""
    n_points, n_channels = vectors.shape
    n_tiles = -(-n_points // WORD)
    scale = math.ldexp(1.0, -min(1000, max(-1000, math.frexp(eps)[1])))
    shift = np.zeros(n_channels) if sparse else vectors.mean(axis=0, dtype=np.float64)
    starts = _starts(vectors, order) if sparse else np.zeros(1, dtype=np.int64)
    values = np.empty(starts[-1], dtype=np.float32)
    channels = np.empty(starts[-1], dtype=np.uint16 if n_channels <= 2**16 else np.uint32)
    tiles = np.empty((n_tiles, n_channels, WORD), dtype=np.float32)
    squares = np.full(n_tiles * WORD, np.inf)

    def fill(first: int) -> None:
        last = min(n_tiles, first + TILES_PER_TASK)
        _fill_tiles(vectors, order, shift, scale, first, last, tiles, squares)
        if sparse:
            _fill_nonzeros(vectors, order, scale, first * WORD, min(n_points, last * WORD), starts, values, channels)

    side_by_side(fill, range(0, n_tiles, TILES_PER_TASK), n_jobs=n_jobs, stage="sorting points", progress=progress)
    n_terms = np.full(n_tiles * WORD, 0 if sparse else n_channels, dtype=np.int64)
    n_terms[: len(starts) - 1] += np.diff(starts)
    norms = _norms(squares, error_bound(n_terms))
    return Tiles(tiles, norms, np.float32((eps * scale) ** 2), values, channels, starts, scale)


def _starts(vectors: Vectors, order: Rows) -> npt.NDArray[np.int64]:
    starts = np.zeros(len(order) + 1, dtype=np.int64)
    np.cumsum(_count_nonzeros(vectors)[order], out=starts[1:])
    return starts


def _norms(squares: npt.NDArray[np.float64], kappa: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the norms enlarged and lessened by their error; those that may overflow are NaN."""
    known = np.where((squares > HUGE) & np.isfinite(squares) | np.isnan(squares), np.nan, squares)
    return np.stack([known * (1 + kappa), known * (1 - kappa)]).astype(np.float32)


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
def _fill_tiles(
    vectors: Any, order: Any, shift: Any, scale: Any, first: Any, last: Any, tiles: Any, squares: Any
) -> None:
    n_channels = vectors.shape[1]
    for tile in range(first, last):
        for k in range(64):
            point = tile * 64 + k
            if point >= len(order):
                tiles[tile, :, k] = 0
                continue
            row = order[point]
            total = 0.0
            for channel in range(n_channels):
                value = (np.float64(vectors[row, channel]) - shift[channel]) * scale
                tiles[tile, channel, k] = np.float32(value)
                total += value * value
            # Infinite norms are padding; a point too far out to be squared has none.
            squares[point] = total if total < np.inf else np.nan


@compiled
def _fill_nonzeros(
    vectors: Any, order: Any, scale: Any, first: Any, last: Any, starts: Any, values: Any, channels: Any
) -> None:
    for point in range(first, last):
        row = order[point]
        place = starts[point]
        for channel in range(vectors.shape[1]):
            value = vectors[row, channel]
            if value != 0:
                values[place] = np.float32(np.float64(value) * scale)
                channels[place] = channel
                place += 1
