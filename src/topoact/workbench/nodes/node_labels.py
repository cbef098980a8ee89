"""`label_nodes`: labels of the nodes of a stored graph by a column of the examples."""

from dataclasses import dataclass

from topoact.analysis.labels.lift import ALPHA, MAX_FEW, NodeLabels, node_labels
from topoact.errors import InvalidInput
from topoact.workbench.bench import Workbench
from topoact.workbench.columns import coded_columns, holds_classes
from topoact.workbench.output_names import display_name


@dataclass(frozen=True, slots=True, eq=False)
class ColumnLabels:
    """Labels of nodes, and a sentence that says what they are."""

    found: NodeLabels
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
        If the column holds numbers, or too many values.
    """
    stored = bench.graph(digest, previews=True)
    stored.layer.metadata(column)
    coded = next((one for one in coded_columns(bench.study) if one.name == column), None)
    if coded is None or coded.categories is None:
        kind = "more values than can be told apart" if coded is None else "numbers"
        raise InvalidInput(f"column {column!r} holds {kind}, by which nodes have no label: choose one of categories")
    names = [display_name(bench.study, name) if holds_classes(column) else name for name in coded.categories]
    example = stored.layer.points["example"].to_numpy()
    found = node_labels(stored.graph, coded.values[example], names, example)
    return ColumnLabels(found, _sentence(found, column, len(set(coded.values[coded.values >= 0].tolist()))))


def _sentence(found: NodeLabels, column: str, n_values: int) -> str:
    if len(found.nodes) == 0:
        return f"no value of {column} is in a node more often than chance explains"
    where = "each once, where it is best found" if n_values <= MAX_FEW else "in each node the one least due to chance"
    return f"values of {column}, {where}: at least 1.5 times their share in the layer, chance below {ALPHA:.0%} in all"
