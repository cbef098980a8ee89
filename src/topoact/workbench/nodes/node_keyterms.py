"""`node_keyterms`: the key terms of a node of a study of texts, and the texts nearest to its mean."""

from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.analysis.labels.keyness import Representation, Vocabulary, representation, single_words, vocabulary
from topoact.analysis.location.nearest import Kinds, nearest_kinds
from topoact.errors import InvalidInput
from topoact.mapper import MapperGraph, lens_values
from topoact.mapper.neighbors.metrics import Metric, checked_metric
from topoact.study import Layer, Study
from topoact.workbench.bench import Workbench
from topoact.workbench.texts import Unit, unit

FALSE_DISCOVERY_RATE: Final = 0.05
"""Expected share of false discoveries among the key terms."""
MAX_TERMS: Final = 20
"""Listed key terms."""
N_NEAREST: Final = 8
"""Listed texts."""


class NearText(NamedTuple):
    """A text, or a word whatever its case, near the mean of a node, by its nearest occurrence."""

    example: int
    """Row of the example of that occurrence."""
    distance: float
    """From the mean of the node."""
    is_member: bool
    """Whether that occurrence is in the node."""
    inside: int
    """Points of the node with the same text."""
    total: int
    """Points of the layer with the same text."""


class KeyTerm(NamedTuple):
    """A word that is over-represented in the texts of a node."""

    word: str
    inside: int
    """Texts of the node that contain it."""
    total: int
    """Texts of the layer that contain it."""
    expected: float
    """Expected number of texts of the node in a random draw."""
    log_odds: float
    q: float
    """Smallest false discovery rate at which it is a key term."""


class KeyTerms(NamedTuple):
    """The key terms of a node, and the texts nearest to its mean."""

    unit: Unit
    metric: Metric
    nearest: tuple[NearText, ...]
    words: tuple[KeyTerm, ...]
    n_key_terms: int
    """Number of key terms; `words` are those of the smallest `q`."""
    n_words: int
    """Number of tested words."""
    n_inside: int
    """Number of texts, or words, in the node."""
    n_texts: int
    """Number of those in the layer."""
    first: int | None
    """Words of each text that are counted: no more than the network read; None for all."""


class _Texts(NamedTuple):
    """The texts or words of the examples of a study."""

    unit: Unit
    vocabulary: Vocabulary
    codes: npt.NDArray[np.int64]
    """Code of the text of each example; equal texts have equal codes."""
    first: int | None


class LayerTexts(NamedTuple):
    """The texts of a layer, the same for all its nodes."""

    examples: npt.NDArray[np.int64]
    """Example of each point."""
    unique_examples: npt.NDArray[np.int64]
    totals: npt.NDArray[np.int64]
    """Number of examples with each word."""
    kinds: Kinds
    sizes: npt.NDArray[np.int64]
    """Points of each kind."""


def node_keyterms(bench: Workbench, digest: str, node: int) -> KeyTerms:
    """Return the key terms of a node of a stored graph, and the texts nearest to its mean.

    Parameters
    ----------
    bench
        A workbench of a study of texts.
    digest
        Digest of the graph.
    node
        Number of the node.

    Raises
    ------
    InvalidInput
        If the study is not of texts, or there is no such node.
    UnknownName
        If there is no such graph.
    """
    stored = bench.graph(digest)
    texts, layer, graph = study_texts(bench.study), stored.layer, stored.graph
    members = graph.members(node)
    of_layer = layer_texts(bench.study, layer)
    inside = np.unique(of_layer.examples[members])
    n_texts = len(of_layer.unique_examples)
    counts = representation(texts.vocabulary.counts(inside), of_layer.totals, len(inside), n_texts)
    key_terms = counts.significant(FALSE_DISCOVERY_RATE)
    metric = checked_metric(stored.metric)
    return KeyTerms(
        unit=texts.unit,
        metric=metric,
        nearest=_nearest(bench, layer, graph, node, metric) if layer.has_vectors else (),
        words=tuple(_key_term(texts.vocabulary, counts, word) for word in key_terms[:MAX_TERMS].tolist()),
        n_key_terms=len(key_terms),
        n_words=len(texts.vocabulary.words),
        n_inside=len(inside),
        n_texts=n_texts,
        first=texts.first,
    )


def _nearest(bench: Workbench, layer: Layer, graph: MapperGraph, node: int, metric: Metric) -> tuple[NearText, ...]:
    texts, members = layer_texts(bench.study, layer), graph.members(node)
    nearest = nearest_kinds(
        bench.vectors(layer), _lengths(bench, layer), texts.kinds, graph.means[node], k=N_NEAREST, metric=metric
    )
    inside = np.bincount(texts.kinds.code[members], minlength=len(texts.sizes))
    return tuple(
        NearText(
            example=int(texts.examples[point]),
            distance=distance,
            is_member=bool(np.isin(point, members)),
            inside=int(inside[texts.kinds.code[point]]),
            total=int(texts.sizes[texts.kinds.code[point]]),
        )
        for point, distance in zip(nearest.points.tolist(), nearest.distances.tolist(), strict=True)
    )


def _key_term(vocabulary: Vocabulary, counts: Representation, word: int) -> KeyTerm:
    return KeyTerm(
        word=vocabulary.words[word],
        inside=int(counts.inside[word]),
        total=int(counts.total[word]),
        expected=float(counts.expected[word]),
        log_odds=float(counts.log_odds[word]),
        q=float(counts.q[word]),
    )


@lru_cache(maxsize=2)
def study_texts(study: Study) -> _Texts:
    """Return the texts or words of a study; raises `InvalidInput` if it has none."""
    kind = unit(study)
    if kind is None:
        raise InvalidInput(f"the study {study.name} is not of texts: its nodes have no equivalents in words")
    column: pd.Series[Any] = study.examples[kind].astype("string").fillna("")
    texts = column.tolist()
    if kind == "word":
        words = single_words(texts)
        return _Texts(kind, words, words.held.indices.astype(np.int64), None)
    first = (study.manifest.preprocessing or {}).get("max_tokens")
    return _Texts(kind, vocabulary(texts, first=first), pd.factorize(column.str.strip())[0].astype(np.int64), first)


@lru_cache(maxsize=4)
def layer_texts(study: Study, layer: Layer) -> LayerTexts:
    """Return what of the texts is the same for all nodes of a layer."""
    texts, examples = study_texts(study), layer.points["example"].to_numpy(dtype=np.int64)
    unique_examples = np.unique(examples)
    kinds = Kinds.of(np.unique(texts.codes[examples], return_inverse=True)[1])
    totals = texts.vocabulary.counts(unique_examples)
    return LayerTexts(examples, unique_examples, totals, kinds, np.bincount(kinds.code))


@lru_cache(maxsize=1)
def _lengths(bench: Workbench, layer: Layer) -> npt.NDArray[np.float64]:
    return lens_values("l2", bench.vectors(layer))
