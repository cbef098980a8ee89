"""How much memory there is, how much an index takes, and the refusal of what would not fit."""

import os
from pathlib import Path
from typing import Final

import numpy as np

from topoact.errors import InvalidInput
from topoact.mapper._layout import WORD, widest_interval
from topoact.mapper.protocols import LensValues, Vectors

FALLBACK: Final = 4 * 2**30
SHARE: Final = 0.8
"""Share of the free memory that may be taken."""
SPARSE: Final = 0.35
"""Share of nonzeros up to which sparse products are the quicker ones."""
SAMPLE: Final = 4096
"""Points in which zeros are counted."""


class TooLarge(InvalidInput):
    """A neighbour index that does not fit into memory."""


def available_memory() -> int:
    """Return the bytes that may be taken without crowding out others."""
    return int(SHARE * _free())


def _free() -> int:
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return FALLBACK


def is_sparse(vectors: Vectors) -> bool:
    """Tell from a sample whether most coordinates are 0."""
    sample = vectors[:: -(-len(vectors) // SAMPLE)]
    return bool(np.count_nonzero(sample) <= SPARSE * sample.size)


def tile_bytes(vectors: Vectors, sparse: bool) -> int:
    """Return the bytes that points take beside the band, laid out for products."""
    n_padded = -(-len(vectors) // WORD) * WORD
    dense = n_padded * (vectors.shape[1] * 4 + 16)
    return dense + (int(len(vectors) * vectors.shape[1] * SPARSE * 6) if sparse else 0)


def check_memory(ordered: LensValues, band: int, other: int, limit: int) -> None:
    """Refuse an index that does not fit.

    Parameters
    ----------
    ordered
        Lens values in ascending order.
    band, other
        Bytes of the band and of all else.
    limit
        Bytes that may be taken.

    Raises
    ------
    TooLarge
        With the figures, and the `max_interval` that would fit.
    """
    if band + other <= limit:
        return
    fits = float(f"{widest_interval(ordered, limit - other) * 0.95:.1e}")
    remedy = f"max_interval={fits:.2g} would fit" if fits else "no interval is short enough to fit"
    raise TooLarge(
        f"the neighbour index needs {_mebibytes(band + other)} ({_mebibytes(band)} for pairs of points) and may take "
        f"{_mebibytes(limit)}: ask for more intervals or less overlap ({remedy}), or take fewer points"
    )


def _mebibytes(n_bytes: float) -> str:
    return f"{n_bytes / 2**20:,.1f} MiB"
