"""Which axis of an output holds the channels: the second of maps, the last of tokens, except in modules named here."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch
    from torch import nn

Kept = TypeVar("Kept")

Keep = Callable[["torch.Tensor"], Kept]

FIRST_OF_MAPS = ("Conv2d", "BatchNorm2d", "LayerNorm2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d")
FIRST_OF_ROWS = ("Conv1d", "BatchNorm1d", "InstanceNorm1d", "MaxPool1d", "AvgPool1d")
LAST_OF_MAPS = ("Linear", "LayerNorm", "RMSNorm")


def in_order(module: "nn.Module", keep: Keep[Kept], *, maps_end_in_channels: bool) -> Keep[Kept]:
    """Return `keep` for outputs of a module, brought to (B, C, H, W) or (B, T, C).

    Parameters
    ----------
    module
        The module that gives the outputs.
    keep
        What is to be made of them.
    maps_end_in_channels
        Whether the blocks of the network give (B, H, W, C), as those of Swin transformers do.
    """
    kinds = {kind.__name__ for kind in type(module).__mro__}
    last = not kinds & set(FIRST_OF_MAPS) and (maps_end_in_channels or bool(kinds & set(LAST_OF_MAPS)))
    first_of_rows = bool(kinds & set(FIRST_OF_ROWS))

    def kept(output: "torch.Tensor") -> Kept:
        if output.ndim == 4 and last:
            output = output.movedim(-1, 1)
        if output.ndim == 3 and first_of_rows:
            output = output.movedim(1, -1)
        return keep(output)

    return kept
