"""Memory: what is available, what an index needs (`Needs`), and `TooLarge` where it does not fit."""

import os
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from topoact.errors import InvalidInput
from topoact.mapper.neighbors._layout import WORD, Indices, widest_interval
from topoact.mapper.protocols import LensValues, Vectors

FALLBACK_BYTES: Final = 4 * 2**30
"""Taken for free where the system does not report it."""
USABLE_SHARE: Final = 0.8
"""Share of the free memory that may be used."""
MAX_NONZEROS: Final = 0.35
"""Share of nonzeros up to which sparse products are quicker."""
SAMPLE_POINTS: Final = 4096
"""Points in which zeros are counted."""


class TooLarge(InvalidInput):
    """A neighbour index that does not fit into memory."""


def available_memory() -> int:
    """Return the bytes that may be used without displacing other processes: four fifths of what is free."""
    return int(USABLE_SHARE * _free())


def _free() -> int:
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return FALLBACK_BYTES


def is_sparse(vectors: Vectors) -> bool:
    """Return whether most coordinates of a sample are 0."""
    return nonzero_share(vectors) <= MAX_NONZEROS


def nonzero_share(vectors: Vectors) -> float:
    """Return the share of coordinates that are not 0, from a sample."""
    sample = vectors[:: -(-len(vectors) // SAMPLE_POINTS)]
    return float(np.count_nonzero(sample) / sample.size)


def tile_bytes(vectors: Vectors, sparse: bool) -> int:
    """Return the bytes that points take beside the band, laid out for products."""
    n_padded = -(-len(vectors) // WORD) * WORD
    dense = n_padded * (vectors.shape[1] * 4 + 16)
    return dense + (int(len(vectors) * vectors.shape[1] * MAX_NONZEROS * 6) if sparse else 0)


class Needs(NamedTuple):
    """Bytes that an index takes."""

    band: int
    """One bit for each pair."""
    n_planes: int
    """How many bits a pair has; with several, the band of one radius comes on top when a graph is made."""
    other: int
    """All else, which is freed when the pairs are decided."""

    @property
    def n_bits(self) -> int:
        return self.n_planes + (self.n_planes > 1)

    @property
    def pairs(self) -> int:
        return self.band * self.n_bits

    @property
    def total(self) -> int:
        return max(self.band * self.n_planes + self.other, self.pairs)

    def largest_band(self, limit: int) -> int:
        """Return the bytes of the largest band that fits."""
        return min((limit - self.other) // self.n_planes, limit // self.n_bits)


def fits_memory(ordered: LensValues, needs: Needs, limit: int, *, spill: bool) -> bool:
    """Return whether the bits fit into memory beside all else; if not, everything but the bits does.

    Parameters
    ----------
    ordered
        Lens values in ascending order.
    needs
        Bytes.
    limit
        Bytes that may be taken.
    spill
        Whether the bits may go to a file.

    Raises
    ------
    TooLarge
        With the figures, and the `max_interval` that would fit.
    """
    if needs.total <= limit:
        return True
    if spill and needs.other <= limit:
        return False
    fits = float(f"{widest_interval(ordered, needs.largest_band(limit)) * 0.95:.1e}")
    remedy = f"max_interval={fits:.2g} would fit" if fits else "no interval is short enough to fit"
    file = "" if needs.other > limit else "let spill name a folder for a temporary file, "
    raise TooLarge(
        f"the neighbour index needs {mebibytes(needs.total)} ({mebibytes(needs.pairs)} for pairs of points) and may "
        f"take {mebibytes(limit)}: {file}ask for more intervals or less overlap ({remedy}), or take fewer points"
    )


CANDIDATE_BYTES: Final = 14
"""Bytes of a candidate: position, measure and rank."""
SORTING_BYTES: Final = 16
"""Bytes that it takes beside while candidates are sorted into lists."""


def n_candidates(reach: Indices, k: int) -> float:
    """Return the expected number of candidates for k nearest neighbours, if lens and distance are independent.

    Parameters
    ----------
    reach
        For each point in lens order, one past the last that it may be compared with; ascending.
    k
        How many neighbours.
    """
    positions = np.arange(len(reach))
    return sum(
        float((np.minimum(m, k) + k * np.log(np.maximum(m, k) / k)).sum())
        for m in (reach - positions - 1, positions - np.searchsorted(reach, positions, side="right"))
    )


def working_bytes(vectors: Vectors, k: int) -> int:
    """Return the bytes that the search for candidates takes, beside the candidates."""
    return tile_bytes(vectors, is_sparse(vectors)) + len(vectors) * 2 * (12 * k + 4)


def check_candidates(n: float, working: int, limit: int) -> None:
    """Refuse n candidates that do not fit beside `working` bytes, or later in lists; `TooLarge` has the figures."""
    n_bytes = SORTING_BYTES * n + max(working, CANDIDATE_BYTES * n)
    if n_bytes > limit:
        raise TooLarge(
            f"the mode index needs {mebibytes(n_bytes)} and may take {mebibytes(limit)}: ask for a smaller k or "
            "max_interval, or take fewer points; Modes without an index finds neighbours interval by interval"
        )


def mebibytes(n_bytes: float) -> str:
    """Return a number of bytes as text."""
    return f"{n_bytes / 2**20:,.1f} MiB"
