"""What the class of a module of torch says of its output: `axis_of_kind`, the axis of its channels."""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch import nn

SECOND: Final = frozenset(
    f"{kind}{n}d"
    for kind in ("Conv", "ConvReLU", "ConvTranspose", "BatchNorm", "BNReLU", "InstanceNorm")
    for n in (1, 2, 3)
) | {"GroupNorm", "SyncBatchNorm"}
"""Modules that give (B, C, ...)."""
LAST: Final = frozenset({"Linear", "LinearReLU", "Bilinear", "Embedding", "EmbeddingBag"})
"""Modules that give (..., C)."""
NORMALISED: Final = frozenset({"LayerNorm", "RMSNorm"})
"""Modules that give (..., C) where they normalise over one axis."""
FIRST_PART_LAST: Final = frozenset({"MultiheadAttention"})
RECURRENT: Final = frozenset({"RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"})
"""Modules all parts of whose outputs are (..., C)."""

MIXING: Final = frozenset(
    {"Softmax", "Softmax2d", "LogSoftmax", "Softmin", "LocalResponseNorm", "CrossMapLRN2d", "LayerNorm", "RMSNorm"}
)
"""Modules that leave the axes of their input, but mix its channels: the input is looked at in their place."""


def axis_of_kind(module: "nn.Module", parts: tuple[Any, ...], ndim: int) -> int | None:
    """Return the channel axis that the class of a module of torch determines; None for others."""
    kind = class_of_forward(module)
    if kind in SECOND:
        return _second(kind, ndim)
    is_last = (
        (kind in LAST and not parts)
        or (kind in NORMALISED and len(getattr(module, "normalized_shape", ())) == 1)
        or (kind in FIRST_PART_LAST and parts == (0,))
        or kind in RECURRENT
    )
    return ndim - 1 if is_last else None


def _second(kind: str, ndim: int) -> int:
    """Return the channel axis of a convolution or norm: the first of an example, which may be without a batch."""
    spatial = int(kind[-2]) if kind.startswith("Conv") else ndim - 2
    return ndim - spatial - 1


def class_of_forward(module: "nn.Module") -> str:
    """Return the name of the class whose `forward` a module runs, if it is one of torch."""
    owner = next(kind for kind in type(module).__mro__ if "forward" in vars(kind))
    return owner.__name__ if owner.__module__.startswith("torch.") else ""
