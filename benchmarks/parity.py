"""Are the nodes of two mapper graphs the same sets of points? Where not, is the difference a known one?"""

from collections import defaultdict
from typing import Any

import numpy as np

from topoact import MapperGraph


def compare(graph: MapperGraph, theirs: list[Any], vectors: Any, min_samples: int) -> dict[str, int]:
    """Count the nodes of another library that equal ours, and those that differ for a known reason.

    Returns
    -------
    dict
        ``ours`` and ``theirs``: numbers of nodes; ``equal``: with the same points; ``alone``: theirs of fewer than two
        points, which some libraries make despite minPts; ``border``: theirs that differ from one of ours only in border
        points, which lie within ε of two clusters and belong to the one that was found first; ``unexplained``: the
        others; ``only_ours``: ours that are none of theirs.
    """
    own = defaultdict(list)  # neighbouring intervals may hold the same cluster
    for node in range(graph.n_nodes):
        own[graph.members(node).tobytes()].append(node)
    large = [rows for rows in theirs if len(rows) > 1]
    different = [rows for rows in large if not _remove_one(own[rows.tobytes()])]
    left = [node for nodes in own.values() for node in nodes]
    border = sum(_differ_in_border(rows, left, graph, vectors, min_samples) for rows in different)
    return {
        "ours": graph.n_nodes,
        "theirs": len(theirs),
        "equal": len(large) - len(different),
        "alone": len(theirs) - len(large),
        "border": border,
        "unexplained": len(different) - border,
        "only_ours": len(left),
    }


def _remove_one(nodes: list[int]) -> bool:
    """Remove one of these nodes, and return whether there was one."""
    if nodes:
        nodes.pop()
        return True
    return False


def _differ_in_border(rows: Any, nodes: list[int], graph: MapperGraph, vectors: Any, min_samples: int) -> bool:
    """Return whether our node that shares most points with these rows differs only in points that are not core."""
    nearest = max(nodes, key=lambda node: len(np.intersect1d(rows, graph.members(node))), default=None)
    if nearest is None:
        return False
    changed = np.setxor1d(rows, graph.members(nearest))
    lower, upper = (ends[graph.interval[nearest]] for ends in graph.intervals)
    inside = np.flatnonzero((graph.lens >= lower) & (graph.lens <= upper))
    points = vectors[inside].astype(np.float64)
    return all(
        row in inside and (((points - vectors[row]) ** 2).sum(axis=1) <= float(graph.eps) ** 2).sum() < min_samples
        for row in changed
    )
