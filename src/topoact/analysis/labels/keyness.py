"""Words that are over-represented in a group of texts: `vocabulary`, `single_words` and `representation`.

Only whether a text contains a word counts, not how often. The test is Fisher's exact one, one-sided: if the texts of
the group had been drawn at random from all texts, how probable is it that as many of them contain the word? As there
are many words, the p-values are corrected for the false discovery rate (Benjamini and Hochberg 1995). There are no stop
words.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.special import gammaln

from topoact.errors import InvalidInput

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
PSEUDOCOUNT: Final = 0.5
"""Texts that are added to each cell of the table of which the log odds ratio is taken (Haldane and Anscombe)."""


class Vocabulary(NamedTuple):
    """The words of some texts, in lower case and alphabetical order, and which text contains which."""

    words: tuple[str, ...]
    held: sparse.csr_array
    """Shape (n_texts, n_words), 1 where a text contains a word."""

    def counts(self, rows: npt.NDArray[np.integer[Any]]) -> Counts:
        """Return how many of these texts contain each word."""
        return np.bincount(self.held[rows].indices, minlength=len(self.words)).astype(np.int64)


class Representation(NamedTuple):
    """How each word is represented in a group of texts."""

    inside: Counts
    """Texts of the group that contain it."""
    total: Counts
    """All texts that contain it."""
    expected: Numbers
    """The expected number of texts that contain it, were the group drawn at random."""
    log_p: Numbers
    """Logarithm of the probability that as many or more would contain it then."""
    q: Numbers
    """The q-value: the lowest false discovery rate at which it is over-represented."""
    log_odds: Numbers
    """Logarithm of the odds that a text of the group contains it, over those of a text of the rest."""

    def significant(self, level: float) -> npt.NDArray[np.int64]:
        """Return the words that are over-represented at a false discovery rate, by rising p-value."""
        words = np.flatnonzero(self.q <= level)
        return words[np.lexsort((-self.log_odds[words], self.log_p[words]))]


def vocabulary(texts: Iterable[str], *, first: int | None = None) -> Vocabulary:
    """Return the words of texts: runs of letters and digits, with apostrophes and hyphens inside.

    Parameters
    ----------
    texts
        The texts.
    first
        How many words of each are read, from its beginning; all by default.
    """
    words = [list(islice((m.group() for m in WORD.finditer(text.lower())), first)) for text in texts]
    return _vocabulary(list(chain.from_iterable(words)), np.fromiter(map(len, words), np.int64, len(words)))


def single_words(words: Sequence[str]) -> Vocabulary:
    """Return the vocabulary of texts each of which is one word, whatever its characters."""
    return _vocabulary([word.lower() for word in words], np.ones(len(words), dtype=np.int64))


def representation(inside: npt.ArrayLike, total: npt.ArrayLike, n_inside: int, n_texts: int) -> Representation:
    """Return how words are represented in a group of texts.

    Parameters
    ----------
    inside, total
        For each word how many texts of the group, and of all texts, contain it; shape (n_words,).
    n_inside, n_texts
        Number of texts in the group, and of all texts.

    Raises
    ------
    InvalidInput
        If the counts contradict each other.

    Notes
    -----
    The correction is for all words that are given, also those that no text of the group contains.
    """
    inside, total = np.asarray(inside, dtype=np.int64), np.asarray(total, dtype=np.int64)
    _check(inside, total, n_inside, n_texts)
    log_p = _log_tail(inside, total, n_inside, n_texts)
    cells = (inside, n_inside - inside, total - inside, n_texts - n_inside - total + inside)
    held, lacking, elsewhere, neither = (np.log(cell + PSEUDOCOUNT) for cell in cells)
    return Representation(
        inside=inside,
        total=total,
        expected=total * (n_inside / max(n_texts, 1)),
        log_p=log_p,
        q=_false_discoveries(log_p),
        log_odds=held - lacking - elsewhere + neither,
    )


def _vocabulary(words: Sequence[str], sizes: Counts) -> Vocabulary:
    codes, names = pd.factorize(np.array(words, dtype=object), sort=True)
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    contained = sparse.csr_array((np.ones(len(codes), np.int64), codes, indptr), shape=(len(sizes), len(names)))
    contained.sum_duplicates()
    contained.data[:] = 1
    return Vocabulary(tuple(names.tolist()), contained)


def _log_tail(inside: Counts, total: Counts, n_inside: int, n_texts: int) -> Numbers:
    """Return log P(X >= inside) of hypergeometric X, summed term by term once for words of equal counts."""
    keys, inverse = np.unique(inside * (n_texts + 1) + total, return_inverse=True)
    first, total = np.divmod(keys, n_texts + 1)
    total = np.where(first > 0, total, 0)  # its tail is 1 and needs no terms
    sizes = np.minimum(n_inside, total) - first + 1
    starts = np.cumsum(sizes) - sizes
    x = np.repeat(first - starts, sizes) + np.arange(sizes.sum())
    whole = np.repeat(total, sizes)
    terms = _log_choose(whole, x) + _log_choose(n_texts - whole, n_inside - x) - _log_choose(n_texts, n_inside)
    if not len(terms):
        return np.empty(0)
    largest = np.maximum.reduceat(terms, starts)
    tail = largest + np.log(np.add.reduceat(np.exp(terms - np.repeat(largest, sizes)), starts))
    minimum = np.maximum(0, n_inside + total - n_texts)
    return np.where(first <= minimum, 0.0, np.minimum(tail, 0.0))[inverse]


def _log_choose(n: Any, k: Any) -> Any:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def _false_discoveries(log_p: Numbers) -> Numbers:
    """Return the q-values of p-values, after Benjamini and Hochberg."""
    order = np.argsort(log_p, kind="stable")
    grown = log_p[order] - np.log(np.arange(1, len(order) + 1) / max(len(order), 1))
    q = np.empty(len(order))
    q[order] = np.exp(np.minimum(np.minimum.accumulate(grown[::-1])[::-1], 0.0))
    return q


def _check(inside: Counts, total: Counts, n_inside: int, n_texts: int) -> None:
    fits = inside.ndim == 1 and inside.shape == total.shape and 0 <= n_inside <= n_texts
    if not fits or (inside < 0).any() or (inside > np.minimum(total, n_inside)).any():
        raise InvalidInput(f"words are counted in at most {n_inside} texts of the group, which are among {n_texts}")
    if (total - inside > n_texts - n_inside).any():
        raise InvalidInput(f"a word is counted in more than the {n_texts - n_inside} texts outside the group")
