"""`Layout`: which axes of a layer's output are examples, channels and positions; `AxisChoices`: what the user says."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput, ModelError, UnknownName

Kept = TypeVar("Kept")

ALL: Final = "*"
"""Name under which a user's axis is for all layers."""
_AXIS: Final = re.compile(r"(?:(.+)=)?\s*(-?\d+)")


@dataclass(frozen=True, slots=True)
class AxisChoices:
    """Axes that the user names, by layer or for `ALL`; negative ones count from the end."""

    example: Mapping[str, int] = field(default_factory=dict)
    channel: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.example or self.channel)

    def record(self) -> dict[str, dict[str, int]]:
        """Return what a study records of them."""
        return {"example": dict(self.example), "channel": dict(self.channel)}

    @classmethod
    def parsed(cls, example: str | None, channel: str | None) -> "AxisChoices":
        """Return the choices in comma-separated lists of ``layer=axis``; a number alone is for all layers.

        Raises
        ------
        InvalidInput
            If an entry has another form, or a layer has two axes.
        """
        return cls(_axes(example, "--example-axis"), _axes(channel, "--channel-axis"))

    @classmethod
    def from_record(cls, record: Mapping[str, Mapping[str, int]] | None) -> "AxisChoices":
        """Return the choices that a study records."""
        return cls(dict((record or {}).get("example", {})), dict((record or {}).get("channel", {})))

    def text(self, kind: str) -> str | None:
        """Return the axes "example" or "channel" as `parsed` takes them; None where there are none."""
        given = self.example if kind == "example" else self.channel
        return ",".join(str(axis) if name == ALL else f"{name}={axis}" for name, axis in given.items()) or None

    def only(self, layers: tuple[str, ...]) -> "AxisChoices":
        """Return the choices for some layers."""
        kept = (*layers, ALL)
        example, channel = ({n: a for n, a in one.items() if n in kept} for one in (self.example, self.channel))
        return AxisChoices(example, channel)

    def check(self, layers: tuple[str, ...]) -> None:
        """Refuse axes of layers that are not taken.

        Raises
        ------
        UnknownName
            If there are some.
        """
        for option, given in (("--example-axis", self.example), ("--channel-axis", self.channel)):
            for name in given:
                if name not in (*layers, ALL):
                    raise UnknownName(f"{option} names {name!r}, and the layers are {', '.join(layers)}")

    def axis(self, kind: str, name: str, shape: tuple[int, ...]) -> int | None:
        """Return the axis, "example" or "channel", that the user names for a layer; None where none is named.

        Raises
        ------
        InvalidInput
            If the output of the layer has no such axis.
        """
        given = self.example if kind == "example" else self.channel
        axis = given.get(name, given.get(ALL))
        if axis is not None and not -len(shape) <= axis < len(shape):
            raise InvalidInput(
                f"--{kind}-axis {axis} is none of layer {name!r}, which gives {dimensions(shape)}: its axes are 0 to"
                f" {len(shape) - 1}"
            )
        return None if axis is None else axis % len(shape)


