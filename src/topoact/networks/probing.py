"""What two batches tell of the axes of an output: `example_axis` finds that of the examples, `channel_axis` another.

Functions of arrays and shapes; who runs the network is said elsewhere. An axis that grows with the number of inputs is
that of the examples, or holds several rows of each. Which rows are whose is seen when one input is altered. Where one
channel of an earlier layer is altered, the axis along which the change stays at one place is that of the channels.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topoact.errors import ModelError
from topoact.networks.axes import Folded, dimensions

SIZES: Final = (2, 3)
"""Numbers of inputs of the two batches."""
_NEGLIGIBLE: Final = 1e-4
"""Change, as a share of the largest, that is none."""
_DOMINANT: Final = 2.0
"""Least ratio between the change of an altered input's own rows and that of the others'."""


class Altered(NamedTuple):
    """The outputs for two batches that differ in one input."""

    number: int
    """Which input was altered."""
    before: NDArray[np.float32]
    after: NDArray[np.float32]


def example_axis(
    name: str, shapes: Mapping[int, tuple[int, ...]], altered: Sequence[Altered], chosen: int | None
) -> Folded:
    """Return the axis of the examples.

    Parameters
    ----------
    name
        Name of the layer.
    shapes
        Shape of the output by the number of inputs: of two numbers, or of one where the network takes no other.
    altered
        Outputs for batches of the greater number of inputs.
    chosen
        The axis that the user names.

    Returns
    -------
    Folded
        The axis; with several rows for each input only if there can be no other axis, or the user names it.

    Raises
    ------
    ModelError
        If there is none or it cannot be known.
    """
    n = max(shapes)
    if n == 1:
        return _of_one(name, shapes[1], chosen)
    growing = _growing(name, shapes)
    if chosen is not None and chosen not in growing:
        raise ModelError(
            f"axis {chosen} of layer {name!r} is not that of the examples: it gives {_both(shapes)}; name another with"
            " --example-axis, or another layer"
        )
    if not growing:
        raise ModelError(
            f"layer {name!r} gives {_both(shapes)}: none of its axes is that of the examples, choose another layer"
        )
    axes = growing if chosen is None else [chosen]
    if len(shapes) == 1:  # lengths alone say little: what changes with an input says more
        axes = [axis for axis in axes if _is_seen(altered, axis) and _is_in_order(altered, axis)] or axes[:1]
    if len(axes) > 1:
        raise ModelError(
            f"layer {name!r} gives {_both(shapes)}: more than one axis grows with the inputs, say which is that of the"
            f" examples with --example-axis {name}={growing[0]}, or choose another layer"
        )
    if shapes[n][axes[0]] == n and _is_in_order(altered, axes[0]):
        return Folded(axes[0])
    return _folded(name, axes[0], shapes, altered)


def _of_one(name: str, shape: tuple[int, ...], chosen: int | None) -> Folded:
    """Return the axis of the examples where the network takes one input at a time: all of its output is of that one."""
    if chosen is not None:
        return Folded(chosen, shape[chosen])
    if shape and shape[0] == 1:
        return Folded(0)
    raise ModelError(
        f"layer {name!r} gives {dimensions(shape)} for 1 input, and the network takes no other number: say which axis"
        f" is that of the examples with --example-axis {name}=N, or choose another layer"
    )


def _growing(name: str, shapes: Mapping[int, tuple[int, ...]]) -> list[int]:
    """Return the axes whose length is proportional to the number of inputs."""
    if len(shapes) == 1:
        ((n, shape),) = shapes.items()
        return [axis for axis, length in enumerate(shape) if length % n == 0 and length]
    small, large = sorted(shapes)
    first, second = shapes[small], shapes[large]
    if len(first) == len(second):
        pairs = list(enumerate(zip(first, second, strict=True)))
        grown = [axis for axis, (a, b) in pairs if a != b]
        if all(a * large == b * small for axis, (a, b) in pairs if axis in grown):
            return grown
    raise ModelError(
        f"layer {name!r} gives {_both(shapes)}: the rows of one input cannot be told from those of another, choose"
        " another layer"
    )


def _folded(name: str, axis: int, shapes: Mapping[int, tuple[int, ...]], altered: Sequence[Altered]) -> Folded:
    n = max(shapes)
    n_rows = shapes[n][axis] // n
    if n_rows > 1:
        for is_interleaved in (False, True):
            if _is_seen(altered, axis) and _is_in_order(altered, axis, n_rows, is_interleaved=is_interleaved):
                return Folded(axis, n_rows, is_interleaved)
    raise ModelError(
        f"layer {name!r} gives {_both(shapes)}, and row i of axis {axis} is not that of input i: its examples cannot be"
        " told apart, choose another layer"
    )


def _is_seen(altered: Sequence[Altered], axis: int) -> bool:
    return bool(altered) and all(_by_row(one, axis).any() for one in altered)


def _is_in_order(altered: Sequence[Altered], axis: int, n_rows: int = 1, *, is_interleaved: bool = False) -> bool:
    """Return whether an altered input changes its own rows above all; an output that is constant is in order."""
    for one in altered:
        change = _by_row(one, axis)
        if not change.any():
            continue
        by_input = change.reshape(n_rows, -1).mean(0) if is_interleaved else change.reshape(-1, n_rows).mean(1)
        if by_input[one.number] < _DOMINANT * np.delete(by_input, one.number).max(initial=0):
            return False
    return True


def _by_row(one: Altered, axis: int) -> NDArray[np.float64]:
    """Return the mean change at each place of an axis."""
    change = _change(one.before, one.after)
    return change.mean(tuple(other for other in range(change.ndim) if other != axis))


def channel_axis(before: NDArray[Any], after: Sequence[NDArray[Any]], example: int | None) -> int | None:
    """Return the axis along which each change, of one channel of an earlier layer, stays at one place of its own.

    Parameters
    ----------
    before
        The output.
    after
        The output with one channel altered, and with another.
    example
        The axis of the examples.

    Returns
    -------
    int or None
        None where the changes are nowhere, everywhere, or at one place of several axes.
    """
    places: list[dict[int, int]] = []
    for output in after:
        change = _change(before, output)
        is_changed = change > _NEGLIGIBLE * change.max(initial=0)
        places.append(
            {
                axis: found
                for axis in range(before.ndim)
                if axis != example and (found := _place(is_changed, axis)) is not None
            }
        )
    axes = set.intersection(*(set(found) for found in places))
    if len(axes) != 1:
        return None
    (axis,) = axes
    return axis if len({found[axis] for found in places}) == len(places) else None


def _place(is_changed: NDArray[np.bool_], axis: int) -> int | None:
    """Return the only place along an axis where there are changes; None where there are several or none."""
    along: NDArray[np.bool_] = np.asarray(
        is_changed.any(tuple(other for other in range(is_changed.ndim) if other != axis))
    )
    return int(along.argmax()) if along.sum() == 1 and len(along) > 1 else None


def changed_positions(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which positions of an output (T, C) changed."""
    change = _change(before, after).max(1, initial=0)
    changed: NDArray[np.bool_] = change > _NEGLIGIBLE * change.max(initial=0)
    return changed


