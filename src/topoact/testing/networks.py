"""`write_network_study`: a study of the activations of a small network, whose code is in a file beside it."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from topoact.study import Study

CODE: Final = '''"""A network that tells red pictures from green and blue ones."""

import torch
from torch import nn


def network():
    torch.manual_seed(5)
    body = [nn.Conv2d(3, 8, 5, padding=2), nn.ReLU(), nn.Conv2d(8, 6, 3, stride=2), nn.Tanh()]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
'''
NAMES: Final = ("red", "green", "blue")
LAYERS: Final = ("1", "3")
SIDE: Final = 16


class Pictures:
    """Noisy pictures of 16 x 16 pixels, red, green and blue in turn; labels are numbers if `named`, else names."""

    def __init__(self, n: int, *, named: bool = True) -> None:
        self._n, self._named = n, named
        self.classes = NAMES if named else ()

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, row: int) -> dict[str, Any]:
        rng = np.random.default_rng(row)
        picture = rng.uniform(0, 0.5, (3, SIDE, SIDE)).astype(np.float32)
        picture[row % 3] += rng.uniform(0.2, 0.5)
        image = (np.moveaxis(picture, 0, -1) * 255).astype(np.uint8)
        label = row % 3 if self._named else NAMES[row % 3]
        return {"input": picture, "label": label, "image": image, "id": f"picture {row}"}


def write_network_study(path: Path, n_examples: int = 240, *, named: bool = True) -> Study:
    """Write a study of a network whose code is written beside it as ``network.py``, its outputs named or not."""
    from topoact.extract import Plan, extract
    from topoact.inputs.sources import DatasetSource
    from topoact.networks.loading import load_network

    code = path.with_name("network.py")
    code.parent.mkdir(parents=True, exist_ok=True)
    code.write_text(CODE, "utf-8")
    plan = Plan(layers=LAYERS, policies=("random", "mean"), classes=NAMES if named else None, batch_size=60)
    source = DatasetSource(
        Pictures(n_examples, named=named), record={"kind": "dataset", "spec": "topoact.testing.networks:Pictures"}
    )
    return extract(load_network(f"{code}:network"), source, path, plan)
