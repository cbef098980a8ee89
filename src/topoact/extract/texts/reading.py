"""Read texts a window at a time, and say which pieces of each make an example."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from topoact.errors import InvalidInput
from topoact.extract.loader import in_threads
from topoact.extract.texts.pieces import Pieces, Tokenizer, unit_of
from topoact.inputs.texts.source import Text, TextSource, Words
from topoact.inputs.texts.where import Where

WINDOW_TEXTS = 512
"""Texts that are sorted by length together, at most."""
WINDOW_CHARACTERS = 2**16
"""Characters of those texts, unless a batch has more."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is kept of one text."""

    ids: Sequence[int]
    bags: Mapping[str, Sequence[Sequence[int]]]
    """For each policy the places of the pieces that each example is the mean of."""
    columns: Mapping[str, Sequence[Any]]
    """One value an example."""

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
    """How many texts were cut, how many marked words have no vector, and how many texts are Latin-1."""


class TextReader:
    """What is wanted of the texts of a source.

    Parameters
    ----------
    source
        The texts.
    tokenizer
        Of the network that will read them.
    policies
        cls and mean, or words, or tokens.
    where
        Conditions ``column=value,value`` on the texts or words that are kept.
    strict
        Refuse a text that is empty or cannot be read.

    Raises
    ------
    InvalidInput
        If the policies do not go together, or a condition is no condition.
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
        self._marks = (source.word_columns or ()) if policies[0] == "words" else ()
        self._label = source.label_column("word" if self._marks else "text")
        own = ("word", *self._marks) if self.unit == "word" else ()
        self._where = Where.of(where, source.text_columns, own)

    def windows(self, start: int, stop: int, batch_size: int) -> Generator[Window, None, None]:
        """Yield the texts from `start` to `stop`, where `start` is 0 or the end of a window."""
        groups = _grouped(islice(self._source.texts(start), max(stop - start, 0)), batch_size)
        yield from in_threads(self._read, groups, n_threads=1)

    def _read(self, texts: Sequence[Text]) -> Window:
        wanted = [text for text in texts if not _is_blank(text) and self._where.takes_text(text.columns)]
        found = self._tokenizer.split([str(text.text) for text in wanted]) if wanted else []
        silent = {text.row for text, pieces in zip(wanted, found, strict=True) if not pieces.places}
        skipped = [text.id for text in texts if _is_blank(text) or text.row in silent]
        if skipped and self._strict:
            raise InvalidInput(f"{skipped[0]} is empty or cannot be read")
        read = self._words if self.unit == "word" else self._whole
        pairs = [(text, pieces) for text, pieces in zip(wanted, found, strict=True) if pieces.places]
        samples = [read(text, pieces) for text, pieces in pairs]
        n_cut, n_left_out = sum(pieces.is_cut for _, pieces in pairs), sum(n for _, n in samples)
        n_latin = sum(text.is_latin for text, _ in pairs)
        tally = {"truncated": n_cut, "words_without_vector": n_left_out, "latin": n_latin}
        return Window([sample for sample, _ in samples if len(sample)], texts[-1].row + 1, skipped, tally)

    def _whole(self, text: Text, pieces: Pieces) -> tuple[Sample, int]:
        """Return a text as one example."""
        columns = {"id": text.id, "label": text.columns.get(self._label or ""), "text": text.text, **_others(text)}
        bags = {"cls": self._tokenizer.cls_place(pieces), "mean": pieces.places}
        kept = {policy: [bags[policy]] for policy in self._policies}
        return Sample(pieces.ids, kept, {name: [value] for name, value in columns.items()}), 0

    def _words(self, text: Text, pieces: Pieces) -> tuple[Sample, int]:
        """Return the words of a text as examples, and how many of its words have no piece."""
        words, bags = self._bags(text, pieces)
        whole = str(text.text)
        columns = {**words.columns, "word": [whole[start:end] for start, end in words.spans]}
        kept = [i for i, bag in enumerate(bags) if bag and self._where.takes_word(columns, i)]
        whole_text = {name: [value] * len(bags) for name, value in _others(text).items()}
        numbers = columns.pop("number", range(1, len(bags) + 1))
        known = {
            "id": [f"{text.id}:{number}" for number in numbers],
            "label": columns.get(self._label or "", [text.columns.get(self._label or "")] * len(bags)),
            "word": columns.pop("word"),
            "sentence": [whole] * len(bags),
            "start": [start for start, _ in words.spans],
            "end": [end for _, end in words.spans],
            **columns,
            **whole_text,
        }
        chosen = {name: [values[i] for i in kept] for name, values in known.items()}
        return Sample(pieces.ids, {self._policies[0]: [bags[i] for i in kept]}, chosen), sum(not bag for bag in bags)

    def _bags(self, text: Text, pieces: Pieces) -> tuple[Words, list[list[int]]]:
        if self._policies[0] == "tokens":
            return Words(pieces.spans, {}), [[place] for place in pieces.places]
        words = text.words if self._marks and text.words else Words(pieces.words, {})
        return words, [pieces.bag(span) for span in words.spans]


def _others(text: Text) -> dict[str, Any]:
    return {name: value for name, value in text.columns.items() if name != "label"}


def _is_blank(text: Text) -> bool:
    return not (text.text or "").strip()


def _grouped(texts: Iterable[Text], batch_size: int) -> Iterator[list[Text]]:
    group, size = list[Text](), 0
    for text in texts:
        group.append(text)
        size += len(text.text or "")
        if len(group) == WINDOW_TEXTS or (size >= WINDOW_CHARACTERS and len(group) >= batch_size):
            yield group
            group, size = [], 0
    if group:
        yield group
