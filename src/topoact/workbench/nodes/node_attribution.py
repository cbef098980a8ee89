"""Which classes a node argues for, beside those its members come from; of a language model, which words it says."""

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
from topoact.mapper import MapperGraph, Progress, no_progress
from topoact.study import Layer, Study
from topoact.study.cache.attributions import (
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
from topoact.workbench.texts import unit

FIRST: Final = 5
"""Classes that are listed for being argued for most."""
MEMBERS: Final = 3
"""Classes that are listed for having most members."""


class AttributedClass(NamedTuple):
    """A class that a node argues for, or that its members come from."""

    output: int
    name: str
    rank: int
    """Its place among all classes, by what the node argues for; 0 is the first."""
    attribution: float
    effect: float
    share: float
    """Of the node's members that are of the class."""


class ClassShare(NamedTuple):
    """A class, and the share of a node's members that are of it."""

    name: str
    share: float


class NodeAttribution(NamedTuple):
    """What a node argues for."""

    classes: tuple[AttributedClass, ...]
    """Those argued for most, and those most members come from; in the order of `rank`."""
    n_classes: int
    members_by: str
    """The column that says where members come from: their label, or what the network predicts for them."""
    said: str
    """What the network says at the mean of the node."""
    said_share: float
    flows_past: bool
    labels: tuple[ClassShare, ...]
    """Those that members have most often."""
    predicted: tuple[ClassShare, ...]
    """What the network predicts most often for members."""

    @property
    def agrees(self) -> bool | None:
        """Whether the class argued for most is the one predicted most often for members; None without predictions."""
        return self.classes[0].name == self.predicted[0].name if self.predicted else None


class _Outputs(NamedTuple):
    """The outputs of a study's network, and which of them each example belongs to."""

    names: tuple[str, ...]
    column: str
    code: npt.NDArray[np.int64]
    """Of each example, −1 where it is of no output."""


def compute_attributions(bench: Workbench, layer: str | int, graph: str, progress: Progress = no_progress) -> None:
    """Find out which classes the means of all nodes of a stored graph argue for, or which words a language model says.

    Classes are argued for by what sets a mean apart from that of the layer. What is found is kept beside the graph.

    Raises
    ------
    UnknownName
        If there is no such layer, or no such graph of it.
    InvalidInput
        If the study's network is not at hand, or has no classes and no words, or the layer has no vectors.
    """
    if are_stored(bench, layer, graph):
        return
    opened, found = _checked(bench, layer, graph)
    at_hand, folder = bench.network, _folder(bench, graph)
    at_hand.check_layer(opened)
    if not _has_classes(bench):
        save_output_words(folder, logit_lens(at_hand.network, opened.module, found.means, progress=progress))
        return
    base = bench.vectors(opened).mean(axis=0, dtype=np.float64).astype(np.float32)
    how: dict[str, Any] = {"base": base, "shape": at_hand.shape, "progress": progress}
    save_attributions(folder, attribute_classes(at_hand.network, opened.module, found.means, opened.policy, **how))


def are_stored(bench: Workbench, layer: str | int, graph: str) -> bool:
    """Tell whether `compute_attributions` has nothing left to do; what it would refuse is refused.

    Raises
    ------
    UnknownName, InvalidInput
        As `compute_attributions`, as far as it can be told without loading the network.
    """
    _, found = _checked(bench, layer, graph)
    return _classes(bench, graph, found) is not None or _words(bench, graph, found) is not None


def node_logit_lens(bench: Workbench, graph: str, node: int) -> list[OutputWord] | None:
    """Return the words that a language model says at the mean of a node, the likeliest first; None of a classifier.

    Raises
    ------
    InvalidInput
        If there is no such node.
    """
    found = bench.cache.load_graph(graph)
    words = None if found is None else _words(bench, graph, found)
    if words is None or found is None:
        return None
    found.members(node)
    return words[node]


def node_attribution(bench: Workbench, graph: str, node: int) -> NodeAttribution:
    """Return what a node of a stored graph argues for, beside where its members come from.

    Raises
    ------
    UnknownName
        If it was not asked for with `compute_attributions`.
    InvalidInput
        If there is no such node.
    """
    about, found = bench.cache.about_graph(graph), bench.cache.load_graph(graph)
    stored = None if found is None else _classes(bench, graph, found)
    if about is None or found is None or stored is None:
        raise UnknownName(f"what the nodes of graph {graph} argue for was not found out: ask for it first")
    layer, members = bench.study.layer(about["layer"]), found.members(node)
    outputs = _outputs(bench.study, layer)
    examples = layer.points["example"].to_numpy()[members]
    codes = outputs.code[examples]
    shares = np.bincount(codes[codes >= 0], minlength=len(outputs.names)) / len(members)
    attributions, scores = stored.attributions[node], stored.scores[node]
    order = np.argsort(-attributions, kind="stable")
    rank = np.argsort(order)
    from_members = [code for code in np.argsort(-shares, kind="stable")[:MEMBERS].tolist() if shares[code] > 0]
    listed = sorted({*order[:FIRST].tolist(), *from_members}, key=lambda code: rank[code])
    likely = np.exp(scores - scores.max())
    return NodeAttribution(
        classes=tuple(
            AttributedClass(
                code,
                outputs.names[code],
                int(rank[code]),
                float(attributions[code]),
                float(stored.effects[node, code]),
                float(shares[code]),
            )
            for code in listed
        ),
        n_classes=len(outputs.names),
        members_by=outputs.column,
        said=outputs.names[int(scores.argmax())],
        said_share=float(1 / likely.sum()),
        flows_past=stored.flows_past,
        labels=_most(bench.study, "label", examples),
        predicted=_most(bench.study, prediction_column(bench.study, layer), examples),
    )


def _checked(bench: Workbench, layer: str | int, graph: str) -> tuple[Layer, MapperGraph]:
    opened, about, found = bench.study.layer(layer), bench.cache.about_graph(graph), bench.cache.load_graph(graph)
    if about is None or found is None or about["layer"] != opened.name:
        raise UnknownName(f"there is no graph {graph} of layer {opened.name}: ask for it anew")
    if not opened.has_vectors:
        raise InvalidInput(f"layer {opened.name} is a graph without vectors: its nodes argue for nothing")
    if not _has_classes(bench) and unit(bench.study) is None:
        said = f"the network of the study {bench.study.name} is no classifier, and reads no texts"
        raise InvalidInput(f"{said}: there is nothing its nodes could argue for")
    return opened, found


def _has_classes(bench: Workbench) -> bool:
    return Outputs.noted(bench.study.manifest.notes) is not None


def _classes(bench: Workbench, graph: str, found: MapperGraph) -> Attributions | None:
    stored = load_attributions(_folder(bench, graph))
    return stored if stored is not None and len(stored.scores) == found.n_nodes else None


def _words(bench: Workbench, graph: str, found: MapperGraph) -> list[list[OutputWord]] | None:
    stored = load_output_words(_folder(bench, graph))
    return stored if stored is not None and len(stored) == found.n_nodes else None


def _folder(bench: Workbench, graph: str) -> Path:
    return bench.study.path / "graphs" / graph


def _most(study: Study, column: str, examples: npt.NDArray[np.int64]) -> tuple[ClassShare, ...]:
    """Return the values of a column that some examples have most often."""
    if column not in study.examples:
        return ()
    counts = study.examples[column].iloc[examples].astype("string").value_counts()[:MEMBERS]
    return tuple(ClassShare(display_name(study, str(name)), float(n / len(examples))) for name, n in counts.items())


@lru_cache(maxsize=4)
def _outputs(study: Study, layer: Layer) -> _Outputs:
    """Return the outputs, and which each example is of: by its label where labels are outputs, else as predicted."""
    outputs = Outputs.noted(study.manifest.notes)
    names = () if outputs is None else outputs.all_names()
    number = {name: place for place, name in reversed(list(enumerate(names)))}
    for column in ("label", prediction_column(study, layer)):
        if column not in study.examples:
            continue
        values: pd.Series[Any] = study.examples[column].astype("string").astype("object").map(number)
        if values.notna().any():
            break
    read = tuple(display_name(study, name) for name in names)
    return _Outputs(read, column.partition("@")[0], values.fillna(-1).to_numpy(dtype=np.int64))
