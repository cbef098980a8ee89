"""The ResNets for CIFAR-10 of He, Zhang, Ren and Sun (2015, arXiv 1512.03385, section 4.2), with option-A shortcuts.

Weights are read from the file that the environment variable ``CIFAR10_WEIGHTS`` names, if it is set.
"""

import os

import torch
from torch import nn
from torch.nn import functional

CLASSES = "airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck"
"""Names of the ten outputs, in order, as `topoact extract --classes` takes them."""


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut without parameters: subsampling, and zeros for the new channels."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.stride, self.n_new = stride, n_out - n_in

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, n_in, H, W) to (B, n_out, H / stride, W / stride)."""
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self._shortcut(x))

    def _shortcut(self, x: torch.Tensor) -> torch.Tensor:
        if not self.n_new:
            return x
        half = self.n_new // 2
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, self.n_new - half))


class CifarResNet(nn.Module):
    """A network of 6n + 2 layers for 32 x 32 RGB images and ten classes."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = _stage(n, 16, 16, 1)
        self.layer2 = _stage(n, 16, 32, 2)
        self.layer3 = _stage(n, 32, 64, 2)
        self.linear = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map images (B, 3, 32, 32) to logits (B, 10)."""
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


def resnet20() -> CifarResNet:
    """Return ResNet-20, 270,000 parameters."""
    return _with_weights(CifarResNet(3))


def resnet56() -> CifarResNet:
    """Return ResNet-56, 850,000 parameters."""
    return _with_weights(CifarResNet(9))


def _stage(n: int, n_in: int, n_out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(Block(n_in, n_out, stride), *(Block(n_out, n_out, 1) for _ in range(n - 1)))


def _with_weights(model: CifarResNet) -> CifarResNet:
    if path := os.environ.get("CIFAR10_WEIGHTS"):
        from safetensors.torch import load_file

        model.load_state_dict(load_file(path))
    return model
