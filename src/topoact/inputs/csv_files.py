"""`CsvFile`: a table of separated cells, read as its content shows or the user says; what was taken is said."""

import codecs
import csv
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa

from topoact.errors import InvalidInput
from topoact.inputs.csv_cells import CellKind, CellKinds, Role
from topoact.inputs.encodings import encoding_of
from topoact.inputs.records import check_distinct, role_column

CSV_SUFFIXES: Final = frozenset({".csv", ".tsv"})
DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
SAID_DELIMITER: Final = re.compile(r"sep=(.)\s*$")
"""A first line by which spreadsheets say the delimiter."""
MAX_CELL_CHARACTERS: Final = 2**24
SAMPLE_ROWS: Final = 100
"""Rows by which the delimiter is found."""
BLOCK_ROWS: Final = 4096
ARROW_TYPES: Final = {"integer": pa.int64(), "number": pa.float64(), "text": pa.string()}


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What the user says of a table; by default its content says it.

    Raises
    ------
    InvalidInput
        If the delimiter is no single character, or there is no such encoding.

    Examples
    --------
    >>> from topoact.extract import TableOptions
    >>> TableOptions(delimiter=";", missing=frozenset({"NA"})).delimiter
    ';'
    """

    delimiter: str | None = None
    """The character between the cells of a row."""
    encoding: str | None = None
    """As Python names it: utf-8, cp1252, shift_jis, …"""
    missing: frozenset[str] = frozenset()
    """Labels that mean that there is none, besides empty cells."""

    def __post_init__(self) -> None:
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n'):
            raise InvalidInput(f"--delimiter must be one character, such as ; or tab: got {self.delimiter!r}")
        try:
            codecs.lookup(self.encoding or "utf-8")
        except LookupError:
            raise InvalidInput(f"--encoding must be one that Python knows, as cp1252: got {self.encoding!r}") from None

    def check_unused(self, spec: str) -> None:
        """Refuse options for data that are no table in a file."""
        if self != TableOptions():
            raise InvalidInput(f"--delimiter, --encoding and --missing are for tables in files, and {spec} is none")


class CsvFile:
    """A ``.csv`` or ``.tsv`` table, of which a row is in memory at a time.

    Parameters
    ----------
    path
        The file.
    options
        What the user says of it.
    label, identity
        Columns of names, "label" and "id" by default, whose cells are kept as they are written.
    more
        Files written alike, whose rows follow.

    Attributes
    ----------
    names : tuple of str
        The columns, without spaces around their names.
    delimiter, encoding : str
        What was taken.

    Raises
    ------
    InvalidInput
        If it cannot be read, is empty, or two columns have one name.
    """

    def __init__(
        self,
        path: Path,
        options: TableOptions | None = None,
        *,
        label: str | None = None,
        identity: str | None = None,
        more: Sequence[Path] = (),
    ) -> None:
        options = options or TableOptions()
        self.path, self._paths = path, (path, *more)
        csv.field_size_limit(min(MAX_CELL_CHARACTERS, sys.maxsize))
        with self._errors(path):
            self.encoding = options.encoding or encoding_of(path)
            said = SAID_DELIMITER.match(self._first_line())
            self._n_before = 1 if said else 0
            self.delimiter = options.delimiter or (said[1] if said else self._sniffed())
            sample = self._sample(self.delimiter)
        if not sample:
            raise InvalidInput(f"the table {path} cannot be read: Empty CSV file")
        self._is_spaced = len(sample[0]) > 1 and all(cell[:1] in ("", " ") for row in sample for cell in row[1:])
        header = next(self._lines(path))[1]
        self.names = tuple(name.strip() or f"column {number}" for number, name in enumerate(header, 1))
        check_distinct(path, self.names)
        self._roles: dict[str | None, Role] = {
            role_column(self.names, "label", label): "label",
            role_column(self.names, "id", identity): "id",
        }

    @property
    def record(self) -> dict[str, str]:
        """What was taken, as JSON; empty where it is what the suffix says."""
        usual = {"delimiter": _usual(self.path), "encoding": "utf-8"}
        taken = {"delimiter": self.delimiter, "encoding": self.encoding.removesuffix("-sig")}
        return {} if taken == usual else taken

    @property
    def remarks(self) -> list[str]:
        """Sentences on how it was read, where there was a choice."""
        name, remarks = self.path.name, []
        if self.record:
            between = DELIMITERS.get(self.delimiter, repr(self.delimiter))
            remarks.append(
                f"{name}: cells between {between}, encoding {self.record['encoding']} (see --delimiter, --encoding)"
            )
        if len(self.names) == 1 and not re.fullmatch(r"[\w.-]+", self.names[0]):
            remarks.append(f"{name}: one column, {self.names[0]!r} (see --delimiter)")
        if commas := [one for one, kind in zip(self.names, self.kinds, strict=True) if kind.has_commas]:
            remarks.append(f"{name}: numbers with decimal commas in {', '.join(commas)}")
        if unsure := [one for one, seen in zip(self.names, self._seen, strict=True) if self._is_unsure(seen)]:
            remarks.append(
                f"{name}: {', '.join(unsure)} taken as text, whose commas may be decimal ones or between thousands:"
                " write points"
            )
        return remarks

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self._survey[0]

    @property
    def kinds(self) -> list[CellKind]:
        """What the cells of each column are."""
        commas = self.delimiter != "," and any(seen.are_commas and seen.has_sure_comma for seen in self._seen)
        pairs = zip(self.names, self._seen, strict=True)
        return [seen.result(commas=commas, role=self._roles.get(name)) for name, seen in pairs]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the values of each row by column; None is missing."""
        columns = [(name, kind.read) for name, kind in zip(self.names, self.kinds, strict=True)]
        for cells in self.cells():
            yield {name: read(cell) for (name, read), cell in zip(columns, cells, strict=True)}

    @property
    def facts(self) -> list[tuple[str, int, int]]:
        """Path, size and time of each file."""
        stats = ((path, path.stat()) for path in self._paths)
        return [(str(path.resolve()), stat.st_size, stat.st_mtime_ns) for path, stat in stats]

    @property
    def text_columns(self) -> list[str]:
        """Columns of texts."""
        return [name for name, kind in zip(self.names, self.kinds, strict=True) if kind.kind == "text"]

    @property
    def columns_with_marks(self) -> list[str]:
        """Columns with cells such as NA, which other readers take for missing."""
        return [name for name, seen in zip(self.names, self._seen, strict=True) if seen.marks]

    def cells(self) -> Iterator[list[str]]:
        """Yield the cells of each row as they are written."""
        for path in self._paths:
            lines = self._lines(path)
            header = [name.strip() for name in next(lines, (0, list[str]()))[1]]
            if path != self.path and header != list(self.names):
                raise InvalidInput(f"{path} has other columns than {self.path}: {', '.join(header)}")
            for number, cells in lines:
                if len(cells) != len(self.names):
                    held = "more" if len(cells) > len(self.names) else "fewer"
                    raise InvalidInput(
                        f"line {number} of {path} has {held} cells than the table has columns, {len(cells)} and"
                        f" {len(self.names)}: see --delimiter"
                    )
                yield cells

    def table(self) -> pa.Table:
        """Return the whole table. Memory: all of it."""
        kinds, cells = self.kinds, self.cells()
        schema = pa.schema([(name, ARROW_TYPES[kind.kind]) for name, kind in zip(self.names, kinds, strict=True)])
        batches = []
        while block := list(islice(cells, BLOCK_ROWS)):
            values = [
                list(map(kind.read, column)) for kind, column in zip(kinds, zip(*block, strict=True), strict=True)
            ]
            batches.append(pa.record_batch(values, schema=schema))
        return pa.Table.from_batches(batches, schema)

    @property
    def _seen(self) -> Sequence[CellKinds]:
        return self._survey[1]

    @cached_property
    def _survey(self) -> tuple[int, list[CellKinds]]:
        n_rows, seen = 0, [CellKinds() for _ in self.names]
        for cells in self.cells():
            n_rows += 1
            for one, cell in zip(seen, cells, strict=True):
                one.see(cell)
        return n_rows, seen

    def _is_unsure(self, seen: CellKinds) -> bool:
        return self.delimiter != "," and seen.may_have_thousands and not any(k.has_commas for k in self.kinds)

    def _lines(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of a file that are not blank, each with the number of the line where it ends."""
        with self._errors(path), self._opened(path) as file:
            rows = csv.reader(file, delimiter=self.delimiter, skipinitialspace=self._is_spaced, strict=True)
            for cells in rows:
                if cells:
                    yield rows.line_num + self._n_before, cells

    def _sample(self, delimiter: str) -> list[list[str]]:
        with self._opened(self.path) as file:
            return [cells for cells in islice(csv.reader(file, delimiter=delimiter), SAMPLE_ROWS) if cells]

    def _first_line(self) -> str:
        with self.path.open(encoding=self.encoding) as file:
            return file.readline(MAX_CELL_CHARACTERS)

    def _opened(self, path: Path) -> IO[str]:
        """Open a file where its header begins."""
        file = path.open(encoding=self.encoding, newline="")
        for _ in range(self._n_before):
            file.readline()
        return file

    def _sniffed(self) -> str:
        """Return the delimiter that gives all rows the same number of cells, the most; else that of the suffix."""
        usual = _usual(self.path)
        widths = dict[str, int]()
        for delimiter in (usual, *DELIMITERS):
            found = {len(cells) for cells in self._sample(delimiter)}
            if len(found) == 1:
                widths.setdefault(delimiter, found.pop())
        best = max(widths, key=lambda delimiter: widths[delimiter], default=usual)
        return best if widths.get(best, 0) > 1 else usual

    @contextmanager
    def _errors(self, path: Path) -> Iterator[None]:
        """Say what keeps a file from being read in a sentence."""
        try:
            yield
        except FileNotFoundError:
            raise InvalidInput(f"there is no data at {path}") from None
        except UnicodeError as error:
            raise InvalidInput(f"the table {path} cannot be read: {error}; see --encoding") from None
        except (OSError, csv.Error) as error:
            raise InvalidInput(f"the table {path} cannot be read: {str(error).splitlines()[0]}") from None


def _usual(path: Path) -> str:
    return "\t" if path.suffix.lower() == ".tsv" else ","
