"""How much memory there is, and the refusal of what would not fit."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from topoact.errors import InvalidInput

FALLBACK: Final = 4 * 2**30
SHARE: Final = 0.8
"""Share of the free memory that may be taken."""


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


def check_memory(band: int, other: int, limit: int, band_of: Callable[[float], int]) -> None:
    """Refuse an index that does not fit.

    Parameters
    ----------
    band, other
        Bytes of the band and of all else.
    limit
        Bytes that may be taken.
    band_of
        Bytes of the band for a `max_interval`.

    Raises
    ------
    TooLarge
        With the figures, and the `max_interval` that would fit.
    """
    if band + other <= limit:
        return
    fits = _widest(limit - other, band_of)
    remedy = f"max_interval={fits:.2g} would fit" if fits else "no interval is short enough to fit"
    raise TooLarge(
        f"the neighbour index needs {_mebibytes(band + other)} ({_mebibytes(band)} for pairs of points) and may take "
        f"{_mebibytes(limit)}: ask for narrower intervals (more of them, or less overlap; {remedy}), or take fewer points"
    )


def _mebibytes(n_bytes: float) -> str:
    return f"{n_bytes / 2**20:,.1f} MiB"


def _widest(n_bytes: int, band_of: Callable[[float], int]) -> float:
    """Return the widest interval whose band fits, to two digits downwards, or 0."""
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if band_of(middle) <= n_bytes else (low, middle)
    return float(f"{low * 0.95:.1e}")
