"""`ConlluSource`: CoNLL-U files (https://universaldependencies.org/format.html), sentences with labelled words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from topoact.errors import InvalidInput, UnknownName
from topoact.inputs.texts.source import Text, Unit, Words

FIELDS = {"lemma": 2, "upos": 3, "xpos": 4, "deprel": 7}
"""Columns of a word by the index of their field."""
DEFAULT_COLUMNS = ("genre", "document")
"""Comments of sentences that are kept by default."""
GUM_ID = re.compile(r"GUM_([a-z]+)_")


@dataclass(slots=True)
class Sentence:
    """One block of a file: its comments by key, and the lines of its tokens split into ten fields."""

    comments: dict[str, str] = field(default_factory=dict)
    tokens: list[list[str]] = field(default_factory=list)


class ConlluSource:
    """Sentences of a ``.conllu`` file. One sentence is in memory at a time.

    A comment ``# key = value`` is a column of its sentence; those between ``# newdoc`` and the first paragraph or
    sentence, without the prefix ``meta::``, are columns of all sentences of the document. If the words of a multiword
    token spell it, each has its own part ("don't": "do", "n't"); else each has the whole ("du": "de", "le"). Empty
    nodes are no words.

    Parameters
    ----------
    path
        The file.
    label
        The column that is the label: of words, lemma, upos (the default), xpos or deprel; of sentences, any key.
    columns
        Keys of comments to keep; by default genre and document, where there are such.

    Raises
    ------
    InvalidInput
        If the file cannot be read, a line is not of the format, or there is no such column.
    """

    def __init__(self, path: Path, *, label: str | None = None, columns: Sequence[str] | None = None) -> None:
        self.path, self._label = path, label
        self._n, n_words, keys = self._survey()
        labels = [label] if label else []
        unknown = [name for name in (*(columns or ()), *labels) if name not in {*keys, *FIELDS}]
        if unknown:
            known = ", ".join([*FIELDS, *sorted(keys)])
            raise UnknownName(f"{path} has no column {unknown[0]!r}: its words and sentences have {known}")
        wanted = (*(DEFAULT_COLUMNS if columns is None else columns), *labels)
        self.text_columns: tuple[str, ...] = tuple(name for name in dict.fromkeys(wanted) if name in keys)
        self.word_columns: tuple[str, ...] | None = tuple(FIELDS)
        stat = path.stat()
        self.record: dict[str, Any] = {"kind": "conllu", "path": str(path.resolve()), "n": self._n, "words": n_words}
        self.record |= {"columns": list(self.text_columns), "label": label}
        self.record |= {"bytes": stat.st_size, "modified_ns": stat.st_mtime_ns}

    def __len__(self) -> int:
        return self._n

    def texts(self, start: int) -> Iterator[Text]:
        for row, sentence in enumerate(islice(self._sentences(), start, None), start):
            text, words = spell(sentence)
            columns = {name: sentence.comments.get(name) for name in self.text_columns}
            yield Text(row, sentence.comments.get("sent_id", str(row)), text, columns, words)

    def label_column(self, unit: Unit) -> str | None:
        if self._label is None:
            return "upos" if unit == "word" else "genre" if "genre" in self.text_columns else None
        if unit == "text" and self._label in FIELDS:
            raise InvalidInput(f"{self._label} is a label of words, and the policy takes whole sentences: take words")
        return self._label

    def class_names(self, n_outputs: int) -> None:  # noqa: ARG002  # labels of words are no names of outputs
        return None

    def _survey(self) -> tuple[int, int, set[str]]:
        """Return the numbers of sentences and words, and all keys of comments."""
        n = n_words = 0
        keys: set[str] = set()
        for sentence in self._sentences():
            n, n_words = n + 1, n_words + sum(line[0].isdecimal() for line in sentence.tokens)
            keys |= sentence.comments.keys()
        if not n:
            raise InvalidInput(f"{self.path} holds no sentence")
        return n, n_words, keys - {"text", "sent_id"}

    def _sentences(self) -> Iterator[Sentence]:
        try:
            with self.path.open(encoding="utf-8-sig") as file:
                yield from parse(file, self.path)
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{self.path} cannot be read: {error}") from None


@dataclass(slots=True)
class _Document:
    """The comments of a document; its head ends at the first paragraph or sentence."""

    comments: dict[str, str] = field(default_factory=dict)
    in_head: bool = False

    def read(self, line: str, sentence: Sentence) -> None:
        """Add a comment to the document, or to the sentence that follows."""
        key, equals, value = (part.strip() for part in line[1:].partition("="))
        if key in {"newdoc", "newdoc id"}:
            self.comments, self.in_head = {"document": value, **_genre(value)} if value else {}, True
            return
        ends_head = key == "newpar" or (equals and (key == "sent_id" or key.startswith("newpar")))
        self.in_head = self.in_head and not ends_head
        if equals:
            (self.comments if self.in_head else sentence.comments)[key.removeprefix("meta::")] = value


def parse(lines: Iterable[str], path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a CoNLL-U file, each with the comments of its document."""
    sentence, document = Sentence(), _Document()
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip("\r\n")
        if line.startswith("#"):
            document.read(line, sentence)
        elif line.strip():
            sentence.tokens.append(_fields(line, number, path))
        elif sentence.tokens:
            yield _with_document(sentence, document.comments)
            sentence, document.in_head = Sentence(), False
    if sentence.tokens:
        yield _with_document(sentence, document.comments)


