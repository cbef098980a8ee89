"""`Layouts`: the axes of the layers of a network, found in passes over two and three inputs, and kept.

One place decides, for whichever library runs the network, and for extraction, gradients, responses and derivatives.
What cannot be known is refused, with what the user can say.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput, ModelError, TopoActError
from topoact.networks.axes import AxisChoices, Folded, Layout, dimensions
from topoact.networks.probing import SIZES, Altered, altered_input, example_axis, resized

Outputs = dict[str, NDArray[np.float32]]


class Seen(NamedTuple):
    """What the probe tells of a layer."""

    example: Folded
    shape: tuple[int, ...]
    """Shape of its output for the smaller batch."""


class Layouts(ABC):
    """The layouts that are known of a network.

    Parameters
    ----------
    choices
        What the user says.
    """

    def __init__(self, choices: AxisChoices) -> None:
        self._choices = choices
        self._layouts: dict[str, Layout] = {}
        self._seen: dict[str, Seen] = {}
        self._refused: dict[str, TopoActError] = {}
        self._inputs: Any = None
        self._sizes: tuple[int, ...] = ()

    def of(self, names: Iterable[str], inputs: Any, *, strict: bool = True) -> dict[str, Layout]:
        """Return the layouts of some layers.

        Parameters
        ----------
        names
            Names of layers.
        inputs
            A batch, as the network takes it; it is run on it only where a layout is not known yet.
        strict
            False to leave out layers whose layout cannot be known.

        Raises
        ------
        ModelError
            If one cannot be known, and `strict` is set.
        InvalidInput
            If the user names an axis that there is not.
        """
        names = tuple(names)
        if names and not self._sizes:
            self._begin(inputs)
        self._look(names)
        layouts = dict[str, Layout]()
        for name in names:
            with nullcontext() if strict else suppress(ModelError):
                layouts[name] = self._layout(name)
        return layouts

    @abstractmethod
    def _outputs(self, inputs: Any, names: Iterable[str]) -> Outputs:
        """Return copies of the outputs of layers for a batch."""

    @abstractmethod
    def _channel(self, name: str, seen: Seen) -> int | None:
        """Return the channel axis of a layer; None if it cannot be known."""

    def _unfolded(self, layout: Layout) -> Layout | None:  # noqa: ARG002  # others can tell where windows are
        """Return the layout of several rows for each input as a map of it, if that can be known."""
        return None

    def _begin(self, inputs: Any) -> None:
        """Find how many inputs the network takes at a time: two and three, or else as many as there are."""
        inputs = _detached(inputs)
        sizes: tuple[int, ...] = SIZES
        try:
            for size in SIZES:
                self._outputs(resized(inputs, size), ())
        except ModelError:
            self._outputs(inputs, ())
            sizes = (count(inputs),)
        self._inputs, self._sizes = inputs, sizes

    def _look(self, names: Iterable[str]) -> None:
        """Find the axes of the examples of the layers that were not looked at yet, or why there are none."""
        names = [name for name in names if name not in self._seen and name not in self._refused]
        if not names:
            return
        n = max(self._sizes)
        batches = {size: resized(self._inputs, size) for size in self._sizes}
        numbers = range(min(2, n)) if n > 1 else ()
        try:
            before = {size: self._outputs(batch, names) for size, batch in batches.items()}
            after = {i: self._outputs(altered_input(batches[n], i), names) for i in numbers}
        except TopoActError as error:
            if len(names) == 1:
                self._refused[names[0]] = error.with_traceback(None)
            else:
                for some in (names[: len(names) // 2], names[len(names) // 2 :]):
                    self._look(some)
            return
        for name in names:
            shapes = {size: outputs[name].shape for size, outputs in before.items()}
            altered = [Altered(i, before[n][name], outputs[name]) for i, outputs in after.items()]
            try:
                chosen = self._choices.axis("example", name, shapes[n])
                self._seen[name] = Seen(example_axis(name, shapes, altered, chosen), shapes[min(shapes)])
            except TopoActError as error:
                self._refused[name] = error.with_traceback(None)

    def _layout(self, name: str) -> Layout:
        if error := self._refused.get(name):
            raise type(error)(str(error))
        if name not in self._layouts:
            try:
                self._layouts[name] = self._found(name, self._seen[name])
            except TopoActError as error:
                self._refused[name] = error.with_traceback(None)
                raise
        return self._layouts[name]

    def _found(self, name: str, seen: Seen) -> Layout:
        example, shape = seen
        channel = self._choices.axis("channel", name, shape)
        if channel == example.axis:
            raise InvalidInput(
                f"--channel-axis {channel} of layer {name!r}, which gives {dimensions(shape)}, is the axis of the"
                " examples: name another"
            )
        if channel is None and len(shape) == 2:
            channel = 1 - example.axis
        channel = self._channel(name, seen) if channel is None else channel
        if channel in (None, example.axis):
            raise ModelError(
                f"which axis of layer {name!r}, which gives {dimensions(shape)} for {_inputs(min(self._sizes))}, holds"
                f" the channels cannot be known: say it with --channel-axis {name}=N, or choose another layer"
            )
        layout = Layout(name, len(shape), example, channel)
        return layout if example.n_rows == 1 else self._of_rows(layout, seen)

    def _of_rows(self, layout: Layout, seen: Seen) -> Layout:
        """Return the layout of several rows for each input: as a map, else as a row if the user says so."""
        if found := self._unfolded(layout):
            return found
        if self._choices.axis("example", layout.name, seen.shape) is None:
            raise ModelError(
                f"layer {layout.name!r} gives {dimensions(seen.shape)} for {_inputs(min(self._sizes))}, that is"
                f" {seen.example.n_rows} rows for each, as windows or crops of it, and where they are is not known:"
                f" --example-axis {layout.name}={layout.example.axis} takes them as positions in a row, or choose"
                " another layer"
            )
        return layout


def count(inputs: Any) -> int:
    """Return the number of inputs of a batch."""
    return len(next(iter(inputs.values())) if isinstance(inputs, Mapping) else inputs)


def _inputs(n: int) -> str:
    return "1 input" if n == 1 else f"{n} inputs"


def _detached(inputs: Any) -> Any:
    if isinstance(inputs, Mapping):
        return {name: _detached(value) for name, value in inputs.items()}
    return inputs.detach().clone() if hasattr(inputs, "detach") else inputs
