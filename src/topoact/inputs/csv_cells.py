"""`CellKinds`: what the cells of a column of a written table are, found without changing any: text stays text.

A column holds numbers only if all its cells are written as numbers are: 007 and 1_000 are text. The cells of a column
of names, such as labels, are text unless all are whole numbers.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Role: TypeAlias = Literal["label", "id"]

MISSING_MARKS: Final = frozenset(
    {"NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-nan", "NULL", "null", "None", "NaT"}
)
"""What programs write for a missing number. Among texts they are texts: an empty cell is what is missing there."""

WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
"""How a whole number is written that is the same when it is written again."""
_WHOLE_AS_FLOAT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.0+)?")
_NUMBER: Final = re.compile(
    r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?inf(?:inity)?", re.IGNORECASE
)
_COMMA: Final = re.compile(r"-?(0|[1-9][0-9]*),([0-9]+)(?:[eE][+-]?[0-9]+)?")
_EXACT: Final = 2**53
"""Whole numbers up to this are the same as floating-point numbers."""


@dataclass(frozen=True, slots=True)
class CellKind:
    """What the cells of a column are, and how they are read."""

    kind: Literal["integer", "number", "text"]
    read: Callable[[str], int | float | str | None]
    """From a cell to its value; None where it is missing."""
    has_commas: bool = False
    """Whether the numbers have decimal commas."""


@dataclass(slots=True)
class CellKinds:
    """The cells of one column, seen one by one."""

    n_values: int = 0
    marks: int = 0
    """Cells that mean a missing number, or are texts."""
    are_whole: bool = True
    are_whole_as_float: bool = True
    are_numbers: bool = True
    are_commas: bool = True
    has_comma: bool = False
    has_sure_comma: bool = False
    """Whether a comma can only be a decimal one: it does not stand before three digits as between thousands."""
    has_large: bool = False
    """Whether a whole number is too large for a floating-point number."""

    def see(self, cell: str) -> None:
        """Take note of one more cell."""
        cell = cell.strip()
        if not cell or not (self.are_numbers or self.are_commas):
            self.n_values += bool(cell)
            return
        if cell in MISSING_MARKS:
            self.marks += 1
            return
        self.n_values += 1
        if WHOLE.fullmatch(cell):
            number = int(cell) if len(cell) < 40 else 2**63
            self.are_whole &= -(2**63) <= number < 2**63
            self.are_numbers &= -(2**63) <= number < 2**63
            self.has_large |= abs(number) > _EXACT
            return
        self.are_whole = False
        self.are_whole_as_float &= bool(_WHOLE_AS_FLOAT.fullmatch(cell))
        self.are_numbers &= bool(_NUMBER.fullmatch(cell))
        comma = _COMMA.fullmatch(cell)
        self.are_commas &= bool(comma)
        if comma:
            self.has_comma = True
            self.has_sure_comma |= len(comma[2]) != 3 or comma[1] == "0"

    @property
    def may_have_thousands(self) -> bool:
        """Whether all are numbers with commas that may be decimal ones, or between thousands."""
        return bool(self.n_values) and self.are_commas and self.has_comma and not self.has_sure_comma

    def result(self, *, commas: bool, role: Role | None = None) -> CellKind:
        """Return what the cells are; `commas` says whether the table has decimal commas, `role` what the column names.

        With the role of a label only whole numbers are numbers, with that of an id nothing is.
        """
        if role == "id" or not self.n_values:
            return CellKind("text", _text)
        if self.are_whole and self.are_numbers:
            return CellKind("integer", _whole)
        if role == "label":
            is_whole = self.are_numbers and self.are_whole_as_float and not self.has_large
            return CellKind("integer", _whole) if is_whole else CellKind("text", _name)
        if self.are_numbers and not self.has_large:
            return CellKind("number", _number)
        if self.are_commas and self.has_comma and commas and not self.has_large:
            return CellKind("number", _comma_number, has_commas=True)
        return CellKind("text", _text)


def _text(cell: str) -> str | None:
    return cell if cell.strip() else None


def _name(cell: str) -> str | None:
    return cell.strip() or None


def _whole(cell: str) -> int | None:
    cell = cell.strip()
    return None if not cell or cell in MISSING_MARKS else int(cell.partition(".")[0])


def _number(cell: str) -> float | None:
    cell = cell.strip()
    return None if not cell or cell in MISSING_MARKS else float(cell)


def _comma_number(cell: str) -> float | None:
    return _number(cell.replace(",", "."))
