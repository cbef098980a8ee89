"""Any torch.nn.Module as a network."""

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
from topoact.networks.protocol import DTYPES, LayerFacts
from topoact.networks.recommended_layers import outermost_with_parameters, recommended_layers
from topoact.networks.responses import response
from topoact.networks.specs import explain
from topoact.networks.weights import model_digest

if TYPE_CHECKING:
    import torch
    from torch import nn

Kept = TypeVar("Kept")


class TorchNetwork:
    """A module in evaluation mode, with what is known of it.

    Parameters
    ----------
    module
        The network.
    record
        What a study records of where it came from.
    preprocessing
        What its own library does to an image before it, if known.
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
        self._said, self._libraries, self._maps_end_in_channels = dict(record or {}), libraries, maps_end_in_channels
        self._device, self._dtype = "cpu", "float32"

    @property
    def is_user_code(self) -> bool:
        return not self._libraries

    @property
    def name(self) -> str:
        return str(self._said.get("spec") or type(self.module).__name__)

    @property
    def record(self) -> dict[str, Any]:
        is_what = {"class": type(self.module).__name__, "digest": model_digest(self.module)}
        return {"spec": None, **self._said, **is_what, "versions": versions("torch", *self._libraries)}

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
        seen = hooks.watch(self.module, names, self._placed(inputs))
        usable = tuple(name for name in names if _vectors(seen[name]))
        if not usable:
            raise ModelError("no layer to choose by default: name some with --layers")
        return usable

    def survey(self, inputs: Any) -> list[LayerFacts]:
        names, usual = self.layer_names(), self.recommended_layers()
        seen = {} if inputs is None else hooks.watch(self.module, names, self._placed(inputs))
        facts = []
        for name in names:
            module, calls = self.module.get_submodule(name), seen.get(name, [])
            shape = calls[0][1:] if len(calls) == 1 and calls[0] else None
            n_parameters = sum(parameter.numel() for parameter in module.parameters())
            facts.append(LayerFacts(name, _type(module), shape, n_parameters, name in usual))
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
            return hooks.tap(self.module, self._placed(inputs), ordered)

    def gradients(
        self, inputs: Any, names: tuple[str, ...], sums: Callable[[Any], "torch.Tensor"]
    ) -> Iterator[dict[str, "torch.Tensor"]]:
        """Yield for each of the numbers `sums` its gradients by layer, their axes as in `tap`; see `gradients`."""
        order = {name: self._in_order(name, lambda gradient: gradient) for name in names}
        found = gradients(self.module, self._placed(inputs), names, sums, precision=self._precision())
        yield from ({name: order[name](gradient) for name, gradient in by_name.items()} for by_name in found)

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
        """Return the numbers that `of` makes of what the network gives, and their derivatives along a direction.

        `value` writes over the output of a layer, or over a part of it, and `direction` into zeros of its shape, their
        axes as in `tap`; see `along`.
        """

        def put(output: "torch.Tensor") -> tuple["torch.Tensor", "torch.Tensor"]:
            made = output.clone(), output.new_zeros(output.shape)
            for write, tensor in zip((value, direction), made, strict=True):
                self._in_order(name, write)(tensor)
            return made

        return along(self.module, self._placed(inputs), name, put, of, precision=self._precision())

    @property
    def device(self) -> str:
        """Where it runs."""
        return self._device

    def _in_order(self, name: str, keep: Callable[["torch.Tensor"], Kept]) -> Callable[["torch.Tensor"], Kept]:
        return in_order(self.module.get_submodule(name), keep, maps_end_in_channels=self._maps_end_in_channels)

    def _placed(self, inputs: Any) -> Any:
        if isinstance(inputs, Mapping):
            return {name: self._placed(value) for name, value in inputs.items()}
        return import_torch().as_tensor(inputs).to(self._device)

    def _precision(self) -> AbstractContextManager[Any]:
        if self._dtype == "float32":
            return nullcontext()
        torch = import_torch()
        return torch.autocast(torch.device(self._device).type, dtype=getattr(torch, self._dtype))


def _vectors(calls: list[tuple[int, ...] | None]) -> bool:
    """Return whether a layer gives vectors (2-D, 3-D or 4-D), once in a pass."""
    return len(calls) == 1 and calls[0] is not None and 2 <= len(calls[0]) <= 4


def _type(module: "nn.Module") -> str:
    return str(getattr(module, "original_name", type(module).__name__))
