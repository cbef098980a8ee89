"""`ChannelFinder`: the axis of the channels of layers of a torch network, proved or not known.

A module of torch says itself where its channels are. Of others it is found, in this order:

1. another value in one row of a module's own parameters, a bias or a weight, changes one channel;
2. so does another value in one channel of a layer before it, nearest first;
3. with larger inputs, the axis that stays as it is is that of the channels.
"""

from collections.abc import Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from topoact.errors import TopoActError
from topoact.networks.interventions import Call, Interventions, pushed
from topoact.networks.probing import channel_axis
from topoact.networks.sites import Site

if TYPE_CHECKING:
    from torch import nn

SECOND: Final = frozenset(
    f"{kind}{n}d" for kind in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm") for n in (1, 2, 3)
) | {"GroupNorm", "SyncBatchNorm"}
"""Modules that give (B, C, ...)."""
LAST: Final = frozenset({"Linear", "Bilinear", "Embedding", "EmbeddingBag"})
"""Modules that give (..., C)."""
NORMALISED: Final = frozenset({"LayerNorm", "RMSNorm"})
"""Modules that give (..., C) where they normalise over one axis."""
FIRST_PART_LAST: Final = frozenset({"MultiheadAttention"})
RECURRENT: Final = frozenset({"RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"})
"""Modules all parts of whose outputs are (..., C)."""

N_PRODUCERS: Final = 4
"""Layers before one that are tried."""
N_CONSUMERS: Final = 6
"""Calls after one that are tried."""


def axis_of_kind(module: "nn.Module", parts: tuple[Any, ...], ndim: int) -> int | None:
    """Return the channel axis that the class of a module of torch determines; None for others."""
    kind = _class_of_forward(module)
    if kind in SECOND:
        return _second(kind, ndim)
    is_last = (
        (kind in LAST and not parts)
        or (kind in NORMALISED and len(getattr(module, "normalized_shape", ())) == 1)
        or (kind in FIRST_PART_LAST and parts == (0,))
        or kind in RECURRENT
    )
    return ndim - 1 if is_last else None


def _second(kind: str, ndim: int) -> int:
    """Return the channel axis of a convolution or norm: the first of an example, which may be without a batch."""
    spatial = int(kind[-2]) if kind.startswith("Conv") else ndim - 2
    return ndim - spatial - 1


def _class_of_forward(module: "nn.Module") -> str:
    """Return the name of the class whose `forward` a module runs, if it is one of torch."""
    owner = next(kind for kind in type(module).__mro__ if "forward" in vars(kind))
    return owner.__name__ if owner.__module__.startswith("torch.") else ""


class ChannelFinder:
    """Finds channel axes in passes over a few inputs.

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

    @cached_property
    def calls(self) -> list[Call]:
        """All calls of modules in a pass."""
        return self._passes.calls(self._inputs)

    def site(self, layer: str) -> Site:
        """Return the site of a layer that is known to exist."""
        site = Site.of(layer, self._modules)
        assert site is not None
        return site

    def place(self, layer: str) -> int:
        """Return which of all calls is that of a layer."""
        site = self.site(layer)
        calls = [i for i, call in enumerate(self.calls) if call.module == site.module]
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
        if axis is None:
            axis = self._of_sizes(layer, example, shape)
        return axis

    def _own(self, layer: str, ndim: int) -> int | None:
        """Return the axis that a module itself determines, by its class or its parameters."""
        if layer not in self._known:
            site = self.site(layer)
            axis = axis_of_kind(self._modules[site.module], site.parts, ndim)
            self._known[layer] = self._of_parameters(site) if axis is None else axis
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
        return axes.pop() if len(axes) == 1 else None

    def _of_producers(self, layer: str, example: int) -> int | None:
        before = self._passes.outputs(self._inputs, [layer])[layer]
        for producer, axis, shape in self._producers(layer):
            after = []
            for place in _two(shape[axis]):
                change = {producer: partial(pushed, axis=axis, place=place)}
                try:
                    after.append(self._passes.outputs(self._inputs, [layer], change)[layer])
                except TopoActError:
                    break
            if len(after) > 1 and (found := channel_axis(before, after, example)) is not None:
                is_moved = before.ndim != len(shape) or found != axis
                return found if not is_moved or self._is_consumed(layer, found, before.shape[found]) else None
        return None

    def _is_consumed(self, layer: str, axis: int, n_channels: int) -> bool:
        """Return whether the next layer whose channel axis is known takes those of a layer as channels, or none does.

        A linear layer over positions, as in a mixer, gives features that are positions for what follows.
        """
        changes = [{layer: partial(pushed, axis=axis, place=place)} for place in _two(n_channels)]
        for call in self.calls[self.place(layer) + 1 :][:N_CONSUMERS]:
            if _class_of_forward(self._modules[call.module]) not in SECOND | LAST | NORMALISED:
                continue
            site = self.site(call.layer)
            try:
                before = self._passes.given(self._inputs, site)
                after = [self._passes.given(self._inputs, site, change) for change in changes]
            except TopoActError:
                continue
            if (found := channel_axis(before, after, None)) is not None:
                return found == axis_of_kind(self._modules[call.module], (), before.ndim)
        return True

    def _producers(self, layer: str) -> Iterator[tuple[str, int, tuple[int, ...]]]:
        """Yield the layers before one whose channel axes are known, nearest first, with the axis and the shape."""
        n_found = 0
        for call in reversed(self.calls[: self.place(layer)]):
            axis = self._own(call.layer, len(call.shape))
            if axis is not None and axis < len(call.shape) and call.shape[axis] > 1:
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
