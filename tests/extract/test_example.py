"""The example of the README is the network that the shared weights were trained for."""

from pathlib import Path

import pytest
import torch

from topoact.extract import Plan, Preprocessing, extract, load_model, open_source

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "cifar10_resnet20.py"
SHARED = ROOT.parent / "shared" / "data"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@pytest.mark.parametrize(("name", "n_parameters"), [("resnet20", 269_722), ("resnet56", 853_018)])
def test_its_size_is_that_of_the_paper(name: str, n_parameters: int) -> None:
    model = load_model(f"{EXAMPLE}:{name}")
    assert sum(p.numel() for p in model.parameters()) == n_parameters
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 10)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the CIFAR-10 photos and weights are not in ../shared/data")
def test_it_names_photos_that_it_has_not_seen(tmp_path: Path) -> None:
    model = load_model(f"{EXAMPLE}:resnet20", weights=SHARED / "resnet20-cifar10.safetensors")
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
