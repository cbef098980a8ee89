"""Members, mean vector and medoid of every node: `gather_members`, `dense_centre`, `sparse_centre`."""

from typing import Any

import numpy as np

from topoact.mapper.neighbors._kernels.jit import compiled


@compiled
def gather_members(position: Any, starts: Any, stops: Any, begins: Any, labels: Any, first_node: Any) -> Any:
    """Return the members of each node in CSR form, ascending, by a counting sort.

    Parameters
    ----------
    position
        Position of each row in lens order, shape (n_points,).
    starts, stops
        The sorted points of each interval.
    begins, labels
        Interval i's labels start at ``begins[i]``.
    first_node
        Number of the node that is label 0 of each interval, shape (n_intervals + 1,).

    Returns
    -------
    indptr, indices
        Memory: 8 bytes per membership, 16 per point, 16 per node.
    """
    n_points = len(position)
    earliest = np.full(n_points, len(starts), dtype=np.int64)
    latest = np.full(n_points, -1, dtype=np.int64)
    indptr = np.zeros(first_node[-1] + 1, dtype=np.int64)
    for interval in range(len(starts)):
        for point in range(starts[interval], stops[interval]):
            earliest[point] = min(earliest[point], interval)
            latest[point] = interval
            label = labels[begins[interval] + point - starts[interval]]
            if label >= 0:
                indptr[first_node[interval] + label + 1] += 1
    for node in range(1, len(indptr)):
        indptr[node] += indptr[node - 1]
    cursor = indptr.copy()
    indices = np.empty(indptr[-1], dtype=np.int64)
    for row in range(n_points):
        point = position[row]
        for interval in range(earliest[point], latest[point] + 1):
            if starts[interval] <= point < stops[interval]:
                label = labels[begins[interval] + point - starts[interval]]
                if label >= 0:
                    node = first_node[interval] + label
                    indices[cursor[node]] = row
                    cursor[node] += 1
    return indptr, indices


@compiled
def dense_centre(vectors: Any, rows: Any, mean: Any) -> Any:
    """Write the mean of some rows into `mean`, float64, and return the row nearest to it, the first of equals."""
    n_channels = vectors.shape[1]
    mean[:] = 0
    for row in rows:
        for channel in range(n_channels):
            mean[channel] += vectors[row, channel]
    _scale(mean, 1 / len(rows))
    best, medoid = np.inf, rows[0]
    sums = np.zeros(8)
    for row in rows:
        sums[:] = 0
        for channel in range(n_channels):
            difference = vectors[row, channel] - mean[channel]
            sums[channel & 7] += difference * difference
        total = 0.0
        for k in range(8):
            total += sums[k]
        if total < best:
            best, medoid = total, row
    return medoid


@compiled
def sparse_centre(values: Any, channels: Any, starts: Any, position: Any, rows: Any, mean: Any) -> Any:
    """Do as `dense_centre` does, from the nonzeros of rows in lens order."""
    mean[:] = 0
    for row in rows:
        point = position[row]
        for k in range(starts[point], starts[point + 1]):
            mean[channels[k]] += values[k]
    _scale(mean, 1 / len(rows))
    square = 0.0
    for value in mean:
        square += value * value
    best, medoid = np.inf, rows[0]
    for row in rows:
        point = position[row]
        total = square
        for k in range(starts[point], starts[point + 1]):
            value = np.float64(values[k])
            total += value * (value - 2 * mean[channels[k]])
        if total < best:
            best, medoid = total, row
    return medoid


@compiled
def _scale(values: Any, factor: Any) -> None:
    for k in range(len(values)):
        values[k] *= factor
