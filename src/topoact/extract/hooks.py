"""Forward hooks that live for one pass, keep copies only, and see each layer exactly once."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from topoact.errors import ModelError, TopoActError
from topoact.extract.specs import explain

if TYPE_CHECKING:
    import torch
    from torch import nn

Kept = TypeVar("Kept")


def tap(
    model: "nn.Module", inputs: "torch.Tensor", keep: Mapping[str, Callable[["torch.Tensor"], Kept]]
) -> tuple[Any, dict[str, Kept]]:
    """Run one forward pass and keep something of the outputs of some modules.

    Parameters
    ----------
    model
        The network, in evaluation mode.
    inputs
        Its input.
    keep
        For each dotted name, what to make of that module's output; it must not keep the tensor itself.

    Returns
    -------
    output : object
        What the network gives.
    kept : dict
        What was kept, by name, in the order of `keep`.

    Raises
    ------
    ModelError
        If the network fails, or a module gives no tensor, is never called, or is called more than once.
    """
    import torch

    kept: dict[str, Kept] = {}

    def look(name: str, output: Any) -> None:
        if name in kept:
            raise ModelError(f"layer {name!r} is called several times in one pass: choose the modules around it")
        if not isinstance(output, torch.Tensor):
            raise ModelError(f"layer {name!r} gives a {type(output).__name__}, not a tensor: choose a module inside it")
        kept[name] = keep[name](output)

    with torch.inference_mode(), hooked(model, tuple(keep), look):
        output = _forward(model, inputs)
    for name in keep:
        if name not in kept:
            raise ModelError(f"layer {name!r} is never called in the forward pass")
    return output, {name: kept[name] for name in keep}


def watch(model: "nn.Module", names: Sequence[str], inputs: "torch.Tensor") -> Counter[str]:
    """Return how often each module gives a tensor of vectors (2-D, 3-D or 4-D) in one pass."""
    import torch

    seen: Counter[str] = Counter()

    def look(name: str, output: Any) -> None:
        seen[name] += 1 if isinstance(output, torch.Tensor) and 2 <= output.ndim <= 4 else 0

    with torch.inference_mode(), hooked(model, names, look):
        _forward(model, inputs)
    return seen


@contextmanager
def hooked(model: "nn.Module", names: Sequence[str], look: Callable[[str, Any], None]) -> Iterator[None]:
    """Call `look(name, output)` after each call of the named modules, inside the block only."""
    with ExitStack() as stack:
        for name in names:
            module = model.get_submodule(name)
            handle = module.register_forward_hook(lambda _module, _inputs, output, name=name: look(name, output))
            stack.callback(handle.remove)
        yield


def _forward(model: "nn.Module", inputs: "torch.Tensor") -> Any:
    try:
        return model(inputs)
    except TopoActError:
        raise
    except Exception as error:
        shape = "x".join(map(str, inputs.shape))
        raise ModelError(f"the network fails on an input of shape {shape}: {explain(error)}") from error
