"""`verdicts`: every layer of a network is what a hook by hand finds, or refused; the oracle knows no `Layout`.

The oracle runs each input alone, where an output belongs to that input whatever its axes, moves the channel axis, which
the test names by hand, to the end, and has the rows of vectors in the order of the output.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from topoact.errors import TopoActError
from topoact.networks import TorchNetwork

ChannelAxis = Callable[[str, nn.Module, torch.Tensor], "int | None"]
"""The channel axis of a layer's output by name, module and output for one input; None where no one could say."""

Places = Callable[[str, torch.Tensor], "np.ndarray | None"]
"""Where the positions of a map are among those of the output for one input; None where they are in order."""

RIGHT, REFUSED = "right", "refused"


@dataclass(frozen=True)
class Verdict:
    """What became of one layer: `RIGHT`, `REFUSED` with the sentence, or what is wrong."""

    layer: str
    verdict: str
    said: str = ""


def channels_second(_name: str, module: nn.Module, output: torch.Tensor) -> int | None:
    """Maps and rows of a convolutional network; its linear layers give one vector."""
    return output.ndim - 1 if isinstance(module, nn.Linear) else 1


def channels_last(_name: str, module: nn.Module, output: torch.Tensor) -> int | None:
    """Tokens; only convolutions over maps have their channels second."""
    return 1 if isinstance(module, nn.Conv1d | nn.Conv2d | nn.BatchNorm2d) else output.ndim - 1


def verdicts(
    network: TorchNetwork,
    inputs: Any,
    channel_axis: ChannelAxis,
    layers: Iterable[str] | None = None,
    places: Places = lambda _name, _output: None,
) -> list[Verdict]:
    """Return what becomes of the layers of a network, by default of all of them and all parts of tuples.

    Parameters
    ----------
    network
        The network.
    inputs
        At least two different inputs: a tensor, or a mapping of tensors by name.
    channel_axis
        What the test knows of the axes.
    layers
        Some of the layers, as users name them.
    places
        What the test knows of the positions of windows.
    """
    modules = dict(network.module.named_modules())
    alone = [raw_outputs(network.module, one) for one in split(inputs)]
    names = list(alone[0]) if layers is None else list(layers)
    found = []
    for name, ours in tapped(network, inputs, names).items():
        if isinstance(ours, str):
            found.append(Verdict(name, REFUSED, ours))
            continue
        module, outputs = _module_of(modules, name), [one[name] for one in alone]
        axes = [channel_axis(name, module, output) for output in outputs]
        found.append(Verdict(name, judged(ours, outputs, axes, places(name, outputs[0]))))
    return found


def _module_of(modules: Mapping[str, nn.Module], name: str) -> nn.Module:
    """Return the module that gives an output or a part of one."""
    name = re.split(r"[@[]", name)[0]
    while name not in modules:
        name = name.rpartition(".")[0]
    return modules[name]


def judged(ours: np.ndarray, alone: list[torch.Tensor], axis: list[int | None], order: np.ndarray | None) -> str:
    """Return whether the vectors of a layer are those of each input alone, or what is wrong with them."""
    if len(ours) != len(alone):
        return f"{len(ours)} rows for {len(alone)} inputs"
    for row, output, channel in zip(ours, alone, axis, strict=True):
        if channel is None:
            return "given, though no one could say its channels"
        expected = np.moveaxis(output.float().numpy(), channel, -1)
        expected = expected.reshape(-1, expected.shape[-1])
        expected = expected if order is None else expected[order]
        vectors = row[None] if row.ndim == 1 else row if row.ndim == 2 else row.reshape(len(row), -1).T
        if vectors.shape != expected.shape:
            return f"vectors {vectors.shape}, by hand {expected.shape}"
        if not np.allclose(vectors, expected, rtol=1e-3, atol=1e-3 * max(np.abs(expected).max(), 1e-6)):
            return _difference(vectors, expected)
    return RIGHT


def tapped(network: TorchNetwork, inputs: Any, names: list[str]) -> dict[str, np.ndarray | str]:
    """Return the outputs of layers as the network gives them, or the sentences with which they are refused."""
    try:
        kept = network.tap(inputs, dict.fromkeys(names, lambda output: output.float().numpy().copy()))[1]
    except TopoActError as error:
        if len(names) == 1:
            return {names[0]: str(error)}
        half = len(names) // 2
        return tapped(network, inputs, names[:half]) | tapped(network, inputs, names[half:])
    return dict(kept)


def _difference(vectors: np.ndarray, expected: np.ndarray) -> str:
    """Say whether vectors are those expected in another order, as windows in the order of a photo are."""
    atol = 1e-3 * np.abs(expected).max()
    order = np.array([np.abs(expected - vector).max(1).argmin() for vector in vectors])
    is_order = len(set(order.tolist())) == len(order) and np.allclose(vectors, expected[order], rtol=1e-3, atol=atol)
    return "in another order" if is_order else "other values"


def raw_outputs(model: nn.Module, inputs: Any) -> dict[str, torch.Tensor]:
    """Return all tensors that modules give in one pass: ``name``, ``name[0]`` of tuples, ``name@1`` of second calls."""
    calls: dict[str, list[dict[str, torch.Tensor]]] = {}

    def look(name: str, output: Any) -> None:
        calls.setdefault(name, []).append({part: tensor.clone() for part, tensor in _tensors(output)})

    handles = [
        module.register_forward_hook(lambda _m, _i, output, name=name: look(name, output))
        for name, module in model.named_modules()
        if name
    ]
    with torch.no_grad():
        model(**inputs) if isinstance(inputs, Mapping) else model(inputs)
    for handle in handles:
        handle.remove()
    found: dict[str, torch.Tensor] = {}
    for name, outputs in calls.items():
        for number, output in enumerate(outputs):
            call = f"@{number}" if len(outputs) > 1 else ""
            found |= {f"{name}{call}{part}": tensor for part, tensor in output.items()}
    return found


def _tensors(output: Any) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(output, torch.Tensor):
        yield "", output
    elif isinstance(output, Mapping):
        for key, value in output.items():
            yield from ((f".{key}{part}", tensor) for part, tensor in _tensors(value))
    elif isinstance(output, tuple | list):
        for number, value in enumerate(output):
            yield from ((f"[{number}]{part}", tensor) for part, tensor in _tensors(value))


def split(inputs: Any) -> list[Any]:
    """Return the inputs one by one, each as a batch of one."""
    if isinstance(inputs, Mapping):
        n = len(next(iter(inputs.values())))
        return [{name: value[i : i + 1] for name, value in inputs.items()} for i in range(n)]
    return [inputs[i : i + 1] for i in range(len(inputs))]


def wrong(found: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts that are neither right nor refusals."""
    return [one for one in found if one.verdict not in (RIGHT, REFUSED)]


def line(name: str, found: list[Verdict]) -> str:
    """Return a row of the table: the architecture and how many of its layers are right, refused and wrong."""
    n_right, n_refused = (sum(one.verdict == kind for one in found) for kind in (RIGHT, REFUSED))
    return f"{name:<40} {n_right:>5} right {n_refused:>5} refused {len(wrong(found)):>3} wrong"
