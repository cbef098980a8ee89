"""What is optimised in the place of pixels: images are easier to find where no scale and no colour is favoured.

The Fourier coefficients of decorrelated colours (Olah, Mordvintsev, Schubert 2017), their phases alone with a fixed
spectrum (MACO: Fel et al. 2023), or the pixels themselves. Each gives pictures (B, colours, H, W) within bounds.
"""

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from topoact.interpret.inversion.bounds import Bounds
from topoact.interpret.inversion.recipe import Recipe

if TYPE_CHECKING:
    import torch

COLOURS: Final = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""Square root of the correlation of red, green and blue in photos of ImageNet (Olah et al. 2017)."""
SPREAD: Final = 0.01
"""Of the coefficients at the start."""


class Parametrization(Protocol):
    """Pictures that depend on a parameter."""

    parameter: "torch.Tensor"
    bounds: Bounds

    def pictures(self) -> "torch.Tensor":
        """Return the pictures, (B, colours, H, W)."""
        ...


def parametrization(
    recipe: Recipe, n_colours: int, height: int, width: int, seeds: list[int], *, bounds: Bounds | None = None
) -> Parametrization:
    """Return the start of one picture for each seed; a picture depends on its own seed alone."""
    kinds: dict[str, type[Fourier | Phase | Pixels]] = {"fourier": Fourier, "phase": Phase, "pixels": Pixels}
    return kinds[recipe.parametrization](n_colours, height, width, seeds, bounds or Bounds.none())


class Pixels:
    """The pixels, through a sigmoid."""

    def __init__(self, n_colours: int, height: int, width: int, seeds: list[int], bounds: Bounds) -> None:
        self.bounds = bounds
        self.parameter = _normal(seeds, (n_colours, height, width)).mul_(SPREAD).requires_grad_()

    def pictures(self) -> "torch.Tensor":
        return self.bounds.squash(self.parameter)


class Fourier:
    """Fourier coefficients, scaled so that all frequencies have the energy that they have in photos."""

    def __init__(self, n_colours: int, height: int, width: int, seeds: list[int], bounds: Bounds) -> None:
        import torch

        frequencies = _frequencies(height, width)
        self._size, self.bounds = (height, width), bounds
        self._scale = torch.from_numpy(1 / np.maximum(frequencies, 1 / max(height, width))).float()
        start = _normal(seeds, (n_colours, *frequencies.shape, 2))
        self.parameter = start.mul_(SPREAD).requires_grad_()

    def pictures(self) -> "torch.Tensor":
        import torch

        spectrum = torch.view_as_complex(self.parameter * self._scale.to(self.parameter.device)[..., None])
        images = torch.fft.irfft2(spectrum, s=self._size, norm="ortho") / 4
        return self.bounds.squash(_correlated(images))


class Phase:
    """The phases of Fourier coefficients whose sizes are those of photos, which fall as one over the frequency."""

    def __init__(self, n_colours: int, height: int, width: int, seeds: list[int], bounds: Bounds) -> None:
        import torch

        frequencies = _frequencies(height, width)
        frequencies[0, 0] = np.inf  # the mean is grey
        self._size, self.bounds = (height, width), bounds
        self._magnitude = torch.from_numpy(1 / frequencies).float()
        self.parameter = (_normal(seeds, (n_colours, *frequencies.shape)) * np.pi).requires_grad_()

    def pictures(self) -> "torch.Tensor":
        import torch

        magnitude = self._magnitude.to(self.parameter.device).expand_as(self.parameter)
        images = torch.fft.irfft2(torch.polar(magnitude, self.parameter), s=self._size, norm="ortho")
        images = images / images.std((1, 2, 3), keepdim=True).clamp_min(1e-6)
        return self.bounds.squash(_correlated(images))


def _frequencies(height: int, width: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Return the frequency of each coefficient of a real image, in cycles per pixel."""
    return np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])


def _correlated(images: "torch.Tensor") -> "torch.Tensor":
    """Return decorrelated colours as red, green and blue; other images as they are."""
    import torch

    if images.shape[1] != 3:
        return images
    matrix = torch.tensor(COLOURS, device=images.device)
    matrix = matrix / matrix.norm(dim=0).max()
    return (matrix @ images.flatten(2)).view_as(images)


def _normal(seeds: list[int], shape: tuple[int, ...]) -> "torch.Tensor":
    import torch

    drawn = [torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    return torch.stack(drawn)
