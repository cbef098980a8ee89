"""Studies of texts: `unit`, the kind of an example; `passage`, its text; `search`, the examples with some text.

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
UNCOLOURED_COLUMNS: Final = ("text", *WORD_COLUMNS[1:])
"""Columns with the text, or with the position of a word in it, which are neither colours nor lenses."""
MAX_CONTEXT: Final = 240
"""Characters that are shown on either side of a word; ten times as many of a whole text, from its beginning."""
MAX_QUERY_CHARACTERS: Final = 200


class Passage(NamedTuple):
    """A word and its context on either side; of a whole text its beginning, as `focus`."""

    before: str
    focus: str
    after: str


def unit(study: Study) -> Unit | None:
    """Return the kind of the examples, or None if the study is not of texts."""
    names = set(study.examples.columns)
    if set(WORD_COLUMNS) <= names:
        return "word"
    return "text" if "text" in names else None


def passage(study: Study, row: int) -> Passage | None:
    """Return a word in its context, or the beginning of a text; None if the study is not of texts."""
    kind, examples = unit(study), study.examples
    if kind == "text":
        text = str(examples["text"].iloc[row])
        length = 10 * MAX_CONTEXT
        return Passage("", text if len(text) <= length else f"{text[:length]}…", "")
    if kind is None:
        return None
    sentence = str(examples["sentence"].iloc[row])
    start, end = int(examples["start"].iloc[row]), int(examples["end"].iloc[row])
    before = sentence[:start] if start <= MAX_CONTEXT else f"…{sentence[start - MAX_CONTEXT : start]}"
    after = sentence[end:] if len(sentence) - end <= MAX_CONTEXT else f"{sentence[end : end + MAX_CONTEXT]}…"
    return Passage(before, sentence[start:end], after)


def search(study: Study, query: str, *, whole: bool, column: str | None = None) -> npt.NDArray[np.uint32]:
    """Return the rows of the examples that match a query, whatever the case of its letters.

    Parameters
    ----------
    study
        A study of texts or words, or one with the column.
    query
        A word or a part of a text, 1 to 200 characters.
    whole
        Whether it must be the whole word, or whole words of the text; otherwise it may be a part of one.
    column
        The column to search; by default that of the texts or words.

    Returns
    -------
    ndarray of uint32
        Ascending.

    Raises
    ------
    InvalidInput
        If the study is not of texts and no column is named, or the query is empty or too long.
    UnknownName
        If there is no such column.
    """
    needle, searched = query.strip(), column or unit(study)
    if searched is None:
        raise InvalidInput("the study has no texts to search")
    if searched not in study.examples:
        raise UnknownName(f"there is no column {searched!r} to search")
    if not 0 < len(needle) <= MAX_QUERY_CHARACTERS:
        raise InvalidInput(f"a search needs 1 to {MAX_QUERY_CHARACTERS} characters: got {len(needle)}")
    values: pd.Series[Any] = study.examples[searched].astype("string").astype("object")
    lower = values.str.lower()
    if searched != "text" and whole:
        matches = lower == needle.lower()
    else:
        matches = lower.str.contains(needle.lower(), regex=False, na=False)
        if whole:
            pattern = re.compile(rf"(?<!\w){re.escape(needle)}(?!\w)", re.IGNORECASE)
            matches &= values.where(matches, "").map(lambda text: pattern.search(text) is not None)
    return np.flatnonzero(matches.to_numpy(dtype=bool)).astype(np.uint32)
