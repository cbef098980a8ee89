"""Which layers people look at in a network, told from how it is built."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

REPEATED = 3
"""So many blocks of one kind in a row are the body of a network."""


def recommended_layers(model: "nn.Module") -> tuple[str, ...]:
    """Return the layers that people look at, or none where the network is of no kind that we know.

    ResNets: the first batch normalisation and the last of each stage's last block, as in the TopoAct paper (Rathore et
    al. 2021). Other networks: the blocks that make up the body, which are GoogLeNet's nine inceptions, SqueezeNet's
    fire modules, the stages of EfficientNets, and the layers of transformers (their hidden states).
    """
    return _resnet(model) or next(_bodies(model), ())


def outermost_with_parameters(model: "nn.Module") -> tuple[str, ...]:
    """Return the children with parameters of the network, or of the only child that wraps them."""
    prefix, children = "", list(model.named_children())
    while len(children) == 1 and len(inner := list(children[0][1].named_children())) > 0:
        prefix, children = f"{prefix}{children[0][0]}.", inner
    return tuple(f"{prefix}{name}" for name, module in children if any(True for _ in module.parameters()))


def _resnet(model: "nn.Module") -> tuple[str, ...]:
    children = dict(model.named_children())
    stages = [(name, list(children[name].named_children())) for name in sorted(children) if _is_stage(name)]
    if "bn1" not in children or not stages:
        return ()
    last = []
    for name, blocks in stages:
        norms = [n for n, _ in blocks[-1][1].named_children() if n.startswith("bn")] if blocks else []
        if not norms:
            return ()
        last.append(f"{name}.{blocks[-1][0]}.{max(norms)}")
    return ("bn1", *last)


def _is_stage(name: str) -> bool:
    return name.startswith("layer") and name.removeprefix("layer").isdecimal()


def _bodies(model: "nn.Module") -> Iterator[tuple[str, ...]]:
    """Yield, from the outside in, the repeated blocks of the modules that have some."""
    level = [("", model)]
    while level:
        for prefix, module in level:
            if body := _body(prefix, module):
                yield body
        level = [(f"{prefix}{name}.", child) for prefix, module in level for name, child in module.named_children()]


def _body(prefix: str, module: "nn.Module") -> tuple[str, ...]:
    """Return the children that are themselves made of modules, of the kind that there are most of."""
    kinds: dict[str, list[str]] = {}
    for name, child in module.named_children():
        if any(True for _ in child.children()) and any(True for _ in child.parameters()):
            kind = re.sub("(?<=[a-z])[A-E]$", "", type(child).__name__)  # InceptionA to InceptionE are one kind
            kinds.setdefault(kind, []).append(f"{prefix}{name}")
    largest = max(kinds.values(), key=len, default=[])
    return tuple(largest) if len(largest) >= REPEATED else ()
