"""Activation images as files: whole or not there, whatever happens to the process or the disk."""

import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from topoact.errors import StudyError
from topoact.study.cache.inversions import Inversion, Inversions, Prediction

NAME, OTHER = "0123456789abcdef", "fedcba9876543210"
PICTURE = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
FOUND = Inversion(
    layer="conv",
    target={"kind": "nodes", "nodes": [3], "minus": [], "label": "node 3"},
    identity="a-b",
    graph=OTHER,
    recipe={"steps": 4},
    steps=4,
    network="weights",
    cosine=0.5,
    length=None,
    lands=True,
    predictions=(Prediction("cat", 0.75), Prediction("dog", 0.25)),
    size=(8, 6),
    reached=(0.1, float(np.float32(1) / 3)),
)


@pytest.fixture
def store(tmp_path: Path) -> Inversions:
    return Inversions(tmp_path)


def pixels(png: bytes | None) -> np.ndarray:
    assert png is not None
    return np.asarray(Image.open(io.BytesIO(png)))


def files(store: Inversions) -> list[str]:
    return sorted(path.name for path in store.root.rglob("*") if path.is_file())


def test_what_is_stored_is_found(store: Inversions) -> None:
    store.save("conv", NAME, PICTURE, FOUND)
    store.save("other", OTHER, PICTURE[..., :1], replace(FOUND, cosine=None))
    again = Inversions(store.root.parent)
    assert again.load(NAME) == FOUND
    assert again.of_layer("conv") == {NAME: FOUND}
    np.testing.assert_array_equal(pixels(again.png(NAME)), PICTURE)
    np.testing.assert_array_equal(pixels(again.png(OTHER)), PICTURE[..., 0])
    assert again.path(NAME).read_bytes() == again.png(NAME)


def test_the_same_image_is_the_same_bytes(store: Inversions) -> None:
    store.save("conv", NAME, PICTURE, FOUND)
    before = {name: (store.root / "conv" / name).read_bytes() for name in files(store)}
    store.save("conv", NAME, PICTURE, FOUND)
    assert {name: (store.root / "conv" / name).read_bytes() for name in files(store)} == before


def test_what_was_never_made_is_absent(store: Inversions) -> None:
    assert (store.load(NAME), store.png(NAME), store.preview(NAME), store.of_layer("conv")) == (None, None, None, {})


@pytest.mark.parametrize("file", [f"{NAME}.png", f"{NAME}.json"])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "changed"])
def test_damage_is_absence(store: Inversions, file: str, damage: str) -> None:
    store.save("conv", NAME, PICTURE, FOUND)
    path = store.root / "conv" / file
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        middle = len(content) // 2
        changed = content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]
        path.write_bytes({"empty": b"", "cut": content[:-20], "changed": changed}[damage])
    assert (store.load(NAME), store.png(NAME), store.of_layer("conv")) == (None, None, {})
    store.save("conv", NAME, PICTURE, FOUND)
    assert store.load(NAME) == FOUND


def test_a_record_of_another_kind_is_absent(store: Inversions) -> None:
    store.save("conv", NAME, PICTURE, FOUND)
    path = store.root / "conv" / f"{NAME}.json"
    record = json.loads(path.read_text())
    for broken in ([], {**record, "size": 3}, {**record, "predictions": [{"name": "cat"}]}):
        path.write_text(json.dumps(broken))
        assert store.load(NAME) is None


def test_a_preview_is_shown_until_the_image_is_there(store: Inversions) -> None:
    store.save_preview("conv", NAME, PICTURE // 2, 3, 40)
    store.save_preview("conv", NAME, PICTURE // 3, 7, 40)
    preview = store.preview(NAME)
    assert preview is not None
    assert (preview.size, preview.step, preview.steps) == ((8, 6), 7, 40)
    np.testing.assert_array_equal(pixels(preview.png), PICTURE // 3)
    assert store.load(NAME) is None
    store.save("conv", NAME, PICTURE, FOUND)
    assert store.preview(NAME) is None
    assert files(store) == [f"{NAME}.json", f"{NAME}.png"]


def test_previews_that_are_given_up_or_no_previews(store: Inversions) -> None:
    store.save_preview("conv", NAME, PICTURE, 3, 40)
    store.drop_previews("conv", [NAME, OTHER])
    assert files(store) == []
    (store.root / "conv" / f"{NAME}.preview.png").write_bytes(b"no picture")
    assert store.preview(NAME) is None


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from PIL import Image
from topoact.study.cache.inversions import Inversions

store, when = Inversions(Path(sys.argv[1])), sys.argv[2]
picture = np.zeros((6, 8, 3), np.uint8)
store.save_preview("conv", "0123456789abcdef", picture, 1, 2)
replace = Path.replace

def dying(self, target):
    if when in ("png", "json") and target.suffix == "." + when and ".preview" not in target.name:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)

Path.replace = dying
sys.path.insert(0, sys.argv[3])
from test_inversions import FOUND
store.save("conv", "0123456789abcdef", picture, FOUND)
"""


@pytest.mark.parametrize("when", ["png", "json"])
def test_a_killed_process_leaves_nothing_half_written(store: Inversions, when: str) -> None:
    arguments = [sys.executable, "-c", KILLED, str(store.root.parent), when, str(Path(__file__).parent)]
    killed = subprocess.run(arguments, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert store.load(NAME) is None
    assert any(name.endswith(".tmp") for name in files(store))
    store.prepare("conv")
    assert files(store) == ([] if when == "png" else [f"{NAME}.png"])
    store.save("conv", NAME, PICTURE, FOUND)
    assert store.load(NAME) == FOUND


def test_what_another_process_is_writing_stays(store: Inversions) -> None:
    store.prepare("conv")
    (store.root / "conv" / f"{NAME}.png.{os.getpid()}.tmp").write_bytes(b"half")
    store.prepare("conv")
    assert files(store) == [f"{NAME}.png.{os.getpid()}.tmp"]


def test_a_full_disk(store: Inversions, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("topoact.study.files.Path.replace", full)
    store.save_preview("conv", NAME, PICTURE, 1, 2)
    with pytest.raises(StudyError, match=r"the disk is full: free some .*: the images that are made stay"):
        store.save("conv", NAME, PICTURE, FOUND)
    assert files(store) == []


def test_a_study_in_which_nothing_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "inversions").write_text("a file")
    with pytest.raises(StudyError, match="could not be stored"):
        Inversions(tmp_path).prepare("conv")
