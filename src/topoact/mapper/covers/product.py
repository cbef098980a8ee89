"""`ProductCover`: boxes over several lenses; `even_cover`: the uniform cover of one lens or several."""

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Final

import numpy as np

from topoact.errors import InvalidInput
from topoact.mapper.covers.conventions import Ends
from topoact.mapper.covers.even import UniformCover
from topoact.mapper.protocols import Cover, Intervals, LensValues

MAX_BOXES: Final = 1_000_000
"""Boxes that a `ProductCover` may have."""


@dataclass(frozen=True, slots=True, init=False)
class ProductCover:
    """Boxes: the products of the intervals of one cover for each lens, the last lens varying fastest.

    Parameters
    ----------
    *covers
        One cover for each lens, at least two.

    Raises
    ------
    InvalidInput
        If there are fewer than two covers.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> boxes = topoact.ProductCover(topoact.UniformCover(2, 0.0), topoact.UniformCover(3, 0.0)).intervals(square)
    >>> boxes.lower.shape
    (6, 2)
    """

    covers: tuple[Cover, ...]

    def __init__(self, *covers: Cover) -> None:
        if len(covers) < 2:
            raise InvalidInput(f"a product needs a cover for each of several lenses: got {len(covers)}")
        object.__setattr__(self, "covers", covers)

    def intervals(self, lens: LensValues) -> Intervals:
        """Return the boxes that cover `lens`, shape (n_points, n_lenses).

        Raises
        ------
        InvalidInput
            If there are not as many lenses as covers, a cover refuses its lens, or there are more than 1,000,000 boxes.
        """
        n_lenses = _count(lens)
        if n_lenses != len(self.covers):
            raise InvalidInput(f"the cover is a product of {len(self.covers)} and needs as many lenses: got {n_lenses}")
        sides = [self._side(number, lens) for number in range(n_lenses)]
        n_boxes = prod(len(side.lower) for side in sides)
        if n_boxes > MAX_BOXES:
            raise InvalidInput(f"{n_boxes:,} boxes are more than {MAX_BOXES:,}: use fewer lenses or intervals")
        return Intervals(_product([side.lower for side in sides]), _product([side.upper for side in sides]))

    def _side(self, number: int, lens: LensValues) -> Intervals:
        try:
            return self.covers[number].intervals(lens[:, number])
        except InvalidInput as error:
            raise InvalidInput(f"lens {number} of {len(self.covers)}, counted from 0: {error}") from error


def check_even(n_intervals: Any, overlap: Any) -> None:
    """Refuse parameters of no uniform cover, before there are lens values; raises as `even_cover` does."""
    for numbers in product(_each(n_intervals), _each(overlap)):
        UniformCover(*numbers)


def even_cover(n_intervals: Any, overlap: Any, lens: LensValues) -> Cover:
    """Return the uniform cover of one lens, or the product of one for each of several.

    Raises
    ------
    InvalidInput
        If a parameter is out of range, or a tuple has not one number for each lens.
    """
    n_lenses = _count(lens)
    numbers = {"n_intervals": _each(n_intervals, n_lenses), "overlap": _each(overlap, n_lenses)}
    for name, values in numbers.items():
        if len(values) != n_lenses:
            raise InvalidInput(f"{name} holds {len(values)} numbers for {n_lenses} lens(es): give one for each")
    covers = [UniformCover(*pair) for pair in zip(*numbers.values(), strict=True)]
    return covers[0] if n_lenses == 1 else ProductCover(*covers)


def _count(lens: LensValues) -> int:
    return 1 if lens.ndim == 1 else lens.shape[1]


def _each(value: Any, n_lenses: int = 1) -> tuple[Any, ...]:
    """Return one value for each lens."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * n_lenses


def _product(ends: list[Ends]) -> Ends:
    return np.stack([grid.ravel() for grid in np.meshgrid(*ends, indexing="ij")], axis=1)
