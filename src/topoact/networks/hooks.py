"""Forward hooks that live for one pass, keep copies only, and see each layer exactly once."""

import inspect
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from topoact.errors import ModelError, TopoActError
from topoact.networks.specs import explain

if TYPE_CHECKING:
    import torch
    from torch import nn

Kept = TypeVar("Kept")


def tap(
    model: "nn.Module", inputs: Any, keep: Mapping[str, Callable[["torch.Tensor"], Kept]]
) -> tuple[Any, dict[str, Kept]]:
    """Run one forward pass and keep something of the outputs of some modules.

    Parameters
    ----------
    model
        The network, in evaluation mode.
    inputs
        Its input: a tensor, or a mapping of its arguments by name.
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
        kept[name] = keep[name](checked_tensor(name, output, again=name in kept))

    check_reachable(model, keep)
    with torch.no_grad(), hooked(model, tuple(keep), look):
        output = forward(model, inputs)
    check_called(keep, kept)
    return output, {name: kept[name] for name in keep}


def checked_tensor(name: str, output: Any, *, again: bool = False) -> "torch.Tensor":
    """Return what a module gives, a tensor and the first of the pass; raises `ModelError` of anything else."""
    import torch

    if again:
        raise ModelError(f"layer {name!r} is called several times in one pass: choose the modules around it")
    if not isinstance(output, torch.Tensor):
        raise ModelError(f"layer {name!r} gives a {type(output).__name__}, not a tensor: choose a module inside it")
    return output


def check_called(names: Iterable[str], seen: Container[str]) -> None:
    """Refuse modules that were not called in a pass; raises `ModelError`."""
    for name in names:
        if name not in seen:
            raise ModelError(f"layer {name!r} is never called in the forward pass")


def watch(model: "nn.Module", names: Sequence[str], inputs: Any) -> dict[str, list[tuple[int, ...] | None]]:
    """Return the shapes of what each module gives in one pass, call by call; None where it gives no tensor."""
    import torch

    seen: dict[str, list[tuple[int, ...] | None]] = {name: [] for name in names}

    def look(name: str, output: Any) -> None:
        seen[name].append(tuple(output.shape) if isinstance(output, torch.Tensor) else None)

    with torch.no_grad(), hooked(model, names, look):
        forward(model, inputs)
    return seen


@contextmanager
def hooked(model: "nn.Module", names: Sequence[str], look: Callable[[str, Any], Any]) -> Iterator[None]:
    """Call `look(name, output)` after each call of the named modules, inside the block only.

    What it returns, unless that is None, takes the output's place.
    """
    with ExitStack() as stack:
        for name in names:
            module = model.get_submodule(name)
            handle = module.register_forward_hook(lambda _module, _inputs, output, name=name: look(name, output))
            stack.callback(handle.remove)
        yield


def frozen_parts(model: "nn.Module") -> list[str]:
    """Return the names of the outermost script modules, whose inner calls no hook sees; "" is the network itself."""
    import torch

    found: list[str] = []
    for name, module in model.named_modules(remove_duplicate=False):
        if isinstance(module, torch.jit.ScriptModule) and not any(_is_inside(name, other) for other in found):
            found.append(name)
    return found


def check_reachable(model: "nn.Module", names: Iterable[str]) -> None:
    """Refuse modules whose calls no hook sees.

    Raises
    ------
    ModelError
        If one is inside a script module.
    """
    for part in frozen_parts(model):
        if inside := [name for name in names if _is_inside(name, part)]:
            raise ModelError(
                f"layer {inside[0]!r} is inside a script module ({part or 'the whole network'}), where nothing can be"
                " seen: load the network's Python code instead, file.py:callable with --weights"
            )


def _is_inside(name: str, part: str) -> bool:
    return bool(name) and (not part or name.startswith(f"{part}."))


def forward(model: "nn.Module", inputs: Any) -> Any:
    """Return what the network gives.

    Raises
    ------
    ModelError
        If it fails.
    """
    _check_one_input(model, inputs)
    try:
        return model(**inputs) if isinstance(inputs, Mapping) else model(inputs)
    except TopoActError:
        raise
    except Exception as error:
        raise ModelError(f"the network fails on an input of shape {shape_of(inputs)}: {explain(error)}") from error


def _check_one_input(model: "nn.Module", inputs: Any) -> None:
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p.name for p in parameters if p.default is p.empty and p.kind in positional]
    if len(needed) > 1 and not isinstance(inputs, Mapping):
        raise ModelError(
            f"the network needs {len(needed)} inputs ({', '.join(needed)}) and gets one: wrap it in a module that takes"
            " one and makes the others, file.py:callable"
        )


def shape_of(inputs: Any) -> str:
    """Return the shape of an input, or of each by name, as people write it."""
    if isinstance(inputs, Mapping):
        return ", ".join(f"{name} {shape_of(value)}" for name, value in inputs.items())
    return "x".join(map(str, inputs.shape))
