"""What a node of a study of texts stands for in words: the texts nearest to its mean, and words it has more often."""

from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.analysis.labels.keyness import (
    Vocabulary,
    representation,
    single_words,
    vocabulary,
)
from topoact.analysis.location.nearest import Kinds, nearest_kinds
from topoact.errors import InvalidInput
from topoact.mapper import MapperGraph, lens_values
from topoact.mapper.neighbors.metrics import Metric, checked_metric
from topoact.study import Layer, Study
from topoact.workbench.bench import Workbench
from topoact.workbench.texts import Unit, unit

LEVEL: Final = 0.05
"""Share of false discoveries among the words that are listed."""
MAX_TERMS: Final = 20
"""Words that are listed."""
N_NEAREST: Final = 8
"""Texts that are listed."""


class NearText(NamedTuple):
    """A text, or a word whatever its case, near the mean of a node."""

    example: int
    """The row of its nearest occurrence."""
    distance: float
    is_member: bool
    """Whether that occurrence is in the node."""
    inside: int
    """Points of the node that say the same."""
    total: int
    """Points of the layer that do."""


class KeyTerm(NamedTuple):
    """A word that more texts of the node hold than chance would have it."""

    word: str
    inside: int
    total: int
    expected: float
    log_odds: float
    q: float


class KeyTerms(NamedTuple):
    """What a node stands for in words."""

    unit: Unit
    metric: Metric
    nearest: tuple[NearText, ...]
    words: tuple[KeyTerm, ...]
    n_key_terms: int
    """How many words there are of which `words` are the surest."""
    n_words: int
    """How many were tested."""
    n_inside: int
    """Texts, or words, in the node."""
    n_texts: int
    """Those of the layer."""
    first: int | None
    """How many words of each text are looked at: no more than the network read of it."""


class _Said(NamedTuple):
    """What the examples of a study say."""

    unit: Unit
    words: Vocabulary
    code: npt.NDArray[np.int64]
    """Equal where examples say the same."""
    first: int | None


class _Layer(NamedTuple):
    """What is the same for all nodes of a layer."""

    examples: npt.NDArray[np.int64]
    """Of each point."""
    counted: npt.NDArray[np.int64]
    """All of them, once each."""
    totals: npt.NDArray[np.int64]
    kinds: Kinds
    sizes: npt.NDArray[np.int64]
    """Points of each kind."""


def node_keyterms(bench: Workbench, digest: str, node: int) -> KeyTerms:
    """Return what a node of a stored graph stands for in words.

    Raises
    ------
    InvalidInput
        If the study is not of texts, or there is no such node.
    UnknownName
        If there is no such graph.
    """
    stored = bench.graph(digest)
    said, layer, graph = _said(bench.study), stored.layer, stored.graph
    members = graph.members(node)
    facts = _facts(bench.study, layer)
    inside = np.unique(facts.examples[members])
    counts = representation(said.words.counts(inside), facts.totals, len(inside), len(facts.counted))
    telling = counts.telling(LEVEL)
    metric = checked_metric(stored.metric)
    return KeyTerms(
        unit=said.unit,
        metric=metric,
        nearest=_nearest(bench, layer, graph, node, metric) if layer.has_vectors else (),
        words=tuple(_word(said.words, counts, word) for word in telling[:MAX_TERMS].tolist()),
        n_key_terms=len(telling),
        n_words=len(said.words.words),
        n_inside=len(inside),
        n_texts=len(facts.counted),
        first=said.first,
    )


def _nearest(bench: Workbench, layer: Layer, graph: MapperGraph, node: int, metric: Metric) -> tuple[NearText, ...]:
    facts, members = _facts(bench.study, layer), graph.members(node)
    near = nearest_kinds(
        bench.vectors(layer), _lengths(bench, layer), facts.kinds, graph.means[node], k=N_NEAREST, metric=metric
    )
    held = np.bincount(facts.kinds.code[members], minlength=len(facts.sizes))
    return tuple(
        NearText(
            example=int(facts.examples[point]),
            distance=distance,
            is_member=bool(np.isin(point, members)),
            inside=int(held[facts.kinds.code[point]]),
            total=int(facts.sizes[facts.kinds.code[point]]),
        )
        for point, distance in zip(near.points.tolist(), near.distances.tolist(), strict=True)
    )


def _word(words: Vocabulary, counts: Any, word: int) -> KeyTerm:
    return KeyTerm(
        words.words[word],
        int(counts.inside[word]),
        int(counts.total[word]),
        float(counts.expected[word]),
        float(counts.log_odds[word]),
        float(counts.q[word]),
    )


@lru_cache(maxsize=2)
def _said(study: Study) -> _Said:
    kind = unit(study)
    if kind is None:
        raise InvalidInput(f"the study {study.name} is not of texts: its nodes have no equivalents in words")
    column: pd.Series[Any] = study.examples[kind].astype("string").fillna("")
    texts = column.tolist()
    if kind == "word":
        words = single_words(texts)
        return _Said(kind, words, words.held.indices.astype(np.int64), None)
    first = (study.manifest.preprocessing or {}).get("max_tokens")
    return _Said(kind, vocabulary(texts, first=first), pd.factorize(column.str.strip())[0].astype(np.int64), first)


@lru_cache(maxsize=4)
def _facts(study: Study, layer: Layer) -> _Layer:
    said, examples = _said(study), layer.points["example"].to_numpy(dtype=np.int64)
    counted = np.unique(examples)
    kinds = Kinds.of(np.unique(said.code[examples], return_inverse=True)[1])
    return _Layer(examples, counted, said.words.counts(counted), kinds, np.bincount(kinds.code))


@lru_cache(maxsize=1)
def _lengths(bench: Workbench, layer: Layer) -> npt.NDArray[np.float64]:
    return lens_values("l2", bench.vectors(layer))
