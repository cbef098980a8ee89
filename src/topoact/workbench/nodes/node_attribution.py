"""Class attribution of the nodes of a graph: `compute_attributions`, `node_attribution`; `node_logit_lens` of texts."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.errors import InvalidInput, UnknownName
from topoact.extract.predictions import Outputs
from topoact.interpret.class_attribution import attribute_classes
from topoact.interpret.logit_lens import logit_lens
from topoact.mapper import Progress, no_progress
from topoact.study import Layer, Study
from topoact.study.cache.attributions import (
    FILE,
    OLD_FILE,
    WORDS,
    Attributions,
    OutputWord,
    load_attributions,
    load_output_words,
    save_attributions,
    save_output_words,
)
from topoact.workbench.bench import Workbench
from topoact.workbench.columns import prediction_column
from topoact.workbench.output_names import display_name
from topoact.workbench.stored_graph import StoredGraph
from topoact.workbench.texts import unit

N_ATTRIBUTED_CLASSES: Final = 5
"""Listed classes of the largest attribution."""
N_MEMBER_CLASSES: Final = 3
"""Listed classes of most members."""


class AttributedClass(NamedTuple):
    """A class with its attribution at a node, and its share of the members."""

    output: int
    name: str
    rank: int
    """Its rank among all classes by attribution; 0 is the largest."""
    attribution: float
    """Attribution to its score of the difference between the mean of the node and that of the layer."""
    effect: float
    """Its score at the mean of the node minus that at the mean of the layer."""
    share: float
    """Share of the members that are of the class."""


class ClassShare(NamedTuple):
    """A class, and the share of a node's members that are of it."""

    name: str
    share: float


class NodeAttribution(NamedTuple):
    """The class attribution of a node."""

    classes: tuple[AttributedClass, ...]
    """Those of the largest attribution, and those of most members, in the order of `rank`."""
    n_classes: int
    members_by: str
    """The column of the members' classes: their label, or the prediction of the network."""
    prediction: str
    """The likeliest class at the mean of the node."""
    prediction_share: float
    """Its probability."""
    is_bypassed: bool
    """Whether the outputs depend on the inputs by paths around the layer, too."""
    labels: tuple[ClassShare, ...]
    """The most frequent labels of members."""
    predicted: tuple[ClassShare, ...]
    """The most frequent predictions for members."""

    @property
    def agrees(self) -> bool | None:
        """Whether most members are predicted as the class of the largest attribution; None without predictions."""
        return self.classes[0].name == self.predicted[0].name if self.predicted else None


class _Outputs(NamedTuple):
    """The outputs of a study's network, and the output of each example."""

    names: tuple[str, ...]
    column: str
    codes: npt.NDArray[np.int64]
    """Output of each example, −1 without one."""


def compute_attributions(bench: Workbench, layer: str | int, graph: str, progress: Progress = no_progress) -> None:
    """Compute the class attributions of all nodes of a stored graph, or for a language model their logit lens.

    The difference between the mean of a node and that of the layer is attributed to the classes. The result is stored
    with the graph.

    Parameters
    ----------
    bench
        A workbench that was opened with the study's network.
    layer
        Name or number of the layer.
    graph
        Digest of a stored graph of the layer.
    progress
        Called with each stage; may raise `topoact.errors.Cancelled`.

    Raises
    ------
    UnknownName
        If there is no such layer, or no such graph of it.
    InvalidInput
        If the workbench was opened without the study's network, or the network has no classes and no words, or the
        layer has no vectors.
    """
    if are_stored(bench, layer, graph):
        return
    stored = _checked_graph(bench, layer, graph)
    opened, means = stored.layer, stored.graph.means
    folder = bench.derived.own("graphs", stored.digest)
    network = bench.network
    network.check_layer(opened)
    if not _has_classes(bench):
        save_output_words(folder, logit_lens(network.network, opened.module, means, progress=progress))
        return
    base = bench.vectors(opened).mean(axis=0, dtype=np.float64).astype(np.float32)
    options: dict[str, Any] = {"base": base, "shape": network.shape, "progress": progress}
    save_attributions(folder, attribute_classes(network.network, opened.module, means, opened.policy, **options))


def are_stored(bench: Workbench, layer: str | int, graph: str) -> bool:
    """Return whether the results of `compute_attributions` are in the study.

    Raises
    ------
    UnknownName, InvalidInput
        As `compute_attributions`, as far as is known without loading the network.
    """
    stored = _checked_graph(bench, layer, graph)
    return _attributions(bench, stored) is not None or _output_words(bench, stored) is not None


def node_logit_lens(bench: Workbench, graph: str, node: int) -> list[OutputWord] | None:
    """Return the likeliest output words at the mean of a node, the likeliest first; None for a classifier.

    Parameters
    ----------
    bench
        The opened study.
    graph
        Digest of a stored graph.
    node
        Number of the node.

    Raises
    ------
    InvalidInput
        If there is no such node.
    """
    stored = bench.find_graph(graph)
    words = None if stored is None else _output_words(bench, stored)
    if words is None or stored is None:
        return None
    stored.graph.members(node)
    return words[node]


