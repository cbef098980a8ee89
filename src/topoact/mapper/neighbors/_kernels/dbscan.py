"""DBSCAN of a range of sorted points, on the bits of the band.

Components of core points are found by breadth-first search in whichever direction looks at fewer words (Beamer,
Asanović, Patterson 2012): from the frontier to the words that still hold unvisited points, or from the unvisited points
to the frontier, which ends at the first hit.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.adjacency_bits import Words
from topoact.mapper.neighbors._kernels.bitplanes import Facts
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.simd_f32 import bit_count, lowest_bit
from topoact.mapper.neighbors._layout import WORD, Layout
from topoact.mapper.protocols import Rows

Labels32 = npt.NDArray[np.int32]


def cluster_range(
    start: int, stop: int, min_samples: int, order: Rows, facts: Facts, layout: Layout, band: Words, labels: Labels32
) -> int:
    """Write the label of each of the points ``start:stop`` and return how many clusters there are.

    Labels are those of scikit-learn: clusters are numbered by the smallest row (`order`) among their core points, a
    border point belongs to the lowest-numbered of the clusters within ε, −1 is noise. Memory: 24 bytes per point.
    """
    if start >= stop:
        return 0
    base = start // WORD
    core = np.zeros((stop - 1) // WORD + 1 - base, dtype=np.uint64)
    rows = _find_core(start, stop, min_samples, facts, layout, band, core, labels)
    smallest = _find_components(start, order, facts, band, rows, core, labels)
    rank = np.empty(len(smallest), dtype=np.int32)
    rank[np.argsort(smallest)] = np.arange(len(smallest))
    # Up to minPts 2, what lies within ε of a core point is itself one.
    _finish(start, facts, band, rows, core, rank, min_samples > 2, labels)
    return len(smallest)


@compiled
def _find_core(
    start: Any, stop: Any, min_samples: Any, facts: Any, layout: Any, band: Any, core: Any, labels: Any
) -> Any:
    """Set the bits of core points and every label to noise; return where each point's first word lies in the band."""
    n_words, base = len(core), start >> 6
    lower, upper, offset = layout.lower, layout.upper, layout.offset
    rows = np.empty(stop - start, dtype=np.int64)
    front = ~np.uint64(0) << np.uint64(start & 63)
    back = ~np.uint64(0) >> np.uint64(63 - ((stop - 1) & 63))
    for k in range(stop - start):
        block = (start + k) >> 6
        rows[k] = offset[block] + ((start + k) & 63) * (upper[block] - lower[block]) + base - lower[block]
        count = 0
        if facts[start + k, 0] >= min_samples:
            for word in range(max(0, facts[start + k, 1] - base), min(n_words, facts[start + k, 2] - base)):
                bits = band[rows[k] + word]
                if word == 0:
                    bits &= front
                if word == n_words - 1:
                    bits &= back
                count += bit_count(bits)
                if count >= min_samples:
                    break
        if count >= min_samples:
            place = start + k - 64 * base
            core[place >> 6] |= np.uint64(1) << np.uint64(place & 63)
        labels[k] = -1
    return rows


@compiled
def _find_components(start: Any, order: Any, facts: Any, band: Any, rows: Any, core: Any, labels: Any) -> Any:
    """Label core points by component, as they come; return the smallest row of each component."""
    n_words, shift = len(core), start & 63
    unvisited = core.copy()
    active = np.empty(n_words, dtype=np.int64)
    n_active, left = 0, 0
    for word in range(n_words):
        if core[word]:
            active[n_active] = word
            n_active += 1
            left += bit_count(core[word])
    queue = np.empty(left, dtype=np.int64)
    smallest = np.empty(left, dtype=np.int64)
    front = np.zeros(n_words, dtype=np.uint64)
    n_clusters, end, spans = 0, 0, facts[start:, 1:]
    for word in range(n_words):
        while unvisited[word]:
            begin = end
            place = 64 * word + lowest_bit(unvisited[word])
            unvisited[word] &= unvisited[word] - np.uint64(1)
            queue[end] = place - shift
            end += 1
            least = np.int64(len(order))
            while begin < end:
                for position in range(begin, end):
                    labels[queue[position]] = n_clusters
                    least = min(least, order[start + queue[position]])
                left = len(queue) - end
                if (end - begin) * n_active <= left * n_words:
                    fresh, n_active = _outward(band, rows, spans, start, queue, begin, end, active, n_active, unvisited)
                else:
                    fresh, n_active = _inward(band, rows, shift, queue, begin, end, active, n_active, unvisited, front)
                begin, end = end, fresh
            smallest[n_clusters] = least
            n_clusters += 1
    return smallest[:n_clusters]


