"""Between what values each pixel of a picture may be: what no image of a study ever shows, none is made to show."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

FEWEST: Final = 32
"""Images that tell something about what the others may be."""
EDGE: Final = 0.05
"""Share of a pixel's room, at either end, in which it does not begin: there are hardly any gradients."""

Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Bounds:
    """The least and the greatest value of each pixel, 0 to 1, (colours, H, W) or broadcast to it."""

    least: Values
    most: Values
    ground: float
    """Brightness of a picture at the start, and around it."""

    @classmethod
    def none(cls, ground: float = 0.5) -> "Bounds":
        """Return those of pictures that may be anything."""
        return cls(np.zeros((1, 1, 1), np.float32), np.ones((1, 1, 1), np.float32), ground)

    @classmethod
    def of(cls, images: Sequence[NDArray[np.uint8]]) -> "Bounds":
        """Return those of pictures like some images, each (H, W, colours) or (H, W), and all of one size.

        They are wider than what is seen in n images by 2/n at either end; of few images nothing but their brightness
        is used.
        """
        if not len(images):
            return cls.none()
        seen = np.stack([image.reshape(*image.shape[:2], -1).transpose(2, 0, 1) for image in images])
        ground = float(seen.mean() / 255)
        if len(seen) < FEWEST:
            return cls.none(ground)
        least, most = (extreme.astype(np.float32) / 255 for extreme in (seen.min(0), seen.max(0)))
        margin = 2 * (most - least) / len(seen)
        return cls(np.maximum(least - margin, 0), np.minimum(most + margin, 1), ground)

    def squash(self, images: "torch.Tensor") -> "torch.Tensor":
        """Return unbounded images (B, colours, H, W) within the bounds; zero is the ground, where that is within."""
        import torch

        start, least, room = (torch.from_numpy(one).to(images.device) for one in (self._start, self.least, self._room))
        return least + room * (images + start).sigmoid()

    @cached_property
    def _room(self) -> Values:
        return self.most - self.least

    @cached_property
    def _start(self) -> Values:
        """Where in its room each pixel begins, before it is squashed."""
        share = np.full_like(self._room, 0.5)
        np.divide(self.ground - self.least, self._room, out=share, where=self._room > 0)
        share = share.clip(EDGE, 1 - EDGE)
        return np.log(share / (1 - share))