def spell(sentence: Sentence) -> tuple[str, Words]:
    """Return the text of a sentence and its words."""
    tokens = _surface(sentence.tokens)
    text = sentence.comments.get("text")
    starts = _find(tokens, text) if text is not None else None
    if text is None or starts is None:  # there is no text, or its words do not spell it
        text, starts = _join(tokens)
    lines: list[list[str]] = []
    spans: list[tuple[int, int]] = []
    for start, (form, words, _) in zip(starts, tokens, strict=True):
        lines += words
        spans += _parts(start, form, [word[1] for word in words])
    columns: dict[str, list[str | None]] = {"number": [line[0] for line in lines]}
    columns |= {name: [_value(line[index], name) for line in lines] for name, index in FIELDS.items()}
    return text, Words(spans, columns)


def _surface(lines: Sequence[list[str]]) -> list[tuple[str, list[list[str]], bool]]:
    """Return form, words and whether a space follows, for each token of the text, a multiword token as one."""
    tokens: list[tuple[str, list[list[str]], bool]] = []
    last = 0
    for line in lines:
        number, _, end = line[0].partition("-")
        if end:
            tokens.append((line[1], [], "SpaceAfter=No" not in line[9].split("|")))
            last = int(end)
        elif number.isdecimal() and int(number) <= last:
            tokens[-1][1].append(line)
        elif number.isdecimal():
            tokens.append((line[1], [line], "SpaceAfter=No" not in line[9].split("|")))
    return tokens


def _find(tokens: Sequence[tuple[str, Any, bool]], text: str) -> list[int] | None:
    """Return the start of each token in the text, or None if they do not follow one another in it."""
    starts, position = [], 0
    for form, _, _ in tokens:
        while position < len(text) and text[position].isspace():
            position += 1
        if not text.startswith(form, position):
            return None
        starts.append(position)
        position += len(form)
    return starts


def _join(tokens: Sequence[tuple[str, Any, bool]]) -> tuple[str, list[int]]:
    """Return the text that tokens spell, and the start of each in it."""
    starts, text = [], ""
    for form, _, has_space in tokens:
        starts.append(len(text))
        text += f"{form} " if has_space else form
    return text.rstrip(), starts


def _parts(start: int, form: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Return the spans of the words of a token: their parts of its form, or all of it if they do not spell it."""
    if "".join(words) != form:
        return [(start, start + len(form))] * len(words)
    spans = []
    for word in words:
        spans.append((start, start + len(word)))
        start += len(word)
    return spans


def _fields(line: str, number: int, path: Path) -> list[str]:
    fields = line.split("\t")
    if len(fields) != 10 or not re.fullmatch(r"\d+([-.]\d+)?", fields[0]):
        actual = f"begins with {fields[0][:20]!r} and has {len(fields)} fields"
        raise InvalidInput(
            f"line {number} of {path} {actual}: a word of CoNLL-U has a number and 10, separated by tabs"
        )
    return fields


def _with_document(sentence: Sentence, document: dict[str, str]) -> Sentence:
    if not document:
        document = _genre(sentence.comments.get("sent_id", ""))
    return Sentence({**document, **sentence.comments}, sentence.tokens)


def _genre(identity: str) -> dict[str, str]:
    """Return the genre that the identities of the GUM corpus name."""
    match = GUM_ID.match(identity)
    return {"genre": match[1]} if match else {}


def _value(text: str, name: str) -> str | None:
    return None if text == "_" and name != "lemma" else text
