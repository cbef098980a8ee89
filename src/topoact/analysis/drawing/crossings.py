"""Crossings of edges between columns: `n_crossings` counts them, `untangled` orders columns so that there are few.

Nodes are moved one at a time to the place in their column where their edges cross the fewest others (sifting:
Matuszewski, Schönfeld, Molitor 1999): column by column, first with regard to the edges of one side, back and forth, and
then to those of both, as long as that helps.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

MAX_SWEEPS: Final = 12
ONE_SIDED_SWEEPS: Final = 2
MAX_PAIRS: Final = 3_000_000
"""Pairs of nodes of a column that are compared, in all sweeps together: crowded columns have fewer."""

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


def untangled(column: Numbers, order: Numbers, source: Numbers, target: Numbers) -> Numbers:
    """Return an order of all nodes, by column and upwards in each, with fewer crossings of edges.

    Parameters
    ----------
    column
        Column of each node.
    order
        All nodes by column, and upwards in each.
    source, target
        Ends of the edges. Edges count as crossing only where they join the same two columns.
    """
    near, far = np.concatenate([source, target]), np.concatenate([target, source])
    to_left, to_right = (
        _ends(near, far, side, len(order)) for side in (column[far] < column[near], column[far] > column[near])
    )
    both = _ends(near, far, column[far] != column[near], len(order))
    swept = order
    for _ in range(ONE_SIDED_SWEEPS):
        swept = _swept(column, _swept(column, swept, to_left, 1), to_right, -1)
    found = [_settled(column, start, both) for start in (order, swept)]
    return min(found, key=lambda one: n_crossings(column, one, source, target))


def n_crossings(column: Numbers, order: Numbers, source: Numbers, target: Numbers) -> int:
    """Return how many edges cross that join the same two columns, in an order as for `untangled`."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    swapped = column[source] > column[target]
    low, high = np.where(swapped, target, source), np.where(swapped, source, target)
    pair = np.unique(column[low] * (int(column.max(initial=0)) + 1) + column[high], return_inverse=True)[1]
    total = 0
    for number in range(int(pair.max(initial=-1)) + 1):
        left, right = place[low[pair == number]], place[high[pair == number]]
        total += int(np.count_nonzero((left[:, None] < left) & (right[:, None] > right)))
    return total


class _Ends(NamedTuple):
    """The other ends of the edges of each node, ragged."""

    indptr: Numbers
    far: Numbers


def _ends(near: Numbers, far: Numbers, chosen: npt.NDArray[np.bool_], n_nodes: int) -> _Ends:
    near, far = near[chosen], far[chosen]
    by_near = np.argsort(near, kind="stable")
    return _Ends(np.searchsorted(near[by_near], np.arange(n_nodes + 1)), far[by_near])


def _columns(column: Numbers, order: Numbers) -> tuple[list[Numbers], Floats]:
    """Return the nodes of each column, and the rank of each node in its own."""
    columns = np.split(order, np.flatnonzero(np.diff(column[order])) + 1)
    rank = np.empty(len(order))
    for nodes in columns:
        rank[nodes] = np.arange(len(nodes))
    return columns, rank


def _swept(column: Numbers, order: Numbers, ends: _Ends, step: int) -> Numbers:
    """Return an order in which each column is sifted once, from left to right or back."""
    columns, rank = _columns(column, order)
    for number in range(len(columns))[::step]:
        columns[number] = _sifted(columns[number], column, rank, ends)
        rank[columns[number]] = np.arange(len(columns[number]))
    return np.concatenate(columns)


def _settled(column: Numbers, order: Numbers, ends: _Ends) -> Numbers:
    """Return the order after sweeps back and forth, until nothing changes."""
    n_pairs = int((np.bincount(column) ** 2).sum())
    for _ in range(min(MAX_SWEEPS, 1 + MAX_PAIRS // max(n_pairs, 1))):
        before = order
        order = _swept(column, _swept(column, order, ends, 1), ends, -1)
        if (order == before).all():
            break
    return order


def _sifted(nodes: Numbers, column: Numbers, rank: Floats, ends: _Ends) -> Numbers:
    """Return the nodes of a column in an order of no more crossings."""
    if len(nodes) < 2:
        return nodes
    cost = _crossings(nodes, column, rank, ends)
    gain, order = cost - cost.T, list(range(len(nodes)))
    for node in range(len(nodes)):
        place = order.index(node)
        rest = order[:place] + order[place + 1 :]
        total = np.concatenate([[0], np.cumsum(gain[rest, node])])
        best = int(total.argmin())
        if total[best] < total[place]:
            order = [*rest[:best], node, *rest[best:]]
    return nodes[order]


def _crossings(nodes: Numbers, column: Numbers, rank: Floats, ends: _Ends) -> npt.NDArray[np.int32]:
    """Return how many edges cross of each pair of nodes of a column, if the first lies below the second."""
    other = np.concatenate([ends.far[ends.indptr[node] : ends.indptr[node + 1]] for node in nodes])
    bounds = np.concatenate([[0], np.cumsum(ends.indptr[nodes + 1] - ends.indptr[nodes])])
    crossed = (column[other][:, None] == column[other]) & (rank[other][:, None] > rank[other])
    by_node = _sums(crossed.astype(np.int32), bounds)
    return _sums(np.ascontiguousarray(by_node.T), bounds).T


def _sums(values: npt.NDArray[np.int32], bounds: Numbers) -> npt.NDArray[np.int32]:
    """Return the sums of runs of rows, some of them empty."""
    total = np.zeros((len(values) + 1, values.shape[1]), dtype=np.int32)
    np.cumsum(values, axis=0, out=total[1:])
    return total[bounds[1:]] - total[bounds[:-1]]
