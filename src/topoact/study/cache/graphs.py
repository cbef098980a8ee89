"""`write_graph`, `read_graph`: the files of one graph.

These are ``graph.json``, ``nodes.parquet``, ``edges.parquet``, ``members.parquet`` and ``lens.parquet``. An imported
graph has no ``lens.parquet``; its nodes have a ``name`` and, where they are known, ``classes`` and their ``shares``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from topoact.mapper import ClassShares, DistanceCurve, Edges, ImportedGraph, Intervals, MapperGraph, Members
from topoact.study.files import plain_number, write_json

Table = dict[str, npt.NDArray[Any]]


def write_graph(folder: Path, graph: MapperGraph, about: dict[str, Any]) -> None:
    """Write a graph into an empty folder, with the facts `about` its origin."""
    for name, table in _tables(graph).items():
        pq.write_table(table, folder / f"{name}.parquet")
    write_json(folder / "graph.json", {**about, **_facts(graph)}, lasting=False)


def read_graph(folder: Path) -> MapperGraph:
    """Return the graph in a folder; raises any error if it is damaged."""
    facts = json.loads((folder / "graph.json").read_text("utf-8"))
    nodes = pq.read_table(folder / "nodes.parquet")
    members = _read(folder / "members.parquet")
    edges = _read(folder / "edges.parquet")
    indptr = np.searchsorted(members["node"], np.arange(nodes.num_rows + 1))
    shared: dict[str, Any] = {
        "interval": nodes["interval"].to_numpy(),
        "memberships": Members(indptr.astype(np.int64), members["point"]),
        "links": Edges(*(edges[name] for name in Edges._fields)),
        "means": _means(nodes),
    }
    if "given" in facts:
        return _imported(facts, nodes, shared)
    curve = facts["curve"]
    return MapperGraph(
        **shared,
        lens=_read(folder / "lens.parquet")["lens"],
        intervals=Intervals(*(np.array(facts["intervals"][end]) for end in ("lower", "upper"))),
        medoids=nodes["medoid"].to_numpy(),
        eps=_radius(facts["eps"]),
        curve=curve and DistanceCurve(curve["k"], np.array(curve["distances"])),
        **_merging(nodes),
    )


def plain_radius(eps: float | npt.NDArray[np.float64] | None) -> float | list[float | None] | None:
    """Return ε as JSON; an interval without one has null."""
    if isinstance(eps, np.ndarray):
        return [plain_number(radius) for radius in eps]
    return eps


def _tables(graph: MapperGraph) -> dict[str, pa.Table]:
    nodes = pa.Table.from_pandas(graph.nodes, preserve_index=False)
    if graph.means.shape[1]:
        means = pa.FixedSizeListArray.from_arrays(pa.array(graph.means.ravel()), graph.means.shape[1])
        nodes = nodes.append_column("mean", means)
    tables = {
        "nodes": nodes,
        "edges": pa.table(graph.links._asdict()),
        "members": pa.table(
            {
                "node": np.repeat(np.arange(graph.n_nodes), graph.memberships.sizes),
                "point": graph.memberships.indices,
            }
        ),
    }
    if not isinstance(graph, ImportedGraph):
        return {**tables, "lens": pa.table({"lens": graph.lens})}
    if graph.classes:
        for index, name in enumerate(("classes", "shares")):
            nodes = nodes.append_column(name, pa.array([[pair[index] for pair in node] for node in graph.classes]))
    return {**tables, "nodes": nodes}


def _facts(graph: MapperGraph) -> dict[str, Any]:
    facts = {"n_points": graph.n_points, "n_nodes": graph.n_nodes, "n_edges": graph.n_edges}
    if isinstance(graph, ImportedGraph):
        return {**facts, "given": {"lens": graph.lens_name, "is_whole": graph.is_whole}}
    curve = graph.curve
    return {
        **facts,
        "coverage": graph.coverage,
        "eps": plain_radius(graph.eps),
        "curve": curve and {"k": curve.k, "distances": curve.distances.tolist()},
        "intervals": {"lower": graph.intervals.lower.tolist(), "upper": graph.intervals.upper.tolist()},
    }


def _imported(facts: dict[str, Any], nodes: pa.Table, shared: dict[str, Any]) -> ImportedGraph:
    return ImportedGraph(
        **shared,
        lens=np.full(facts["n_points"], np.nan),
        intervals=Intervals(np.empty(0), np.empty(0)),
        medoids=np.full(nodes.num_rows, -1),
        names=tuple(nodes["name"].to_pylist()),
        node_lens=nodes["lens_mean"].to_numpy(),
        lens_name=facts["given"]["lens"],
        classes=_classes(nodes),
        is_whole=facts["given"]["is_whole"],
    )


def _merging(nodes: pa.Table) -> dict[str, Any]:
    """Return the facts of nodes that are modes of a density."""
    columns = {"prominence": "prominence", "parent": "parent", "modes": "mode"}
    return {name: nodes[column].to_numpy() for name, column in columns.items() if column in nodes.column_names}


def _classes(nodes: pa.Table) -> tuple[ClassShares, ...]:
    if "classes" not in nodes.column_names:
        return ()
    columns = zip(nodes["classes"].to_pylist(), nodes["shares"].to_pylist(), strict=True)
    return tuple(tuple(zip(names, shares, strict=True)) for names, shares in columns)


def _means(nodes: pa.Table) -> npt.NDArray[np.float32]:
    if "mean" not in nodes.column_names:
        return np.empty((nodes.num_rows, 0), dtype=np.float32)
    means = nodes["mean"].combine_chunks()
    return np.asarray(means.values).reshape(nodes.num_rows, means.type.list_size)


def _read(path: Path) -> Table:
    return {str(name): column.to_numpy() for name, column in pq.read_table(path).to_pandas().items()}


def _radius(plain: float | list[float | None] | None) -> float | npt.NDArray[np.float64] | None:
    return np.array(plain, dtype=np.float64) if isinstance(plain, list) else plain
