"""`label_by_words`: labels of the nodes of a study of texts, the most telling words of each."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from topoact.analysis.labels.keyness import Vocabulary, representation
from topoact.mapper import MapperGraph
from topoact.workbench.bench import Workbench
from topoact.workbench.nodes.node_keyterms import FALSE_DISCOVERY_RATE, LayerTexts, layer_texts, study_texts
from topoact.workbench.nodes.node_labels import ColumnLabels
from topoact.workbench.texts import unit

MAX_WORDS: Final = 3
"""Words in the label of a node."""
MIN_INSIDE: Final = 3
"""Texts of a node that a word has to be in."""


def label_by_words(bench: Workbench, digest: str) -> ColumnLabels:
    """Return the words that are most over-represented in the nodes of a stored graph, at most three for each.

    Parameters
    ----------
    bench
        A workbench of a study of texts.
    digest
        Digest of the graph.

    Returns
    -------
    ColumnLabels
        Labels of the nodes that have one: words separated by dots, the one least due to chance first. Lift and
        share are those of the first word. The false discovery rate of the words is divided by the number
        of nodes, so that it is that of all labels together.

    Raises
    ------
    InvalidInput
        If the study is not of texts.
    UnknownName
        If there is no such graph.
    """
    stored = bench.graph(digest)
    rows = list(_telling(study_texts(bench.study).vocabulary, layer_texts(bench.study, stored.layer), stored.graph))
    counted = "words" if unit(bench.study) == "word" else "words of the texts"
    return ColumnLabels(
        nodes=[row.node for row in rows],
        texts=[row.text for row in rows],
        lifts=[row.lift for row in rows],
        shares=[row.share for row in rows],
        sentence=f"{counted} that a node has more of than chance explains, false discoveries below"
        f" {FALSE_DISCOVERY_RATE:.0%}",
    )


class _Telling(NamedTuple):
    """The label of a node; lift and share are those of its first word."""

    node: int
    text: str
    lift: float
    share: float


def _telling(vocabulary: Vocabulary, of_layer: LayerTexts, graph: MapperGraph) -> Iterator[_Telling]:
    level = FALSE_DISCOVERY_RATE / max(graph.n_nodes, 1)
    for node in range(graph.n_nodes):
        examples = np.unique(of_layer.examples[graph.members(node)])
        inside, n_inside = vocabulary.counts(examples), len(examples)
        found = representation(inside, of_layer.totals, n_inside, len(of_layer.unique_examples))
        words = [word for word in found.significant(level).tolist() if inside[word] >= MIN_INSIDE][:MAX_WORDS]
        if words:
            first, text = words[0], " · ".join(vocabulary.words[word] for word in words)
            yield _Telling(node, text, float(inside[first] / found.expected[first]), float(inside[first] / n_inside))
