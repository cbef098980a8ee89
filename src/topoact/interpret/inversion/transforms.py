"""`Transforms`: random small transforms of pictures in every step, so that results do not depend on single pixels.

Pad, shift, scale, turn, shift (Olah, Mordvintsev, Schubert 2017; Rathore et al. 2021, section 4.3). Each picture is
changed in a way of its own, drawn from its own seed, whatever it shares a batch with.
"""

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import torch

PADDING: Final = 12 / 224
"""Width of the ground around the picture, as a share of its side."""
SHIFTS: Final = (8 / 224, 4 / 224)
"""Largest shift before and after scaling and turning, as a share of the side."""
SCALES: Final = (0.9, 1.1)
DEGREES: Final = 20.0


class Transforms:
    """Random transforms of the pictures of a batch, each drawn from its own seed."""

    def __init__(self, seeds: list[int], ground: float = 0.5) -> None:
        self._ground = ground
        self._draws = [np.random.default_rng([seed, 1]) for seed in seeds]

    def __call__(self, pictures: "torch.Tensor", strength: float = 1.0) -> "torch.Tensor":
        """Return the pictures transformed, of the same size; at strength 0 only padded."""
        import torch
        from torch.nn import functional

        grid = functional.affine_grid(self._matrices(pictures, strength), list(pictures.shape), align_corners=False)
        inside = functional.grid_sample(pictures - self._ground, grid, padding_mode="zeros", align_corners=False)
        assert isinstance(inside, torch.Tensor)
        return inside + self._ground

    def _matrices(self, pictures: "torch.Tensor", strength: float) -> "torch.Tensor":
        """Return the affine map of each picture from its new pixels to its old, (B, 2, 3) in units of half its side."""
        import torch

        matrices = np.empty((len(self._draws), 2, 3))
        for i, rng in enumerate(self._draws):
            angle = strength * np.radians(rng.uniform(-DEGREES, DEGREES))
            zoom = ((1 + 2 * PADDING) / rng.uniform(*SCALES)) ** strength
            before, after = (2 * strength * share * rng.uniform(-1, 1, 2) for share in SHIFTS)
            turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            matrices[i] = np.column_stack([turn, before + turn @ after])
        return torch.from_numpy(matrices).to(pictures)
