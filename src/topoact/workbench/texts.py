"""Studies of texts: what an example says, and which examples say something.

The examples are texts if their table has a column ``text``, and words if it has ``word``, ``sentence``, ``start`` and
``end``.
"""

import re
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.errors import InvalidInput, UnknownName
from topoact.study import Study

Unit: TypeAlias = Literal["text", "word"]
WORD_COLUMNS: Final = ("word", "sentence", "start", "end")
NOT_COLOURS: Final = ("text", *WORD_COLUMNS[1:])
"""Columns that place a word or are the text itself, which say nothing as a colour or a lens."""
CONTEXT: Final = 240
"""Characters that are shown on either side of a word; of a whole text, ten times as many from its beginning."""
LONGEST_QUERY: Final = 200


class Passage(NamedTuple):
    """A part of a text: what is spoken of, and what stands around it."""

    before: str
    focus: str
    after: str


def unit(study: Study) -> Unit | None:
    """Return what an example is, or None if the study is not of texts."""
    names = set(study.examples.columns)
    if set(WORD_COLUMNS) <= names:
        return "word"
    return "text" if "text" in names else None


def passage(study: Study, row: int) -> Passage | None:
    """Return a word between what stands around it, or the beginning of a text; None in a study of other things."""
    kind, examples = unit(study), study.examples
    if kind == "text":
        text = str(examples["text"].iloc[row])
        length = 10 * CONTEXT
        return Passage("", text if len(text) <= length else f"{text[:length]}…", "")
    if kind is None:
        return None
    sentence = str(examples["sentence"].iloc[row])
    start, end = int(examples["start"].iloc[row]), int(examples["end"].iloc[row])
    before = sentence[:start] if start <= CONTEXT else f"…{sentence[start - CONTEXT : start]}"
    after = sentence[end:] if len(sentence) - end <= CONTEXT else f"{sentence[end : end + CONTEXT]}…"
    return Passage(before, sentence[start:end], after)


def find(study: Study, query: str, *, whole: bool, column: str | None = None) -> npt.NDArray[np.uint32]:
    """Return the rows of the examples that say something, whatever the case of its letters.

    Parameters
    ----------
    study
        A study of texts or words, or one with the column.
    query
        What is looked for.
    whole
        Whether it must be the word, or stand as a word in the text; otherwise a part of one will do.
    column
        Where to look; by default in the texts or words.

    Raises
    ------
    InvalidInput
        If the study is not of texts and no column is named, or the query is empty or too long.
    UnknownName
        If there is no such column.
    """
    needle, where = query.strip(), column or unit(study)
    if where is None:
        raise InvalidInput("the study has no texts to search")
    if where not in study.examples:
        raise UnknownName(f"there is no column {where!r} to search")
    if not 0 < len(needle) <= LONGEST_QUERY:
        raise InvalidInput(f"a search needs 1 to {LONGEST_QUERY} characters: got {len(needle)}")
    said: pd.Series[Any] = study.examples[where].astype("string").astype("object")
    lower = said.str.lower()
    if where != "text" and whole:
        found = lower == needle.lower()
    else:
        found = lower.str.contains(needle.lower(), regex=False, na=False)
        if whole:
            pattern = re.compile(rf"(?<!\w){re.escape(needle)}(?!\w)", re.IGNORECASE)
            found &= said.where(found, "").map(lambda text: pattern.search(text) is not None)
    return np.flatnonzero(found.to_numpy(dtype=bool)).astype(np.uint32)
