"""A graph in the formats of other programs: `graph_json`, `graphml`, `kepler_mapper_json`."""

import io
import json
from math import isfinite
from typing import Any

import numpy as np

from topoact.analysis.drawing.xml_text import xml_text
from topoact.mapper import to_kepler_mapper
from topoact.workbench.bench import Workbench
from topoact.workbench.graph_view import GraphView
from topoact.workbench.leaving.tables import facts_of, node_table
from topoact.workbench.look import Look, look_at


def graph_json(bench: Workbench, view: GraphView, look: Look | None = None) -> bytes:
    """Return a graph as JSON: node-link data, as `networkx.node_link_graph` reads them.

    Parameters
    ----------
    bench, view
        The opened study, a graph of it and its drawing.
    look
        Which column is said of the nodes, and which edges are drawn.

    Returns
    -------
    bytes
        ``graph`` names the study, the layer, the graph and its settings. ``nodes`` have ``id``, ``size``,
        ``interval``, ``lens_mean``, ``x``, ``y`` and the other columns of `node_table`; ``edges`` have ``source``,
        ``target``, ``shared``, ``jaccard`` and ``drawn``. A number that is infinite or missing is null.
    """
    nodes, edges = _records(bench, view, look or Look())
    return _dumped(
        {
            "directed": False,
            "multigraph": False,
            "graph": _facts(bench, view),
            "nodes": [{name: _finite(value) for name, value in node.items()} for node in nodes],
            "edges": edges,
        }
    )


def graphml(bench: Workbench, view: GraphView, look: Look | None = None) -> bytes:
    """Return a graph as GraphML, with the attributes of `graph_json`; those that are infinite or missing are left out.

    Parameters
    ----------
    bench, view, look
        As for `graph_json`.
    """
    import networkx as nx

    nodes, edges = _records(bench, view, look or Look())
    graph = nx.Graph(**{name: xml_text(str(value)) for name, value in _facts(bench, view).items()})
    for node in nodes:
        graph.add_node(node.pop("id"), **_attributes(node))
    for edge in edges:
        graph.add_edge(edge.pop("source"), edge.pop("target"), **edge)
    file = io.BytesIO()
    nx.write_graphml_xml(graph, file, named_key_ids=False)
    return file.getvalue() + b"\n"


def kepler_mapper_json(view: GraphView) -> bytes:
    """Return a graph as KeplerMapper's ``map`` returns it, for its ``visualize`` and for `topoact import`."""
    content, settings = to_kepler_mapper(view.graph), view.stored.settings
    if settings is not None:
        facts = {"projection": settings.lens, "perc_overlap": settings.overlap, "clusterer": settings.clusterer}
        content["meta_data"] |= facts
    return _dumped(content)


def _records(bench: Workbench, view: GraphView, look: Look) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the nodes and the edges of a graph."""
    table = node_table(bench, view, look)
    nodes = table.rename_columns(["id" if name == "node" else name for name in table.column_names]).to_pylist()
    drawn = np.zeros(view.graph.n_edges, dtype=bool)
    drawn[look_at(view, look).edges] = True
    columns = [column.tolist() for column in (*view.graph.links, drawn)]
    names = ("source", "target", "shared", "jaccard", "drawn")
    return nodes, [dict(zip(names, edge, strict=True)) for edge in zip(*columns, strict=True)]


def _facts(bench: Workbench, view: GraphView) -> dict[str, Any]:
    settings = view.stored.settings
    return {
        "study": bench.study.name,
        **facts_of(view),
        "n_points": view.graph.n_points,
        "n_in_no_node": len(view.graph.uncovered),
        "settings": None if settings is None else json.dumps(settings.used),
    }


def _attributes(node: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in node.items() if _finite(value) is not None}
    return {xml_text(name): xml_text(value) if isinstance(value, str) else value for name, value in known.items()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value


def _dumped(content: dict[str, Any]) -> bytes:
    return json.dumps(content, allow_nan=False, separators=(",", ":")).encode() + b"\n"
