"""How far the members of each node point the same way: `agreement`.

Where they do not, the picture of one member says little of the others.
"""

import numpy as np
import numpy.typing as npt

from topoact.mapper import MapperGraph

Floats = npt.NDArray[np.float64]


def agreement(graph: MapperGraph, norms: npt.NDArray[np.floating]) -> Floats:
    """Return for each node the length of the sum of its members' vectors over the sum of their lengths.

    It is the length of their mean direction, each weighted by its length (the mean resultant length of directional
    statistics: Mardia, Jupp 2000), and needs no vectors: a graph has the mean vector of each node.

    Parameters
    ----------
    graph
        A mapper graph of vectors.
    norms
        Euclidean length of the vector of each point, shape (n_points,).

    Returns
    -------
    ndarray of float64, shape (n_nodes,)
        1 where all members point the same way, and where all are 0; near 0 where they point in all directions.
    """
    if graph.n_nodes == 0:
        return np.empty(0)
    members = graph.memberships
    total = np.add.reduceat(norms[members.indices].astype(np.float64), members.indptr[:-1])
    length = np.linalg.norm(graph.means.astype(np.float64), axis=1) * members.sizes
    return np.divide(length, total, out=np.ones(len(total)), where=total > 0).clip(0, 1)
