"""`check_numbers`: refuses values that are no numbers, or that would be others once they are floating-point numbers."""

from decimal import Decimal
from numbers import Integral, Real
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput

EXACT: Final = 2**53
"""Whole numbers up to this are the same as floating-point numbers."""


class NotNumbers(InvalidInput, TypeError):
    """Values that are no numbers; a TypeError as well, as estimators of scikit-learn raise it."""


def check_numbers(name: str, values: Any) -> None:
    """Refuse values that change when they become floating-point numbers.

    These are masked values, texts, dates and durations, other objects, and whole numbers that are too large. NaN and
    infinity are left to `check_finite`, and shapes and complex numbers to scikit-learn.

    Parameters
    ----------
    name
        How the values are called in errors.
    values
        An array, nested lists or a DataFrame.

    Raises
    ------
    InvalidInput
        With the first such value and the remedy.
    """
    if np.ma.is_masked(values):
        n_rows = int(np.count_nonzero(np.ma.getmaskarray(values).reshape(len(values), -1).any(axis=1)))
        raise InvalidInput(f"{name}: {n_rows} of {len(values)} rows are masked: leave them out, or fill them")
    if hasattr(values, "iloc") and hasattr(values, "columns"):
        for place, column in enumerate(values.columns):
            _check_series(f"column {column!r} of {name}", values.iloc[:, place])
    elif hasattr(values, "iloc"):
        _check_series(name, values)
    elif not hasattr(values, "toarray"):
        _check_array(name, _as_array(name, values))


def _as_array(name: str, values: Any) -> npt.NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as error:  # lists of different lengths
        raise InvalidInput(f"{name}: {str(error).splitlines()[0]}") from None
    except (TypeError, RuntimeError) as error:  # tensors that are on a device, or of a type that NumPy has not
        raise NotNumbers(f"{name} cannot become an array: {str(error).splitlines()[0]}") from None


def _check_series(subject: str, series: Any) -> None:
    """Check a column of a DataFrame, whose type may be one of pandas' own that can miss values."""
    is_own_number = not isinstance(series.dtype, np.dtype) and series.dtype.kind in "iufb"
    _check_array(subject, np.asarray(series.dropna() if is_own_number else series))


def _check_array(subject: str, array: npt.NDArray[Any]) -> None:
    kind = array.dtype.kind
    if kind in "iu":
        large = array[(array > EXACT) | (array < -EXACT)]
        _check_exact(subject, large.tolist())
    elif kind == "O":
        for place, value in enumerate(array.ravel().tolist()):
            _check_object(subject, value, place // max(int(np.prod(array.shape[1:])), 1))
    elif kind in "USTV":
        held = f"texts such as {str(array.ravel()[0])!r}" if array.size and kind != "V" else "records or texts"
        raise NotNumbers(f"could not convert string to float: {subject} holds {held}, and numbers are needed")
    elif kind in "Mm":
        what = "dates" if kind == "M" else "durations"
        raise NotNumbers(f"{subject} holds {what} ({array.dtype}): give numbers, such as the days since the first")


def _check_object(subject: str, value: Any, row: int) -> None:
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        raise NotNumbers(f"{subject} misses a value in row {row} ({value}): leave out rows without a value")
    if not isinstance(value, Real | Decimal | np.bool_):
        kind = type(value).__name__
        raise NotNumbers(
            f"{subject} holds an object of type {kind} in row {row}: an argument must be no string and no other object"
            " but a number"
        )
    if isinstance(value, Integral):
        _check_exact(subject, [int(value)])


def _check_exact(subject: str, whole: list[int]) -> None:
    for number in whole:
        if abs(number) >= 2**1023 or int(float(number)) != number:
            raise InvalidInput(
                f"{subject} holds {number}, which a floating-point number cannot hold exactly: subtract the smallest"
                " from all"
            )
