"""From pictures to what a network takes: the way that gradients must find back."""

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

AFFINE: Final = 0.02
"""Largest deviation, as a share of the range of inputs, from an affine map of colours: resizing rounds to bytes."""


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
    """Of the pixels of pictures."""

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
        What was done to the images of the study; None where its inputs are tensors, which are pictures from 0 to 1.
    shape
        Of one input, (channels, height, width), where the preprocessing does not tell.

    Raises
    ------
    InvalidInput
        If the network has no gradients, its inputs are not pictures, or what is done to them is not a matter of
        colours alone.
    """
    if not isinstance(network, TorchNetwork):
        raise InvalidInput(f"activation images need gradients, and {network.name} has none: load its Python code")
    if hasattr(network, "tokenizer"):
        raise InvalidInput(f"{network.name} reads texts: activation images are for networks whose inputs are pictures")
    shape = (preprocessing.shape if preprocessing else None) or shape
    if shape is None or len(shape) != 3 or shape[0] not in (1, 3):
        said = "unknown" if shape is None else "x".join(map(str, shape))
        raise InvalidInput(
            f"activation images need inputs of one or three channels, height and width: the shape of those of"
            f" {network.name} is {said}"
        )
    channels, height, width = shape
    if preprocessing is None:
        return Inputs((height, width), np.eye(channels, dtype=np.float32), np.zeros(channels, dtype=np.float32))
    if preprocessing.transform:
        return _fitted(preprocessing, shape)
    std, mean = np.array(preprocessing.std or (1,) * 3), np.array(preprocessing.mean or (0,) * 3)
    return Inputs((height, width), np.diag(1 / std).astype(np.float32), (-mean / std).astype(np.float32))


def _fitted(preprocessing: Preprocessing, shape: tuple[int, ...]) -> Inputs:
    """Return the affine map that a transform of the user is, found by trying it on flat colours and one picture."""
    channels, height, width = shape
    rng = np.random.default_rng(0)
    colours = np.concatenate([[[0, 0, 0], [255, 255, 255]], rng.integers(0, 256, (14, 3))]).astype(np.uint8)
    flat = [_tried(preprocessing, np.broadcast_to(colour, (height, width, 3))) for colour in colours]
    seen = np.stack([one.mean((1, 2)) for one in flat])
    design = np.concatenate([colours / 255, np.ones((len(colours), 1))], axis=1)
    solution = np.linalg.lstsq(design, seen, rcond=None)[0].T
    found = Inputs((height, width), solution[:, :3].astype(np.float32), solution[:, 3].astype(np.float32))
    picture = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    expected = np.einsum("kc,hwc->khw", found.matrix, picture / 255) + found.offset[:, None, None]
    deviation = np.abs(_tried(preprocessing, picture) - expected).max()
    if deviation > AFFINE * max(np.ptp(seen), 1e-12) or channels not in (1, 3):
        raise InvalidInput(
            f"the transform {preprocessing.transform} does more than change the size and the colours of a picture: no"
            " gradient finds back through it, so there are no activation images"
        )
    return found


def _tried(preprocessing: Preprocessing, picture: NDArray[np.uint8]) -> NDArray[Any]:
    return np.asarray(preprocessing.prepare(Image.fromarray(np.ascontiguousarray(picture))), dtype=np.float64)
