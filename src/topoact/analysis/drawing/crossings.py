"""Fewer crossings of edges between columns: `untangled` orders the nodes of each column.

Nodes are moved one at a time to the place in their column where their edges cross the fewest others, column by column,
back and forth, as long as that helps (sifting: Matuszewski, Schönfeld, Molitor 1999).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

MAX_SWEEPS: Final = 12

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
    columns = np.split(order, np.flatnonzero(np.diff(column[order])) + 1) if len(order) else []
    rank = np.empty(len(order))
    for nodes in columns:
        rank[nodes] = np.arange(len(nodes))
    near, far = np.concatenate([source, target]), np.concatenate([target, source])
    across = column[near] != column[far]
    near, far = near[across], far[across]
    by_near = np.argsort(near, kind="stable")
    near, far = near[by_near], far[by_near]
    start = np.searchsorted(near, np.arange(len(order) + 1))
    wide = [number for number, nodes in enumerate(columns) if len(nodes) > 1]
    for _ in range(MAX_SWEEPS):
        changed = False
        for number in (*wide, *reversed(wide)):
            sifted = _sifted(columns[number], column, rank, far, start)
            if sifted is not None:
                columns[number], changed = sifted, True
                rank[sifted] = np.arange(len(sifted))
        if not changed:
            break
    return np.concatenate(columns) if columns else order


def _sifted(nodes: Numbers, column: Numbers, rank: Floats, far: Numbers, start: Numbers) -> Numbers | None:
    """Return the nodes of a column in a better order, or None if there is none."""
    cost = _crossings(nodes, column, rank, far, start)
    gain = cost - cost.T
    order = list(range(len(nodes)))
    changed = False
    for node in range(len(nodes)):
        place = order.index(node)
        rest = order[:place] + order[place + 1 :]
        total = np.concatenate([[0], np.cumsum(gain[rest, node])])
        best = int(total.argmin())
        if total[best] < total[place]:
            order, changed = [*rest[:best], node, *rest[best:]], True
    return nodes[order] if changed else None


def _crossings(nodes: Numbers, column: Numbers, rank: Floats, far: Numbers, start: Numbers) -> Floats:
    """Return how many edges cross of each pair of nodes of a column, if the first lies below the second."""
    degrees = start[nodes + 1] - start[nodes]
    other = far[np.concatenate([np.arange(start[node], start[node + 1]) for node in nodes])]
    owner = np.repeat(np.arange(len(nodes)), degrees)
    crossed = (column[other][:, None] == column[other]) & (rank[other][:, None] > rank[other])
    rows = np.zeros((len(nodes), len(other)))
    rows[owner, np.arange(len(other))] = 1
    return rows @ crossed @ rows.T
