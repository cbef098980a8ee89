"""An architecture that nobody gave weights has learnt nothing, and whoever looks at its study is told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from topoact.extract import Plan, extract
from topoact.extract.summary import sentences, summarise
from topoact.inputs.records import Source
from topoact.networks.loading import load_network
from topoact.study import Study
from topoact.wire.serialize import study_summary
from topoact.workbench import Workbench

SAID = "weights: random, the network has learnt nothing: give --weights DEFAULT or a file"


@pytest.fixture
def study(torchvision_beside_cpu_torch: None, photos: Source, tmp_path: Path) -> Study:
    pytest.importorskip("torchvision")
    return extract(load_network("torchvision:squeezenet1_1"), photos, tmp_path / "a", Plan(("features.1",), limit=2))


def test_random_weights_are_said(study: Study) -> None:
    assert SAID in sentences(summarise(study))
    assert study_summary(Workbench(study)).model == "random weights of torchvision:squeezenet1_1"


@pytest.mark.parametrize(
    "model",
    [
        {"spec": "torchvision:squeezenet1_1", "weights": "IMAGENET1K_V1"},
        {"spec": "timm:resnet18", "weights": "/w.pth"},
        {"spec": "net.py:small", "weights": None},
        {"spec": None, "class": "Sequential", "weights": None},
        None,
    ],
    ids=["pretrained", "file", "own code", "python", "no network"],
)
def test_weights_that_may_be_learnt_are_not_called_random(study: Study, model: dict[str, Any] | None) -> None:
    manifest = replace(study.manifest, config={**study.manifest.config, "model": model})
    other = Study(study.path, manifest)
    assert SAID not in sentences(summarise(other))
    assert "random weights" not in str(study_summary(Workbench(other)).model)
