"""`Tokenizer`: texts split into pieces, and the bags of pieces whose vectors are averaged.

Every policy is the mean over a bag of pieces: `cls` takes the special one of the whole text, `mean` all that are not
special, `words` those of each word, `tokens` each by itself.
"""

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from topoact.errors import InvalidInput, ModelError
from topoact.inputs.texts.source import Unit

TEXT_POLICIES = ("cls", "mean")
WORD_POLICIES = ("words", "tokens")
MAX_MODEL_LENGTH = 10**6
"""A tokenizer whose length is greater than this has no limit."""

Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of one text."""

    ids: Sequence[int]
    positions: Sequence[int]
    """Positions in `ids` of the pieces that stand for characters of the text."""
    spans: Sequence[Span]
    """Start and end of each of these in the text, without blanks."""
    words: Sequence[Span]
    """Start and end of each word that the tokenizer finds."""
    is_cut: bool
    """Whether the text is longer than the network takes."""

    def bag(self, span: Span) -> list[int]:
        """Return the positions of the pieces that have a character in a span; none if some of them were cut off."""
        if self.is_cut and (not self.spans or span[1] > self.spans[-1][1]):
            return []
        first = bisect_right(self.spans, span[0], key=lambda piece: piece[1])
        return list(self.positions[first : bisect_left(self.spans, span[1], key=lambda piece: piece[0])])


class Tokenizer:
    """A fast tokenizer of transformers, as a network's `tokenizer`, and how many tokens the network takes.

    Raises
    ------
    ModelError
        If it gives no positions of its pieces in the text.
    InvalidInput
        If `max_tokens` leaves no room for a piece, or is more than the network takes.
    """

    def __init__(self, tokenizer: Any, *, limit: int | None = None, max_tokens: int | None = None) -> None:
        if not getattr(tokenizer, "is_fast", False):
            lack = f"the tokenizer {type(tokenizer).__name__} does not say where in a text its pieces are"
            raise ModelError(f"{lack}: a fast tokenizer of transformers is needed")
        own = tokenizer.model_max_length
        limits = [n for n in (own if own < MAX_MODEL_LENGTH else None, limit) if n is not None]
        if max_tokens is not None and limits and max_tokens > min(limits):
            raise InvalidInput(f"--max-tokens must be at most {min(limits)}, what the network takes: got {max_tokens}")
        n_special = tokenizer.num_special_tokens_to_add()
        if max_tokens is not None and max_tokens <= n_special:
            raise InvalidInput(f"--max-tokens must be more than the {n_special} special tokens: got {max_tokens}")
        self.max_tokens: int | None = max_tokens or min(limits, default=None)
        self._tokenizer, self._cls = tokenizer, tokenizer.cls_token_id

    @property
    def record(self) -> dict[str, Any]:
        """The record of the tokenizer in a study, as JSON."""
        content = json.loads(self._tokenizer.backend_tokenizer.to_str())
        content |= {"truncation": None, "padding": None}  # each call sets these
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        name = type(self._tokenizer).__name__
        limit = f"at most {self.max_tokens} tokens" if self.max_tokens else "texts of any length"
        return {"tokenizer": name, "code": digest, "max_tokens": self.max_tokens, "description": f"{name}, {limit}"}

    def split(self, texts: Sequence[str]) -> list[Pieces]:
        """Return the pieces of each text, with the special ones that the network expects."""
        cut = {"truncation": True, "max_length": self.max_tokens} if self.max_tokens else {"truncation": False}
        batch = self._tokenizer(list(texts), add_special_tokens=True, padding=False, verbose=False, **cut)
        return [_pieces(encoding, text) for encoding, text in zip(batch.encodings, texts, strict=True)]

    def check(self, policies: Sequence[str]) -> None:
        """Refuse the policy `cls` where no token stands for the text."""
        if "cls" in policies and self._cls not in self.split(["text"])[0].ids:
            raise InvalidInput("the tokenizer has no token that stands for the text: take the policy mean, not cls")

    def cls_position(self, pieces: Pieces) -> list[int]:
        """Return the position of the token that stands for the text, usually the first; none without one."""
        return [pieces.ids.index(self._cls)] if self._cls in pieces.ids else []


def unit_of(policies: Sequence[str]) -> Unit:
    """Return what an example of a study under these policies is.

    Raises
    ------
    InvalidInput
        If a policy is not for texts, or the policies make examples of different things.
    """
    unknown = [name for name in policies if name not in (*TEXT_POLICIES, *WORD_POLICIES)]
    if unknown:
        known = ", ".join((*TEXT_POLICIES, *WORD_POLICIES))
        raise InvalidInput(f"the policy {unknown[0]!r} is not one for texts: choose from {known}")
    if set(policies) <= set(TEXT_POLICIES):
        return "text"
    if len(policies) > 1:
        named = " and ".join(policies)
        raise InvalidInput(f"one study holds either texts (cls, mean), or words, or tokens, not {named}: make two")
    return "word"


def batches(lengths: Sequence[int], *, size: int, max_tokens: int, is_masked: bool) -> Iterator[list[int]]:
    """Yield indices into `lengths`, the shortest first, of the texts of each batch.

    A batch holds at most `size` texts and, padded, `max_tokens` tokens, unless one text alone has more. Where padding
    is not masked, all texts of a batch have the same length.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        is_full = len(batch) == size or (len(batch) + 1) * lengths[index] > max_tokens
        if batch and (is_full or (not is_masked and lengths[index] != lengths[batch[0]])):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _pieces(encoding: Any, text: str) -> Pieces:
    positions, spans, words, last = list[int](), list[Span](), list[Span](), None
    tokens = zip(encoding.offsets, encoding.special_tokens_mask, encoding.word_ids, strict=True)
    for position, (offsets, is_special, word) in enumerate(tokens):
        span = _trimmed(offsets, text)
        if is_special or span[0] == span[1]:
            continue
        positions.append(position)
        spans.append(span)
        if word is None or word != last or not words:
            words.append(span)
        else:
            words[-1] = (words[-1][0], span[1])
        last = word
    if words and last is not None and last in _first_words(encoding.overflowing):
        words.pop()
    return Pieces(encoding.ids, positions, spans, words, bool(encoding.overflowing))


def _first_words(overflowing: Sequence[Any]) -> set[int]:
    """Return the number of the first word that was cut off, which may begin before the cut."""
    return {word for word in (overflowing[0].word_ids if overflowing else ()) if word is not None}


def _trimmed(span: Span, text: str) -> Span:
    """Return a span without the blanks that some tokenizers include."""
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
