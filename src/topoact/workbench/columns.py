"""Columns of the examples table as numbers: categories by code, the rest as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.study import Study
from topoact.workbench.texts import NOT_COLOURS, unit

MAX_CATEGORIES: Final = 2_000
"""A text column with more distinct values is an identifier, not a category, and is left out."""
CLASS_COLUMNS: Final = ("label", "prediction")
"""Columns whose categories are the classes of the study; `prediction@NAME` is that of another checkpoint."""


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A column of the examples table."""

    name: str
    kind: Literal["category", "number"]
    categories: list[str] | None
    values: npt.NDArray[np.int32] | npt.NDArray[np.float32]
    """Codes (−1 is missing) or numbers (NaN is missing), shape (n_examples,)."""


def coded_columns(study: Study) -> list[CodedColumn]:
    """Return all columns that can be coloured, searched or used as a lens, in their order."""
    hidden = _hidden(study)
    columns = (_coded(str(n), study.examples[n], study.classes) for n in study.examples if n not in hidden)
    return [column for column in columns if column is not None]


def number_columns(study: Study) -> list[str]:
    """Return the names of the numeric columns without missing values: those that can be a lens."""
    examples, hidden = study.examples, _hidden(study)
    return [
        str(name)
        for name in examples
        if name not in hidden
        and pd.api.types.is_numeric_dtype(examples[name])
        and not pd.api.types.is_bool_dtype(examples[name])
        and np.isfinite(examples[name].to_numpy(dtype=np.float64, na_value=np.nan)).all()
    ]


def _hidden(study: Study) -> tuple[str, ...]:
    return ("id", *(NOT_COLOURS if unit(study) else ()))


def _coded(name: str, column: "pd.Series[Any]", classes: tuple[str, ...]) -> CodedColumn | None:
    if name.partition("@")[0] in CLASS_COLUMNS:
        codes = pd.Categorical(column.astype("object"), categories=list(classes)).codes
        return CodedColumn(name, "category", list(classes), codes.astype(np.int32))
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return CodedColumn(name, "number", None, column.to_numpy(dtype=np.float32, na_value=np.nan))
    if any(isinstance(value, Sequence | np.ndarray) and not isinstance(value, str) for value in column[:1]):
        return None  # top5 and its like are for the table, not for colouring
    categorical = pd.Categorical(column.astype("string").astype("object"))
    if len(categorical.categories) > MAX_CATEGORIES:
        return None
    return CodedColumn(name, "category", [str(c) for c in categorical.categories], categorical.codes.astype(np.int32))
