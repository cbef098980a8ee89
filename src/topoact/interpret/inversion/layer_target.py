"""What looks at pictures: a layer of a network that answers to each with one vector."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from topoact.extract.predictions import host_scores
from topoact.interpret.inversion.inputs import Inputs
from topoact.interpret.inversion.results import Inverted
from topoact.networks import TorchNetwork

if TYPE_CHECKING:
    import torch

WHOLE: Final = "mean"
"""The sampling policy whose vectors are means over the whole map; those of all others are of one position."""


@dataclass(frozen=True, eq=False)
class LayerTarget:
    """A layer of a network, how pictures get there, and which vector is taken of its map."""

    network: TorchNetwork
    layer: str
    inputs: Inputs
    policy: str

    def answers(self, pictures: "torch.Tensor") -> "torch.Tensor":
        """Return the vectors (B, channels) of pictures (B, colours, H, W), with their gradients."""
        return vectors_of(self.network.response(self.inputs.of(pictures), self.layer), self.policy).float()

    def judge(self, pictures: "torch.Tensor", targets: NDArray[np.float32]) -> Inverted:
        """Look at pictures as they will be stored, in bytes, through the whole network."""

        def keep(output: Any) -> NDArray[np.float32]:
            vectors: torch.Tensor = vectors_of(output, self.policy)
            return vectors.float().cpu().numpy()

        stored = in_bytes(pictures)
        shares = stored.permute(0, 3, 1, 2) / 255
        output, kept = self.network.tap(self.inputs.of(shares), {self.layer: keep})
        reached = kept[self.layer]
        return Inverted(stored.cpu().numpy(), reached, cosines(reached, targets), host_scores(output))


def in_bytes(pictures: "torch.Tensor") -> "torch.Tensor":
    """Return pictures (B, colours, H, W), 0 to 1, as bytes (B, H, W, colours)."""
    return (pictures.detach() * 255).round().byte().permute(0, 2, 3, 1).contiguous()


def cosines(reached: NDArray[np.float32], targets: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the cosine between vectors, row by row; no number where one is zero."""
    a, b = reached.astype(np.float64), targets.astype(np.float64)
    with np.errstate(invalid="ignore"):
        return (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))


def vectors_of(output: Any, policy: str) -> Any:
    """Return one vector (B, C) of each output (B, C, H, W), (B, T, C) or (B, C): the whole map's, or the middle's."""
    if output.ndim == 2:
        return output
    if output.ndim == 3:
        return output.mean(1) if policy == WHOLE else output[:, output.shape[1] // 2]
    y, x = middle((output.shape[2], output.shape[3]))
    by_position = output.permute(0, 2, 3, 1)  # so that gradients go back in the order of memory that is fastest
    return by_position.mean((1, 2)) if policy == WHOLE else by_position[:, y, x]


def middle(grid: tuple[int, int]) -> tuple[int, int]:
    """Return the position of a map at which targets of single positions are aimed."""
    return grid[0] // 2, grid[1] // 2
