"""SqueezeNet 1.1 of Iandola et al. (2016, arXiv 1602.07360) with torchvision's layer names, and its preprocessing.

The weights are those that `squeezenet_weights.py` beside this file converts; they are read from the file that the
environment variable ``SQUEEZENET_WEIGHTS`` names, if it is set.
"""

import os

import numpy as np
import torch
from PIL import Image
from torch import nn

SIZE = 227
MEAN = (103.939, 116.779, 123.68)
"""Of blue, green and red, 0–255, as Caffe's networks take it."""


class Fire(nn.Module):
    """A 1x1 convolution to few channels, then a 1x1 and a 3x3 convolution of those side by side."""

    def __init__(self, n_in: int, n_squeezed: int, n_expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(n_in, n_squeezed, 1)
        self.expand1x1 = nn.Conv2d(n_squeezed, n_expanded, 1)
        self.expand3x3 = nn.Conv2d(n_squeezed, n_expanded, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, n_in, H, W) to (B, 2 n_expanded, H, W)."""
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], 1).relu()


class SqueezeNet(nn.Module):
    """A network of 1.2 million parameters for images and the thousand classes of ImageNet."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, stride=2),
            nn.ReLU(),
            _pool(),
            Fire(64, 16, 64),
            Fire(128, 16, 64),
            _pool(),
            Fire(128, 32, 128),
            Fire(256, 32, 128),
            _pool(),
            Fire(256, 48, 192),
            Fire(384, 48, 192),
            Fire(384, 64, 256),
            Fire(512, 64, 256),
        )
        self.classifier = nn.Sequential(nn.Dropout(), nn.Conv2d(512, 1000, 1), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map images (B, 3, H, W) to logits (B, 1000)."""
        return self.classifier(self.features(x)).mean((2, 3))


def squeezenet() -> SqueezeNet:
    """Return SqueezeNet 1.1."""
    model = SqueezeNet()
    if path := os.environ.get("SQUEEZENET_WEIGHTS"):
        from safetensors.torch import load_file

        model.load_state_dict(load_file(path))
    return model


def prepare(image: Image.Image) -> torch.Tensor:
    """Return the centre of an image whose short side has 227 pixels, as (3, 227, 227): BGR 0–255 less the mean."""
    scale = SIZE / min(image.size)
    image = image.convert("RGB").resize([round(side * scale) for side in image.size], Image.Resampling.BILINEAR)
    left, top = ((side - SIZE) // 2 for side in image.size)
    pixels = np.asarray(image.crop((left, top, left + SIZE, top + SIZE)), dtype=np.float32)
    centred = pixels[:, :, ::-1] - np.array(MEAN, dtype=np.float32)
    return torch.from_numpy(centred.transpose(2, 0, 1).copy())


def _pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(3, stride=2, ceil_mode=True)
