"""`Interventions`: passes of a torch network over a few inputs in which one output is changed, to see what follows.

Nothing of the network is changed, and no random number of the user's is drawn.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from itertools import count
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
            if changes and len(kept) == len(layers):
                raise hooks.LayerReached  # what follows was run without changes before

        def change(name: str, output: Any) -> Any:
            return changes[name](output) if tensor_parts(output) else None

        hooks.check_reachable(self.model, layers)
        changing, looking = hooks.hooked(self.model, changes, change), hooks.hooked(self.model, layers, look)
        with self.quiet(inputs), changing, looking, suppress(hooks.LayerReached):
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

        with self.quiet(inputs), hooks.hooked(self.model, names, look):
            hooks.forward(self.model, copied(inputs))
        return [
            Call(f"{name}@{number}{suffix}" if numbers[name] > 1 else f"{name}{suffix}", name, shape)
            for name, number, suffix, shape in seen
        ]

    def given(
        self, inputs: Any, sites: Sequence[Site], changes: Mapping[str, Change] | None = None
    ) -> list[NDArray[np.float32]]:
        """Return the first tensor that each of some calls of modules is given; see `outputs`."""
        return [array(_first_tensor(site, given)) for site, given in self._arguments(inputs, sites, changes or {})]

    def _arguments(
        self, inputs: Any, sites: Sequence[Site], changes: Mapping[str, Change]
    ) -> list[tuple[Site, tuple[Any, Any]]]:
        given: dict[str, tuple[Any, Any]] = {}

        def look(site: Site, calls: Iterator[int], _module: Any, args: Any, kwargs: Any) -> None:
            if next(calls) == (site.call or 0):
                given[site.name] = copied((args, kwargs))
            if len(given) == len(sites):
                raise hooks.LayerReached

        with ExitStack() as stack:
            for site in sites:
                module = self.model.get_submodule(site.module)
                handle = module.register_forward_pre_hook(partial(look, site, count()), with_kwargs=True)
                stack.callback(handle.remove)
            changing = hooks.hooked(self.model, changes, lambda name, output: changes[name](output))
            with self.quiet(inputs), changing, suppress(hooks.LayerReached):
                hooks.forward(self.model, copied(inputs))
        hooks.check_called([site.name for site in sites], given)
        return [(site, given[site.name]) for site in sites]

    def replays(self, inputs: Any, site: Site) -> Callable[[dict[str, "torch.Tensor"]], NDArray[np.float32]]:
        """Return the function that runs one module alone on what a pass gives it, with some other parameters."""
        import torch

        module = self.model.get_submodule(site.module)
        ((_, given),) = self._arguments(inputs, [site], {})

        def run(parameters: dict[str, "torch.Tensor"]) -> NDArray[np.float32]:
            args, kwargs = copied(given)
            with self.quiet(inputs):
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
    def quiet(self, inputs: Any) -> Iterator[None]:
        """Run passes inside the block without gradients, in their precision, with random numbers of their own."""
        import torch

        first = next(iter(inputs.values())) if isinstance(inputs, Mapping) else inputs
        devices = [first.device] if first.device.type == "cuda" else []
        with torch.no_grad(), torch.random.fork_rng(devices), self._precision():
            if devices:
                torch.manual_seed(0)
            else:  # that of all devices takes longer than the pass of a small network
                torch.default_generator.manual_seed(0)
            yield


def copied(values: Any) -> Any:
    """Return a copy of all tensors in tuples, lists and dicts; a network may overwrite its inputs."""
    import torch
    from torch.utils._pytree import tree_map

    return tree_map(lambda value: value.clone() if isinstance(value, torch.Tensor) else value, values)


def _first_tensor(site: Site, given: tuple[Any, Any]) -> Any:
    import torch
    from torch.utils._pytree import tree_leaves

    tensor = next((one for one in tree_leaves(given) if isinstance(one, torch.Tensor)), None)
    if tensor is None:
        raise ModelError(f"layer {site.name!r} is given no tensor")
    return tensor


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
