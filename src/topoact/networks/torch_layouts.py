"""`TorchLayouts`: the axes of the layers of a torch network; `Layouts` says how they are found."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from topoact.errors import ModelError
from topoact.networks.axes import AxisChoices, Layout
from topoact.networks.channels import ChannelFinder
from topoact.networks.interventions import Interventions
from topoact.networks.layouts import Layouts, Outputs, Seen, count
from topoact.networks.probing import resized
from topoact.networks.window_maps import shows_sides, window_map

if TYPE_CHECKING:
    from torch import nn

N_CALLS: Final = 8
"""Calls of modules after one, and before it, whose positions are compared with those of its windows."""


class TorchLayouts(Layouts):
    """The layouts that are known of a network.

    Parameters
    ----------
    model
        The network.
    precision
        Gives the context in which passes run.
    choices
        What the user says.
    """

    def __init__(
        self, model: "nn.Module", precision: Callable[[], AbstractContextManager[Any]], choices: AxisChoices
    ) -> None:
        super().__init__(choices)
        self._passes = Interventions(model, precision)

    @cached_property
    def _channels(self) -> ChannelFinder:
        return ChannelFinder(self._passes, resized(self._inputs, min(self._sizes)))

    def _outputs(self, inputs: Any, names: Iterable[str]) -> Outputs:
        return self._passes.outputs(inputs, names)

    def of(self, names: Iterable[str], inputs: Any) -> dict[str, Layout]:
        names = tuple(names)
        if all(name in self._layouts for name in names):
            return super().of(names, inputs)
        with self._passes.without_traces():
            return super().of(names, inputs)

    def _channel(self, name: str, seen: Seen) -> int | None:
        return self._channels.axis(name, seen.example.axis, seen.shape)

    def _found(self, name: str, seen: Seen) -> Layout:
        layout = super()._found(name, seen)
        if layout.ndim != 4 or layout.channel != 3 or layout.example.n_rows > 1:
            return layout
        return replace(layout, is_row=not shows_sides(self._passes, resized(self._inputs, max(self._sizes)), layout))

    def _unfolded(self, layout: Layout) -> Layout | None:
        inputs = resized(self._inputs, max(self._sizes))
        for name in self._neighbours(layout.name):
            try:
                (other,) = self.of((name,), self._inputs).values()
            except ModelError:
                continue
            if found := window_map(self._passes, inputs, layout, other, count(inputs)):
                return replace(layout, places=found.places, n_positions=found.n_positions, grid=found.grid)
        return None

    def _neighbours(self, name: str) -> Iterable[str]:
        """Yield the layers that are called after one and before it, nearest first, and give one row for each input."""
        calls, at = self._channels.calls, self._channels.place(name)
        near = (*calls[at + 1 : at + 1 + N_CALLS], *reversed(calls[max(at - N_CALLS, 0) : at]))
        for call in near:
            if len(call.shape) > 2 and min(self._sizes) in call.shape:
                yield call.layer
