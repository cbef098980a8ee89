"""`write_graph`, `read_graph`: the files of one graph.

These are ``graph.json``, ``nodes.parquet``, ``edges.parquet``, ``members.parquet`` and ``lens.parquet``. An imported
graph has no ``lens.parquet``; its nodes have a ``name`` and, where they are known, ``classes`` and their ``shares``.
"""

from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, Field

from topoact.mapper import (
    ClassShares,
    DistanceCurve,
    Edges,
    ImportedGraph,
    Intervals,
    MapperGraph,
    Members,
    available_memory,
)
from topoact.study.checked import (
    MAX_COUNT,
    Count,
    Damaged,
    Flag,
    Number,
    Text,
    checked,
    damage_said,
    numbers,
    read_json,
    read_table,
    write_table,
)
from topoact.study.files import inside, plain_number, replacing, write_json

Length = Annotated[Number, Field(ge=0)]
_FINITE: Final = (np.finfo(np.float64).min, np.finfo(np.float64).max)


class _Curve(BaseModel):
    k: Annotated[Count, Field(ge=1)]
    distances: Annotated[list[Length], Field(min_length=1)]


class _Ends(BaseModel):
    lower: list[Number]
    upper: list[Number]


class _Imported(BaseModel):
    lens: Text
    is_whole: Flag


class _Facts(BaseModel):
    """``graph.json``, as far as the graph itself is in it."""

    n_points: Count
    n_nodes: Count
    n_edges: Count
    eps: Length | list[Length | None] | None = None
    curve: _Curve | None = None
    intervals: _Ends | None = None
    given: _Imported | None = None


def write_graph(folder: Path, graph: MapperGraph, about: dict[str, Any]) -> None:
    """Write a graph into an empty folder, with the facts `about` its origin."""
    for name, table in _tables(graph).items():
        with replacing(folder / f"{name}.parquet", lasting=False) as file:
            write_table(table, file)
    write_json(folder / "graph.json", {**about, **_facts(graph)}, lasting=False)


