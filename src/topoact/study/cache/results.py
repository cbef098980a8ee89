"""`ResultCache`: the computed part of a study, which is graphs, layouts and projections; safe to delete.

``graphs/<digest>/`` holds ``graph.json``, ``nodes.parquet``, ``edges.parquet``, ``members.parquet`` and
``lens.parquet``; beside them ``layouts/<id>.parquet`` says where its nodes were drawn, ``agreement.parquet`` how far
the members of each point the same way, and if that was asked for ``stability.json`` what of it returns when it is built
from fewer points, ``consensus.json`` what other covers count (``judgement.json`` in studies of version 0.1).
``projections/<name>.parquet`` has the columns x and y. A file that cannot be read, or does not fit its layer or its
graph, counts as absent and is computed again.
"""

import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, Field

from topoact.analysis.drawing.layout import Drawing
from topoact.analysis.shape.report import Count, ShapeReport
from topoact.analysis.shape.stability import Stability
from topoact.mapper import MapperGraph
from topoact.study.cache.graphs import read_graph, write_graph
from topoact.study.cache.place import Derived, as_derived
from topoact.study.checked import Count as Whole
from topoact.study.checked import (
    Damaged,
    Number,
    Text,
    checked,
    numbers,
    or_none,
    read_json,
    read_table,
    write_table,
)
from topoact.study.files import plain_number, remove_leftovers, replacing, replacing_folder, write_json

AGREEMENT: Final = "agreement.parquet"
STABILITY: Final = "stability.json"
CONSENSUS: Final = "consensus.json"
OLD_CONSENSUS: Final = "judgement.json"
MAX_NODE: Final = 2**31
MAX_POSITION: Final = 1e30
"""Largest coordinate of a node or a point that is drawn."""
MIN_RECENT_GRAPHS: Final = 4
"""Graphs that are kept in memory in any case: a page asks for the same one several times."""
MAX_RECENT_BYTES: Final = 64 * 2**20
"""Bytes that further ones may take: those beside which several pages have theirs drawn."""


class Shape(NamedTuple):
    """The shape of the vectors of a layer, which its graphs have too."""

    n_points: int
    n_channels: int


_Share = Annotated[Number, Field(ge=0, le=1)]


class _Stability(BaseModel):
    nodes: list[_Share]
    edges: list[_Share]
    jaccard: list[_Share]
    rands: list[Annotated[Number, Field(ge=-1, le=1)] | None]
    split: _Share


class _Count(BaseModel):
    value: Whole | None
    least: Whole
    seen: Whole
    reason: Text = ""
    missed_below: Annotated[Number, Field(ge=0)] | None = None
    missed_points: Whole | None = None


