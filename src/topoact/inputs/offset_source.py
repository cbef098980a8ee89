"""`offset_source`: a source whose inputs follow those of a study; rows, and names that are row numbers, are shifted."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol, TypeVar, runtime_checkable

from topoact.inputs.records import Record, Source
from topoact.inputs.texts.source import Text, TextSource, Unit

Entry = TypeVar("Entry", Record, Text)


@runtime_checkable
class Listed(Protocol):
    """A source that knows the names of its inputs without reading them."""

    def ids(self) -> Iterable[str]:
        """Return the names of the inputs in order."""
        ...


class OffsetSource:
    """A source of images or tensors whose first row is not 0."""

    def __init__(self, source: Source, offset: int) -> None:
        self._source, self._offset = source, offset
        self.record, self.n_threads, self.gives_tensors = source.record, source.n_threads, source.gives_tensors
        self.remarks = getattr(source, "remarks", ())

    def __len__(self) -> int:
        return self._offset + len(self._source)

    def read(self, start: int) -> Iterator[Record]:
        for record in self._source.read(start - self._offset):
            shifted = _shifted(record, self._offset)
            yield replace(shifted, image=self._fetch(record)) if callable(record.image) else shifted

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        return self._source.class_names(n_outputs)

    def _fetch(self, record: Record) -> Any:
        return lambda: _shifted(record.image(), self._offset)


class OffsetTexts:
    """A source of texts whose first row is not 0."""

    def __init__(self, source: TextSource, offset: int) -> None:
        self._source, self._offset = source, offset
        self.record, self.text_columns, self.word_columns = source.record, source.text_columns, source.word_columns
        self.remarks = getattr(source, "remarks", ())

    def __len__(self) -> int:
        return self._offset + len(self._source)

    def texts(self, start: int) -> Iterator[Text]:
        return (_shifted(text, self._offset) for text in self._source.texts(start - self._offset))

    def label_column(self, unit: Unit) -> str | None:
        return self._source.label_column(unit)

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        return self._source.class_names(n_outputs)


def offset_source(source: Source | TextSource, offset: int) -> Source | TextSource:
    """Return the source with its rows shifted by `offset`."""
    return OffsetTexts(source, offset) if isinstance(source, TextSource) else OffsetSource(source, offset)


def offset_ids(source: Source | TextSource, offset: int, n_inputs: int) -> Iterator[str]:
    """Return the names of the first inputs, shifted by `offset`; none where they must be read to know them."""
    ids: Iterable[str] = ()
    if isinstance(source, TextSource):
        ids = (text.id for text in source.texts(0))
    elif isinstance(source, Listed):
        ids = source.ids()
    return (_shifted_name(name, row, offset) for row, name in enumerate(islice(ids, n_inputs)))


def _shifted(entry: Entry, offset: int) -> Entry:
    return replace(entry, row=entry.row + offset, id=_shifted_name(entry.id, entry.row, offset))


def _shifted_name(name: str, row: int, offset: int) -> str:
    return str(row + offset) if name == str(row) else name
