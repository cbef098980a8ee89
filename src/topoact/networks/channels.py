"""`ChannelFinder`: the axis of the channels of layers of a torch network, proved or not known.

A module of torch says itself where its channels are. Of others it is found, in this order:

1. another value in one row of a module's own parameters, a bias or a weight, changes one channel;
2. so does another value in one channel of a layer before it, nearest first;
3. another value in one place of that axis is one in one channel of the layer after it;
4. with larger inputs, the axis that stays as it is is that of the channels.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topoact.errors import TopoActError
from topoact.networks.interventions import Call, Change, Interventions, pushed
from topoact.networks.layouts import count
from topoact.networks.module_kinds import LAST, MIXING, NORMALISED, SECOND, axis_of_kind, class_of_forward
from topoact.networks.probing import channel_axis, resized
from topoact.networks.sites import Site

N_PRODUCERS: Final = 4
"""Layers before one that are tried."""
N_CONSUMERS: Final = 6
"""Calls after one that are tried."""


class Push(NamedTuple):
    """One channel of a layer that is changed."""

    layer: str
    axis: int
    place: int


class ChannelFinder:
    """Finds channel axes in passes over a few inputs.

    Of layers that are expected, those that follow the same layer are looked at in the same passes. Memory: their
    outputs for two inputs, until their axes are asked for.

    Parameters
    ----------
    passes
        Runs the network.
    inputs
        Two inputs.
    """

    def __init__(self, passes: Interventions, inputs: Any) -> None:
        self._passes, self._inputs = passes, inputs
        self._modules = dict(passes.model.named_modules(remove_duplicate=False))
        self._known: dict[str, int | None] = {}
        self._expected: dict[str, int] = {}
        self._nearest: dict[str, str | None] = {}
        """The nearest layer before one whose channel axis is known, "" without any; None where its own is known."""
        self._kept: dict[Push | None, dict[str, NDArray[np.float32]]] = {}
        self.moved = set[str]()
        """Layers whose channels are on another axis than those of the layer that shows them, or shown by none."""

    def expect(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Take note of the shapes of layers whose axes will be asked for."""
        self._expected |= {name: len(shape) for name, shape in shapes.items()}

    def forget(self) -> None:
        """Drop what is held for layers that are expected."""
        self._expected, self._kept = {}, {}

    @cached_property
    def calls(self) -> list[Call]:
        """All calls of modules in a pass."""
        return self._passes.calls(self._inputs)

    @cached_property
    def _fixed(self) -> set[tuple[str, tuple[int, ...]]]:
        """Layers that give as much for more inputs, as tables of positions do; what follows them are no channels."""
        try:
            more = self._passes.calls(resized(self._inputs, count(self._inputs) + 1))
        except TopoActError:
            return set()
        return {(call.layer, call.shape) for call in self.calls} & {(call.layer, call.shape) for call in more}

    def site(self, layer: str) -> Site:
        """Return the site of a layer that is known to exist."""
        site = Site.of(layer, self._modules)
        assert site is not None
        return site

    def place(self, layer: str) -> int:
        """Return which of all calls is that of a layer."""
        site = self.site(layer)
        module = self._modules[site.module]  # may have another name as well
        calls = [i for i, call in enumerate(self.calls) if self._modules[call.module] is module]
        return calls[min(site.call or 0, len(calls) - 1)] if calls else 0

    def axis(self, layer: str, example: int, shape: tuple[int, ...]) -> int | None:
        """Return the channel axis of a layer; None if it cannot be known.

        Parameters
        ----------
        layer
            Name of the layer.
        example
            The axis of its examples.
        shape
            Shape of its output for the two inputs.
        """
        axis = self._own(layer, len(shape))
        if axis is None:
            axis = self._of_producers(layer, example)
        self._expected.pop(layer, None)
        if axis is None:
            self.moved.add(layer)
            axis = self._of_consumers(layer, example, shape)
        if axis is None:
            axis = self._of_sizes(layer, example, shape)
        return axis

    def _own(self, layer: str, ndim: int) -> int | None:
        """Return the axis that a module itself determines, by its class or its parameters."""
        if layer not in self._known:
            site = self.site(layer)
            module = self._modules[site.module]
            axis = axis_of_kind(module, site.parts, ndim)
            axis = self._of_parameters(site) if axis is None else axis
            is_mixing = axis is None and class_of_forward(module) in MIXING
            self._known[layer] = self._of_producers(layer, None) if is_mixing else axis
        return self._known[layer]

    def _of_parameters(self, site: Site) -> int | None:
        module = self._modules[site.module]
        parameters = {
            name: value for name, value in module.named_parameters(recurse=False) if value.is_floating_point()
        }
        if not parameters or next(module.children(), None) is not None:
            return None
        try:
            run = self._passes.replays(self._inputs, site)
            before, axes = run({}), set[int]()
            for name, value in parameters.items():
                for dim in range(value.ndim):
                    after = [run({name: pushed(value.detach(), dim, place)}) for place in _two(value.shape[dim])]
                    if len(after) > 1 and (axis := channel_axis(before, after, None)) is not None:
                        axes.add(axis)
        except (TopoActError, RuntimeError, TypeError, ValueError, IndexError):
            return None  # a module that cannot be run alone
        axis = axes.pop() if len(axes) == 1 else None
        is_of_positions = axis is not None and self._is_consumed(site.name, axis, before.shape) is False
        return None if is_of_positions else axis

    def _of_producers(self, layer: str, example: int | None) -> int | None:
        before = self._output(layer, None)
        for producer, axis, shape in self._producers(layer):
            try:
                after = [self._output(layer, Push(producer, axis, place)) for place in _two(shape[axis])]
            except TopoActError:
                continue
            if not after and before.shape == shape and _is_only_one(axis, shape, example):
                return axis
            if len(after) > 1 and (found := channel_axis(before, after, example)) is not None:
                if before.ndim == len(shape) and found == axis:
                    return found
                self.moved.add(layer)
                return None if self._is_consumed(layer, found, before.shape) is False else found
        return None

    def _output(self, layer: str, push: Push | None) -> NDArray[np.float32]:
        """Return the output of a layer with one channel of another changed; what a layer is given, if it mixes them."""
        site, kept = self.site(layer), self._kept.setdefault(push, {})
        changes = _changes(push) if push else {}
        if class_of_forward(self._modules[site.module]) in MIXING:
            return self._passes.given(self._inputs, [site], changes)[0]
        if layer not in kept:
            group = {layer, *self._alike(layer, push)}
            try:
                kept |= self._passes.outputs(self._inputs, group, changes)
            except TopoActError:
                return self._passes.outputs(self._inputs, [layer], changes)[layer]
        return kept.pop(layer)

    def _alike(self, layer: str, push: Push | None) -> Iterator[str]:
        """Yield the expected layers of which the same pass shows something, if the layer is one."""
        for name, ndim in self._expected.items() if layer in self._expected else ():
            if name not in self._nearest:
                is_known = self._own(name, ndim) is not None
                self._nearest[name] = None if is_known else next(self._producers(name), ("",))[0]
            nearest = self._nearest[name]
            if nearest is not None and (push is None or push.layer == nearest):
                yield name

    def _of_consumers(self, layer: str, example: int, shape: tuple[int, ...]) -> int | None:
        """Return the only axis whose places the next layer takes as channels."""
        others = [axis for axis in range(len(shape)) if axis != example and shape[axis] > 1]
        consumed = [axis for axis in others if self._is_consumed(layer, axis, shape)]
        return consumed[0] if len(consumed) == 1 else None

    def _is_consumed(self, layer: str, axis: int, shape: tuple[int, ...]) -> bool | None:
        """Return whether the next layer whose channel axis is known takes an axis for that; None if none shows it.

        A linear layer over positions, as in a mixer, gives features that are positions for what follows. Its own input
        was turned before, and so a layer whose input was turned says nothing.
        """
        calls = self.calls[self.place(layer) + 1 :][:N_CONSUMERS]
        known = [one for one in calls if class_of_forward(self._modules[one.module]) in SECOND | LAST | NORMALISED]
        sites = [self.site(call.layer) for call in known]
        if not sites:
            return None
        try:
            before = self._passes.given(self._inputs, sites)
            pushes = [Push(layer, axis, place) for place in _two(shape[axis])]
            after = [self._passes.given(self._inputs, sites, _changes(push)) for push in pushes]
        except TopoActError:
            return None
        for i, site in enumerate(sites):
            if before[i].ndim == len(shape) and channel_axis(before[i], [one[i] for one in after], None) == axis:
                return axis == axis_of_kind(self._modules[site.module], (), before[i].ndim)
        return None

    def _producers(self, layer: str) -> Iterator[tuple[str, int, tuple[int, ...]]]:
        """Yield the layers before one whose channel axes are known, nearest first, with the axis and the shape."""
        n_found = 0
        for call in reversed(self.calls[: self.place(layer)]):
            axis = self._own(call.layer, len(call.shape))
            if axis is not None and axis < len(call.shape) and (call.layer, call.shape) not in self._fixed:
                yield call.layer, axis, call.shape
                n_found += 1
            if n_found == N_PRODUCERS:
                return

    def _of_sizes(self, layer: str, example: int, shape: tuple[int, ...]) -> int | None:
        """Return the only axis that stays as long when the inputs are larger, if the network takes larger ones."""
        for inputs in _larger(self._inputs):
            try:
                larger = self._passes.outputs(inputs, [layer])[layer].shape
            except TopoActError:
                continue
            others = [axis for axis in range(len(shape)) if axis != example]
            same = [axis for axis in others if larger[axis] == shape[axis]]
            if len(larger) == len(shape) and len(same) == 1 and larger[example] == shape[example]:
                return same[0]
        return None


def _changes(push: Push) -> dict[str, Change]:
    return {push.layer: partial(pushed, axis=push.axis, place=push.place)}


def _is_only_one(axis: int, shape: tuple[int, ...], example: int | None) -> bool:
    """Return whether no other axis besides that of the examples has a length of one."""
    return [one for one, length in enumerate(shape) if length == 1 and one != example] == [axis]


def _two(n: int) -> tuple[int, ...]:
    """Return two places on an axis, not half of it apart: gates pair the halves."""
    return (0, 1 if n < 8 else n // 3) if n > 1 else ()


def _larger(inputs: Any) -> Iterator[Any]:
    """Yield inputs of other sizes: maps twice as high and wide, rows twice as long."""
    if not hasattr(inputs, "repeat") or not inputs.is_floating_point():
        return
    if inputs.ndim == 4:
        yield inputs.repeat(1, 1, 2, 2)
    elif inputs.ndim == 3:
        yield inputs.repeat(1, 1, 2)
        yield inputs.repeat(1, 2, 1)
