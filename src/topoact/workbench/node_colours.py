"""`node_colours`: what a column of a study says of the nodes of a graph: classes with colours, or numbers on a ramp."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from topoact.analysis.drawing.colours import CLASS_COLOURS, class_colours
from topoact.analysis.labels.classes import class_counts
from topoact.errors import UnknownName
from topoact.mapper import ImportedGraph, MapperGraph
from topoact.study import Study
from topoact.workbench.bench import Workbench
from topoact.workbench.columns import CodedColumn, coded_columns, holds_classes, point_columns
from topoact.workbench.output_names import display_name
from topoact.workbench.stored_graph import StoredGraph

LENS: Final = "lens"
"""Names the lens where a column is asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class NodeNumbers:
    """The mean of a number over the members of each node."""

    title: str
    values: npt.NDArray[np.float64]
    """NaN where no member has a value."""

    @property
    def span(self) -> tuple[float, float]:
        """The least and the greatest value; both NaN where there is none."""
        known = self.values[np.isfinite(self.values)]
        return (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)


@dataclass(frozen=True, eq=False)
class NodeClasses:
    """How many members of each node are in each class of a column."""

    column: str
    title: str
    names: tuple[str, ...]
    """As they are shown: those of outputs without names have the labels that they are predicted for."""
    colours: tuple[str, ...]
    """Of each class; `OTHER` of those beyond the twenty most frequent."""
    counts: sparse.csr_array
    """Shape (n_nodes, n_classes)."""

    @cached_property
    def shares(self) -> npt.NDArray[np.float64]:
        """Share of each class among the members whose class is known, shape (n_nodes, n_classes)."""
        counts = self.counts.toarray().astype(np.float64)
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    @cached_property
    def majority(self) -> npt.NDArray[np.int64]:
        """Most frequent class of each node, the first of equals; −1 where none is known."""
        if not self.names:
            return np.full(len(self.shares), -1)
        return np.where(self.shares.any(axis=1), self.shares.argmax(axis=1), -1)

    @property
    def is_told_apart(self) -> bool:
        """Whether each class has a colour of its own."""
        return len(self.names) <= len(CLASS_COLOURS)


def node_colours(bench: Workbench, stored: StoredGraph, column: str) -> NodeClasses | NodeNumbers:
    """Return what a column says of the nodes of a graph.

    Parameters
    ----------
    bench, stored
        The opened study, and a graph of it.
    column
        Name of a column of the examples or of the points, or `LENS`.

    Raises
    ------
    UnknownName
        If there is no such column, or it is no colour; the message lists those that are.
    """
    columns = {one.name: one for one in coded_columns(bench.study)}
    if column in columns:
        return _of_column(bench.study, stored, columns, column)
    if column in point_columns(stored.layer):
        values = stored.layer.points[column].to_numpy(dtype=np.float64)
        return NodeNumbers(column, _means(stored.graph, values))
    if column == LENS:
        return NodeNumbers(lens_title(stored), _lens_means(stored.graph))
    known = ", ".join([LENS, *columns, *point_columns(stored.layer)])
    raise UnknownName(f"there is no column {column!r} that can be a colour: choose one of {known}")


def shown_value(value: str) -> str:
    """Return a value as people see it: an empty one is said to be so."""
    return value if value.strip() else "‹blank›" if value else "‹empty›"


def first_classes(study: Study) -> str | None:
    """Return the column that names the classes at first: the labels, the predictions, else the first of categories."""
    categories = [column.name for column in coded_columns(study) if column.kind == "category"]
    return next((name for name in ("label", "prediction", *categories) if name in categories), None)


def lens_title(stored: StoredGraph) -> str:
    """Return the name of the lens of a graph, in words."""
    if isinstance(stored.graph, ImportedGraph):
        return stored.graph.lens_name
    lens = stored.settings.lens if stored.settings else LENS
    kind, _, rest = lens.partition(":")
    named = {"column": rest, "pca": f"PCA component {int(rest) + 1 if rest.isdecimal() else rest}"}
    norm = f"L{lens[1:]} norm" if lens[:1] == "l" and lens[1:2].isdecimal() else lens
    return named.get(kind, {"max": "largest channel", "linf": "L∞ norm"}.get(lens, norm)) or lens


def _of_column(
    study: Study, stored: StoredGraph, columns: Mapping[str, CodedColumn], name: str
) -> NodeClasses | NodeNumbers:
    column = columns[name]
    values = column.values[stored.layer.points["example"].to_numpy()]
    if column.categories is None:
        return NodeNumbers(column.name, _means(stored.graph, values.astype(np.float64)))
    names = column.categories
    if holds_classes(column.name):
        names = [display_name(study, name) for name in names]
    return NodeClasses(
        column=name,
        title="class" if name == "label" else name,
        names=tuple(map(shown_value, names)),
        colours=tuple(class_colours(_weights(columns, column))),
        counts=class_counts(stored.graph, values, len(names)),
    )


def _weights(columns: Mapping[str, CodedColumn], column: CodedColumn) -> npt.NDArray[np.int64]:
    """Return how often each class occurs; predictions that name what the labels name have the colours of these."""
    assert column.categories is not None
    named = [name for name in ("label", "prediction") if name in columns and _names_the_same(columns, name)]
    is_shared = holds_classes(column.name) and _names_the_same(columns, column.name)
    codes = np.concatenate([columns[name].values for name in named] if is_shared and named else [column.values])
    return np.bincount(codes[codes >= 0], minlength=len(column.categories))


def _names_the_same(columns: Mapping[str, CodedColumn], name: str) -> bool:
    """Return whether a column of classes has a class in common with the labels, if there are any."""
    if name == "label" or "label" not in columns:
        return True
    common = np.intersect1d(columns["label"].values, columns[name].values)
    return bool((common >= 0).any())


def _means(graph: MapperGraph, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean of the finite values of each node's members; NaN where there is none."""
    members, starts = values[graph.memberships.indices], graph.memberships.indptr[:-1]
    if not graph.n_nodes:
        return np.empty(0)
    known = np.isfinite(members)
    total, number = (np.add.reduceat(column, starts) for column in (np.where(known, members, 0.0), known * 1.0))
    return np.divide(total, number, out=np.full(graph.n_nodes, np.nan), where=number > 0)


def _lens_means(graph: MapperGraph) -> npt.NDArray[np.float64]:
    means = graph.nodes.filter(like="lens_mean").iloc[:, 0]  # of several lenses, the first
    return means.to_numpy(dtype=np.float64)
