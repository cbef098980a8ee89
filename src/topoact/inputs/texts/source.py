"""`TextSource`: the protocol of sources of texts; `TextFolder`: a folder of ``.txt`` files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from topoact.errors import InvalidInput
from topoact.inputs.folders import files_below
from topoact.study.files import digest

Unit: TypeAlias = Literal["text", "word"]
"""An example of a study of texts: a whole text, or a word or token of one."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words of one text that its source marks, in order."""

    spans: Sequence[tuple[int, int]]
    """Start and end of each in the text, in characters (code points)."""
    columns: Mapping[str, Sequence[str | None]]
    """Columns of the words, by name."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a source."""

    row: int
    """Its row in the source."""
    id: str
    text: str | None
    """None if it cannot be read."""
    columns: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the text, by name; with `label`, where the source has labels of texts."""
    words: Words | None = None
    """Its words, where the source marks them."""
    is_latin: bool = False
    """Whether it is no UTF-8 and was read as Latin-1, which the summary reports."""


@runtime_checkable
class TextSource(Protocol):
    """Texts in a fixed order."""

    record: dict[str, Any]
    """Its identity, as JSON; it changes with the texts."""
    text_columns: tuple[str, ...]
    """Names of the columns of texts."""
    word_columns: tuple[str, ...] | None
    """Names of the columns of words; None if words are not marked."""

    def __len__(self) -> int: ...

    def texts(self, start: int) -> Iterator[Text]:
        """Yield the texts from row `start` on."""
        ...

    def label_column(self, unit: Unit) -> str | None:
        """Return the column that is the label of a text, or of a word."""
        ...

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        """Return names for the outputs of a network if the source has as many."""
        ...


class TextFolder:
    """``.txt`` files; the name of the folder inside it that holds a file is the text's label.

    A file that is no UTF-8 is read as Latin-1, unless it holds zeros, as other encodings and other files do.

    Raises
    ------
    InvalidInput
        If there are no such files.
    """

    text_columns: tuple[str, ...] = ("label",)
    word_columns: tuple[str, ...] | None = None

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = files_below(path, {".txt"})
        if not self._files:
            raise InvalidInput(f"no texts found in {path}: looked for .txt files")
        self._labels = tuple(sorted({file.parts[0] for file in self._files if len(file.parts) > 1}))
        names = [file.as_posix() for file in self._files]
        self.record: dict[str, Any] = {
            "kind": "texts",
            "path": str(path.resolve()),
            "digest": digest(names),
            "n": len(names),
        }

    def __len__(self) -> int:
        return len(self._files)

    def texts(self, start: int) -> Iterator[Text]:
        for row, file in enumerate(self._files[start:], start):
            label = file.parts[0] if len(file.parts) > 1 else None
            text, is_latin = _read(self.path / file)
            yield Text(row, file.as_posix(), text, {"label": label}, is_latin=is_latin)

    def label_column(self, unit: Unit) -> str | None:  # noqa: ARG002  # words have the label of their text
        return "label" if self._labels else None

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        return self._labels if len(self._labels) == n_outputs else None


def _read(path: Path) -> tuple[str | None, bool]:
    """Return a text, None if it cannot be read, and whether it is Latin-1."""
    try:
        return path.read_text("utf-8-sig"), False
    except UnicodeDecodeError:
        text = path.read_text("latin-1")
        return (None, False) if "\0" in text else (text, True)
    except OSError:
        return None, False
