"""`inputs_of`: the differentiable map from pictures to the inputs of a network."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from topoact.errors import InvalidInput
from topoact.interpret.inversion.bounds import Bounds
from topoact.networks import Network, TorchNetwork
from topoact.networks.preprocessing import Preprocessing

if TYPE_CHECKING:
    import torch

MAX_AFFINE_DEVIATION: Final = 0.02
"""Deviation from an affine map of colours, as a share of the range of inputs: resizing rounds to bytes."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """An affine map from the colours of a picture, 0 to 1, to the channels of a network's input."""

    size: tuple[int, int]
    """Height and width of an input."""
    matrix: NDArray[np.float32]
    """Shape (channels, colours)."""
    offset: NDArray[np.float32]
    """Shape (channels,)."""
    bounds: Bounds = field(default_factory=Bounds.none)
    """Bounds of the pixels of pictures."""

    @property
    def n_colours(self) -> int:
        return self.matrix.shape[1]

    def of(self, pictures: "torch.Tensor") -> "torch.Tensor":
        """Return pictures (B, colours, H, W) as inputs (B, channels, H, W)."""
        import torch

        matrix, offset = (torch.from_numpy(one).to(pictures.device) for one in (self.matrix, self.offset))
        shape = (len(pictures), len(matrix), *pictures.shape[2:])
        inputs = (matrix @ pictures.flatten(2) + offset[:, None]).view(shape)
        return inputs.contiguous(memory_format=torch.channels_last)


def inputs_of(network: Network, preprocessing: Preprocessing | None, shape: tuple[int, ...] | None = None) -> Inputs:
    """Return how pictures become inputs of a network.

    Parameters
    ----------
    network
        The network.
    preprocessing
        The preprocessing of the study; None where its inputs are tensors, which are taken as pictures from 0 to 1.
    shape
        Shape of one input, (channels, height, width), where the preprocessing does not determine it.

    Returns
    -------
    Inputs
        The map from pictures to inputs.

    Raises
    ------
    InvalidInput
        If the network has no gradients, its inputs are not pictures, or the preprocessing is no map of colours alone.
    """
    if not isinstance(network, TorchNetwork):
        raise InvalidInput(f"activation images need gradients, and {network.name} has none: load its Python code")
    if network.modality == "text":
        raise InvalidInput(f"{network.name} reads texts: activation images are for networks whose inputs are pictures")
    shape = (preprocessing.shape if preprocessing else None) or shape
    if shape is None or len(shape) != 3 or shape[0] not in (1, 3):
        known = "unknown" if shape is None else "x".join(map(str, shape))
        raise InvalidInput(
            f"activation images need inputs of one or three channels, height and width: the shape of those of"
            f" {network.name} is {known}"
        )
    channels, height, width = shape
    if preprocessing is None:
        return Inputs((height, width), np.eye(channels, dtype=np.float32), np.zeros(channels, dtype=np.float32))
    if preprocessing.transform:
        return _fitted(preprocessing, shape)
    std, mean = np.array(preprocessing.std or (1,) * 3), np.array(preprocessing.mean or (0,) * 3)
    return Inputs((height, width), np.diag(1 / std).astype(np.float32), (-mean / std).astype(np.float32))


def _fitted(preprocessing: Preprocessing, shape: tuple[int, ...]) -> Inputs:
    """Return a user's transform as an affine map of colours, fitted to flat pictures and checked on one of noise."""
    channels, height, width = shape
    rng = np.random.default_rng(0)
    colours = np.concatenate([[[0, 0, 0], [255, 255, 255]], rng.integers(0, 256, (14, 3))]).astype(np.uint8)
    flat = [_prepared(preprocessing, np.broadcast_to(colour, (height, width, 3))) for colour in colours]
    outputs = np.stack([prepared.mean((1, 2)) for prepared in flat])
    design = np.concatenate([colours / 255, np.ones((len(colours), 1))], axis=1)
    solution = np.linalg.lstsq(design, outputs, rcond=None)[0].T
    fitted = Inputs((height, width), solution[:, :3].astype(np.float32), solution[:, 3].astype(np.float32))
    picture = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    expected = np.einsum("kc,hwc->khw", fitted.matrix, picture / 255) + fitted.offset[:, None, None]
    deviation = np.abs(_prepared(preprocessing, picture) - expected).max()
    if deviation > MAX_AFFINE_DEVIATION * max(np.ptp(outputs), 1e-12) or channels not in (1, 3):
        raise InvalidInput(
            f"the transform {preprocessing.transform} does more than change the size and the colours of a picture: no"
            " gradient finds back through it, so there are no activation images"
        )
    return fitted


def _prepared(preprocessing: Preprocessing, picture: NDArray[np.uint8]) -> NDArray[Any]:
    return np.asarray(preprocessing.prepare(Image.fromarray(np.ascontiguousarray(picture))), dtype=np.float64)
