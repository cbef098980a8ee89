"""`label_nodes`: labels of the nodes of a stored graph by a column of the examples."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.analysis.labels.lift import ALPHA, MAX_FEW, MIN_LIFT, NodeLabels, node_labels
from topoact.errors import InvalidInput
from topoact.workbench.bench import Workbench
from topoact.workbench.columns import coded_columns, holds_classes
from topoact.workbench.output_names import display_name
from topoact.workbench.stored_graph import StoredGraph

SIDES: Final = ("top edge", "bottom edge", "left edge", "right edge")
MIN_EDGE: Final = 0.5
"""Share of a node's positions at one edge of the map from which that is its label."""
EDGES: Final = "; with it, where most positions of a node are at one edge of the map"


@dataclass(frozen=True, slots=True)
class ColumnLabels:
    """Labels of some nodes, by rising number of the node, and a sentence that says what they are."""

    nodes: list[int]
    texts: list[str]
    lifts: list[float]
    shares: list[float]
    sentence: str


def label_nodes(bench: Workbench, digest: str, column: str) -> ColumnLabels:
    """Return the labels of the nodes of a stored graph.

    Parameters
    ----------
    bench
        The opened study.
    digest
        Of the graph.
    column
        A column of the examples whose values are categories.

    Raises
    ------
    UnknownName
        If there is no such graph or column.
    InvalidInput
        If the column holds numbers, lists or too many values.
    """
    stored = bench.graph(digest)
    stored.layer.metadata(column)
    coded = next((one for one in coded_columns(bench.study) if one.name == column), None)
    if coded is None or coded.categories is None:
        kind = "no categories" if coded is None else "numbers"
        raise InvalidInput(f"column {column!r} holds {kind}, by which nodes have no label: choose another column")
    names = [display_name(bench.study, name) if holds_classes(column) else name for name in coded.categories]
    example = stored.layer.points["example"].to_numpy()
    found = node_labels(stored.graph, coded.values[example], names, example)
    sentence = _sentence(found, column, len(set(coded.values[coded.values >= 0].tolist())))
    return joined(found, edge_labels(stored, example), sentence)


def edge_labels(stored: StoredGraph, example: npt.NDArray[np.integer]) -> NodeLabels:
    """Return labels of nodes most of whose positions are at one edge of the map; none without positions."""
    layer, names = stored.layer, list(SIDES)
    codes = np.full(len(example), len(SIDES))
    for axis, length, first in zip(("x", "y"), (layer.grid or (0, 0))[::-1], (2, 0), strict=True):
        if length > 2:
            place = layer.points[axis].to_numpy()
            codes[place == 0], codes[place == length - 1] = first, first + 1
    found = node_labels(stored.graph, codes, [*names, "inside"], example, once=False)
    return found.of((found.codes < len(SIDES)) & (found.shares > MIN_EDGE))


def joined(found: NodeLabels, edges: NodeLabels, sentence: str) -> ColumnLabels:
    """Return labels with those of edges behind them; where a node has but that of an edge, it is its label."""
    rows: dict[int, tuple[str, float, float]] = {}
    for labels in (edges, found):
        columns = (labels.nodes.tolist(), labels.texts, labels.lifts.tolist(), labels.shares.tolist())
        for node, text, lift, share in zip(*columns, strict=True):
            rows[node] = (f"{text} · {rows[node][0]}" if node in rows else text, lift, share)
    named = [rows[node] for node in sorted(rows)]
    return ColumnLabels(
        nodes=sorted(rows),
        texts=[text for text, _, _ in named],
        lifts=[lift for _, lift, _ in named],
        shares=[share for _, _, share in named],
        sentence=sentence + (EDGES if len(edges.nodes) else ""),
    )


def _sentence(found: NodeLabels, column: str, n_values: int) -> str:
    if len(found.nodes) == 0:
        return f"no value of {column} is in a node more often than chance explains"
    where = "each once, where it is best found" if n_values <= MAX_FEW else "in each node the one least due to chance"
    lift = f"at least {MIN_LIFT:g} times as frequent as in the layer"
    return f"values of {column}, {where}: {lift}; {ALPHA:.0%} of what is found may be chance"
