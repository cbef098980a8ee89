"""`write_imported`: imported graphs as layers without vectors, in ``given/<key>/``, which cannot be computed again."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from topoact.mapper import ImportedGraph
from topoact.study.cache.graphs import write_graph
from topoact.study.files import digest, extended_digest, replacing, replacing_folder, safe_key
from topoact.study.manifest import GRAPH, LayerEntry

FILES: Final = ("graph.json", "nodes.parquet", "edges.parquet", "members.parquet")


def write_imported(folder: Path, graphs: Mapping[str, ImportedGraph], taken: set[str]) -> Iterator[LayerEntry]:
    """Write graphs by the names of their layers, each with a point for every example; `taken` are the keys in use."""
    for name, graph in graphs.items():
        key = safe_key(name, taken)
        taken.add(key.lower())
        with replacing_folder(folder / "given" / key) as graph_folder:
            write_graph(graph_folder, graph, {"layer": name})
        nowhere = np.full(graph.n_points, -1, dtype=np.int32)
        points = pa.table({"example": np.arange(graph.n_points), "y": nowhere, "x": nowhere})
        with replacing(folder / "points" / f"{key}.parquet") as file:
            pq.write_table(points, file, compression="zstd", write_page_checksum=True)
        yield LayerEntry(name, key, name, GRAPH, graph.n_points, graph.means.shape[1], None, _digest(name, graph))


def _digest(name: str, graph: ImportedGraph) -> str:
    state = ""
    for array in (*graph.memberships, *graph.links, graph.node_lens, graph.means):
        state = extended_digest(state, np.ascontiguousarray(array).data)
    return digest([name, graph.n_points, graph.is_whole, graph.names, graph.classes, state])
