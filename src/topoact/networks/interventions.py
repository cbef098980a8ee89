"""`Interventions`: passes of a torch network over a few inputs in which one output is changed, to see what follows.

Nothing of the network is changed, and no random number of the user's is drawn.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topoact.errors import ModelError
from topoact.networks import hooks
from topoact.networks.sites import Site, tensor_parts

if TYPE_CHECKING:
    import torch
    from torch import nn

Change = Callable[["torch.Tensor"], "torch.Tensor"]


class Call(NamedTuple):
    """One call of a module that gave a tensor, in the order in which they ended."""

    layer: str
    """Name of the layer."""
    module: str
    shape: tuple[int, ...]


class Interventions:
    """A network and how its passes are run.

    Parameters
    ----------
    model
        The network, in evaluation mode.
    precision
        Gives the context in which passes run.
    """

    def __init__(self, model: "nn.Module", precision: Callable[[], AbstractContextManager[Any]]) -> None:
        self.model, self._precision = model, precision

    def outputs(
        self, inputs: Any, layers: Iterable[str], changes: Mapping[str, Change] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """Return the outputs of some layers, where the outputs of others may be changed on the way.

        Raises
        ------
        ModelError
            If the network fails, or a layer gives no tensor, is never called, or is called more than once.
        """
        kept: dict[str, NDArray[np.float32]] = {}
        changes, layers = changes or {}, tuple(layers)

        def look(name: str, output: Any) -> None:
            kept[name] = array(hooks.checked_tensor(name, output, again=name in kept))

        def change(name: str, output: Any) -> Any:
            return changes[name](output) if tensor_parts(output) else None

        hooks.check_reachable(self.model, layers)
        with self._pass(inputs), hooks.hooked(self.model, changes, change), hooks.hooked(self.model, layers, look):
            hooks.forward(self.model, copied(inputs))
        hooks.check_called(layers, kept)
        return kept

    def calls(self, inputs: Any) -> list[Call]:
        """Return all calls of modules that gave a tensor, or a tuple that begins with one."""
        modules = dict(self.model.named_modules())
        parts = hooks.frozen_parts(self.model)
        names = [n for n in modules if n and not any(n.startswith(f"{part}.") for part in parts) and "" not in parts]
        seen: list[tuple[str, int, str, tuple[int, ...]]] = []
        numbers = dict.fromkeys(names, 0)

        def look(name: str, output: Any) -> None:
            suffix, tensor = next(tensor_parts(output), ("", None))
            if tensor is not None and suffix in ("", "[0]"):
                seen.append((name, numbers[name], suffix, tuple(tensor.shape)))
            numbers[name] += 1

        with self._pass(inputs), hooks.hooked(self.model, names, look):
            hooks.forward(self.model, copied(inputs))
        return [
            Call(f"{name}@{number}{suffix}" if numbers[name] > 1 else f"{name}{suffix}", name, shape)
            for name, number, suffix, shape in seen
        ]

    def given(self, inputs: Any, site: Site, changes: Mapping[str, Change] | None = None) -> NDArray[np.float32]:
        """Return the first tensor that a call of a module is given; see `outputs`."""
        return array(self._arguments(inputs, site, changes or {})[0][0])

    def _arguments(self, inputs: Any, site: Site, changes: Mapping[str, Change]) -> tuple[Any, Any]:
        given: list[tuple[Any, Any]] = []
        handle = self.model.get_submodule(site.module).register_forward_pre_hook(
            lambda _module, args, kwargs: given.append(copied((args, kwargs))), with_kwargs=True
        )
        try:
            with self._pass(inputs), hooks.hooked(self.model, changes, lambda name, output: changes[name](output)):
                hooks.forward(self.model, copied(inputs))
        finally:
            handle.remove()
        if len(given) <= (site.call or 0):
            raise ModelError(f"layer {site.name!r} is never called in the forward pass")
        return given[site.call or 0]

    def replays(self, inputs: Any, site: Site) -> Callable[[dict[str, "torch.Tensor"]], NDArray[np.float32]]:
        """Return the function that runs one module alone on what a pass gives it, with some other parameters."""
        import torch

        module = self.model.get_submodule(site.module)
        given = self._arguments(inputs, site, {})

        def run(parameters: dict[str, "torch.Tensor"]) -> NDArray[np.float32]:
            args, kwargs = copied(given)
            with self._pass(inputs):
                return array(site.within(torch.func.functional_call(module, parameters, args, kwargs)))

        return run

    @contextmanager
    def without_traces(self) -> Iterator[None]:
        """Leave the buffers of the network as they were, whatever the passes inside the block do to them."""
        import torch

        buffers = [(buffer, buffer.clone()) for buffer in self.model.buffers()]
        try:
            yield
        finally:
            with torch.no_grad():
                for buffer, before in buffers:
                    buffer.copy_(before)

    @contextmanager
    def _pass(self, inputs: Any) -> Iterator[None]:
        import torch

        first = next(iter(inputs.values())) if isinstance(inputs, Mapping) else inputs
        devices = [first.device] if first.device.type == "cuda" else []
        with torch.no_grad(), torch.random.fork_rng(devices), self._precision():
            torch.manual_seed(0)
            yield


def copied(values: Any) -> Any:
    """Return a copy of all tensors in tuples, lists and dicts; a network may overwrite its inputs."""
    import torch
    from torch.utils._pytree import tree_map

    return tree_map(lambda value: value.clone() if isinstance(value, torch.Tensor) else value, values)


def array(tensor: "torch.Tensor") -> NDArray[np.float32]:
    """Return a copy of a tensor as an array."""
    return np.array(tensor.detach().float().cpu().numpy(), copy=True)


def pushed(output: "torch.Tensor", axis: int, place: int) -> "torch.Tensor":
    """Return a tensor with one channel raised by noise of about its own size."""
    import torch

    changed = output.clone()
    view = changed.select(axis, place)
    scale = 1 + 2 * float(output.float().std(unbiased=False).nan_to_num()) if output.is_floating_point() else 1
    view += (scale * (0.5 + torch.rand(view.shape))).to(view)
    return changed
