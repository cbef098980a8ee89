"""DBSCAN of a range of points in lens order, on the adjacency bits: `cluster_range`.

Components of core points are found by breadth-first search in whichever direction reads fewer words (Beamer, Asanović,
Patterson 2012): from the frontier to the words that still hold unvisited points, or from the unvisited points to the
frontier, which ends at the first hit.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.bitplanes import Adjacency, Facts
from topoact.mapper.neighbors._kernels.jit import compiled
from topoact.mapper.neighbors._kernels.simd_f32 import bit_count, lowest_bit
from topoact.mapper.neighbors._layout import WORD, Indices, Words
from topoact.mapper.protocols import Rows

NOISE: Final = -1

Labels32 = npt.NDArray[np.int32]


class Range(NamedTuple):
    """Consecutive points in lens order, numbered from 0, and the words that hold their pairs, numbered from 0 as well.

    Word w holds the points of one block of 64. The first block may begin before the first point: point i is bit
    ``i + start % 64``, counted from the first bit of word 0.
    """

    start: int
    """Position of the first point in lens order."""
    rows: Rows
    """Row of each point in the data."""
    facts: Facts
    """Neighbour count and blocks of each point, as in `Adjacency`."""
    words: Words
    """The adjacency bits of all points."""
    word_starts: Indices
    """Where word 0 of each point is in `words`."""
    core: Words
    """Bits of the core points."""
    labels: Labels32
    """Cluster of each point."""


class Search(NamedTuple):
    """State of a breadth-first search over the core points of a `Range`."""

    queue: Indices
    """Core points in the order in which they are reached."""
    unvisited: Words
    """Bits of the core points that are not in the queue."""
    active: Indices
    """Words with unvisited points; only the first `n_active` count, and some of these may be empty by now."""
    frontier: Words
    """Bits of the frontier; 0 between calls of `_inward`."""


def cluster_range(start: int, stop: int, min_samples: int, order: Rows, adjacency: Adjacency, labels: Labels32) -> int:
    """Write the label of each of the points ``start:stop`` and return how many clusters there are.

    Labels are those of scikit-learn: clusters are numbered by the smallest row (`order`) among their core points, a
    border point belongs to the lowest-numbered of the clusters within ε, −1 is noise. Memory: 24 bytes per point.
    """
    if start >= stop:
        return 0
    layout, words, facts = adjacency
    core = np.zeros((stop - 1) // WORD + 1 - start // WORD, dtype=np.uint64)
    points = Range(start, order[start:stop], facts[start:stop], words, _word_starts(layout, start, stop), core, labels)
    n_core = _find_core(points, min_samples)
    search = Search(np.empty(n_core, dtype=np.int64), core.copy(), np.flatnonzero(core), np.zeros_like(core))
    smallest_rows = _find_components(points, search)
    number = np.empty(len(smallest_rows), dtype=np.int32)
    number[np.argsort(smallest_rows)] = np.arange(len(smallest_rows))
    _renumber(labels, number)
    # Up to minPts 2, what lies within ε of a core point is itself one.
    if min_samples > 2 and len(number) > 0:
        _label_borders(points, len(number))
    return len(number)


@compiled
def _word_starts(layout: Any, start: Any, stop: Any) -> Any:
    """Return where the word of each point is that holds the first point."""
    word_starts = np.empty(stop - start, dtype=np.int64)
    for position in range(start, stop):
        block = position >> 6
        width = layout.upper[block] - layout.lower[block]
        first = layout.offset[block] + (position & 63) * width
        word_starts[position - start] = first + (start >> 6) - layout.lower[block]
    return word_starts


@compiled
def _word_span(points: Any, point: Any) -> Any:
    """Return the first word that holds a neighbour of a point, and one past the last such word."""
    base = points.start >> 6
    return max(0, points.facts[point, 1] - base), min(len(points.core), points.facts[point, 2] - base)


@compiled
def _find_core(points: Any, min_samples: Any) -> Any:
    """Set the bits of core points, and every label to noise; return how many core points there are."""
    n_words, n_points, shift, n_core = len(points.core), len(points.labels), points.start & 63, 0
    from_first = ~np.uint64(0) << np.uint64(shift)
    to_last = ~np.uint64(0) >> np.uint64(63 - ((shift + n_points - 1) & 63))
    for point in range(n_points):
        points.labels[point] = NOISE
        if points.facts[point, 0] < min_samples:
            continue
        low, high = _word_span(points, point)
        n_neighbours = 0
        for word in range(low, high):
            bits = points.words[points.word_starts[point] + word]
            if word == 0:
                bits &= from_first
            if word == n_words - 1:
                bits &= to_last
            n_neighbours += bit_count(bits)
            if n_neighbours >= min_samples:
                bit = point + shift
                points.core[bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
                n_core += 1
                break
    return n_core


@compiled
def _find_components(points: Any, search: Any) -> Any:
    """Label core points by component, in order of discovery; return the smallest row of each component."""
    n_active = len(search.active)
    smallest_rows = np.empty(len(search.queue), dtype=np.int64)
    n_components, begin, shift = 0, 0, points.start & 63
    for word in range(len(search.unvisited)):
        while search.unvisited[word]:
            search.queue[begin] = 64 * word + lowest_bit(search.unvisited[word]) - shift
            search.unvisited[word] &= search.unvisited[word] - np.uint64(1)
            end, n_active = _grow(points, search, begin, n_active, n_components)
            smallest = points.rows[search.queue[begin]]
            for k in range(begin + 1, end):
                smallest = min(smallest, points.rows[search.queue[k]])
            smallest_rows[n_components] = smallest
            n_components += 1
            begin = end
    return smallest_rows[:n_components]


@compiled
def _grow(points: Any, search: Any, begin: Any, n_active: Any, label: Any) -> Any:
    """Label the component of ``queue[begin]``; return the new end of the queue and number of active words."""
    n_words, end = len(points.core), begin + 1
    while begin < end:
        for k in range(begin, end):
            points.labels[search.queue[k]] = label
        if (end - begin) * n_active <= (len(search.queue) - end) * n_words:
            new_end, n_active = _outward(points, search, begin, end, n_active)
        else:
            new_end, n_active = _inward(points, search, begin, end, n_active)
        begin, end = end, new_end
    return end, n_active


@compiled
def _outward(points: Any, search: Any, begin: Any, end: Any, n_active: Any) -> Any:
    """Append to the queue the unvisited neighbours of ``queue[begin:end]``; drop words without unvisited points.

    Returns the new end of the queue and number of active words.
    """
    for k in range(begin, end):
        point = search.queue[k]
        low, high = _word_span(points, point)
        if high - low < n_active:  # neighbours are few and near in lens order
            for word in range(low, high):
                end = _visit(points, search, point, word, end)
            continue
        slot = 0
        while slot < n_active:
            if search.unvisited[search.active[slot]] == 0:
                n_active -= 1
                search.active[slot] = search.active[n_active]
                continue
            end = _visit(points, search, point, search.active[slot], end)
            slot += 1
    return end, n_active


@compiled
def _visit(points: Any, search: Any, point: Any, word: Any, end: Any) -> Any:
    """Append to the queue the unvisited neighbours of a point in a word; return the new end of the queue."""
    reached = points.words[points.word_starts[point] + word] & search.unvisited[word]
    search.unvisited[word] ^= reached
    first = 64 * word - (points.start & 63)
    while reached:
        search.queue[end] = first + lowest_bit(reached)
        end += 1
        reached &= reached - np.uint64(1)
    return end


@compiled
def _inward(points: Any, search: Any, begin: Any, end: Any, n_active: Any) -> Any:
    """Do as `_outward` does, from the side of the unvisited points."""
    shift = points.start & 63
    for k in range(begin, end):
        bit = search.queue[k] + shift
        search.frontier[bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
    slot = 0
    while slot < n_active:
        word = search.active[slot]
        waiting = search.unvisited[word]
        if waiting == 0:
            n_active -= 1
            search.active[slot] = search.active[n_active]
            continue
        while waiting:
            lowest = waiting & (~waiting + np.uint64(1))
            waiting ^= lowest
            point = 64 * word + lowest_bit(lowest) - shift
            if _intersects(points.words, points.word_starts[point], search.frontier):
                search.unvisited[word] ^= lowest
                search.queue[end] = point
                end += 1
        slot += 1
    search.frontier[:] = 0
    return end, n_active


@compiled
def _intersects(words: Any, start: Any, frontier: Any) -> Any:
    for word in range(len(frontier)):  # noqa: SIM110 - numba knows no generator expressions
        if words[start + word] & frontier[word]:
            return True
    return False


@compiled
def _renumber(labels: Any, number: Any) -> None:
    for point in range(len(labels)):
        if labels[point] >= 0:
            labels[point] = number[labels[point]]


@compiled
def _label_borders(points: Any, n_clusters: Any) -> None:
    """Give each point that is no core point the lowest label among the core points within ε, if there is any."""
    shift = points.start & 63
    for point in range(len(points.labels)):
        if points.labels[point] >= 0 or points.facts[point, 0] < 2:
            continue
        lowest = n_clusters
        low, high = _word_span(points, point)
        for word in range(low, high):
            bits = points.words[points.word_starts[point] + word] & points.core[word]
            while bits:
                lowest = min(lowest, points.labels[64 * word + lowest_bit(bits) - shift])
                bits &= bits - np.uint64(1)
            if lowest == 0:
                break
        if lowest < n_clusters:
            points.labels[point] = lowest
