"""`ResultCache`: the computed part of a study, which is graphs, layouts and projections; safe to delete.

``graphs/<digest>/`` holds ``graph.json``, ``nodes.parquet``, ``edges.parquet``, ``members.parquet`` and
``lens.parquet``; beside them ``layouts/<id>.parquet`` says where its nodes were drawn, and if that was asked for
``stability.json`` what of it returns when it is built from fewer points, ``consensus.json`` what other covers count
(``judgement.json`` in studies of version 0.1). ``projections/<name>.parquet`` has the columns x and y. A file that
cannot be read counts as absent and is computed again.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from topoact.analysis.drawing.layout import Drawing
from topoact.analysis.shape.report import Count, ShapeReport
from topoact.analysis.shape.stability import Stability
from topoact.mapper import MapperGraph
from topoact.study.cache.graphs import read_graph, write_graph
from topoact.study.cache.place import Derived, as_derived
from topoact.study.files import plain_number, remove_leftovers, replacing, replacing_folder, write_json

T = TypeVar("T")

UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError)
"""What reading a damaged or absent derived file raises."""
STABILITY: Final = "stability.json"
CONSENSUS: Final = "consensus.json"
OLD_CONSENSUS: Final = "judgement.json"
MAX_RECENT_GRAPHS: Final = 4
"""Graphs that are kept in memory: a page asks for the same one several times."""


class ResultCache:
    """The derived part of a study folder; the graphs used last are kept in memory.

    Imported graphs, `imported` by digest with their folders, are read and drawn like the computed ones.
    """

    def __init__(self, place: Path | Derived, imported: Mapping[str, Path] | None = None) -> None:
        self._derived = as_derived(place)
        self._imported = dict(imported or {})
        self._recent: dict[str, tuple[object, MapperGraph]] = {}
        self._lock = threading.Lock()
        for kind in ("graphs", "indexes", "projections", "located-inputs"):
            remove_leftovers(self._derived.root / kind)

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
            if known is not None and known[0] == _or_none(lambda: _written(folder)):
                return known[1]
            graph = _or_none(lambda: read_graph(folder))
            if graph is not None:
                self._remember(digest, graph)
            return graph

    def _remember(self, digest: str, graph: MapperGraph) -> None:
        self._recent.pop(digest, None)
        written = _or_none(lambda: _written(self._folder(digest)))
        if written is not None:
            self._recent[digest] = (written, graph)
        while len(self._recent) > MAX_RECENT_GRAPHS:
            del self._recent[next(iter(self._recent))]

    def about_graph(self, digest: str) -> dict[str, Any] | None:
        """Return the facts stored with a graph: its layer, size, ε and cover; or None."""
        path = self._folder(digest) / "graph.json"
        return _or_none(lambda: dict(json.loads(path.read_text("utf-8"))))

    def save_drawing(self, digest: str, layout: str, drawing: Drawing) -> None:
        """Store the positions of the nodes of a graph."""
        x, y = drawing.positions.T
        path = self._own(digest) / "layouts" / f"{layout}.parquet"
        self._save_table(path, pa.table({"x": x, "y": y, "continues": drawing.continues}))

    def load_drawing(self, digest: str, layout: str) -> Drawing | None:
        """Return stored positions of the nodes of a graph, or None."""
        path = self._derived.find("graphs", digest, "layouts", f"{layout}.parquet")
        return _or_none(lambda: _drawing(pq.read_table(path).to_pandas()))

    def save_stability(self, digest: str, stability: Stability) -> None:
        """Store how much of a graph returns."""
        plain = {name: np.asarray(value).tolist() for name, value in vars(stability).items()}
        plain["rands"] = [plain_number(rand) for rand in plain["rands"]]
        write_json(self._own(digest) / STABILITY, plain, lasting=False)

    def load_stability(self, digest: str) -> Stability | None:
        """Return the stability of a graph, or None."""
        path = self._derived.find("graphs", digest, STABILITY)
        return _or_none(lambda: _stability(json.loads(path.read_text("utf-8"))))

    def save_consensus(self, digest: str, report: ShapeReport) -> None:
        """Store what a panel of graphs counts."""
        counts = report.counts | {"persistence": report.persistence}
        plain = {name: asdict(count) for name, count in counts.items() if count}
        write_json(self._own(digest) / CONSENSUS, plain, lasting=False)

    def load_consensus(self, digest: str) -> ShapeReport | None:
        """Return what a panel of graphs counts, if that is stored."""
        path = self._derived.find("graphs", digest, CONSENSUS)
        path = path if path.exists() else self._derived.find("graphs", digest, OLD_CONSENSUS)
        return _or_none(lambda: _consensus(json.loads(path.read_text("utf-8"))))

    def save_projection(self, name: str, positions: npt.NDArray[np.float32]) -> None:
        """Store a projection, shape (n_points, 2)."""
        path = self._derived.root / "projections" / f"{name}.parquet"
        self._save_table(path, pa.table({"x": positions[:, 0], "y": positions[:, 1]}))

    def load_projection(self, name: str) -> npt.NDArray[np.float32] | None:
        """Return a stored projection, or None."""
        path = self._derived.find("projections", f"{name}.parquet")
        return _or_none(lambda: pq.read_table(path).to_pandas().to_numpy(dtype=np.float32))

    def _folder(self, digest: str) -> Path:
        """Return the folder of the files of a graph."""
        return self._imported.get(digest) or self._derived.find("graphs", digest, "graph.json").parent

    def _own(self, digest: str) -> Path:
        """Return the folder to which what is derived from a graph is written."""
        return self._derived.root / "graphs" / digest

    def _save_table(self, path: Path, table: pa.Table) -> None:
        with replacing(path, lasting=False) as file:
            pq.write_table(table, file)
        self._derived.wrote(path)


def _or_none(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except UNREADABLE:
        return None


def _written(folder: Path) -> tuple[tuple[int, int], ...]:
    """Return time and size of the files of a graph, which differ once one is damaged or replaced."""
    stats = [path.stat() for path in [folder / "graph.json", *sorted(folder.glob("*.parquet"))]]
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)


def _consensus(plain: dict[str, Any]) -> ShapeReport:
    """Return a stored report; what was stored before branches had their power has no persistence, and is an error."""
    kinds = ("component", "loop", "branch", "persistence")
    components, loops, branches, persistence = (Count(**plain[kind]) for kind in kinds)
    return ShapeReport(components, loops, branches, (), persistence)


def _stability(plain: dict[str, Any]) -> Stability:
    arrays = {name: np.array(plain[name], dtype=np.float64) for name in ("nodes", "edges", "jaccard", "rands")}
    return Stability(**arrays, split=float(plain["split"]))


def _drawing(frame: pd.DataFrame) -> Drawing:
    return Drawing(frame[["x", "y"]].to_numpy(), frame["continues"].to_numpy())
