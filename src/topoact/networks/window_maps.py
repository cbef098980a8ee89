"""`window_map`: where the positions of windows are in the map of another layer, seen when they are changed.

Each position of one layer has a number. In as many passes as the number has bits, those positions are changed whose
number has the bit; the other layer's positions that change in turn spell the number. That is a proof where nothing
between the two mixes positions, as between an attention over windows and the end of its block.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topoact.errors import TopoActError
from topoact.networks.axes import Layout
from topoact.networks.interventions import Interventions
from topoact.networks.probing import changed_positions

if TYPE_CHECKING:
    import torch


class WindowMap(NamedTuple):
    """Where the positions of windows are."""

    places: NDArray[np.int64]
    """For each position of the map its place among those of the windows."""
    n_positions: int
    """Positions of the windows."""
    grid: tuple[int, int] | None
    """Height and width of the map; None for positions in a row."""


def window_map(passes: Interventions, inputs: Any, windows: Layout, other: Layout, n_inputs: int) -> WindowMap | None:
    """Return for each position of another layer the place among those of the windows, and height and width.

    Parameters
    ----------
    passes
        Runs the network.
    inputs, n_inputs
        A batch, and how many inputs it holds.
    windows
        The layout of the layer with several rows for each input.
    other
        The layout of a layer with one row for each.

    Returns
    -------
    WindowMap or None
        None where the positions of one are not those of the other.
    """
    try:
        sizes = passes.outputs(inputs, [windows.name, other.name])
    except TopoActError:
        return None
    n_windows = len(_positions(windows.ordered(sizes[windows.name], n_inputs)[0]))
    ordered = other.ordered(sizes[other.name], n_inputs)[0]
    n_others = len(_positions(ordered))
    if not 1 < n_others <= n_windows:
        return None
    grid = (ordered.shape[1], ordered.shape[2]) if ordered.ndim == 3 else None
    forward = _numbers(passes, inputs, windows, other, n_windows, n_inputs)
    if forward is not None and (forward >= 0).all() and len(set(forward.tolist())) == n_others:
        return WindowMap(forward, n_windows, grid)
    backward = _numbers(passes, inputs, other, windows, n_others, n_inputs)
    if backward is None:
        return None
    places = np.flatnonzero(backward >= 0)
    if not np.array_equal(np.sort(backward[places]), np.arange(n_others)):
        return None
    return WindowMap(places[np.argsort(backward[places])], n_windows, grid)


def _numbers(
    passes: Interventions, inputs: Any, changed: Layout, seen: Layout, n_positions: int, n_inputs: int
) -> NDArray[np.int64] | None:
    """Return for each position of the layer that is seen which position of the changed one it follows, −1 for none."""
    numbers = np.arange(1, n_positions + 1)

    def follows(subset: NDArray[np.bool_]) -> NDArray[np.bool_]:
        change = {changed.name: _raiser(changed, subset, n_inputs)}
        after = passes.outputs(inputs, [seen.name], change)[seen.name]
        return changed_positions(*(_positions(seen.ordered(one, n_inputs)[0]) for one in (before, after)))

    try:
        before = passes.outputs(inputs, [seen.name])[seen.name]
        found = sum(
            follows((numbers >> bit & 1).astype(bool)).astype(np.int64) << bit for bit in range(n_positions.bit_length())
        )
        places = np.asarray(found) - 1
        subset = np.random.default_rng(0).random(n_positions) < 0.5
        if (places >= n_positions).any() or not np.array_equal(follows(subset), (places >= 0) & subset[places]):
            return None
    except TopoActError:
        return None
    return places


def _raiser(layout: Layout, subset: NDArray[np.bool_], n_inputs: int) -> Callable[["torch.Tensor"], "torch.Tensor"]:
    """Return the function that raises all channels at some positions."""
    import torch

    chosen = torch.from_numpy(subset)

    def write(values: "torch.Tensor") -> None:
        rows = values.permute(0, 2, 3, 1) if values.ndim == 4 else values
        mask = chosen.to(values.device).reshape(rows.shape[1:-1])
        scale = 1 + 2 * float(values.float().std(unbiased=False).nan_to_num())
        rows[:, mask] += (scale * (0.5 + torch.rand(rows.shape[-1]))).to(values)

    return lambda output: layout.overwritten(output, n_inputs, write)


def _positions(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return an ordered output of one input, (C,), (T, C) or (C, H, W), as (T, C)."""
    return values.reshape(len(values), -1).T if values.ndim == 3 else values.reshape(-1, values.shape[-1])
