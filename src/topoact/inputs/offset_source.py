"""Inputs that come after those of a study: their rows count on, and so do names that are nothing but row numbers."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol, TypeVar, runtime_checkable

from topoact.inputs.records import Record, Source
from topoact.inputs.texts.source import Text, TextSource, Unit

Entry = TypeVar("Entry", Record, Text)


@runtime_checkable
class Listed(Protocol):
    """A source that knows what its inputs are called without reading them."""

    def ids(self) -> Iterable[str]:
        """List what the inputs are called."""
        ...


class OffsetSource:
    """A source of images or tensors whose first row is not 0."""

    def __init__(self, source: Source, offset: int) -> None:
        self._source, self._offset = source, offset
        self.record, self.n_threads, self.gives_tensors = source.record, source.n_threads, source.gives_tensors

    def __len__(self) -> int:
        return self._offset + len(self._source)

    def read(self, start: int) -> Iterator[Record]:
        for record in self._source.read(start - self._offset):
            later = _later(record, self._offset)
            yield replace(later, image=self._fetch(record)) if callable(record.image) else later

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        return self._source.class_names(n_outputs)

    def _fetch(self, record: Record) -> Any:
        return lambda: _later(record.image(), self._offset)


class OffsetTexts:
    """A source of texts whose first row is not 0."""

    def __init__(self, source: TextSource, offset: int) -> None:
        self._source, self._offset = source, offset
        self.record, self.text_columns, self.word_columns = source.record, source.text_columns, source.word_columns

    def __len__(self) -> int:
        return self._offset + len(self._source)

    def texts(self, start: int) -> Iterator[Text]:
        return (_later(text, self._offset) for text in self._source.texts(start - self._offset))

    def label_column(self, unit: Unit) -> str | None:
        return self._source.label_column(unit)

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        return self._source.class_names(n_outputs)


def offset_source(source: Source | TextSource, offset: int) -> Source | TextSource:
    """Return the source as it is after `offset` inputs of others."""
    return OffsetTexts(source, offset) if isinstance(source, TextSource) else OffsetSource(source, offset)


def offset_ids(source: Source | TextSource, offset: int, n_inputs: int) -> Iterator[str]:
    """List what the first inputs are called after `offset` others; nothing where only reading them tells."""
    ids: Iterable[str] = ()
    if isinstance(source, TextSource):
        ids = (text.id for text in source.texts(0))
    elif isinstance(source, Listed):
        ids = source.ids()
    return (_counted_on(name, row, offset) for row, name in enumerate(islice(ids, n_inputs)))


def _later(entry: Entry, offset: int) -> Entry:
    return replace(entry, row=entry.row + offset, id=_counted_on(entry.id, entry.row, offset))


def _counted_on(name: str, row: int, offset: int) -> str:
    return str(row + offset) if name == str(row) else name
