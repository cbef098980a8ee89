"""Columns of the examples as numbers, `coded_columns`; names of columns for the lens, colours, search and points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from topoact.study import Layer, Study
from topoact.workbench.texts import UNCOLOURED_COLUMNS, unit

MAX_CATEGORIES: Final = 2_000
"""Distinct values of a text column up to which it is a colour; with more it can only be searched."""
CHECKPOINT_PREFIX: Final = "prediction@"
"""Prefix of a column with the predictions of a further checkpoint."""
COLUMN_LENS: Final = "column:"
"""Prefix of a lens that is a numeric column of the examples."""


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A column of the examples table."""

    name: str
    kind: Literal["category", "number"]
    categories: list[str] | None
    values: npt.NDArray[np.int32] | npt.NDArray[np.float32]
    """Codes (−1 is missing) or numbers (NaN is missing), shape (n_examples,)."""


def holds_classes(name: str) -> bool:
    """Return whether the categories of a column are the classes of the study."""
    return name in {"label", "prediction"} or name.startswith(CHECKPOINT_PREFIX)


def prediction_columns(study: Study) -> list[str]:
    """Return the columns of the network's predictions, that of the first checkpoint first."""
    return [str(name) for name in study.examples if name == "prediction" or str(name).startswith(CHECKPOINT_PREFIX)]


def prediction_column(study: Study, layer: Layer) -> str:
    """Return the column of the predictions of a layer's checkpoint."""
    own = f"{CHECKPOINT_PREFIX}{layer.checkpoint}"
    return own if own in study.examples else "prediction"


def coded_columns(study: Study) -> list[CodedColumn]:
    """Return all columns that can be a colour, a filter or a lens, in their order."""
    columns = (_coded(name, column, study.classes) for name, column in _shown_columns(study))
    return [column for column in columns if column is not None]


def category_column(study: Study, name: str) -> CodedColumn | None:
    """Return a column of the examples that has categories, or None."""
    found = (_coded(name, column, study.classes) for own, column in _shown_columns(study) if own == name)
    return next((column for column in found if column is not None and column.categories is not None), None)


def first_category(study: Study) -> str | None:
    """Return the column whose categories are the classes where none is named: label, prediction, else the first."""
    names = ["label", "prediction", *(name for name, _ in _shown_columns(study))]
    return next((name for name in names if category_column(study, name) is not None), None)


def number_columns(study: Study) -> list[str]:
    """Return the names of the numeric columns without missing values: those that can be a lens."""
    return [
        name
        for name, column in _shown_columns(study)
        if _is_number(column) and np.isfinite(column.to_numpy(dtype=np.float64, na_value=np.nan)).all()
    ]


def text_columns(study: Study) -> list[str]:
    """Return the names of the columns that can be searched: the texts or words, then texts of too many values."""
    kind = unit(study)
    many_valued = (
        name
        for name, column in _shown_columns(study)
        if not (name == kind or holds_classes(name) or _is_number(column) or _is_list(column))
        and column.nunique() > MAX_CATEGORIES
    )
    return [*([kind] if kind else []), *many_valued]


def point_columns(layer: Layer) -> list[str]:
    """Return the numeric columns of a layer's points: measured values, then the position if it has one."""
    return [*layer.measured, *(("y", "x") if layer.grid else ())]


def _shown_columns(study: Study) -> Iterator[tuple[str, "pd.Series[Any]"]]:
    hidden = {"id", *(UNCOLOURED_COLUMNS if unit(study) else ())}
    return ((str(name), study.examples[name]) for name in study.examples if name not in hidden)


def _is_number(column: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _is_list(column: "pd.Series[Any]") -> bool:
    """Return whether the values are lists, such as those of ``top5``."""
    return any(isinstance(value, Sequence | np.ndarray) and not isinstance(value, str) for value in column[:1])


def _coded(name: str, column: "pd.Series[Any]", classes: tuple[str, ...]) -> CodedColumn | None:
    if holds_classes(name):
        values = column.astype("object")
        codes = pd.Categorical(values.where(values.isin(classes)), categories=list(classes)).codes
        return CodedColumn(name, "category", list(classes), codes.astype(np.int32))
    if _is_number(column):
        return CodedColumn(name, "number", None, column.to_numpy(dtype=np.float32, na_value=np.nan))
    if _is_list(column):
        return None
    categorical = pd.Categorical(column.astype("string").astype("object"))
    if len(categorical.categories) > MAX_CATEGORIES:
        return None
    return CodedColumn(name, "category", [str(c) for c in categorical.categories], categorical.codes.astype(np.int32))
