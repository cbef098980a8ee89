"""`TorchLayouts`: the axes of the layers of a torch network; `Layouts` says how they are found."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from topoact.errors import TopoActError
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
        self.passes = Interventions(model, precision)

    @cached_property
    def _channels(self) -> ChannelFinder:
        return ChannelFinder(self.passes, resized(self._inputs, min(self._sizes)))

    def _outputs(self, inputs: Any, names: Iterable[str]) -> Outputs:
        return self.passes.outputs(inputs, names)

    def of(self, names: Iterable[str], inputs: Any, *, strict: bool = True) -> dict[str, Layout]:
        names = tuple(names)
        if all(name in self._layouts for name in names):
            return super().of(names, inputs, strict=strict)
        with self.passes.without_traces():
            try:
                return super().of(names, inputs, strict=strict)
            finally:
                if "_channels" in vars(self):
                    self._channels.forget()

    def _look(self, names: Iterable[str]) -> None:
        names = tuple(names)
        super()._look(names)
        if names and not self._choices.channel:
            shapes = {name: self._seen[name].shape for name in names if name in self._seen}
            self._channels.expect({name: shape for name, shape in shapes.items() if len(shape) > 2})

    def _channel(self, name: str, seen: Seen) -> int | None:
        return self._channels.axis(name, seen.example.axis, seen.shape)

    def _found(self, name: str, seen: Seen) -> Layout:
        layout = super()._found(name, seen)
        is_sure = layout.channel != 3 and name not in self._channels.moved
        if layout.ndim != 4 or layout.example.n_rows > 1 or is_sure:
            return layout
        return replace(layout, is_row=not shows_sides(self.passes, resized(self._inputs, max(self._sizes)), layout))

    def _unfolded(self, layout: Layout) -> Layout | None:
        inputs = resized(self._inputs, max(self._sizes))
        names = list(self._neighbours(layout.name))
        self._look(names)
        for name in names:
            if name not in self._seen or self._seen[name].example.n_rows > 1:
                continue
            try:
                other = self._layout(name)
            except TopoActError:
                continue
            if found := window_map(self.passes, inputs, layout, other, count(inputs)):
                return replace(layout, places=found.places, n_positions=found.n_positions, grid=found.grid)
        return None

    def _neighbours(self, name: str) -> Iterable[str]:
        """Yield the layers that are called after one and before it, nearest first, and may give one row an input."""
        calls, at = self._channels.calls, self._channels.place(name)
        near = (*calls[at + 1 : at + 1 + N_CALLS], *reversed(calls[max(at - N_CALLS, 0) : at]))
        for call in near:
            if len(call.shape) > 2 and min(self._sizes) in call.shape:
                yield call.layer