def _change(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", over="ignore"):
        return np.nan_to_num(np.abs(after.astype(np.float64) - before), nan=0, posinf=0, neginf=0)


def _both(shapes: Mapping[int, tuple[int, ...]]) -> str:
    """Return shapes by the number of inputs as text: "2 x 8 for 2 inputs and 3 x 8 for 3"."""
    said = [f"{dimensions(shape)} for {n}" for n, shape in sorted(shapes.items())]
    return " and ".join([f"{said[0]} input{'s' if min(shapes) > 1 else ''}", *said[1:]])


def resized(inputs: Any, n: int) -> Any:
    """Return a batch of `n` inputs: the first ones, again and again."""
    if isinstance(inputs, Mapping):
        return {name: resized(value, n) for name, value in inputs.items()}
    return inputs[np.arange(n) % len(inputs)]


def altered_input(inputs: Any, number: int) -> Any:
    """Return a batch with one input mirrored and shifted, tokens in another order; masks stay as they are."""
    if isinstance(inputs, Mapping):
        return {name: value if "mask" in name else altered_input(value, number) for name, value in inputs.items()}
    row = inputs[number]
    if row.ndim == 0:
        return inputs
    other = row.flip(-1) if hasattr(row, "flip") else np.flip(row, -1)
    if "float" in str(row.dtype):
        shifted = row.roll(1, -1) if hasattr(row, "roll") else np.roll(row, 1, -1)
        other = other * 0.75 - shifted * 0.25 + 0.25 * (1 + abs(row).max())
    changed = inputs.clone() if hasattr(inputs, "clone") else inputs.copy()
    changed[number] = other
    return changed
