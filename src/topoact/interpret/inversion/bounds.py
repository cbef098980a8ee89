"""`Bounds`: the range of each pixel of a picture, taken from the images of a study."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

MIN_IMAGES: Final = 32
"""Number of images from which the ranges of pixels are estimated."""
MIN_START_MARGIN: Final = 0.05
"""Distance of a pixel at the start from either end of its range, as a share of the range: gradients vanish there."""

Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Bounds:
    """Lower and upper bound of each pixel, 0 to 1, (colours, H, W) or broadcast to it."""

    lower: Values
    upper: Values
    ground: float
    """Brightness of a picture at the start, and around it."""

    @classmethod
    def none(cls, ground: float = 0.5) -> "Bounds":
        """Return the bounds 0 and 1 for all pixels."""
        return cls(np.zeros((1, 1, 1), np.float32), np.ones((1, 1, 1), np.float32), ground)

    @classmethod
    def of(cls, images: Sequence[NDArray[np.uint8]]) -> "Bounds":
        """Return the bounds of pictures like some images, each (H, W, colours) or (H, W), and all of one size.

        They are wider than the range of n images by 2/n at either end; of fewer than `MIN_IMAGES` only the brightness
        is used.
        """
        if not len(images):
            return cls.none()
        stacked = np.stack([image.reshape(*image.shape[:2], -1).transpose(2, 0, 1) for image in images])
        ground = float(stacked.mean() / 255)
        if len(stacked) < MIN_IMAGES:
            return cls.none(ground)
        lower, upper = (extreme.astype(np.float32) / 255 for extreme in (stacked.min(0), stacked.max(0)))
        margin = 2 * (upper - lower) / len(stacked)
        return cls(np.maximum(lower - margin, 0), np.minimum(upper + margin, 1), ground)

    def squash(self, images: "torch.Tensor") -> "torch.Tensor":
        """Return unbounded images (B, colours, H, W) within the bounds; zero becomes the ground, if they contain it."""
        import torch

        arrays = (self._start, self.lower, self._range)
        start, lower, width = (torch.from_numpy(array).to(images.device) for array in arrays)
        return lower + width * (images + start).sigmoid()

    @cached_property
    def _range(self) -> Values:
        return self.upper - self.lower

    @cached_property
    def _start(self) -> Values:
        """The start of each pixel within its range, before it is squashed."""
        share = np.full_like(self._range, 0.5)
        np.divide(self.ground - self.lower, self._range, out=share, where=self._range > 0)
        share = share.clip(MIN_START_MARGIN, 1 - MIN_START_MARGIN)
        return np.log(share / (1 - share))