class ResultCache:
    """The derived part of a study folder; the graphs used last are kept in memory.

    Parameters
    ----------
    place
        Folder of the study, or where its derived data are.
    imported
        Folders of imported graphs by digest; they are read and drawn like the computed ones.
    shapes
        Shape of each layer by its name; a graph of another shape, or of another layer, counts as absent.
    """

    def __init__(
        self,
        place: Path | Derived,
        imported: Mapping[str, Path] | None = None,
        shapes: Mapping[str, Shape] | None = None,
    ) -> None:
        self._derived = as_derived(place)
        self._imported, self._shapes = dict(imported or {}), shapes
        self._recent: dict[str, tuple[object, MapperGraph]] = {}
        self._lock = threading.Lock()
        for kind in ("graphs", "indexes", "projections", "located-inputs"):
            remove_leftovers(self._derived.own(kind))

    def save_graph(self, digest: str, graph: MapperGraph, about: dict[str, Any]) -> None:
        """Store a graph with the facts `about` its origin; its folder appears complete or not at all."""
        with replacing_folder(self._own(digest)) as folder:
            write_graph(folder, graph, about)
        self._derived.wrote(self._own(digest))
        with self._lock:
            self._remember(digest, graph)

    def load_graph(self, digest: str) -> MapperGraph | None:
        """Return a stored graph, or None."""
        folder = self._folder(digest)
        with self._lock:
            known = self._recent.get(digest)
            if known is not None and known[0] == or_none(lambda: _written(folder)):
                return known[1]
            graph = or_none(lambda: self._read(folder))
            if graph is not None:
                self._remember(digest, graph)
            return graph

    def _read(self, folder: Path) -> MapperGraph:
        if self._shapes is None:
            return read_graph(folder)
        facts = read_json(folder / "graph.json")
        shape = self._shapes[facts["layer"]]
        if facts["n_points"] != shape.n_points:  # before as many numbers are made
            raise Damaged("it is a graph of another layer")
        graph = read_graph(folder)
        if (graph.n_points, graph.means.shape[1]) != shape:
            raise Damaged("it is a graph of another layer")
        return graph

    def _remember(self, digest: str, graph: MapperGraph) -> None:
        self._recent.pop(digest, None)
        written = or_none(lambda: _written(self._folder(digest)))
        if written is not None:
            self._recent[digest] = (written, graph)
        n_bytes = sum(_size(graph) for _, graph in self._recent.values())
        while len(self._recent) > MIN_RECENT_GRAPHS and n_bytes > MAX_RECENT_BYTES:
            n_bytes -= _size(self._recent.pop(next(iter(self._recent)))[1])

    def about_graph(self, digest: str) -> dict[str, Any] | None:
        """Return the facts stored with a graph: its layer, size, ε and cover; or None."""
        return or_none(lambda: dict(read_json(self._folder(digest) / "graph.json")))

    def save_drawing(self, digest: str, layout: str, drawing: Drawing) -> None:
        """Store the positions of the nodes of a graph."""
        x, y = drawing.positions.T
        columns = {"x": x, "y": y, "continues": drawing.continues}
        if drawing.radius is not None:
            columns["radius"] = drawing.radius
        self._save_table(self._derived.own("graphs", digest, "layouts", f"{layout}.parquet"), pa.table(columns))

    def load_drawing(self, digest: str, layout: str) -> Drawing | None:
        """Return stored positions of the nodes of a graph, or None."""
        graph, path = self.load_graph(digest), self._derived.find("graphs", digest, "layouts", f"{layout}.parquet")
        return None if graph is None else or_none(lambda: _drawing(read_table(path, n_rows=graph.n_nodes)))

    def save_agreement(self, digest: str, agreement: npt.NDArray[np.float64]) -> None:
        """Store how far the members of each node of a graph point the same way."""
        self._save_table(self._derived.own("graphs", digest, AGREEMENT), pa.table({"agreement": agreement}))

    def load_agreement(self, digest: str) -> npt.NDArray[np.float64] | None:
        """Return how far the members of each node of a graph point the same way, or None."""
        graph, path = self.load_graph(digest), self._derived.find("graphs", digest, AGREEMENT)
        if graph is None:
            return None
        return or_none(lambda: numbers(read_table(path, n_rows=graph.n_nodes), "agreement", 0, 1, whole=False))

    def save_stability(self, digest: str, stability: Stability) -> None:
        """Store how much of a graph returns."""
        plain = {name: np.asarray(value).tolist() for name, value in vars(stability).items()}
        plain["rands"] = [plain_number(rand) for rand in plain["rands"]]
        write_json(self._own(digest) / STABILITY, plain, lasting=False)

    def load_stability(self, digest: str) -> Stability | None:
        """Return the stability of a graph, or None."""
        graph, path = self.load_graph(digest), self._derived.find("graphs", digest, STABILITY)
        return None if graph is None else or_none(lambda: _stability(checked(_Stability, read_json(path)), graph))

    def save_consensus(self, digest: str, report: ShapeReport) -> None:
        """Store what a panel of graphs counts."""
        counts = report.counts | {"persistence": report.persistence}
        plain = {name: asdict(count) for name, count in counts.items() if count}
        write_json(self._own(digest) / CONSENSUS, plain, lasting=False)

    def load_consensus(self, digest: str) -> ShapeReport | None:
        """Return what a panel of graphs counts, if that is stored."""
        path = self._derived.find("graphs", digest, CONSENSUS)
        path = path if path.exists() else self._derived.find("graphs", digest, OLD_CONSENSUS)
        return or_none(lambda: _consensus(checked(dict[str, _Count], read_json(path))))

    def save_projection(self, name: str, positions: npt.NDArray[np.float32]) -> None:
        """Store a projection, shape (n_points, 2)."""
        path = self._derived.own("projections", f"{name}.parquet")
        self._save_table(path, pa.table({"x": positions[:, 0], "y": positions[:, 1]}))

    def load_projection(self, name: str, n_points: int | None = None) -> npt.NDArray[np.float32] | None:
        """Return a stored projection, of `n_points` points where that is known, or None."""
        path = self._derived.find("projections", f"{name}.parquet")
        return or_none(lambda: _positions(read_table(path, n_rows=n_points)).astype(np.float32))

    def _folder(self, digest: str) -> Path:
        """Return the folder of the files of a graph."""
        return self._imported.get(digest) or self._derived.find("graphs", digest, "graph.json").parent

    def _own(self, digest: str) -> Path:
        """Return the folder to which what is derived from a graph is written."""
        return self._derived.own("graphs", digest)

    def _save_table(self, path: Path, table: pa.Table) -> None:
        with replacing(path, lasting=False) as file:
            write_table(table, file)
        self._derived.wrote(path)


def _size(graph: MapperGraph) -> int:
    """Return the bytes of what grows with the points of a graph, and of the means of its nodes."""
    return graph.memberships.indices.nbytes + graph.lens.nbytes + graph.means.nbytes


def _written(folder: Path) -> tuple[tuple[int, int], ...]:
    """Return time and size of the files of a graph, which differ once one is damaged or replaced."""
    stats = [path.stat() for path in [folder / "graph.json", *sorted(folder.glob("*.parquet"))]]
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)


def _consensus(counts: dict[str, _Count]) -> ShapeReport:
    """Return a stored report; what was stored before branches had their power has no persistence, and is an error."""
    kinds = ("component", "loop", "branch", "persistence")
    components, loops, branches, persistence = (Count(**dict(counts[kind])) for kind in kinds)
    return ShapeReport(components, loops, branches, (), persistence)


def _stability(found: _Stability, graph: MapperGraph) -> Stability:
    sizes = (len(found.nodes), len(found.edges), len(found.jaccard))
    if sizes != (graph.n_nodes, graph.n_edges, graph.n_nodes):
        raise Damaged(f"it is of a graph of {sizes[0]} nodes and {sizes[1]} edges")
    arrays = {name: np.array(getattr(found, name), dtype=np.float64) for name in ("nodes", "edges", "jaccard", "rands")}
    return Stability(**arrays, split=found.split)


def _drawing(table: pa.Table) -> Drawing:
    has_radius = "radius" in table.column_names
    radius = numbers(table, "radius", 0, MAX_POSITION, whole=False) if has_radius else None
    return Drawing(_positions(table), numbers(table, "continues", -1, MAX_NODE), radius)


def _positions(table: pa.Table) -> npt.NDArray[Any]:
    return np.column_stack([numbers(table, name, -MAX_POSITION, MAX_POSITION, whole=False) for name in ("x", "y")])
