"""What was computed from a study: graphs, layouts and projections, keyed by digest and safe to delete.

``graphs/<digest>/`` holds ``graph.json``, ``nodes.parquet``, ``edges.parquet``, ``members.parquet`` and
``lens.parquet``; ``layouts/<id>.parquet`` beside them says where its nodes were drawn. ``projections/<name>.parquet``
has the columns x and y. A file that cannot be read counts as absent and is computed again.
"""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from topoact.analysis.layout import Drawing
from topoact.mapper import DistanceCurve, Edges, Intervals, MapperGraph, Members
from topoact.study.files import remove_leftovers, replacing, replacing_folder, write_json

T = TypeVar("T")

UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError)
"""What reading a damaged or absent derived file raises."""


TABLES: Final = ("nodes", "edges", "members", "lens")
"""Files of a graph beside ``graph.json``."""
RECENT: Final = 4
"""Graphs that are kept in memory: a page asks for the same one several times."""


class Derived:
    """The derived part of a study folder; the graphs used last are kept in memory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._recent: dict[str, tuple[object, MapperGraph]] = {}
        self._lock = threading.Lock()
        for kind in ("graphs", "indexes"):
            remove_leftovers(root / kind)

    def save_graph(self, digest: str, graph: MapperGraph, about: dict[str, Any]) -> None:
        """Store a graph and what it is the graph of; its folder appears complete or not at all."""
        with replacing_folder(self._graph(digest)) as folder:
            for name, table in _tables(graph).items():
                pq.write_table(table, folder / f"{name}.parquet")
            write_json(folder / "graph.json", {**about, **_facts(graph)}, lasting=False)
        with self._lock:
            self._remember(digest, graph)

    def load_graph(self, digest: str) -> MapperGraph | None:
        """Return a stored graph, or None."""
        folder = self._graph(digest)
        with self._lock:
            known = self._recent.get(digest)
            if known is not None and known[0] == _or_none(lambda: _written(folder)):
                return known[1]
            graph = _or_none(lambda: _graph(folder))
            if graph is not None:
                self._remember(digest, graph)
            return graph

    def _remember(self, digest: str, graph: MapperGraph) -> None:
        self._recent.pop(digest, None)
        written = _or_none(lambda: _written(self._graph(digest)))
        if written is not None:
            self._recent[digest] = (written, graph)
        while len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]

    def about_graph(self, digest: str) -> dict[str, Any] | None:
        """Return the facts stored with a graph: what it is the graph of, its size, ε and cover; or None."""
        path = self._graph(digest) / "graph.json"
        return _or_none(lambda: dict(json.loads(path.read_text("utf-8"))))

    def save_drawing(self, digest: str, layout: str, drawing: Drawing) -> None:
        """Store where the nodes of a graph were drawn."""
        x, y = drawing.positions.T
        _write_table(self._layout(digest, layout), pa.table({"x": x, "y": y, "continues": drawing.continues}))

    def load_drawing(self, digest: str, layout: str) -> Drawing | None:
        """Return a stored drawing, or None."""
        path = self._layout(digest, layout)
        return _or_none(lambda: _drawing(pq.read_table(path).to_pandas()))

    def save_projection(self, name: str, positions: npt.NDArray[np.float32]) -> None:
        """Store a projection, shape (n_points, 2)."""
        _write_table(self._projection(name), pa.table({"x": positions[:, 0], "y": positions[:, 1]}))

    def load_projection(self, name: str) -> npt.NDArray[np.float32] | None:
        """Return a stored projection, or None."""
        path = self._projection(name)
        return _or_none(lambda: pq.read_table(path).to_pandas().to_numpy(dtype=np.float32))

    def _graph(self, digest: str) -> Path:
        return self.root / "graphs" / digest

    def _layout(self, digest: str, layout: str) -> Path:
        return self._graph(digest) / "layouts" / f"{layout}.parquet"

    def _projection(self, name: str) -> Path:
        return self.root / "projections" / f"{name}.parquet"


def _or_none(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except UNREADABLE:
        return None


def _written(folder: Path) -> tuple[tuple[int, int], ...]:
    """Return when the files of a graph were written and how long they are: what is damaged or replaced differs."""
    stats = [(folder / name).stat() for name in ("graph.json", *(f"{table}.parquet" for table in TABLES))]
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)


def _write_table(path: Path, table: pa.Table) -> None:
    with replacing(path, lasting=False) as file:
        pq.write_table(table, file)


def _tables(graph: MapperGraph) -> dict[str, pa.Table]:
    means = pa.FixedSizeListArray.from_arrays(pa.array(graph.means.ravel()), graph.means.shape[1])
    nodes = pa.Table.from_pandas(graph.nodes, preserve_index=False).append_column("mean", means)
    return {
        "nodes": nodes,
        "edges": pa.table(graph.links._asdict()),
        "members": pa.table(
            {
                "node": np.repeat(np.arange(graph.n_nodes), graph.memberships.sizes),
                "point": graph.memberships.indices,
            }
        ),
        "lens": pa.table({"lens": graph.lens}),
    }


def _facts(graph: MapperGraph) -> dict[str, Any]:
    curve = graph.curve
    return {
        "n_points": graph.n_points,
        "n_nodes": graph.n_nodes,
        "n_edges": graph.n_edges,
        "coverage": graph.coverage,
        "eps": plain_radius(graph.eps),
        "curve": curve and {"k": curve.k, "distances": curve.distances.tolist()},
        "intervals": {"lower": graph.intervals.lower.tolist(), "upper": graph.intervals.upper.tolist()},
    }


def _graph(folder: Path) -> MapperGraph:
    facts = json.loads((folder / "graph.json").read_text("utf-8"))
    nodes = pq.read_table(folder / "nodes.parquet")
    members = pq.read_table(folder / "members.parquet").to_pandas()
    edges = pq.read_table(folder / "edges.parquet").to_pandas()
    means = nodes["mean"].combine_chunks()
    indptr = np.searchsorted(members["node"].to_numpy(), np.arange(nodes.num_rows + 1))
    curve = facts["curve"]
    return MapperGraph(
        lens=_column(pq.read_table(folder / "lens.parquet").to_pandas(), "lens"),
        intervals=Intervals(*(np.array(facts["intervals"][end]) for end in ("lower", "upper"))),
        interval=nodes["interval"].to_numpy(),
        memberships=Members(indptr.astype(np.int64), _column(members, "point")),
        links=Edges(*(_column(edges, name) for name in Edges._fields)),
        means=np.asarray(means.values).reshape(nodes.num_rows, means.type.list_size),
        medoids=nodes["medoid"].to_numpy(),
        eps=_radius(facts["eps"]),
        curve=curve and DistanceCurve(curve["k"], np.array(curve["distances"])),
    )


def plain_radius(eps: float | npt.NDArray[np.float64] | None) -> float | list[float | None] | None:
    """Return ε as JSON knows it: an interval without one has null."""
    if isinstance(eps, np.ndarray):
        return [float(radius) if np.isfinite(radius) else None for radius in eps]
    return eps


def _radius(plain: float | list[float | None] | None) -> float | npt.NDArray[np.float64] | None:
    return np.array(plain, dtype=np.float64) if isinstance(plain, list) else plain


def _drawing(frame: pd.DataFrame) -> Drawing:
    return Drawing(frame[["x", "y"]].to_numpy(), _column(frame, "continues"))


def _column(frame: pd.DataFrame, name: str) -> npt.NDArray[Any]:
    return frame[name].to_numpy()