def read_graph(folder: Path) -> MapperGraph:
    """Return the graph in a folder; every number in it is where it can be, or a `Damaged` says which is not."""
    with damage_said():
        facts: _Facts = checked(_Facts, read_json(inside(folder, "graph.json")))
        if 8 * facts.n_points > available_memory():
            raise Damaged(f"it has {facts.n_points:,} points, more than the memory holds")
        nodes = read_table(inside(folder, "nodes.parquet"), n_rows=facts.n_nodes)
        members = _members(read_table(inside(folder, "members.parquet")), facts)
        edges = _edges(read_table(inside(folder, "edges.parquet"), n_rows=facts.n_edges), facts)
        shared: dict[str, Any] = {"memberships": members, "links": edges, "means": _means(nodes)}
        if facts.given is not None:
            return _imported(facts, facts.given, nodes, shared)
        intervals = _intervals(facts)
        lens = read_table(inside(folder, "lens.parquet"), n_rows=facts.n_points)
        return MapperGraph(
            **shared,
            interval=numbers(nodes, "interval", 0, len(intervals.lower) - 1),
            lens=numbers(lens, "lens", *_FINITE, whole=False),
            intervals=intervals,
            medoids=numbers(nodes, "medoid", 0, facts.n_points - 1),
            eps=_radius(facts.eps, len(intervals.lower)),
            curve=_curve(facts.curve),
            **_merging(nodes, facts),
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


def _members(table: pa.Table, facts: _Facts) -> Members:
    """Return the points of the nodes: each node has some, ascending."""
    node, point = numbers(table, "node", 0, facts.n_nodes - 1), numbers(table, "point", 0, facts.n_points - 1)
    step = np.diff(node)
    if (step < 0).any() or (np.diff(point)[step == 0] <= 0).any():
        raise Damaged("its members are not in order")
    indptr = np.searchsorted(node, np.arange(facts.n_nodes + 1)).astype(np.int64)
    if (np.diff(indptr) == 0).any():
        raise Damaged("a node has no members")
    return Members(indptr, point)


def _edges(table: pa.Table, facts: _Facts) -> Edges:
    """Return the edges: ordered pairs of nodes, each once."""
    source, target = (numbers(table, name, 0, facts.n_nodes - 1) for name in ("source", "target"))
    number = source * max(facts.n_nodes, 1) + target
    if (source >= target).any() or (np.diff(number) <= 0).any():
        raise Damaged("its edges are not in order")
    shared = numbers(table, "shared", 0, facts.n_points)
    return Edges(source, target, shared, numbers(table, "jaccard", 0, 1, whole=False))


def _imported(facts: _Facts, given: _Imported, nodes: pa.Table, shared: dict[str, Any]) -> ImportedGraph:
    return ImportedGraph(
        **shared,
        interval=numbers(nodes, "interval", -1, MAX_COUNT),
        lens=np.full(facts.n_points, np.nan),
        intervals=Intervals(np.empty(0), np.empty(0)),
        medoids=np.full(nodes.num_rows, -1),
        names=tuple(checked(list[Text], nodes["name"].to_pylist())),
        node_lens=numbers(nodes, "lens_mean", *_FINITE, whole=False),
        lens_name=given.lens,
        classes=_classes(nodes),
        is_whole=given.is_whole,
    )


def _merging(nodes: pa.Table, facts: _Facts) -> dict[str, Any]:
    """Return the facts of nodes that are modes of a density; every parent leads to a root."""
    if "prominence" not in nodes.column_names:
        return {}
    parent = numbers(nodes, "parent", 0, facts.n_nodes - 1)
    root = parent
    for _ in range(facts.n_nodes.bit_length()):
        root = root[root]
    if (parent[root] != root).any():
        raise Damaged("nodes merge in a circle")
    prominence = numbers(nodes, "prominence", 0, np.inf, whole=False)
    return {"prominence": prominence, "parent": parent, "modes": numbers(nodes, "mode", 0, facts.n_points - 1)}


def _classes(nodes: pa.Table) -> tuple[ClassShares, ...]:
    if "classes" not in nodes.column_names:
        return ()
    names: list[list[str]] = checked(list[list[Text]], nodes["classes"].to_pylist())
    shares: list[list[float]] = checked(list[list[Length]], nodes["shares"].to_pylist())
    return tuple(tuple(zip(*pair, strict=True)) for pair in zip(names, shares, strict=True))


def _means(nodes: pa.Table) -> npt.NDArray[np.float32]:
    if "mean" not in nodes.column_names:
        return np.empty((nodes.num_rows, 0), dtype=np.float32)
    column = nodes["mean"]
    if not pa.types.is_fixed_size_list(column.type) or not pa.types.is_floating(column.type.value_type):
        raise Damaged(f"the column 'mean' is of {column.type}")
    means = np.asarray(column.combine_chunks().flatten(), dtype=np.float32)
    if column.null_count or not np.isfinite(means).all():
        raise Damaged("a node has no mean")
    return means.reshape(nodes.num_rows, column.type.list_size)


def _intervals(facts: _Facts) -> Intervals:
    if facts.intervals is None or len(facts.intervals.lower) != len(facts.intervals.upper):
        raise Damaged("it has no intervals")
    lower, upper = (np.array(ends, dtype=np.float64) for ends in (facts.intervals.lower, facts.intervals.upper))
    if (lower > upper).any():
        raise Damaged("an interval ends before it begins")
    return Intervals(lower, upper)


def _curve(curve: _Curve | None) -> DistanceCurve | None:
    if curve is None:
        return None
    distances = np.array(curve.distances, dtype=np.float64)
    if (np.diff(distances) < 0).any():
        raise Damaged("its distances do not ascend")
    return DistanceCurve(curve.k, distances)


def _radius(plain: float | list[float | None] | None, n_intervals: int) -> float | npt.NDArray[np.float64] | None:
    if not isinstance(plain, list):
        return plain
    if len(plain) != n_intervals:
        raise Damaged(f"it has {len(plain):,} radii of {n_intervals:,} intervals")
    return np.array(plain, dtype=np.float64)
