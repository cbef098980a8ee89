"""Bit planes of a ladder of radii: `Planes.at` returns the `Adjacency` of one radius.

The planes hold, for each pair, the number of radii that reach from one point to the other, in binary: ⌈log2(n + 1)⌉
bits per pair, where one bit per radius would take n. A radius reaches a pair when that number is large enough, which is
decided for 64 pairs at a time, from the highest plane down. A single radius has one plane, which is its adjacency.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.simd_f32 import bit_count
from topoact.mapper.neighbors._layout import Layout, Words
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.protocols import Progress

BLOCKS: Final = 64
"""Blocks of points per task."""
CHUNK: Final = 512
"""Words that are compared at a time: short loops over few arrays, which the compiler turns into vector instructions."""

Facts = npt.NDArray[np.int32]
"""For each point: number of neighbours, first block with one, one past the last such block."""


class Adjacency(NamedTuple):
    """Which points are neighbours at one radius."""

    layout: Layout
    words: Words
    """One bit for each pair of the layout, shape (n_words,)."""
    facts: Facts


class Planes:
    """Bit planes of a ladder of radii, and the adjacency of the radius that was used last.

    Parameters
    ----------
    planes
        Shape (n_planes, n_words).
    layout
        Where the words of each point are.
    n_points, n_radii
        How many there are.
    buffer
        Memory for the adjacency of one radius, shape (n_words,); for a single radius, its plane.
    n_jobs
        Threads.
    """

    def __init__(
        self, planes: Words, buffer: Words, layout: Layout, n_points: int, n_radii: int, *, n_jobs: int
    ) -> None:
        self.planes, self.layout, self.n_radii = planes, layout, n_radii
        self.facts: Facts = np.empty((n_points, 3), dtype=np.int32)
        self._buffer, self._n_jobs = buffer, n_jobs
        self._level: int | None = None
        self._lock = Lock()

    @contextmanager
    def at(self, level: int, progress: Progress) -> Iterator[Adjacency]:
        """Lend the adjacency of a radius; a ladder lends one at a time, so that a caller may have to wait."""
        if self.n_radii > 1:
            with self._lock:
                if level != self._level:
                    self._level = None
                    self.count(self.n_radii - level, progress)
                    self._level = level
                yield Adjacency(self.layout, self._buffer, self.facts)
        else:
            yield Adjacency(self.layout, self._buffer, self.facts)

    def count(self, minimum: int, progress: Progress) -> None:
        """Count neighbours, the pairs that at least `minimum` radii reach; of several planes, write their bits."""
        n_blocks = len(self.layout.lower)

        def count_blocks(first: int) -> None:
            last = min(n_blocks, first + BLOCKS)
            if len(self.planes) > 1:
                _at_least(self.layout, self.planes, minimum, first, last, self._buffer)
            _count(self.layout, self._buffer, first, last, self.facts)

        blocks = range(0, n_blocks, BLOCKS)
        side_by_side(count_blocks, blocks, n_jobs=self._n_jobs, stage="counting neighbours", progress=progress)


@compiled
def _at_least(layout: Any, planes: Any, minimum: Any, first: Any, last: Any, words: Any) -> None:
    """Write the bits of the pairs of some blocks whose number is at least `minimum`."""
    equal = np.empty(CHUNK, dtype=np.uint64)
    stop = layout.offset[last]
    for start in range(layout.offset[first], stop, CHUNK):
        n = min(CHUNK, stop - start)
        larger = words[start : start + n]
        larger[:] = 0
        equal[:] = ~np.uint64(0)
        for plane in range(len(planes) - 1, -1, -1):
            bits = planes[plane, start : start + n]
            if minimum >> plane & 1:
                for word in range(n):
                    equal[word] &= bits[word]
            else:
                for word in range(n):
                    larger[word] |= equal[word] & bits[word]
                    equal[word] &= ~bits[word]
        for word in range(n):
            larger[word] |= equal[word]


@compiled
def _count(layout: Any, words: Any, first: Any, last: Any, facts: Any) -> None:
    """Write the facts of the points of some blocks."""
    for block in range(first, last):
        width, start = layout.upper[block] - layout.lower[block], layout.lower[block]
        for k in range(min(64, len(facts) - 64 * block)):
            offset = layout.offset[block] + k * width
            row = words[offset : offset + width]
            n_neighbours, low, high = 0, 0, width
            for word in range(width):
                n_neighbours += bit_count(row[word])
            while low < width and row[low] == 0:
                low += 1
            while high > 0 and row[high - 1] == 0:
                high -= 1
            facts[64 * block + k, 0] = n_neighbours
            facts[64 * block + k, 1] = start + low
            facts[64 * block + k, 2] = start + high
