"""The bits of an index: of one radius as they are, of a ladder of radii as the band of the one that is asked for.

Counts in binary take log2(n + 1) bits per pair where one band per radius takes n. A radius reaches a pair when the
count is large enough, which is decided for 64 pairs at a time, from the highest plane down.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.adjacency_bits import Words
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.simd_f32 import bit_count
from topoact.mapper.neighbors._layout import Layout
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.protocols import Progress

BLOCKS: Final = 64
"""Blocks of points per task."""
CHUNK: Final = 512
"""Words that are compared at a time: short loops over few arrays, which the compiler turns into vector instructions."""

Facts = npt.NDArray[np.int32]
"""For each point: number of neighbours, first block with one, one past the last such block."""


class Planes:
    """The planes of `_band` and, of a ladder, the band of the radius that was used last.

    Parameters
    ----------
    words
        Shape (n_planes, n_words).
    layout
        Where the words of each point lie.
    n_points, n_radii
        How many there are.
    band
        Room for the band of one radius, shape (n_words,); of a single radius, its plane.
    n_jobs
        Threads.
    """

    def __init__(self, words: Words, band: Words, layout: Layout, n_points: int, n_radii: int, *, n_jobs: int) -> None:
        self.words, self.layout, self.n_radii = words, layout, n_radii
        self.facts: Facts = np.empty((n_points, 3), dtype=np.int32)
        self._band, self._n_jobs = band, n_jobs
        self._level: int | None = None
        self._lock = Lock()

    @contextmanager
    def at(self, level: int, progress: Progress) -> Iterator[tuple[Words, Facts]]:
        """Lend the band of a radius; of a ladder one at a time, so that who asks for another waits."""
        if self.n_radii > 1:
            with self._lock:
                if level != self._level:
                    self._level = None
                    self.measure(self.n_radii - level, progress)
                    self._level = level
                yield self._band, self.facts
        else:
            yield self._band, self.facts

    def measure(self, least: int, progress: Progress) -> None:
        """Write the band of all counts from `least` on, if there are several planes, and its facts."""
        n_blocks = len(self.layout.lower)

        def work(first: int) -> None:
            last = min(n_blocks, first + BLOCKS)
            if len(self.words) > 1:
                _select(self.layout, self.words, least, first, last, self._band)
            _measure(self.layout, self._band, first, last, self.facts)

        blocks = range(0, n_blocks, BLOCKS)
        side_by_side(work, blocks, n_jobs=self._n_jobs, stage="counting neighbours", progress=progress)


@compiled
def _select(layout: Any, planes: Any, least: Any, first: Any, last: Any, band: Any) -> None:
    equal = np.empty(CHUNK, dtype=np.uint64)
    stop = layout.offset[last]
    for start in range(layout.offset[first], stop, CHUNK):
        n = min(CHUNK, stop - start)
        more = band[start : start + n]
        more[:] = 0
        equal[:] = ~np.uint64(0)
        for plane in range(len(planes) - 1, -1, -1):
            bits = planes[plane, start : start + n]
            if least >> plane & 1:
                for word in range(n):
                    equal[word] &= bits[word]
            else:
                for word in range(n):
                    more[word] |= equal[word] & bits[word]
                    equal[word] &= ~bits[word]
        for word in range(n):
            more[word] |= equal[word]


@compiled
def _measure(layout: Any, band: Any, first: Any, last: Any, facts: Any) -> None:
    for block in range(first, last):
        width, start = layout.upper[block] - layout.lower[block], layout.lower[block]
        for k in range(min(64, len(facts) - 64 * block)):
            place = layout.offset[block] + k * width
            row = band[place : place + width]
            count, low, high = 0, 0, width
            for word in range(width):
                count += bit_count(row[word])
            while low < width and row[low] == 0:
                low += 1
            while high > 0 and row[high - 1] == 0:
                high -= 1
            facts[64 * block + k, 0] = count
            facts[64 * block + k, 1] = start + low
            facts[64 * block + k, 2] = start + high