@dataclass(frozen=True, slots=True)
class Folded:
    """The axis of the examples, which may hold several rows of each, as windows of an image."""

    axis: int
    n_rows: int = 1
    """Rows of one input on the axis."""
    is_interleaved: bool = False
    """Whether the first rows of all inputs come first, as where two batches are joined."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The axes of the output of a layer."""

    name: str
    ndim: int
    example: Folded
    channel: int
    places: NDArray[np.int64] | None = None
    """For each position of a map where it is among the positions of the output; None if they are in order."""
    n_positions: int | None = None
    """Positions of the output for one input that `places` is of."""
    grid: tuple[int, int] | None = None
    """Height and width of that map; None where its positions are in a row."""
    is_row: bool = False
    """Whether two axes of positions, as of windows and what is inside them, are no map and are taken as a row."""

    def ordered(self, output: Any, n_inputs: int) -> Any:
        """Return an output as (B, C), (B, T, C) or (B, C, H, W).

        Raises
        ------
        ModelError
            If it has other axes than those that were found.
        """
        self.check(tuple(output.shape), n_inputs)
        if self.example.n_rows == 1 and not self.is_row:
            return _permuted(output, self._order)
        rows = self._rows(output, n_inputs)
        if self.places is None:
            return rows
        if rows.shape[1] != self.n_positions:
            raise ModelError(
                f"layer {self.name!r} gives {rows.shape[1]} positions for an input, and for another"
                f" {self.n_positions}: bring the inputs to one size with --size"
            )
        rows = rows[:, self.places]
        if self.grid is None:
            return rows
        return _permuted(rows.reshape(n_inputs, *self.grid, rows.shape[-1]), (0, 3, 1, 2))

    def then(self, keep: Callable[[Any], Kept], n_inputs: int) -> Callable[[Any], Kept]:
        """Return `keep` for outputs as the network gives them."""
        return lambda output: keep(self.ordered(output, n_inputs))

    def overwritten(self, output: Any, n_inputs: int, write: Callable[[Any], None]) -> Any:
        """Return a copy of a tensor over whose ordered form `write` has written."""
        import torch

        index = self.ordered(torch.arange(output.numel(), device=output.device).reshape(output.shape), n_inputs)
        values = self.ordered(output, n_inputs).clone()
        write(values)
        flat = output.clone().reshape(-1)
        flat[index.reshape(-1)] = values.reshape(-1)
        return flat.reshape(output.shape)

    def check(self, shape: tuple[int, ...], n_inputs: int) -> None:
        """Refuse an output that is not as it was found; raises `ModelError`."""
        expected = n_inputs * self.example.n_rows
        if len(shape) != self.ndim or shape[self.example.axis] != expected:
            raise ModelError(
                f"layer {self.name!r} gives {dimensions(shape)} for {n_inputs} inputs, and axis {self.example.axis} of"
                f" {self.ndim} should have {expected}: its examples cannot be told apart, choose another layer"
            )

    @property
    def _positions(self) -> tuple[int, ...]:
        return tuple(axis for axis in range(self.ndim) if axis not in (self.example.axis, self.channel))

    @property
    def _order(self) -> tuple[int, ...]:
        example, positions = self.example.axis, self._positions
        is_row = len(positions) == 1
        return (example, *positions, self.channel) if is_row else (example, self.channel, *positions)

    def _rows(self, output: Any, n_inputs: int) -> Any:
        """Return an output with several rows of each input as (B, T, C)."""
        axis, n_rows = self.example.axis, self.example.n_rows
        folded = (n_rows, n_inputs) if self.example.is_interleaved else (n_inputs, n_rows)
        shape = tuple(output.shape)
        split = output.reshape(*shape[:axis], *folded, *shape[axis + 1 :])
        own, row = (axis + 1, axis) if self.example.is_interleaved else (axis, axis + 1)
        positions, channel = ([a + (a > axis) for a in axes] for axes in (self._positions, (self.channel,)))
        ordered = _permuted(split, (own, row, *positions, *channel))
        return ordered.reshape(n_inputs, math.prod(ordered.shape[1:-1]), ordered.shape[-1])


def _axes(text: str | None, option: str) -> dict[str, int]:
    axes: dict[str, int] = {}
    for part in [] if text is None else text.split(","):
        entry = _AXIS.fullmatch(part.strip())
        if entry is None:
            raise InvalidInput(f"{option} needs an axis, as 1, or axes of layers, as block=1,rnn[0]=2: got {text!r}")
        name = (entry[1] or ALL).strip()
        if name in axes:
            raise InvalidInput(f"{option} names two axes of {'all layers' if name == ALL else name}: got {text!r}")
        axes[name] = int(entry[2])
    return axes


def dimensions(shape: tuple[int, ...]) -> str:
    """Return a shape as text: "2 x 3 x 8 x 8"."""
    return " x ".join(map(str, shape)) or "a number"


def _permuted(output: Any, order: tuple[int, ...]) -> Any:
    """Return a tensor of torch or an array of NumPy with its axes in another order."""
    if order == tuple(range(len(order))):
        return output
    return output.permute(order) if hasattr(output, "permute") else output.transpose(order)
