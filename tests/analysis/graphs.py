"""Graphs made to order: from lists of members, or from the shape that their nodes are to have."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np

from topoact.mapper import Intervals, MapperGraph, Members
from topoact.mapper.nerve import nerve


def graph_of(
    members: Sequence[Sequence[int]],
    *,
    n_points: int | None = None,
    interval: Sequence[int] | None = None,
    lens: Sequence[float] | None = None,
) -> MapperGraph:
    n_points = n_points or 1 + max((max(rows) for rows in members), default=0)
    flat = np.array([row for rows in members for row in sorted(rows)], dtype=np.int64)
    indptr = np.cumsum([0, *(len(rows) for rows in members)], dtype=np.int64)
    ragged = Members(indptr, flat)
    number = np.array(range(len(members)) if interval is None else interval, dtype=np.int64)
    return MapperGraph(
        lens=np.array(range(n_points) if lens is None else lens, dtype=np.float64),
        intervals=Intervals(np.arange(len(members) + 1.0), np.arange(len(members) + 1.0) + 1),
        interval=number,
        memberships=ragged,
        links=nerve(ragged, n_points),
        means=np.zeros((len(members), 2), dtype=np.float32),
        medoids=np.array([rows[0] for rows in members], dtype=np.int64),
    )


def of_modes(
    members: Sequence[Sequence[int]], interval: Sequence[int], prominence: Sequence[float], parent: Sequence[int]
) -> MapperGraph:
    """A graph whose nodes are modes."""
    graph = graph_of(members, interval=interval)
    return replace(graph, prominence=np.array(prominence, dtype=np.float64), parent=np.array(parent, dtype=np.int64))


def shaped(shape: nx.Graph) -> MapperGraph:
    """A mapper graph whose nerve is `shape`: a point for every node and one for every edge."""
    edges = list(shape.edges)
    members = [
        [node, *(len(shape) + place for place, edge in enumerate(edges) if node in edge)] for node in range(len(shape))
    ]
    return graph_of(members, n_points=len(shape) + len(edges))


def path_of(n_nodes: int) -> MapperGraph:
    return graph_of([[left, right] for left, right in pairwise(range(n_nodes + 1))])


def modes_of(
    members: Sequence[Sequence[int]], interval: Sequence[int], prominence: Sequence[float], parent: Sequence[int]
) -> MapperGraph:
    """A graph of modes, with how prominent they are and what they merge into."""
    graph = graph_of(members, interval=interval)
    return replace(graph, prominence=np.array(prominence, dtype=np.float64), parent=np.array(parent, dtype=np.int64))
