"""`TorchNetwork`: any torch.nn.Module as a network."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from topoact.errors import InvalidInput, ModelError
from topoact.networks import hooks
from topoact.networks.axes import in_order
from topoact.networks.gradients import gradients
from topoact.networks.jvp import along
from topoact.networks.libraries import import_torch, versions
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.protocol import DTYPES, LayerFacts, Modality
from topoact.networks.recommended_layers import outermost_with_parameters, recommended_layers
from topoact.networks.responses import response
from topoact.networks.specs import explain
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
    maps_end_in_channels
        Whether its blocks give maps (B, H, W, C), as those of Swin transformers do.
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

    def __init__(
        self,
        module: "nn.Module",
        record: Mapping[str, Any] | None = None,
        *,
        preprocessing: Preprocessing | None = None,
        class_names: tuple[str, ...] | None = None,
        maps_end_in_channels: bool = False,
        libraries: tuple[str, ...] = (),
    ) -> None:
        self.module, self.preprocessing, self.class_names = module.eval(), preprocessing, class_names
        self._origin, self._libraries, self._maps_end_in_channels = dict(record or {}), libraries, maps_end_in_channels
        self._device, self._dtype = "cpu", "float32"

    @property
    def is_user_code(self) -> bool:
        return not self._libraries

    @property
    def name(self) -> str:
        return str(self._origin.get("spec") or type(self.module).__name__)

    @property
    def record(self) -> dict[str, Any]:
        identity = {"class": type(self.module).__name__, "digest": model_digest(self.module)}
        return {"spec": None, **self._origin, **identity, "versions": versions("torch", *self._libraries)}

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
        names = outermost_with_parameters(self.module)
        shapes = hooks.watch(self.module, names, self._on_device(inputs))
        usable = tuple(name for name in names if _gives_vectors(shapes[name]))
        if not usable:
            raise ModelError("no layer to choose by default: name some with --layers")
        return usable

    def survey(self, inputs: Any) -> list[LayerFacts]:
        names, recommended = self.layer_names(), self.recommended_layers()
        shapes = {} if inputs is None else hooks.watch(self.module, names, self._on_device(inputs))
        facts = []
        for name in names:
            module, calls = self.module.get_submodule(name), shapes.get(name, [])
            shape = calls[0][1:] if len(calls) == 1 and calls[0] else None
            n_parameters = sum(parameter.numel() for parameter in module.parameters())
            facts.append(LayerFacts(name, _type(module), shape, n_parameters, name in recommended))
        return facts

    def sample_input(self, shape: tuple[int, ...] | None = None) -> Any:
        if shape is None and self.preprocessing:
            shape = self.preprocessing.shape
        return None if shape is None else import_torch().zeros(1, *shape)

    def to(self, device: str, dtype: str) -> None:
        if dtype not in DTYPES:
            raise InvalidInput(f"--dtype must be {' or '.join(DTYPES)}: got {dtype!r}")
        try:
            self.module.to(device)
            self._device, self._dtype = device, dtype
        except (RuntimeError, AssertionError) as error:
            raise ModelError(f"the device {device!r} cannot be used: {explain(error)}") from None

    def tap(self, inputs: Any, keep: Mapping[str, Callable[[Any], Kept]]) -> tuple[Any, dict[str, Kept]]:
        ordered = {name: self._in_order(name, kept) for name, kept in keep.items()}
        with self._precision():
            return hooks.tap(self.module, self._on_device(inputs), ordered)

    def gradients(
        self, inputs: Any, names: tuple[str, ...], sums: Callable[[Any], "torch.Tensor"]
    ) -> Iterator[dict[str, "torch.Tensor"]]:
        """Yield for each of the numbers `sums` its gradients by layer, their axes as in `tap`; see `gradients`."""
        order = {name: self._in_order(name, lambda gradient: gradient) for name in names}
        by_number = gradients(self.module, self._on_device(inputs), names, sums, precision=self._precision())
        yield from ({name: order[name](gradient) for name, gradient in by_name.items()} for by_name in by_number)

    def response(self, inputs: "torch.Tensor", name: str) -> "torch.Tensor":
        """Return the output of a layer with its gradients, its axes as in `tap`; see `response`."""
        outputs = response(self.module, inputs.to(self._device), name, precision=self._precision())
        return self._in_order(name, lambda output: output)(outputs)

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

        def put(output: "torch.Tensor") -> tuple["torch.Tensor", "torch.Tensor"]:
            pair = output.clone(), output.new_zeros(output.shape)
            for write, tensor in zip((value, direction), pair, strict=True):
                self._in_order(name, write)(tensor)
            return pair

        return along(self.module, self._on_device(inputs), name, put, of, precision=self._precision())

    @property
    def device(self) -> str:
        """The device it runs on."""
        return self._device

    def _in_order(self, name: str, keep: Callable[["torch.Tensor"], Kept]) -> Callable[["torch.Tensor"], Kept]:
        return in_order(self.module.get_submodule(name), keep, maps_end_in_channels=self._maps_end_in_channels)

    def _on_device(self, inputs: Any) -> Any:
        if isinstance(inputs, Mapping):
            return {name: self._on_device(value) for name, value in inputs.items()}
        return import_torch().as_tensor(inputs).to(self._device)

    def _precision(self) -> AbstractContextManager[Any]:
        if self._dtype == "float32":
            return nullcontext()
        torch = import_torch()
        return torch.autocast(torch.device(self._device).type, dtype=getattr(torch, self._dtype))


def _gives_vectors(calls: list[tuple[int, ...] | None]) -> bool:
    """Return whether a layer gives vectors (2-D, 3-D or 4-D), once in a pass."""
    return len(calls) == 1 and calls[0] is not None and 2 <= len(calls[0]) <= 4


def _type(module: "nn.Module") -> str:
    return str(getattr(module, "original_name", type(module).__name__))
