"""`node_table` and `member_table`: the nodes of a graph and the points in them as tables; `parquet_of`, their files."""

import io
import json
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from topoact.mapper import ImportedGraph
from topoact.study import Layer
from topoact.workbench.bench import Workbench
from topoact.workbench.graph_view import GraphView
from topoact.workbench.look import Look, look_at
from topoact.workbench.node_colours import NodeClasses, NodeNumbers
from topoact.workbench.scene import coloured_by
from topoact.workbench.texts import UNCOLOURED_COLUMNS, unit

LEFT_OUT: Final = "example."
"""Prefix of a column of the examples whose name the table has already."""


def node_table(bench: Workbench, view: GraphView, look: Look | None = None) -> pa.Table:
    """Return the nodes of a graph, a row each, whether they are drawn or not.

    Parameters
    ----------
    bench, view
        The opened study, a graph of it and its drawing.
    look
        Names the column of the classes, or of the number, that is said of each node.

    Returns
    -------
    pyarrow.Table
        The columns of `MapperGraph.nodes`; ``medoid_id``, the identity of the medoid's example; ``component``, as
        the explorer counts them; ``x``, ``y`` and ``radius`` in layout units; ``majority`` and ``majority_share``, the
        most frequent class of the members whose class is known; and the mean of the number, if one colours.

    Raises
    ------
    UnknownName
        If there is no such column.
    """
    look = look or Look()
    graph, seen, coloured = view.graph, look_at(view, look), coloured_by(bench, view, look.colour)
    columns: dict[str, Any] = {str(name): column.to_numpy() for name, column in graph.nodes.items()}
    if not isinstance(graph, ImportedGraph):
        ids = bench.study.examples["id"].astype("string").to_numpy(dtype=object)
        columns["medoid_id"] = ids[view.stored.layer.points["example"].to_numpy()[graph.medoids]]
    columns |= {"component": view.components, "x": seen.positions[:, 0], "y": seen.positions[:, 1]}
    columns["radius"] = seen.radii
    if coloured.classes is not None:
        columns |= _majority(coloured.classes)
    if isinstance(coloured.colours, NodeNumbers) and look.colour is not None:
        columns[f"mean {coloured.colours.title}"] = coloured.colours.values
    return _table(columns, view, classes=coloured.classes.title if coloured.classes else None)


def member_table(bench: Workbench, view: GraphView) -> pa.Table:
    """Return the points in the nodes of a graph, a row for each point of each node.

    Parameters
    ----------
    bench, view
        The opened study, and a graph of it.

    Returns
    -------
    pyarrow.Table
        ``node``, ``point``, ``example``, ``y`` and ``x`` where points are positions, ``lens``, what was measured of the
        points, and the columns of the examples but for long texts and lists. Points in no node are not in it.
    """
    graph, layer = view.graph, view.stored.layer
    points = graph.memberships.indices
    columns: dict[str, Any] = {"node": np.repeat(np.arange(graph.n_nodes), graph.memberships.sizes), "point": points}
    of_points = layer.points
    columns["example"] = of_points["example"].to_numpy()[points]
    columns |= {name: of_points[name].to_numpy()[points] for name in _measured(layer)}
    if not isinstance(graph, ImportedGraph) and graph.lens.ndim == 1:
        columns["lens"] = graph.lens[points]
    hidden = UNCOLOURED_COLUMNS if unit(bench.study) else ()
    table = _table(columns, view)
    for name, values in _scalars(bench.study.examples_table()):
        if name not in hidden:
            known = LEFT_OUT + name if name in table.column_names else name
            table = table.append_column(known, values.take(pa.array(columns["example"])))
    return table


def parquet_of(table: pa.Table) -> bytes:
    """Return a table as a Parquet file."""
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    return file.getvalue()


def facts_of(view: GraphView) -> dict[str, str]:
    """Return what names a graph and its drawing, for a file that holds it."""
    return {"layer": view.stored.layer.name, "graph": view.name.graph, "layout": view.name.layout}


def _majority(classes: NodeClasses) -> dict[str, Any]:
    names, majority = np.array([*classes.names, None], dtype=object), classes.majority
    share = classes.shares.max(axis=1, initial=0.0)
    return {"majority": names[majority], "majority_share": np.where(majority < 0, np.nan, share)}


def _measured(layer: Layer) -> list[str]:
    return [*(("y", "x") if layer.grid else ()), *layer.measured]


def _scalars(examples: pa.Table) -> list[tuple[str, pa.ChunkedArray]]:
    """Return the columns that hold one value a row."""
    return [(name, examples.column(name)) for name in examples.column_names if not _is_nested(examples.column(name))]


def _is_nested(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_nested(column.type) or pa.types.is_binary(column.type))


def _table(columns: dict[str, Any], view: GraphView, **facts: str | None) -> pa.Table:
    """Return a table that says of which graph it is."""
    table = pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False)
    return table.replace_schema_metadata({"topoact": json.dumps({**facts_of(view), **facts})})