@compiled
def _outward(
    band: Any, rows: Any, spans: Any, start: Any, queue: Any, begin: Any, end: Any, active: Any, n_active: Any,
    unvisited: Any,
) -> Any:  # fmt: skip
    """Append to the queue the unvisited neighbours of ``queue[begin:end]``; words without unvisited points drop out."""
    fresh, base, shift = end, start >> 6, start & 63
    for position in range(begin, end):
        row, k = rows[queue[position]], 0
        low = max(0, spans[queue[position], 0] - base)
        high = min(len(unvisited), spans[queue[position], 1] - base)
        if high - low < n_active:  # neighbours are few and near in lens order
            for word in range(low, high):
                found = band[row + word] & unvisited[word]
                unvisited[word] ^= found
                while found:
                    queue[fresh] = 64 * word + lowest_bit(found) - shift
                    fresh += 1
                    found &= found - np.uint64(1)
            continue
        while k < n_active:
            word = active[k]
            if unvisited[word] == 0:
                n_active -= 1
                active[k] = active[n_active]
                continue
            found = band[row + word] & unvisited[word]
            unvisited[word] ^= found
            while found:
                queue[fresh] = 64 * word + lowest_bit(found) - shift
                fresh += 1
                found &= found - np.uint64(1)
            k += 1
    return fresh, n_active


@compiled
def _inward(
    band: Any, rows: Any, shift: Any, queue: Any, begin: Any, end: Any, active: Any, n_active: Any, unvisited: Any,
    front: Any,
) -> Any:  # fmt: skip
    """Do as `_outward` does, from the side of the unvisited points."""
    for position in range(begin, end):
        place = queue[position] + shift
        front[place >> 6] |= np.uint64(1) << np.uint64(place & 63)
    fresh = end
    k = 0
    while k < n_active:
        word = active[k]
        waiting = unvisited[word]
        if waiting == 0:
            n_active -= 1
            active[k] = active[n_active]
            continue
        while waiting:
            bit = waiting & (~waiting + np.uint64(1))
            waiting ^= bit
            place = 64 * word + lowest_bit(bit) - shift
            if _meets(band, rows[place], front):
                unvisited[word] ^= bit
                queue[fresh] = place
                fresh += 1
        k += 1
    front[:] = 0
    return fresh, n_active


@compiled
def _meets(band: Any, row: Any, front: Any) -> Any:
    for word in range(len(front)):  # noqa: SIM110 - numba knows no generator expressions
        if band[row + word] & front[word]:
            return True
    return False


@compiled
def _finish(start: Any, facts: Any, band: Any, rows: Any, core: Any, rank: Any, with_borders: Any, labels: Any) -> None:
    """Renumber clusters; give other points the least label among the core points within ε, if there is any."""
    shift, base = start & 63, start >> 6
    for k in range(len(rows)):
        if labels[k] >= 0:
            labels[k] = rank[labels[k]]
    if not with_borders or len(rank) == 0:
        return
    for k in range(len(rows)):
        if labels[k] >= 0 or facts[start + k, 0] < 2:
            continue
        best = len(rank)
        for word in range(max(0, facts[start + k, 1] - base), min(len(core), facts[start + k, 2] - base)):
            found = band[rows[k] + word] & core[word]
            while found:
                best = min(best, labels[64 * word + lowest_bit(found) - shift])
                found &= found - np.uint64(1)
            if best == 0:
                break
        if best < len(rank):
            labels[k] = best
