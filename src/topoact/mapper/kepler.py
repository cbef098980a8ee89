"""Graphs in the form of KeplerMapper, there and back."""

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.build import assemble, centres, ragged
from topoact.mapper.checks import checked_vectors
from topoact.mapper.graph import MapperGraph
from topoact.mapper.lenses import lens_values
from topoact.mapper.nerve import Edges, Members, Nodes
from topoact.mapper.protocols import Intervals, Lens, LensValues, Rows

FIELDS: Final = ("nodes", "links", "simplices", "meta_data", "meta_nodes", "sample_id_lookup")
"""Fields of a graph of KeplerMapper; those behind the second say nothing that the first two do not."""


def to_kepler_mapper(graph: MapperGraph) -> dict[str, Any]:
    """Return the dictionary that KeplerMapper's ``map`` would; see `MapperGraph.to_kepler_mapper`."""
    numbers = [number for _, same in groupby(graph.interval.tolist()) for number, _ in enumerate(same)]
    names = [f"cube{cube}_cluster{number}" for cube, number in zip(graph.interval.tolist(), numbers, strict=True)]
    links: dict[str, list[str]] = {}
    for source, target in zip(graph.links.source.tolist(), graph.links.target.tolist(), strict=True):
        links.setdefault(names[source], []).append(names[target])
    return {
        "nodes": {name: graph.members(node).tolist() for node, name in enumerate(names)},
        "links": links,
        "simplices": [[name] for name in names] + [[name, other] for name in links for other in links[name]],
        "meta_data": {
            "projection": "custom",
            "n_cubes": len(graph.intervals.lower),
            "perc_overlap": None,
            "clusterer": "custom",
            "scaler": "None",
            "nerve_min_intersection": 1,
        },
        "meta_nodes": {},
    }


def from_kepler_mapper(found: Mapping[str, Any], X: npt.ArrayLike, lens: "str | Lens | npt.ArrayLike") -> MapperGraph:
    """Return the graph that KeplerMapper's ``map`` found; see `MapperGraph.from_kepler_mapper`."""
    vectors = checked_vectors(X)
    values = lens_values(lens, vectors)
    names, clusters = _clusters(found, len(vectors))
    cubes = np.array([_cube(name) for name in names], dtype=np.int64)
    known, interval = np.unique(cubes, return_inverse=True)
    order = np.argsort(interval, kind="stable")
    names, clusters, interval = [names[node] for node in order], [clusters[node] for node in order], interval[order]
    members = ragged(clusters)
    nodes = Nodes(interval.astype(np.int64), members, *centres(vectors, members))
    intervals = _extents(values, members, interval, len(known))
    graph = assemble(values, intervals, nodes)
    return graph.with_links(_kept(graph.links, _pairs(found, names)))


def _clusters(found: Mapping[str, Any], n_points: int) -> tuple[list[str], list[Rows]]:
    for field in found:
        if field not in FIELDS:
            raise InvalidInput(f"{field!r} is no field of a graph of KeplerMapper, which are {', '.join(FIELDS)}")
    if not isinstance(found.get("nodes"), Mapping) or not isinstance(found.get("links"), Mapping):
        raise InvalidInput("a graph of KeplerMapper is a dictionary with the dictionaries 'nodes' and 'links'")
    return list(found["nodes"]), [_rows(name, rows, n_points) for name, rows in found["nodes"].items()]


def _rows(name: str, members: Any, n_points: int) -> Rows:
    rows = np.unique(np.asarray(members))
    if rows.size == 0 or not np.issubdtype(rows.dtype, np.integer):
        raise InvalidInput(f"nodes: {name!r} must be a list of row numbers, not empty")
    if rows[0] < 0 or rows[-1] >= n_points:
        bad = rows[0] if rows[0] < 0 else rows[-1]
        raise InvalidInput(f"nodes: {name!r} holds row {bad}, but X has {n_points} rows, counted from 0")
    return rows.astype(np.int64)


def _cube(name: str) -> int:
    number = re.match(r"cube(\d+)_", name)
    if number is None:
        raise InvalidInput(f"nodes: {name!r} is no name that KeplerMapper gives, like 'cube3_cluster0'")
    return int(number[1])


def _pairs(found: Mapping[str, Any], names: list[str]) -> set[tuple[int, int]]:
    """Return the links as pairs of node numbers, the lower one first."""
    numbers = {name: number for number, name in enumerate(names)}
    pairs = set()
    for name, others in found["links"].items():
        for other in others:
            for end in (name, other):
                if end not in numbers:
                    raise InvalidInput(f"links: {name!r} is linked to {other!r}, but there is no node {end!r}")
            pairs.add((min(numbers[name], numbers[other]), max(numbers[name], numbers[other])))
    unshared = [pair for pair in pairs if pair[0] == pair[1]]
    if unshared:
        raise InvalidInput(f"links: {names[unshared[0][0]]!r} is linked to itself")
    return pairs


def _kept(links: Edges, pairs: set[tuple[int, int]]) -> Edges:
    """Return the edges of the nerve that are among the links."""
    edges = zip(links.source.tolist(), links.target.tolist(), strict=True)
    keep = np.array([edge in pairs for edge in edges], dtype=bool)
    if keep.sum() < len(pairs):
        raise InvalidInput(f"links: {len(pairs) - keep.sum()} of {len(pairs)} join nodes that share no point")
    return links.of(keep)


def _extents(lens: LensValues, members: Members, interval: npt.NDArray[np.int64], n_intervals: int) -> Intervals:
    """Return what the nodes of each interval span, as KeplerMapper does not tell its ends."""
    of_member = np.repeat(interval, members.sizes)
    shape = (n_intervals, *lens.shape[1:])
    lower, upper = np.full(shape, np.inf), np.full(shape, -np.inf)
    np.minimum.at(lower, of_member, lens[members.indices])
    np.maximum.at(upper, of_member, lens[members.indices])
    return Intervals(lower, upper)
