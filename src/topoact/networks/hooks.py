"""Forward hooks of one pass: `tap` keeps something of the outputs of layers, `watch` their shapes."""

import inspect
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from topoact.errors import ModelError, TopoActError, UnknownName
from topoact.networks.sites import Site, no_tensor, split_suffix, tensor_parts
from topoact.networks.specs import explain, nearest

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
        For each dotted name a function of that module's output; it must not keep the tensor itself.

    Returns
    -------
    output : object
        The output of the network.
    kept : dict
        The results of the functions by name, in the order of `keep`.

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
    """Return the output of a layer; raises `ModelError` if it is no tensor, or not the first of the pass."""
    import torch

    if again:
        raise ModelError(
            f"layer {name!r} is called several times in one pass: choose one of its calls, {_called(name, 0)},"
            f" {_called(name, 1)} and so on"
        )
    if not isinstance(output, torch.Tensor):
        raise no_tensor(name, output)
    if output.is_complex() or output.is_nested or output.layout != torch.strided:
        kind = "complex numbers" if output.is_complex() else "a sparse or nested tensor"
        raise ModelError(f"layer {name!r} gives {kind}, of which there are no vectors: choose another layer")
    return output.dequantize() if output.is_quantized else output


def _called(name: str, number: int) -> str:
    module, suffix = split_suffix(name)
    return f"{module}@{number}{suffix}"


def check_called(names: Iterable[str], called: Container[str]) -> None:
    """Refuse modules that were not called in a pass; raises `ModelError`."""
    for name in names:
        if name not in called:
            raise ModelError(f"layer {name!r} is never called in the forward pass")


def watch(model: "nn.Module", names: Iterable[str], inputs: Any) -> dict[str, list[dict[str, tuple[int, ...]]]]:
    """Return the shapes of the outputs of each module in one pass, call by call, each by the suffix of the part."""
    import torch

    names = list(names)
    shapes: dict[str, list[dict[str, tuple[int, ...]]]] = {name: [] for name in names}

    def look(name: str, output: Any) -> None:
        shapes[name].append({suffix: tuple(tensor.shape) for suffix, tensor in tensor_parts(output)})

    with torch.no_grad(), hooked(model, names, look):
        forward(model, inputs)
    return shapes


@contextmanager
def hooked(model: "nn.Module", names: Iterable[str], look: Callable[[str, Any], Any]) -> Iterator[None]:
    """Call `look(name, output)` after each call of the named layers, inside the block only; see `Site` for names.

    If `look` returns anything but None, that replaces the output, or the part that is named.

    Raises
    ------
    UnknownName
        If the network has no such module.
    """
    modules = dict(model.named_modules(remove_duplicate=False))
    with ExitStack() as stack:
        for name in names:
            site = Site.of(name, modules)
            if site is None:
                raise UnknownName(f"the network has no layer {name!r}: did you mean {nearest(name, list(modules))}?")
            handle = modules[site.module].register_forward_hook(_hook(site, look))
            stack.callback(handle.remove)
        yield


def _hook(site: Site, look: Callable[[str, Any], Any]) -> Callable[["nn.Module", Any, Any], Any]:
    calls = count()

    def hook(_module: "nn.Module", _inputs: Any, output: Any) -> Any:
        if site.call is not None and next(calls) != site.call:
            return None
        seen = look(site.name, site.within(output))
        return None if seen is None else site.replaced(output, seen)

    return hook


def frozen_parts(model: "nn.Module") -> list[str]:
    """Return the names of the outermost script modules, inside which hooks are not called; "" is the network itself."""
    import torch

    parts: list[str] = []
    for name, module in model.named_modules(remove_duplicate=False):
        if isinstance(module, torch.jit.ScriptModule) and not any(_is_inside(name, part) for part in parts):
            parts.append(name)
    return parts


def check_reachable(model: "nn.Module", names: Iterable[str]) -> None:
    """Refuse modules whose hooks are never called.

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
    """Return the output of the network.

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
    """Return the shape of an input, or of each by name, as text: "1x3x224x224"."""
    if isinstance(inputs, Mapping):
        return ", ".join(f"{name} {shape_of(value)}" for name, value in inputs.items())
    return "x".join(map(str, inputs.shape))
