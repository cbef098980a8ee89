"""Which texts or words are kept: those whose columns have certain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from topoact.errors import InvalidInput, UnknownName
from topoact.networks.specs import nearest


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions that all hold; without any, everything is kept."""

    texts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Values that are kept, by column of the texts."""
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The same of the words."""

    @classmethod
    def of(cls, conditions: Sequence[str], text_columns: Sequence[str], word_columns: Sequence[str]) -> "Where":
        """Return what ``column=value,value`` say.

        Raises
        ------
        InvalidInput
            If a condition is not of that form.
        UnknownName
            If there is no such column.
        """
        texts, words = dict[str, frozenset[str]](), dict[str, frozenset[str]]()
        for condition in conditions:
            name, equals, values = (part.strip() for part in condition.partition("="))
            if not (name and equals and values):
                raise InvalidInput(f"--where needs column=value or column=value,value: got {condition!r}")
            if name not in (*text_columns, *word_columns):
                raise UnknownName(
                    f"--where knows no column {name!r}: did you mean {nearest(name, [*word_columns, *text_columns])}?"
                )
            level = words if name in word_columns else texts
            level[name] = frozenset(value.strip() for value in values.split(","))
        return cls(texts, words)

    def takes_text(self, columns: Mapping[str, Any]) -> bool:
        """Return whether a text is kept."""
        return all(str(columns.get(name)) in values for name, values in self.texts.items())

    def takes_word(self, columns: Mapping[str, Sequence[Any]], place: int) -> bool:
        """Return whether a word of a text is kept."""
        return all(str(columns[name][place]) in values for name, values in self.words.items())
