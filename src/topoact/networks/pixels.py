"""Images as arrays: `as_rgb` brings any image to RGB, `stack` makes one batch of arrays or tensors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from topoact.errors import InvalidInput


def as_rgb(image: Image.Image) -> Image.Image:
    """Return an image of any mode in RGB: grey in all channels, palettes and CMYK by colour, 16 bits by the upper 8.

    Transparent pixels are white.

    Raises
    ------
    ValueError
        If its pixels are numbers without a scale.
    """
    if image.mode in ("I", "F"):
        kind = "whole" if image.mode == "I" else "floating-point"
        raise ValueError(f"its pixels are {kind} numbers of unknown scale: save it with 8 bits")
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert("RGB")


def stack(items: Sequence[Any]) -> Any:
    """Return arrays or tensors of one shape as one batch.

    Raises
    ------
    InvalidInput
        If their shapes differ.
    """
    sizes = {tuple(item.shape) for item in items}
    if len(sizes) > 1:
        examples = " and ".join("x".join(map(str, size)) for size in sorted(sizes)[:2])
        raise InvalidInput(f"the inputs have different sizes ({examples}): bring them to one with --size")
    if isinstance(items[0], np.ndarray):
        return np.stack(list(items))
    import torch

    return torch.stack(list(items))
