"""Receptive fields from stained inputs: `Stained` runs them, `fitted` reads a field off what they reach.

A pixel that is not a number makes everything that depends on it not a number, however small its weight. So a pass over
an input with one stained pixel shows which positions of a layer depend on that pixel, whatever the network computes in
between and whichever library runs it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from topoact.errors import ModelError
from topoact.networks.protocol import Network
from topoact.study.sight import Span

Pixels: TypeAlias = NDArray[np.float32]
"""One input, (C, H, W)."""
Reached: TypeAlias = NDArray[np.bool_]
"""Which positions of a layer differ from those of the clean input, (n inputs, H, W)."""

MAX_BATCH: Final = 16
"""Stained inputs in one pass."""
TOLERANCE: Final = 1e-3
"""Difference, as a share of the largest number of the clean output, that rounding may make."""
N_FAR: Final = 16
"""Stains over the whole side of the input, besides the close ones in its middle."""


class Reach(NamedTuple):
    """Along one axis, the first and the last position of a layer whose receptive field spans each of some pixels.

    Where pixels between are stepped over, as under dilation, a field spans them all the same.
    """

    pixels: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


class Stained:
    """A network and an input of which parts are stained.

    Parameters
    ----------
    network
        The network.
    inputs
        A batch, (B, C, H, W), as it takes it; the first is stained.
    layers
        Layers that are looked at.
    """

    def __init__(self, network: Network, inputs: Any, layers: Sequence[str]) -> None:
        batch = inputs.cpu().numpy() if hasattr(inputs, "cpu") else np.asarray(inputs)
        self.clean: Pixels = batch[0].astype(np.float32, copy=True)
        self._network, self._layers = network, tuple(layers)
        self._n_batch, self._size = len(batch), MAX_BATCH
        self._outputs = {layer: found[0] for layer, found in self.outputs([self.clean]).items()}

    def shape(self, layer: str) -> tuple[int, ...]:
        """Return the shape of a layer's output for one input, (C, H, W) or (T, C) or (C,)."""
        return self._outputs[layer].shape

    def output(self, layer: str) -> NDArray[np.float32]:
        """Return the output of a layer for the clean input."""
        return self._outputs[layer]

    def reached(self, stained: Sequence[Pixels]) -> dict[str, Reached]:
        """Return which positions of each layer of maps differ for each of some inputs."""
        return self._run(stained, {name: self._differing(name) for name in self._layers if len(self.shape(name)) == 3})

    def outputs(self, stained: Sequence[Pixels]) -> dict[str, NDArray[np.float32]]:
        """Return the outputs of each layer for some inputs."""
        return self._run(stained, dict.fromkeys(self._layers, _array))

    def _differing(self, layer: str) -> Callable[[Any], Reached]:
        clean = self.output(layer)
        allowed = TOLERANCE * float(np.abs(clean).max(initial=0.0))

        def differing(output: Any) -> Reached:
            differs: Reached = (~(np.abs(_array(output) - clean) <= allowed)).any(axis=1)
            return differs

        return differing

    def _run(self, stained: Sequence[Pixels], keep: Mapping[str, Callable[[Any], NDArray[Any]]]) -> dict[str, Any]:
        """Return what is kept of each input, by layer."""
        try:
            return self._passes(stained, keep)
        except ModelError:
            if self._size == self._n_batch:
                raise
            self._size = self._n_batch  # it may take no other number
            return self._passes(stained, keep)

    def _passes(self, stained: Sequence[Pixels], keep: Mapping[str, Callable[[Any], NDArray[Any]]]) -> dict[str, Any]:
        n, size = len(stained), self._size
        filled = [*stained, *[self.clean] * (-n % size)] if size == self._n_batch else stained
        parts = [np.stack(filled[start : start + size]) for start in range(0, len(filled), size)]
        found = [self._network.tap(part, keep)[1] for part in parts]
        return {layer: np.concatenate([one[layer] for one in found])[:n] for layer in keep}


def stain_pixels(clean: Pixels, stride: int) -> list[NDArray[np.int64]]:
    """Return which rows, and which columns, get a stained pixel: some over the whole side, the rest close together."""
    n_close = 2 * stride + 2 if stride <= MAX_BATCH else stride + 2
    n = max(clean.shape[1:])
    places = [_places(side, n_close) for side in clean.shape[1:]]
    length = min(n, max(map(len, places)))
    return [np.resize(place, length) for place in places]


def _places(side: int, n_close: int) -> NDArray[np.int64]:
    start = max((side - n_close) // 2, 0)
    close = np.arange(start, min(start + n_close, side))
    return np.unique(np.concatenate([close, np.linspace(0, side - 1, min(N_FAR, side)).astype(np.int64)]))


def with_stain(clean: Pixels, where: NDArray[np.bool_]) -> Pixels:
    """Return the input with some of its pixels stained."""
    stained = clean.copy()
    stained[:, where] = np.nan
    return stained


def reach_of(pixels: NDArray[np.int64], reached: Reached, axis: int) -> Reach:
    """Return how far stains at some rows (`axis` 0) or columns (1) reach."""
    order = np.argsort(pixels, kind="stable")
    pixels, along = pixels[order], np.any(reached, axis=(2,) if axis == 0 else (1,))[order]
    some = np.any(along, axis=1)
    last = along.shape[1] - 1 - along[:, ::-1].argmax(1)
    first = np.minimum.accumulate(np.where(some, along.argmax(1), along.shape[1])[::-1])[::-1]
    last = np.maximum.accumulate(np.where(some, last, -1))
    known = (first < along.shape[1]) & (last >= 0)
    return Reach(pixels[known], first[known], last[known])


def fitted(reach: Reach, n_positions: int, side: int) -> Span | None:
    """Return the span that alone explains how far all stains reach; None if there is none, or several do.

    Position i depends on pixels from ``start + stride * i`` to ``end + stride * i``. So the first position that a
    pixel reaches bounds the end, and the last bounds the start, from both sides once both were seen to step.
    """
    if not (reach.first > 0).any() or not (reach.last < n_positions - 1).any():
        return None
    most = 2 * max(round(side / n_positions), 1) + 1
    spans = [span for stride in range(1, most + 1) if (span := _explained(reach, n_positions, stride))]
    return spans[0] if len(spans) == 1 else None


def _explained(reach: Reach, n_positions: int, stride: int) -> Span | None:
    """Return the span of a stride that explains how far stains reach, or None."""
    ends, starts = reach.pixels - stride * reach.first, reach.pixels - stride * reach.last
    end, start = int(ends.max()), int(starts.min())
    too_late = (ends + stride)[reach.first > 0].min()
    too_early = (starts - stride)[reach.last < n_positions - 1].max()
    return Span(start, stride, end - start + 1) if too_early < start <= end < too_late else None


def inside(spans: Sequence[Span], position: Sequence[int], shape: Sequence[int]) -> NDArray[np.bool_]:
    """Return which pixels of an input of height and width `shape` a position sees."""
    masks = []
    for span, place, side in zip(spans, position, shape, strict=True):
        low, high = span.of(place)
        rows = np.arange(side)
        masks.append((rows >= low) & (rows < high))
    return masks[0][:, None] & masks[1][None, :]


def _array(output: Any) -> NDArray[np.float32]:
    values = output.detach().float().cpu().numpy() if hasattr(output, "detach") else np.asarray(output)
    return np.array(values, dtype=np.float32)
