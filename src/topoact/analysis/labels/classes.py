"""Classes of the points in each node: `class_counts`, `top_classes`, `purity`."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from topoact.errors import InvalidInput
from topoact.mapper import MapperGraph


def class_counts(graph: MapperGraph, codes: npt.NDArray[np.integer], n_classes: int) -> sparse.csr_array:
    """Count the members of each class in each node.

    Parameters
    ----------
    graph
        A mapper graph.
    codes
        Class of each point, shape (n_points,), from 0; −1 where it is not known.
    n_classes
        Number of classes.

    Returns
    -------
    csr_array of int64, shape (n_nodes, n_classes)

    Raises
    ------
    InvalidInput
        If there is not one code for each point of the graph.
    """
    if len(codes) != graph.n_points:
        raise InvalidInput(
            f"{len(codes)} points have a class and the graph has {graph.n_points}: is it another layer's?"
        )
    known = np.flatnonzero(codes >= 0)
    ones = np.ones(len(known), dtype=np.int64)
    classes = sparse.csr_array((ones, (known, codes[known])), shape=(graph.n_points, n_classes))
    return (graph.memberships.incidence(graph.n_points) @ classes).tocsr()


def top_classes(counts: sparse.csr_array, names: list[str], n: int = 3) -> pd.DataFrame:
    """Return the n most frequent classes of every node.

    Returns
    -------
    DataFrame
        Columns node, name, count, share (of the node's members whose class is known); ordered by node, then by
        falling count, then by class.
    """
    table = counts.tocoo()
    total = np.asarray(counts.sum(axis=1)).ravel()
    frame = pd.DataFrame({"node": table.row, "code": table.col, "count": table.data})
    frame = frame[frame["count"] > 0].sort_values(["node", "count", "code"], ascending=[True, False, True])
    frame = frame.groupby("node", sort=False).head(n).reset_index(drop=True)
    frame["name"] = [names[code] for code in frame["code"]]
    frame["share"] = frame["count"] / total[frame["node"]]
    return frame[["node", "name", "count", "share"]]


def purity(counts: sparse.csr_array) -> npt.NDArray[np.float64]:
    """Return the share of the largest class in each node, NaN where no member's class is known."""
    if counts.shape[1] == 0:
        return np.full(counts.shape[0], np.nan)
    total = np.asarray(counts.sum(axis=1)).ravel().astype(np.float64)
    largest = counts.max(axis=1).toarray().ravel()
    return np.divide(largest, total, out=np.full(len(total), np.nan), where=total > 0)
