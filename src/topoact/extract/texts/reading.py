"""`TextReader`: texts read window by window, each with the pieces of it that make an example.

A `Window` holds a `Sample` for each text that has examples: one for the text itself, or one for each of its words.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from topoact.errors import InvalidInput
from topoact.extract.loader import in_threads
from topoact.extract.texts.pieces import Pieces, Tokenizer, unit_of
from topoact.inputs.texts.source import Text, TextSource, Words
from topoact.inputs.texts.where import Where

MAX_WINDOW_TEXTS = 512
"""Largest number of texts in a window, which are sorted by length together."""
MAX_WINDOW_CHARACTERS = 2**16
"""Characters of the texts of a window, unless one batch has more."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The token ids of one text and its examples."""

    ids: Sequence[int]
    bags: Mapping[str, Sequence[Sequence[int]]]
    """For each policy the positions in `ids` of the pieces that each example is the mean of."""
    columns: Mapping[str, Sequence[Any]]
    """One value an example."""
    n_without_vector: int = 0
    """Number of words of the text without a piece, and hence without an example."""

    def __len__(self) -> int:
        return len(self.columns["id"])


@dataclass(frozen=True, slots=True)
class Window:
    """Texts that follow one another in the source."""

    samples: Sequence[Sample]
    next_input: int
    skipped: Sequence[str]
    """Identities of texts that are empty or cannot be read."""
    tally: Mapping[str, int]
    """Numbers of texts that were cut, of words without a vector, and of texts read as Latin-1."""


class TextReader:
    """Reads the texts of a source that a study is made of.

    Parameters
    ----------
    source
        The texts.
    tokenizer
        The tokenizer of the network that will run on them.
    policies
        cls and mean, or words, or tokens.
    where
        Conditions ``column=value,value`` on the texts or words that are kept.
    strict
        Refuse a text that is empty or cannot be read.

    Raises
    ------
    InvalidInput
        If the policies do not go together, or a condition has another form.
    UnknownName
        If the source has no such column.
    """

    def __init__(
        self,
        source: TextSource,
        tokenizer: Tokenizer,
        policies: Sequence[str],
        where: Sequence[str] = (),
        *,
        strict: bool = False,
    ) -> None:
        self.unit = unit_of(policies)
        tokenizer.check(policies)
        self._source, self._tokenizer, self._policies, self._strict = source, tokenizer, tuple(policies), strict
        self._mark_names = (source.word_columns or ()) if policies[0] == "words" else ()
        self._label = source.label_column("word" if self._mark_names else "text")
        own = ("word", *self._mark_names) if self.unit == "word" else ()
        self._where = Where.of(where, source.text_columns, own)

    def windows(self, start: int, stop: int, batch_size: int) -> Generator[Window, None, None]:
        """Yield the texts from `start` to `stop`, where `start` is 0 or the end of a window."""
        groups = _grouped(islice(self._source.texts(start), max(stop - start, 0)), batch_size)
        yield from in_threads(self._read, groups, n_threads=1)

    def _read(self, texts: Sequence[Text]) -> Window:
        """Return the window of texts that follow one another."""
        wanted = [text for text in texts if not _is_blank(text) and self._where.takes_text(text.columns)]
        split = self._split(wanted)
        without_pieces = {text.row for text, pieces in split if not pieces.positions}
        skipped = [text.id for text in texts if _is_blank(text) or text.row in without_pieces]
        if skipped and self._strict:
            raise InvalidInput(f"{skipped[0]} is empty or cannot be read")
        readable = [(text, pieces) for text, pieces in split if pieces.positions]
        sample = self._sample_of_words if self.unit == "word" else self._sample_of_text
        samples = [sample(text, pieces) for text, pieces in readable]
        tally = {
            "truncated": sum(pieces.is_cut for _, pieces in readable),
            "words_without_vector": sum(sample.n_without_vector for sample in samples),
            "latin": sum(text.is_latin for text, _ in readable),
        }
        return Window([sample for sample in samples if len(sample)], texts[-1].row + 1, skipped, tally)

    def _split(self, texts: Sequence[Text]) -> list[tuple[Text, Pieces]]:
        """Return texts with their pieces."""
        pieces = self._tokenizer.split([str(text.text) for text in texts]) if texts else []
        return list(zip(texts, pieces, strict=True))

    def _sample_of_text(self, text: Text, pieces: Pieces) -> Sample:
        """Return a text as one example."""
        columns = {"id": text.id, "label": text.columns.get(self._label or ""), "text": text.text, **_others(text)}
        bags = {"cls": self._tokenizer.cls_position(pieces), "mean": pieces.positions}
        by_policy = {policy: [bags[policy]] for policy in self._policies}
        return Sample(pieces.ids, by_policy, {name: [value] for name, value in columns.items()})

    def _sample_of_words(self, text: Text, pieces: Pieces) -> Sample:
        """Return as examples those words of a text, or tokens, that are wanted and have a piece."""
        words, bags = self._bags(text, pieces)
        whole = str(text.text)
        marks = {**words.columns, "word": [whole[start:end] for start, end in words.spans]}
        kept = [i for i, bag in enumerate(bags) if bag and self._where.takes_word(marks, i)]
        columns = self._word_columns(text, words, marks)
        return Sample(
            pieces.ids,
            {self._policies[0]: [bags[i] for i in kept]},
            {name: [values[i] for i in kept] for name, values in columns.items()},
            n_without_vector=sum(not bag for bag in bags),
        )

    def _word_columns(
        self, text: Text, words: Words, marks: Mapping[str, Sequence[str | None]]
    ) -> dict[str, Sequence[Any]]:
        """Return the columns of all words of a text: where each is, its marks, and what is known of the text."""
        n_words, label = len(words.spans), self._label or ""
        numbers = marks.get("number", range(1, n_words + 1))
        return {
            "id": [f"{text.id}:{number}" for number in numbers],
            "label": marks.get(label, [text.columns.get(label)] * n_words),
            "word": marks["word"],
            "sentence": [text.text] * n_words,
            "start": [start for start, _ in words.spans],
            "end": [end for _, end in words.spans],
            **{name: values for name, values in marks.items() if name not in ("number", "word")},
            **{name: [value] * n_words for name, value in _others(text).items()},
        }

    def _bags(self, text: Text, pieces: Pieces) -> tuple[Words, list[list[int]]]:
        """Return the words of a text, or its tokens, and the positions of the pieces of each, none where cut off."""
        if self._policies[0] == "tokens":
            return Words(pieces.spans, {}), [[position] for position in pieces.positions]
        words = text.words if self._mark_names and text.words else Words(pieces.words, {})
        return words, [pieces.bag(span) for span in words.spans]


def _others(text: Text) -> dict[str, Any]:
    """Return what is known of a text besides its label."""
    return {name: value for name, value in text.columns.items() if name != "label"}


def _is_blank(text: Text) -> bool:
    return not (text.text or "").strip()


def _grouped(texts: Iterable[Text], batch_size: int) -> Iterator[list[Text]]:
    """Yield texts in groups of one window each."""
    group, n_characters = list[Text](), 0
    for text in texts:
        group.append(text)
        n_characters += len(text.text or "")
        if len(group) == MAX_WINDOW_TEXTS or (n_characters >= MAX_WINDOW_CHARACTERS and len(group) >= batch_size):
            yield group
            group, n_characters = [], 0
    if group:
        yield group
