"""What is kept of a neighbour index comes back as it was, or not at all."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from topoact.study.cache import indexes
from topoact.study.cache.indexes import load_index, save_index
from topoact.study.cache.results import ResultCache

FACTS = {"lens": "l2", "radii": [0.5, 1.25], "max_interval": 0.03}
ARRAYS = {
    "band": np.arange(2**18, dtype=np.uint64).reshape(-1, 8),
    "order": np.array([2, 0, 1]),
    "none": np.empty((0, 3), dtype=np.float32),
}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    assert save_index(tmp_path, "layer", FACTS, ARRAYS)
    return tmp_path


def test_it_comes_back(kept: Path) -> None:
    found = load_index(kept, "layer")
    assert found is not None
    assert found.facts == FACTS
    assert found.arrays.keys() == ARRAYS.keys()
    for name, array in found.arrays.items():
        np.testing.assert_array_equal(array, ARRAYS[name], strict=True)
        assert not array.flags.writeable
    assert isinstance(found.arrays["band"], np.memmap)


def test_there_is_one_for_each_layer_the_newest(kept: Path) -> None:
    save_index(kept, "other", {"lens": "l1"}, ARRAYS)
    save_index(kept, "layer", {"lens": "max"}, {"order": np.arange(4)})
    newest, other = load_index(kept, "layer"), load_index(kept, "other")
    assert newest is not None
    assert other is not None
    assert (newest.facts, list(newest.arrays)) == ({"lens": "max"}, ["order"])
    assert other.facts == {"lens": "l1"}
    assert sorted(path.name for path in (kept / "indexes").iterdir()) == ["layer", "other"]


def _pickled(folder: Path) -> None:
    size = (folder / "order.npy").stat().st_size
    np.save(folder / "order.npy", np.array([{}], dtype=object))
    record = json.loads((folder / "index.json").read_text())
    record["bytes"]["order"] = (folder / "order.npy").stat().st_size
    assert record["bytes"]["order"] != size
    (folder / "index.json").write_text(json.dumps(record))


def _newer(folder: Path) -> None:
    record = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps({**record, "format": indexes.FORMAT + 1}))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(shutil.rmtree, id="deleted"),
        pytest.param(lambda f: (f / "index.json").unlink(), id="no-facts"),
        pytest.param(lambda f: (f / "index.json").write_text("[1, 2]"), id="other-json"),
        pytest.param(lambda f: (f / "index.json").write_text("{"), id="half-json"),
        pytest.param(lambda f: (f / "band.npy").unlink(), id="no-array"),
        pytest.param(lambda f: (f / "band.npy").write_bytes((f / "band.npy").read_bytes()[:-8]), id="truncated"),
        pytest.param(lambda f: np.save(f / "more.npy", np.arange(3)), id="one-more"),
        pytest.param(_pickled, id="pickled"),
        pytest.param(_newer, id="newer-format"),
    ],
)
def test_a_damaged_or_foreign_one_counts_as_absent(kept: Path, damage: Callable[[Path], None]) -> None:
    damage(kept / "indexes" / "layer")
    assert load_index(kept, "layer") is None
    assert save_index(kept, "layer", FACTS, ARRAYS)
    assert load_index(kept, "layer") is not None


def test_without_room_nothing_is_written_and_the_last_one_stays(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage(kept)._replace(free=3 * ARRAYS["band"].nbytes)
    monkeypatch.setattr(indexes.shutil, "disk_usage", lambda _: full)
    assert not save_index(kept, "layer", {}, ARRAYS)
    found = load_index(kept, "layer")
    assert found is not None
    assert found.facts == FACTS


def test_a_disk_that_fills_up_meanwhile_leaves_nothing_half_written(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_keywords: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(indexes.np, "save", full)
    assert not save_index(kept, "layer", {}, ARRAYS)
    assert [path.name for path in (kept / "indexes").iterdir()] == ["layer"]
    assert load_index(kept, "layer") is not None


def test_what_killed_processes_left_is_removed_when_the_study_is_opened(kept: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for kind in ("graphs", "indexes"):
        for owner in (gone.pid, os.getpid()):
            (kept / kind / f"layer.{owner}.tmp").mkdir(parents=True)
            (kept / kind / f"layer.{owner}.tmp" / "band.npy").write_bytes(b"half")
        (kept / kind / "notes.tmp").mkdir()
    ResultCache(kept)
    for kind in ("graphs", "indexes"):
        left = sorted(path.name for path in (kept / kind).iterdir() if path.name.endswith(".tmp"))
        assert left == [f"layer.{os.getpid()}.tmp", "notes.tmp"]
    assert load_index(kept, "layer") is not None
