"""`in_order`: outputs of modules with their channels on the second axis of maps and the last of tokens."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch
    from torch import nn

Kept = TypeVar("Kept")

Keep = Callable[["torch.Tensor"], Kept]

CHANNELS_FIRST_MAPS = ("Conv2d", "BatchNorm2d", "LayerNorm2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d")
"""Modules that give (B, C, H, W) in any network."""
CHANNELS_FIRST_ROWS = ("Conv1d", "BatchNorm1d", "InstanceNorm1d", "MaxPool1d", "AvgPool1d")
"""Modules that give (B, C, T)."""
CHANNELS_LAST_MAPS = ("Linear", "LayerNorm", "RMSNorm")
"""Modules that give (B, H, W, C)."""


def in_order(module: "nn.Module", keep: Keep[Kept], *, maps_end_in_channels: bool) -> Keep[Kept]:
    """Return `keep` for outputs of a module, brought to (B, C, H, W) or (B, T, C).

    Parameters
    ----------
    module
        The module that gives the outputs.
    keep
        The function of the outputs.
    maps_end_in_channels
        Whether the blocks of the network give (B, H, W, C), as those of Swin transformers do.
    """
    kinds = {kind.__name__ for kind in type(module).__mro__}
    is_last = not kinds & set(CHANNELS_FIRST_MAPS) and (maps_end_in_channels or bool(kinds & set(CHANNELS_LAST_MAPS)))
    is_first_of_rows = bool(kinds & set(CHANNELS_FIRST_ROWS))

    def kept(output: "torch.Tensor") -> Kept:
        if output.ndim == 4 and is_last:
            output = output.movedim(-1, 1)
        if output.ndim == 3 and is_first_of_rows:
            output = output.movedim(1, -1)
        return keep(output)

    return kept
