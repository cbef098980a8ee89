"""No pixel of a picture is what no image of the study shows."""

from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import nn

from topoact.interpret.inversion import Bounds, Inputs, Recipe, invert
from topoact.interpret.inversion.parametrization import parametrization
from topoact.interpret.inversion.recipe import ParametrizationName
from topoact.interpret.inversion.transforms import Transforms
from topoact.networks import TorchNetwork


@pytest.mark.parametrize("kind", get_args(ParametrizationName))
def test_a_picture_begins_as_bright_as_the_images_are(kind: Any) -> None:
    made = parametrization(Recipe(parametrization=kind), 1, 12, 12, [0], bounds=Bounds.none(0.1))
    assert 0.05 < float(made.pictures().detach().median()) < 0.2
    moved = Transforms([0], 0.1)(torch.full((1, 1, 12, 12), 0.1))
    assert torch.allclose(moved, torch.full_like(moved, 0.1))


def test_no_pixel_leaves_what_the_images_show() -> None:
    images = np.random.default_rng(0).integers(0, 256, (100, 4, 4, 3)).astype(np.uint8)
    images[:, 0, :, :], images[:, 1, :, 0] = 0, np.arange(100)[:, None]
    bounds = Bounds.of(list(images))
    extreme = torch.linspace(-40, 40, 81)[:, None, None, None].expand(-1, 3, 4, 4)
    pictures = bounds.squash(extreme).numpy()
    assert (pictures[:, :, 0, :] == 0).all()
    assert pictures[:, 0, 1].min() == pytest.approx(0, abs=1e-4)
    assert pictures[:, 0, 1].max() == pytest.approx(99 * 1.02 / 255, abs=1e-4)
    assert (np.diff(pictures, axis=0) >= 0).all()
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert bounds.ground == pytest.approx(images.mean() / 255)


def test_of_few_images_only_the_brightness_is_taken() -> None:
    few = Bounds.of([np.full((4, 4), 51, np.uint8)] * 31)
    assert few.ground == pytest.approx(0.2)
    assert few.squash(torch.tensor([-40.0, 0, 40]).reshape(1, 1, 1, 3)).flatten().tolist() == pytest.approx([0, 0.2, 1])
    assert Bounds.of([]).ground == 0.5


@pytest.mark.parametrize("value", [0, 255])
def test_images_that_are_black_or_white_leave_gradients_finite(value: int) -> None:
    images = torch.zeros(1, 1, 4, 4, requires_grad=True)
    made = Bounds.of([np.full((4, 4), value, np.uint8)] * 40).squash(images)
    made.sum().backward()
    assert torch.allclose(made, torch.full_like(made, value / 255))
    assert images.grad is not None
    assert torch.isfinite(images.grad).all()


def test_an_image_stays_within_them() -> None:
    seen = np.random.default_rng(0).integers(0, 100, (40, 16, 16, 3)).astype(np.uint8)
    seen[:, :4] = 0
    colours = Inputs((16, 16), np.eye(3, dtype=np.float32), np.zeros(3, np.float32), Bounds.of(list(seen)))
    network = TorchNetwork(nn.Conv2d(3, 2, 3).eval())
    made = invert(network, "", np.array([[1.0, 2.0]], np.float32), colours, Recipe(steps=24, size=16))
    assert (made.pictures[:, :4] == 0).all()
    assert 40 < made.pictures.max() <= 104
