"""`TorchLayouts`: the axes of the layers of a torch network, found in passes over two and three inputs and kept.

One place decides for extraction, gradients, responses and derivatives. What cannot be known is refused.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from topoact.errors import InvalidInput, ModelError
from topoact.networks.axes import AxisChoices, Folded, Layout, dimensions
from topoact.networks.channels import ChannelFinder
from topoact.networks.interventions import Interventions
from topoact.networks.probing import SIZES, Altered, altered_input, example_axis, resized
from topoact.networks.window_maps import window_map

if TYPE_CHECKING:
    from torch import nn


class TorchLayouts:
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
        self._passes, self._choices = Interventions(model, precision), choices
        self._layouts: dict[str, Layout] = {}
        self._examples: dict[str, tuple[Folded, tuple[int, ...]]] = {}
        self._channels: ChannelFinder | None = None
        self._inputs: Any = None
        self._sizes: tuple[int, ...] = ()

    def of(self, names: Iterable[str], inputs: Any) -> dict[str, Layout]:
        """Return the layouts of some layers.

        Parameters
        ----------
        names
            Names of layers.
        inputs
            A batch, as the network takes it; only where a layout is not known yet it is run.

        Raises
        ------
        ModelError
            If one cannot be known.
        """
        names = tuple(names)
        unknown = [name for name in names if name not in self._layouts]
        if unknown:
            self._see(unknown, inputs)
        return {name: self._layout(name) for name in names}

    def _see(self, names: list[str], inputs: Any) -> None:
        """Find the axes of the examples of some layers."""
        if self._channels is None:
            self._begin(inputs)
        for name, (shapes, altered) in self._observed(names).items():
            chosen = self._choices.axis("example", name, shapes[max(shapes)])
            self._examples[name] = example_axis(name, shapes, altered, chosen), shapes[min(shapes)]

    def _begin(self, inputs: Any) -> None:
        """Find how many inputs the network takes at a time: two and three, or else as many as there are."""
        inputs = _detached(inputs)
        n = count(inputs)
        try:
            for size in SIZES:
                self._passes.outputs(resized(inputs, size), ())
            self._inputs, self._sizes = inputs, SIZES
        except ModelError:
            self._passes.outputs(inputs, ())
            self._inputs, self._sizes = inputs, (n,)
        self._channels = ChannelFinder(self._passes, resized(self._inputs, min(self._sizes)))

    def _observed(self, names: list[str]) -> dict[str, tuple[dict[int, tuple[int, ...]], list[Altered]]]:
        """Return the shapes of layers by number of inputs, and their outputs where one input is altered."""
        n = max(self._sizes)
        batches = {size: resized(self._inputs, size) for size in self._sizes}
        before = {size: self._passes.outputs(batch, names) for size, batch in batches.items()}
        numbers = range(min(2, n)) if n > 1 else ()
        after = {i: self._passes.outputs(altered_input(batches[n], i), names) for i in numbers}
        return {
            name: (
                {size: outputs[name].shape for size, outputs in before.items()},
                [Altered(i, before[n][name], outputs[name]) for i, outputs in after.items()],
            )
            for name in names
        }

    def _layout(self, name: str) -> Layout:
        if name not in self._layouts:
            self._layouts[name] = self._found(name)
        return self._layouts[name]

    def _found(self, name: str) -> Layout:
        example, shape = self._examples[name]
        channel = self._choices.axis("channel", name, shape)
        if channel == example.axis:
            raise InvalidInput(
                f"--channel-axis {channel} of layer {name!r}, which gives {dimensions(shape)}, is the axis of the"
                " examples: name another"
            )
        assert self._channels is not None
        if channel is None:
            channel = self._channels.axis(name, example.axis, shape)
        if channel is None:
            raise ModelError(
                f"which axis of layer {name!r}, which gives {dimensions(shape)} for {min(self._sizes)} inputs, holds the"
                f" channels cannot be known: say it with --channel-axis {name}=N, or choose another layer"
            )
        layout = Layout(name, len(shape), example, channel)
        return layout if example.n_rows == 1 else self._unfolded(layout)

    def _unfolded(self, layout: Layout) -> Layout:
        """Return the layout of windows as a map of the input; else they are a row, if the user says so."""
        assert self._channels is not None
        inputs = resized(self._inputs, max(self._sizes))
        for other in self._references(layout.name):
            if (found := window_map(self._passes, inputs, layout, other, count(inputs))) is not None:
                return replace(layout, places=found.places, n_positions=found.n_positions, grid=found.grid)
        axis, n_rows = layout.example.axis, layout.example.n_rows
        if self._choices.axis("example", layout.name, (0,) * layout.ndim) is None:
            raise ModelError(
                f"layer {layout.name!r} gives {n_rows} rows for each input, as windows or crops of it, and where they"
                f" are is not known: --example-axis {layout.name}={axis} takes them as positions in a row, or choose"
                " another layer"
            )
        return layout

    def _references(self, name: str) -> list[Layout]:
        """Return the layouts of layers near one, after and before it, that give one row for each input."""
        assert self._channels is not None
        calls, site = self._channels.calls, self._channels.site(name)
        places = [i for i, call in enumerate(calls) if call.module == site.module]
        at = places[min(site.call or 0, len(places) - 1)]
        after = [call.layer for call in calls[at + 1 : at + 9] if len(call.shape) > 2]
        before = [call.layer for call in reversed(calls[max(at - 8, 0) : at]) if len(call.shape) > 2]
        references = []
        for other in (*after, *before):
            try:
                (layout,) = self.of((other,), self._inputs).values() if not self._is_folded(other) else ()
            except (ModelError, ValueError):
                continue
            references.append(layout)
        return references

    def _is_folded(self, name: str) -> bool:
        if name not in self._examples:
            self._see([name], self._inputs)
        return self._examples[name][0].n_rows > 1


def count(inputs: Any) -> int:
    """Return the number of inputs of a batch."""
    return len(next(iter(inputs.values())) if isinstance(inputs, Mapping) else inputs)


def _detached(inputs: Any) -> Any:
    if isinstance(inputs, Mapping):
        return {name: _detached(value) for name, value in inputs.items()}
    return inputs.detach()

