"""Random small changes of pictures in every step, so that what is found does not hang on single pixels.

Pad, shift, scale, turn, shift (Olah, Mordvintsev, Schubert 2017; Rathore et al. 2021, section 4.3). Each picture is
changed in a way of its own, drawn from its own seed, whatever it shares a batch with.
"""

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import torch

PADDING: Final = 12 / 224
"""Of its ground around the picture, as a share of its side."""
SHIFTS: Final = (8 / 224, 4 / 224)
"""Largest shift before and after scaling and turning, as a share of the side."""
SCALES: Final = (0.9, 1.1)
DEGREES: Final = 20.0


class Transforms:
    """The changes of a batch, step by step."""

    def __init__(self, seeds: list[int], ground: float = 0.5) -> None:
        self._ground = ground
        self._draws = [np.random.default_rng([seed, 1]) for seed in seeds]

    def __call__(self, pictures: "torch.Tensor", strength: float = 1.0) -> "torch.Tensor":
        """Return the pictures changed, of the same size; with no strength hardly at all."""
        import torch
        from torch.nn import functional

        grid = functional.affine_grid(self._ways(pictures, strength), list(pictures.shape), align_corners=False)
        inside = functional.grid_sample(pictures - self._ground, grid, padding_mode="zeros", align_corners=False)
        assert isinstance(inside, torch.Tensor)
        return inside + self._ground

    def _ways(self, pictures: "torch.Tensor", strength: float) -> "torch.Tensor":
        """Return for each picture from where in it its pixels are taken, (B, 2, 3) in units of half its side."""
        import torch

        ways = np.empty((len(self._draws), 2, 3))
        for place, rng in enumerate(self._draws):
            angle = strength * np.radians(rng.uniform(-DEGREES, DEGREES))
            zoom = ((1 + 2 * PADDING) / rng.uniform(*SCALES)) ** strength
            before, after = (2 * strength * share * rng.uniform(-1, 1, 2) for share in SHIFTS)
            turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            ways[place] = np.column_stack([turn, before + turn @ after])
        return torch.from_numpy(ways).to(pictures)
