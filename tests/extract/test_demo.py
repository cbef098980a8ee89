"""The demo is made once, found at once afterwards, and made again when damaged."""

import subprocess
import sys
from pathlib import Path

import pytest

from topoact import demo
from topoact.errors import ModelError
from topoact.networks.preprocessing import Preprocessing
from topoact.study import open_study

SECOND_START = """
import sys
from pathlib import Path
from topoact.demo import build_demo
print(build_demo(folder=Path(sys.argv[1])))
print(sorted({"torch", "torchvision", "mlxtend"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def path(folder: Path) -> Path:
    stages: list[str] = []
    path = demo.build_demo(folder=folder, on_progress=lambda stage, done, total: stages.append(stage))
    assert set(stages) == {"train", "extract"}
    return path


def test_the_network_reads_digits_that_it_has_not_seen(path: Path) -> None:
    study = open_study(path)
    assert demo.held_out_accuracy(study) >= 0.95
    assert (study.n_examples, study.layers, study.name) == (5000, demo.LAYERS, demo.TITLE)
    assert study.classes == tuple("0123456789")
    assert (study.examples["split"] == "held out").sum() == 1000
    assert study.thumbnail(4999) is not None
    assert sum(p.numel() for p in demo.network().parameters()) < 26_000


def test_the_second_start_finds_it_without_torch(folder: Path, path: Path) -> None:
    output = subprocess.check_output([sys.executable, "-c", SECOND_START, str(folder)], text=True)
    assert output.splitlines() == [str(path), "[]"]


def test_a_damaged_cache_is_made_again_from_the_weights(folder: Path, path: Path) -> None:
    digest = open_study(path).digest
    (path / "study.json").write_text("{")
    stages: set[str] = set()
    assert demo.build_demo(folder=folder, on_progress=lambda stage, *_: stages.add(stage)) == path
    assert stages == {"extract"}
    assert open_study(path).digest == digest


def test_missing_libraries_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(demo, "find_spec", lambda name: None)
        with pytest.raises(ModelError, match=r"pip install 'topoact\[demo\]'"):
            demo.build_demo(folder=tmp_path)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelError, match=r"pip install 'topoact\[torch\]'"):
        demo.build_demo(folder=tmp_path)


def test_its_record_is_no_preprocessing(path: Path) -> None:
    assert open_study(path).manifest.preprocessing is None
    assert Preprocessing.from_record({}) == Preprocessing()
