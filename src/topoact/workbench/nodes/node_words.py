"""`label_by_words`: labels of the nodes of a study of texts, the most telling words of each."""

from typing import Final

import numpy as np

from topoact.analysis.labels.keyness import Vocabulary, representation
from topoact.analysis.labels.lift import NodeLabels
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
        Labels of the nodes that have one: words separated by dots, the one least due to chance first. The lift, the
        share and the code are those of the first word. The false discovery rate of the words is divided by the number
        of nodes, so that it is that of all labels together.

    Raises
    ------
    InvalidInput
        If the study is not of texts.
    UnknownName
        If there is no such graph.
    """
    stored = bench.graph(digest)
    found = _telling(study_texts(bench.study).vocabulary, layer_texts(bench.study, stored.layer), stored.graph)
    kind = unit(bench.study)
    counted = "words" if kind == "word" else "words of the texts"
    said = f"{counted} that a node has more of than chance explains, false discoveries below {FALSE_DISCOVERY_RATE:.0%}"
    return ColumnLabels(found.nodes.tolist(), list(found.texts), found.lifts.tolist(), found.shares.tolist(), said)


def _telling(vocabulary: Vocabulary, of_layer: LayerTexts, graph: MapperGraph) -> NodeLabels:
    level, rows = FALSE_DISCOVERY_RATE / max(graph.n_nodes, 1), []
    for node in range(graph.n_nodes):
        examples = np.unique(of_layer.examples[graph.members(node)])
        inside, n_inside = vocabulary.counts(examples), len(examples)
        found = representation(inside, of_layer.totals, n_inside, len(of_layer.unique_examples))
        telling = [word for word in found.significant(level).tolist() if inside[word] >= MIN_INSIDE][:MAX_WORDS]
        if telling:
            first, text = telling[0], " · ".join(vocabulary.words[word] for word in telling)
            lift, share = inside[first] / found.expected[first], inside[first] / n_inside
            rows.append((node, first, text, lift, share, found.q[first] * graph.n_nodes))
    nodes, codes, texts, lifts, shares, p_values = zip(*rows, strict=True) if rows else ((),) * 6
    return NodeLabels(
        nodes=np.array(nodes, dtype=np.int64),
        codes=np.array(codes, dtype=np.int64),
        texts=tuple(texts),
        lifts=np.array(lifts, dtype=np.float64),
        shares=np.array(shares, dtype=np.float64),
        p_values=np.array(p_values, dtype=np.float64),
    )