def node_attribution(bench: Workbench, graph: str, node: int) -> NodeAttribution:
    """Return the class attribution of a node of a stored graph, with the classes of its members.

    Parameters
    ----------
    bench, graph, node
        As for `node_logit_lens`.

    Raises
    ------
    UnknownName
        If it was not computed with `compute_attributions`.
    InvalidInput
        If there is no such node.
    """
    stored = bench.find_graph(graph)
    attributions = None if stored is None else _attributions(bench, stored)
    if stored is None or attributions is None:
        raise UnknownName(f"the attributions of the nodes of graph {graph} were not computed: ask for them first")
    layer, members = stored.layer, stored.graph.members(node)
    outputs = _outputs(bench.study, layer)
    examples = layer.points["example"].to_numpy()[members]
    scores = attributions.scores[node]
    return NodeAttribution(
        classes=_attributed_classes(outputs, attributions, node, _shares(outputs, examples)),
        n_classes=len(outputs.names),
        members_by=outputs.column,
        prediction=outputs.names[int(scores.argmax())],
        prediction_share=float(1 / np.exp(scores - scores.max()).sum()),
        is_bypassed=attributions.is_bypassed,
        labels=_most_frequent(bench.study, "label", examples),
        predicted=_most_frequent(bench.study, prediction_column(bench.study, layer), examples),
    )


def _shares(outputs: _Outputs, examples: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the share of the members of a node that are of each output."""
    codes = outputs.codes[examples]
    return np.bincount(codes[codes >= 0], minlength=len(outputs.names)) / len(examples)


def _attributed_classes(
    outputs: _Outputs, attributions: Attributions, node: int, shares: npt.NDArray[np.float64]
) -> tuple[AttributedClass, ...]:
    """Return the classes of the largest attribution and those of most members, by attribution."""
    values = attributions.attributions[node]
    order = np.argsort(-values, kind="stable")
    rank = np.argsort(order)
    by_members = [code for code in np.argsort(-shares, kind="stable")[:N_MEMBER_CLASSES].tolist() if shares[code] > 0]
    listed = sorted({*order[:N_ATTRIBUTED_CLASSES].tolist(), *by_members}, key=lambda code: rank[code])
    return tuple(
        AttributedClass(
            output=code,
            name=outputs.names[code],
            rank=int(rank[code]),
            attribution=float(values[code]),
            effect=float(attributions.effects[node, code]),
            share=float(shares[code]),
        )
        for code in listed
    )


def _checked_graph(bench: Workbench, layer: str | int, graph: str) -> StoredGraph:
    """Return a stored graph if its nodes can have attributions."""
    stored = bench.graph(graph, layer)
    if not stored.layer.has_vectors:
        raise InvalidInput(f"layer {stored.layer.name} is a graph without vectors: its nodes have no attributions")
    if not _has_classes(bench) and unit(bench.study) is None:
        reason = f"the network of the study {bench.study.name} is no classifier, and reads no texts"
        raise InvalidInput(f"{reason}: its nodes have no attributions")
    return stored


def _has_classes(bench: Workbench) -> bool:
    return Outputs.noted(bench.study.manifest.notes) is not None


def _attributions(bench: Workbench, stored: StoredGraph) -> Attributions | None:
    attributions = load_attributions(_folder(bench, stored, FILE, OLD_FILE))
    outputs = Outputs.noted(bench.study.manifest.notes)
    if attributions is None or outputs is None:
        return None
    return attributions if attributions.scores.shape == (stored.graph.n_nodes, outputs.n) else None


def _output_words(bench: Workbench, stored: StoredGraph) -> list[list[OutputWord]] | None:
    words = load_output_words(_folder(bench, stored, WORDS))
    return words if words is not None and len(words) == stored.graph.n_nodes else None


def _folder(bench: Workbench, stored: StoredGraph, *files: str) -> Path:
    """Return the folder of a graph that has one of some files."""
    found = (bench.derived.find("graphs", stored.digest, name) for name in files)
    return next((path for path in found if path.exists()), bench.derived.own("graphs", stored.digest, "_")).parent


def _most_frequent(study: Study, column: str, examples: npt.NDArray[np.int64]) -> tuple[ClassShare, ...]:
    """Return the most frequent values of a column among examples."""
    if column not in study.examples:
        return ()
    counts = study.examples[column].iloc[examples].astype("string").value_counts()[:N_MEMBER_CLASSES]
    return tuple(ClassShare(display_name(study, str(name)), float(n / len(examples))) for name, n in counts.items())


@lru_cache(maxsize=4)
def _outputs(study: Study, layer: Layer) -> _Outputs:
    """Return the outputs, and the output of each example: its label where labels are outputs, else its prediction."""
    outputs = Outputs.noted(study.manifest.notes)
    names = () if outputs is None else outputs.all_names()
    code_of = {name: code for code, name in reversed(list(enumerate(names)))}
    for column in ("label", prediction_column(study, layer)):
        if column not in study.examples:
            continue
        values: pd.Series[Any] = study.examples[column].astype("string").astype("object").map(code_of)
        if values.notna().any():
            break
    display_names = tuple(display_name(study, name) for name in names)
    return _Outputs(display_names, column.partition("@")[0], values.fillna(-1).to_numpy(dtype=np.int64))
