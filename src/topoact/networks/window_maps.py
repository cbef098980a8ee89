"""`window_map`: where the positions of windows are in the map of another layer, seen when they are changed.

Each position of one layer has a number. In as many passes as the number has bits, those positions are changed whose
number has the bit; the other layer's positions that change in turn spell the number. That is a proof where nothing
between the two mixes positions, as between an attention over windows and the end of its block.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topoact.errors import TopoActError
from topoact.networks.axes import Layout
from topoact.networks.interventions import Change, Interventions
from topoact.networks.probing import changed_positions

if TYPE_CHECKING:
    import torch

_ENOUGH: Final = 16
"""Positions of which a random half is neither all nor none."""
_LEAST_SHIFT: Final = 0.05
"""How far the centre of what changes moves, as a share of a map's side, when the other half of an image changes."""


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
    seeing = _Positions(passes, inputs, n_inputs)
    try:
        n_windows, _ = seeing.shape(windows)
        n_others, grid = seeing.shape(other)
        if not 1 < n_others <= n_windows:
            return None
        places = seeing.followed(windows, other, n_windows)
        if places is not None and len(set(places[places >= 0].tolist())) == n_others:
            return WindowMap(places, n_windows, grid)
        sources = seeing.followed(other, windows, n_others)
    except TopoActError:
        return None
    if sources is None:
        return None
    places = np.flatnonzero(sources >= 0)
    if not np.array_equal(np.sort(sources[places]), np.arange(n_others)):
        return None
    return WindowMap(places[np.argsort(sources[places])], n_windows, grid)


def shows_sides(passes: Interventions, inputs: Any, layout: Layout) -> bool:
    """Return whether the two axes of positions of a layer are height and width of the images that it is given.

    Another colour in the upper half of an image changes more of the upper half of its map than one in the lower half
    does, and so from left to right. Inputs that are no images show nothing, and the axes are taken for a map.
    """
    if getattr(inputs, "ndim", 0) != 4 or not inputs.is_floating_point():
        return True
    n, sizes = len(inputs), inputs.shape[2:]
    before = layout.ordered(passes.outputs(inputs, [layout.name])[layout.name], n)
    for axis, size in enumerate(sizes):
        if before.shape[axis + 2] == 1:
            continue
        centres = []
        for half in (slice(0, size // 2), slice(size // 2, None)):
            after = passes.outputs(_tinted(inputs, axis + 2, half), [layout.name])[layout.name]
            change = np.nan_to_num(np.abs(layout.ordered(after, n) - before)).sum((0, 1, 3 - axis))
            centres.append((change * np.arange(len(change))).sum() / max(change.sum(), 1e-30))
        if centres[1] - centres[0] < _LEAST_SHIFT * before.shape[axis + 2]:
            return False
    return True


def _tinted(inputs: Any, axis: int, half: slice) -> Any:
    """Return images with a colour added in one half."""
    import torch

    colour = torch.randn(inputs.shape[1:2], generator=torch.Generator().manual_seed(0)).to(inputs)
    colours = colour[:, None, None].expand(inputs.shape)
    place = tuple(half if one == axis else slice(None) for one in range(4))
    changed = inputs.clone()
    changed[place] += colours[place]
    return changed


@dataclass(frozen=True, slots=True)
class _Positions:
    """Passes in which the positions of one layer are seen while those of another are changed."""

    passes: Interventions
    inputs: Any
    n_inputs: int

    def shape(self, layout: Layout) -> tuple[int, tuple[int, int] | None]:
        """Return the number of positions of a layer, and height and width of its map if it has one."""
        ordered = layout.ordered(self.passes.outputs(self.inputs, [layout.name])[layout.name], self.n_inputs)[0]
        return len(_positions(ordered)), (ordered.shape[1], ordered.shape[2]) if ordered.ndim == 3 else None

    def followed(self, changed: Layout, seen: Layout, n_positions: int) -> NDArray[np.int64] | None:
        """Return for each position of one layer which position of the changed one it follows, −1 for none."""
        before, numbers = self._seen(seen), np.arange(1, n_positions + 1)

        def follows(subset: NDArray[np.bool_]) -> NDArray[np.bool_]:
            change = {changed.name: _raiser(changed, subset, self.n_inputs)}
            return changed_positions(before, self._seen(seen, change))

        subset = np.random.default_rng(0).random(n_positions) < 0.5
        proof = follows(subset)
        if min(len(proof), n_positions) >= _ENOUGH and (proof.all() or not proof.any()):
            return None  # each follows many, or none
        bits = range(n_positions.bit_length())
        found = [follows((numbers >> bit & 1).astype(bool)).astype(np.int64) << bit for bit in bits]
        places: NDArray[np.int64] = np.sum(found, axis=0) - 1
        if (places >= n_positions).any():
            return None
        is_proved = np.array_equal(proof, (places >= 0) & subset[places])
        return places if is_proved else None

    def _seen(self, layout: Layout, change: Mapping[str, Change] | None = None) -> NDArray[np.float32]:
        output = self.passes.outputs(self.inputs, [layout.name], change)[layout.name]
        return _positions(layout.ordered(output, self.n_inputs)[0])


def _raiser(layout: Layout, subset: NDArray[np.bool_], n_inputs: int) -> Change:
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
