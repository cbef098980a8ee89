"""`TorchNetwork`: any torch.nn.Module as a network."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, TypeVar

from topoact.errors import InvalidInput, ModelError
from topoact.networks import hooks
from topoact.networks.axes import AxisChoices
from topoact.networks.gradients import gradients
from topoact.networks.interventions import copied
from topoact.networks.jvp import along
from topoact.networks.layouts import count
from topoact.networks.libraries import import_torch, versions
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.probing import resized
from topoact.networks.protocol import DTYPES, LayerFacts, Modality
from topoact.networks.recommended_layers import outermost_with_parameters, recommended_layers
from topoact.networks.responses import response
from topoact.networks.specs import explain
from topoact.networks.torch_layouts import TorchLayouts
from topoact.networks.weights import model_digest

if TYPE_CHECKING:
    import torch
    from torch import nn

Kept = TypeVar("Kept")


class TorchNetwork:
    """A module in evaluation mode, with its preprocessing and the names of its outputs.

    Parameters
    ----------
    module
        The network.
    record
        The origin of the network, as a study records it.
    preprocessing
        The preprocessing of its own library, if known.
    class_names
        Names of its outputs, if known.
    libraries
        Packages whose versions are recorded besides that of torch.

    Attributes
    ----------
    module : torch.nn.Module
        The network itself.

    Examples
    --------
    >>> import torch
    >>> from topoact.networks import TorchNetwork
    >>> TorchNetwork(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU())).layer_names()
    ['0', '1']
    """

    modality: Modality = "image"
    has_parts: Final = True
    """Whether parts of outputs and calls of modules can be named as layers; see `Site`."""

    def __init__(
        self,
        module: "nn.Module",
        record: Mapping[str, Any] | None = None,
        *,
        preprocessing: Preprocessing | None = None,
        class_names: tuple[str, ...] | None = None,
        libraries: tuple[str, ...] = (),
    ) -> None:
        self.module, self.preprocessing, self.class_names = module.eval(), preprocessing, class_names
        self._origin, self._libraries = dict(record or {}), libraries
        self._device, self._dtype = "cpu", "float32"
        self.axes = AxisChoices()
        self.choose_axes(self.axes)

    @property
    def is_user_code(self) -> bool:
        return not self._libraries

    @property
    def name(self) -> str:
        return str(self._origin.get("spec") or type(self.module).__name__)

    @property
    def record(self) -> dict[str, Any]:
        identity = {"class": type(self.module).__name__, "digest": model_digest(self.module)}
        own = {} if self.precision == "float32" else {"precision": self.precision}
        return {"spec": None, **self._origin, **identity, **own, "versions": versions("torch", *self._libraries)}

    def layer_names(self) -> list[str]:
        names = [name for name, _ in self.module.named_modules(remove_duplicate=False) if name]
        if not names and "" in hooks.frozen_parts(self.module):
            raise ModelError(
                f"{self.name} is a frozen script module, which shows no layers: load the network's Python code instead,"
                " file.py:callable with --weights"
            )
        return names

    def recommended_layers(self) -> tuple[str, ...]:
        return recommended_layers(self.module)

    def default_layers(self, inputs: Any) -> tuple[str, ...]:
        usable = self.usable_layers(outermost_with_parameters(self.module), inputs)
        if not usable:
            raise ModelError("no layer to choose by default: name some with --layers")
        return usable

    def usable_layers(self, names: tuple[str, ...], inputs: Any) -> tuple[str, ...]:
        """Return those of some modules that give vectors, or the first of their parts that does."""
        inputs = self._on_device(inputs)
        calls = self._watched(names, inputs)
        first = []
        for name in names:
            parts = calls[name][0] if len(calls[name]) == 1 else {}
            first += [f"{name}{part}" for part, shape in parts.items() if 2 <= len(shape) <= 4][:1]
        return tuple(self._layouts.of(first, inputs, strict=False))

    def survey(self, inputs: Any) -> list[LayerFacts]:
        names, recommended = self.layer_names(), self.recommended_layers()
        shapes = {} if inputs is None else self._shapes(names, inputs)
        facts = []
        for name in names:
            module = self.module.get_submodule(name)
            n_parameters = sum(parameter.numel() for parameter in module.parameters())
            by_part = shapes.get(name, {name: None})
            taken = next((layer for layer, shape in by_part.items() if shape is not None), name)
            for layer, shape in by_part.items():
                is_taken = layer in recommended or (name in recommended and layer == taken)
                facts.append(LayerFacts(layer, _type(module), shape, n_parameters, is_taken))
        return facts

    def _watched(self, names: Iterable[str], inputs: Any) -> Any:
        """Return the shapes of outputs in a pass that leaves no traces; see `watch`."""
        passes = self._layouts.passes
        with passes.without_traces(), passes.quiet(inputs):
            return hooks.watch(self.module, names, copied(inputs))

    def _shapes(self, names: list[str], inputs: Any) -> dict[str, dict[str, tuple[int, ...] | None]]:
        """Return for each module the shapes of its output for one input, by part and call where there are several."""
        inputs = resized(self._on_device(inputs), 1)
        alone = self._watched(names, inputs)
        try:
            pair = self._watched(names, resized(inputs, 2))
        except ModelError:  # it takes one input at a time
            pair = alone
        return {name: dict(_part_shapes(name, alone[name], pair[name])) for name in names}

    def sample_input(self, shape: tuple[int, ...] | None = None) -> Any:
        if shape is None and self.preprocessing:
            shape = self.preprocessing.shape
        return None if shape is None else import_torch().zeros(1, *shape)

    def to(self, device: str, dtype: str) -> None:
        if dtype not in DTYPES:
            raise InvalidInput(f"--dtype must be {' or '.join(DTYPES)}: got {dtype!r}")
        if dtype != "float32" and self.precision != "float32":
            raise InvalidInput(
                f"{self.name} computes in {self.precision}, its own precision: leave out --dtype {dtype}"
            )
        try:
            self.module.to(device)
            if (device, dtype) != (self._device, self._dtype):
                self._layouts = TorchLayouts(self.module, self._precision, self.axes)
            self._device, self._dtype = device, dtype
        except (RuntimeError, AssertionError) as error:
            raise ModelError(f"the device {device!r} cannot be used: {explain(error)}") from None

    def choose_axes(self, choices: AxisChoices) -> None:
        """Take the axes that the user names, instead of those that would be found."""
        if choices != self.axes or not hasattr(self, "_layouts"):
            self.axes = choices
            self._layouts = TorchLayouts(self.module, self._precision, choices)

    def tap(self, inputs: Any, keep: Mapping[str, Callable[[Any], Kept]]) -> tuple[Any, dict[str, Kept]]:
        inputs = self._on_device(inputs)
        layouts = self._layouts.of(keep, inputs)
        ordered = {name: layouts[name].then(kept, count(inputs)) for name, kept in keep.items()}
        with self._precision():
            return hooks.tap(self.module, inputs, ordered)

    def gradients(
        self, inputs: Any, names: tuple[str, ...], sums: Callable[[Any], "torch.Tensor"]
    ) -> Iterator[dict[str, "torch.Tensor"]]:
        """Yield for each of the numbers `sums` its gradients by layer, their axes as in `tap`; see `gradients`."""
        inputs = self._on_device(inputs)
        layouts, n = self._layouts.of(names, inputs), count(inputs)
        by_number = gradients(self.module, inputs, names, sums, precision=self._precision())
        yield from ({name: layouts[name].ordered(one, n) for name, one in by_name.items()} for by_name in by_number)

    def response(self, inputs: "torch.Tensor", name: str) -> "torch.Tensor":
        """Return the output of a layer with its gradients, its axes as in `tap`; see `response`."""
        inputs = self._on_device(inputs)
        layout = self._layouts.of((name,), inputs)[name]
        ordered: torch.Tensor = layout.ordered(
            response(self.module, inputs, name, precision=self._precision()), count(inputs)
        )
        return ordered

    def along(
        self,
        inputs: Any,
        name: str,
        value: Callable[["torch.Tensor"], None],
        direction: Callable[["torch.Tensor"], None],
        of: Callable[[Any], "torch.Tensor"],
    ) -> tuple["torch.Tensor", "torch.Tensor"]:
        """Return the numbers that `of` computes from the network's output, and their derivatives along a direction.

        `value` overwrites the output of a layer, or a part of it, and `direction` zeros of its shape, with axes as in
        `tap`; see `along`.
        """
        inputs = self._on_device(inputs)
        layout, n = self._layouts.of((name,), inputs)[name], count(inputs)

        def put(output: "torch.Tensor") -> tuple["torch.Tensor", "torch.Tensor"]:
            return layout.overwritten(output, n, value), layout.overwritten(
                output.new_zeros(output.shape), n, direction
            )

        return along(self.module, inputs, name, put, of, precision=self._precision())

    @property
    def device(self) -> str:
        """The device it runs on."""
        return self._device

    @property
    def precision(self) -> str:
        """The precision of the network's own weights: float32, float16, bfloat16 or float64."""
        floating = (weight.dtype for weight in self.module.parameters() if weight.is_floating_point())
        return str(next(floating, "float32")).removeprefix("torch.")

    def _on_device(self, inputs: Any) -> Any:
        """Return a copy of inputs, which the network may overwrite, on its device and in its own precision."""
        if isinstance(inputs, Mapping):
            return {name: self._on_device(value) for name, value in inputs.items()}
        torch = import_torch()
        tensor = torch.as_tensor(inputs)
        dtype = getattr(torch, self.precision) if tensor.is_floating_point() else tensor.dtype
        return tensor.to(self._device, dtype, copy=True)

    @contextmanager
    def aside(self, inputs: Any) -> Iterator[None]:
        """Leave no traces of the passes inside the block, and mix no number into positions that it does not reach.

        The library of NVIDIA may compute several positions of a convolution as one.
        """
        torch, passes = import_torch(), self._layouts.passes
        with passes.without_traces(), passes.quiet(self._on_device(inputs[:1])), torch.backends.cudnn.flags(False):
            yield

    def _precision(self) -> AbstractContextManager[Any]:
        if self._dtype == "float32":
            return nullcontext()
        torch = import_torch()
        return torch.autocast(torch.device(self._device).type, dtype=getattr(torch, self._dtype))


def _part_shapes(
    name: str, alone: list[dict[str, tuple[int, ...]]], pair: list[dict[str, tuple[int, ...]]]
) -> Iterator[tuple[str, tuple[int, ...] | None]]:
    """Yield the name and the shape for one input of all tensors that a module gives, from passes over one and two."""
    yield from ((name, None) for _ in range(1) if len(alone) != 1 or "" not in alone[0])
    for number, parts in enumerate(alone):
        call = f"@{number}" if len(alone) > 1 else ""
        for part, shape in parts.items():
            of_two = pair[number].get(part, shape) if number < len(pair) else shape
            grown = [axis for axis, (one, two) in enumerate(zip(shape, of_two, strict=False)) if two == 2 * one]
            axis = grown[0] if grown else 0
            rest = shape[:axis] + shape[axis + 1 :]
            yield f"{name}{call}{part}", rest if shape[axis : axis + 1] in ((1,), ()) else (shape[axis], *rest)


def _type(module: "nn.Module") -> str:
    return str(getattr(module, "original_name", type(module).__name__))
