"""Point clouds with a name, and the comparison of graphs as plain sets."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import datasets

Cloud = NDArray[np.floating]


def blobs() -> Cloud:
    return datasets.make_blobs(300, n_features=5, centers=4, random_state=0)[0]


def circles() -> Cloud:
    return datasets.make_circles(400, noise=0.04, factor=0.5, random_state=0)[0]


def moons() -> Cloud:
    return datasets.make_moons(400, noise=0.05, random_state=0)[0].astype(np.float32)


def digits() -> Cloud:
    return datasets.load_digits(return_X_y=True)[0][:700]


def digit_rows() -> Cloud:
    """Rows of digit images: whole numbers in 8 channels, with many duplicates and ties."""
    return datasets.load_digits(return_X_y=True)[0].reshape(-1, 8)[:1500].astype(np.float32)


def activations() -> Cloud:
    """Every position of the first convolution of a network, after its ReLU: sparse, non-negative, with duplicates."""
    torch = pytest.importorskip("torch", reason="real activations need torch, which is not installed here")
    images = torch.from_numpy(datasets.load_digits().images[:40]).float()[:, None] / 16
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3, padding=1), torch.nn.BatchNorm2d(16), torch.nn.ReLU(), torch.nn.MaxPool2d(2)
    ).eval()
    with torch.inference_mode():
        maps = network(images)
    return np.ascontiguousarray(maps.permute(0, 2, 3, 1).reshape(-1, 16).numpy())


CLOUDS: dict[str, Callable[[], Cloud]] = {
    function.__name__: function for function in (blobs, circles, moons, digits, digit_rows, activations)
}


@pytest.fixture(params=CLOUDS, scope="module")
def cloud(request: pytest.FixtureRequest) -> Cloud:
    return CLOUDS[request.param]()
