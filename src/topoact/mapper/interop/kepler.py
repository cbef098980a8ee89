"""Graphs in the format of KeplerMapper: `to_kepler_mapper`, `from_kepler_mapper`, `imported_kepler_mapper`."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.build import assemble, centres
from topoact.mapper.checks import checked_vectors
from topoact.mapper.graph import MapperGraph
from topoact.mapper.interop.imported import (
    Clusters,
    ImportedGraph,
    checked_rows,
    imported_graph,
    linked_edges,
    ordered_clusters,
)
from topoact.mapper.lenses.registry import lens_values
from topoact.mapper.nerve import Members, Nodes
from topoact.mapper.protocols import Intervals, Lens, LensValues

FIELDS: Final = ("nodes", "links", "simplices", "meta_data", "meta_nodes", "sample_id_lookup")
"""Fields of a graph of KeplerMapper; those after the second repeat the first two, or describe the call."""


def to_kepler_mapper(graph: MapperGraph) -> dict[str, Any]:
    """Return a graph as the dictionary that KeplerMapper's ``map`` returns, for its ``visualize`` and other readers.

    Parameters
    ----------
    graph
        A mapper graph.

    Returns
    -------
    dict
        Node i of interval c is named ``cube{c}_cluster{i}``, and its members are row numbers. A graph does not record
        its overlap or the name of its clusterer: the meta data have None and "custom" there.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> line = np.linspace(0, 1, 20)[:, None]
    >>> graph = topoact.Mapper(n_intervals=2, clusterer=topoact.SingleLinkage(cut=0.1)).fit(line).graph_
    >>> list(topoact.to_kepler_mapper(graph)["nodes"])
    ['cube0_cluster0', 'cube1_cluster0']
    """
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
            "n_cubes": len(graph.intervals.lower) or None,
            "perc_overlap": None,
            "clusterer": "custom",
            "scaler": "None",
            "nerve_min_intersection": 1,
        },
        "meta_nodes": {},
    }


def from_kepler_mapper(
    kepler_graph: Mapping[str, Any], X: npt.ArrayLike, lens: "str | Lens | npt.ArrayLike" = "l2"
) -> MapperGraph:
    """Return the graph that KeplerMapper's ``map`` found.

    Parameters
    ----------
    kepler_graph
        What ``map`` returned. Its cubes, renumbered from 0, are the intervals; their ends, which KeplerMapper does not
        record, are the least and greatest lens values of their nodes.
    X
        The points, shape (n_points, n_channels).
    lens
        As for `Mapper`.

    Returns
    -------
    MapperGraph
        Its nodes in the order of the dictionary's cubes; means and medoids are computed from `X`.

    Raises
    ------
    InvalidInput
        If a field is unknown, a row number is not a row of `X`, or a link joins what is no node or shares no point.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> nodes, links = {"cube0_cluster0": [0, 1], "cube1_cluster0": [1, 2]}, {"cube0_cluster0": ["cube1_cluster0"]}
    >>> topoact.from_kepler_mapper({"nodes": nodes, "links": links}, np.array([[0.0], [1.0], [2.0]]))
    <MapperGraph: 2 nodes, 1 edges, 100.0% of 3 points covered>
    """
    vectors = checked_vectors(X)
    values = lens_values(lens, vectors)
    names, cubes, members, _ = _clusters(kepler_graph, len(vectors))
    known, interval = np.unique(cubes, return_inverse=True)
    nodes = Nodes(interval.astype(np.int64), members, *centres(vectors, members))
    graph = assemble(values, _extents(values, members, interval, len(known)), nodes)
    return graph.with_links(linked_edges(names, graph.links, _links(kepler_graph)))


def imported_kepler_mapper(kepler_graph: Mapping[str, Any], n_points: int | None = None) -> ImportedGraph:
    """Return the graph that KeplerMapper's ``map`` found in vectors that are not available.

    Its nodes are sorted by the number of their cube, as the dictionary does not hold their lens values.

    Parameters
    ----------
    kepler_graph
        What ``map`` returned.
    n_points
        Number of points, if it is known.

    Raises
    ------
    InvalidInput
        If a field is unknown or of the wrong kind, there is no node, a row number is no point, or a link joins what is
        no node or shares no point.
    """
    clusters = _clusters(kepler_graph, n_points)
    cubes = clusters.cubes.astype(np.float64)
    return imported_graph(clusters, _links(kepler_graph), n_points=n_points, node_lens=cubes, lens_name="cube")


def _clusters(kepler_graph: Mapping[str, Any], n_points: int | None) -> Clusters:
    for field in kepler_graph:
        if field not in FIELDS:
            raise InvalidInput(f"{field!r} is no field of a graph of KeplerMapper, which are {', '.join(FIELDS)}")
    if not isinstance(kepler_graph.get("nodes"), Mapping) or not isinstance(kepler_graph.get("links"), Mapping):
        raise InvalidInput("a graph of KeplerMapper is a dictionary with the dictionaries 'nodes' and 'links'")
    rows = [checked_rows(f"nodes: {name!r}", rows, n_points) for name, rows in kepler_graph["nodes"].items()]
    return ordered_clusters(list(kepler_graph["nodes"]), rows)


def _links(kepler_graph: Mapping[str, Any]) -> Iterator[tuple[str, str, None]]:
    for name, others in kepler_graph["links"].items():
        if not isinstance(others, Sequence) or isinstance(others, str):
            raise InvalidInput(f"links: {name!r} must be a list of names of nodes")
        yield from ((name, other, None) for other in others)


def _extents(lens: LensValues, members: Members, interval: npt.NDArray[np.int64], n_intervals: int) -> Intervals:
    """Return the range of lens values of each interval's nodes, as KeplerMapper does not record its ends."""
    interval_of_member = np.repeat(interval, members.sizes)
    shape = (n_intervals, *lens.shape[1:])
    lower, upper = np.full(shape, np.inf), np.full(shape, -np.inf)
    np.minimum.at(lower, interval_of_member, lens[members.indices])
    np.maximum.at(upper, interval_of_member, lens[members.indices])
    return Intervals(lower, upper)
