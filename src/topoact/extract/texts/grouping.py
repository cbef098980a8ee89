"""`grouping`: which texts may share a forward pass, so that the vectors of each are those of the text alone.

A trial shows it: texts are run alone, then a long and a short one together, then two of equal length. Padding must not
matter, which it does where convolutions or pooling see it, or a classifier cannot tell it from the text; nor may the
company, which it does where experts have a capacity or a scale is computed of the whole batch, as in dynamic
quantisation.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topoact.errors import ModelError
from topoact.extract.texts.forward import TextForward, pass_of
from topoact.extract.texts.reading import Sample

if TYPE_CHECKING:
    from topoact.extract.texts.pieces import Pieces, Tokenizer
    from topoact.networks.text_network import TextNetwork

TRIALS: Final = tuple(("A few words, and then some more, to see what a network gives. " * n, "A word") for n in (6, 1))
"""Long and short texts. The first has more pieces than the chunks of networks that attend chunk by chunk; the other is
taken if a network of the user's has no place for so many."""
LONG, SHORT, OTHER = 0, 1, 2
TOLERANCE: Final = 1e-4
HALF_TOLERANCE: Final = 0.03
"""Largest deviation that is taken for rounding, as a share of the largest value; in half precision."""


class Grouping(NamedTuple):
    """Which texts share a forward pass."""

    size: int
    """Largest number of texts."""
    is_padded: bool
    """Whether they may have different lengths."""

    @property
    def note(self) -> str | None:
        """What a study records of it: "one by one" or "equal lengths"; None of texts that are padded."""
        return None if self.is_padded else "equal lengths" if self.size > 1 else "one by one"


def grouping(network: "TextNetwork", forward: TextForward, tokenizer: "Tokenizer", size: int) -> Grouping:
    """Return which texts may share a pass over a network, `size` at most.

    Raises
    ------
    ModelError
        If the network fails on one text alone.
    """
    if size == 1:
        return Grouping(1, is_padded=True)
    trial = _Trial(network, replace(forward, attribution=False), tokenizer)
    if not trial.is_possible:
        return Grouping(1, is_padded=False)
    if network.is_masked and not _stretches(network, tokenizer.max_tokens) and trial.agrees(LONG, SHORT):
        return Grouping(size, is_padded=True)
    return Grouping(size if trial.agrees(LONG, OTHER) else 1, is_padded=False)


class _Trial:
    """Compares what is kept of texts that are run together with what is kept of each alone."""

    def __init__(self, network: "TextNetwork", forward: TextForward, tokenizer: "Tokenizer") -> None:
        self._network, self._forward = network, forward
        self._tolerance = HALF_TOLERANCE if network.is_half else TOLERANCE
        for texts in TRIALS:
            long, short = tokenizer.split(texts)
            self.is_possible = bool(long.positions and short.positions)  # some tokenizers drop unknown words
            self._samples = [_sample(ids) for ids in (long.ids, short.ids, _other(long, short)) if self.is_possible]
            try:
                self._alone = [self._seen([sample]) for sample in self._samples]
            except ModelError:
                if texts is TRIALS[-1]:
                    raise
            else:
                return

    def agrees(self, *numbers: int) -> bool:
        """Return whether these texts give together what each gives alone."""
        try:
            together = self._seen([self._samples[number] for number in numbers])
        except ModelError:
            return False
        parts = zip(*(self._alone[number] for number in numbers), strict=True)
        return all(self._are_close(np.concatenate(part), whole) for part, whole in zip(parts, together, strict=True))

    def _seen(self, samples: Sequence[Sample]) -> list[NDArray[np.float32]]:
        scores, kept = self._forward(self._network, *pass_of(samples, self._network.pad))
        vectors = [points.vectors for by_policy in kept.values() for points in by_policy.values()]
        return vectors if scores is None else [*vectors, scores]

    def _are_close(self, expected: NDArray[np.float32], found: NDArray[np.float32]) -> bool:
        scale = float(np.abs(expected).max(initial=0.0))
        return np.allclose(found, expected, rtol=0.0, atol=self._tolerance * scale, equal_nan=True)


def _other(long: "Pieces", short: "Pieces") -> list[int]:
    """Return the token ids of a text as long as one, made of the pieces of another."""
    ids, pieces = list(long.ids), cycle(short.positions)
    for position in long.positions:
        ids[position] = short.ids[next(pieces)]
    return ids


def _sample(ids: Sequence[int]) -> Sample:
    return Sample(ids, {"tokens": [[position] for position in range(len(ids))]}, {})


def _stretches(network: "TextNetwork", max_tokens: int | None) -> bool:
    """Return whether long texts of a batch change the positions of short ones, as LongRoPE does from a length on."""
    config: Any = getattr(network.module, "config", None)
    parameters = getattr(getattr(config, "get_text_config", lambda: None)(), "rope_parameters", None) or {}
    by_layer = [parameters, *(value for value in parameters.values() if isinstance(value, dict))]
    lengths = [p.get("original_max_position_embeddings", 0) for p in by_layer if p.get("rope_type") == "longrope"]
    return bool(lengths) and (max_tokens is None or max_tokens > min(lengths))
