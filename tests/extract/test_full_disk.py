"""A disk that is really full: a small one is mounted where this is allowed."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from topoact.errors import StudyError
from topoact.extract import Plan, extract
from topoact.inputs.opening import open_source
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing
from topoact.study import open_study

from .conftest import write_photos

PAGE = os.sysconf("SC_PAGE_SIZE")
PLAN = Plan(("0", "2", "4"), ("random", "all"), Preprocessing(), batch_size=4)
SENTENCE = "the disk is full: free some space and run the same command again"
Disk = tuple[Path, Callable[[int], object]]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk and the function that gives it so many pages."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={PAGE}", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a small disk cannot be mounted here: {error}")
    yield folder, lambda n: subprocess.run(["mount", "-o", f"remount,size={n * PAGE}", str(folder)], check=True)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topoact.study.segments.SEGMENT_EXAMPLES", 8)


def n_pages(path: Path) -> int:
    return sum(-(-file.stat().st_size // PAGE) for file in path.rglob("*") if file.is_file())


def test_a_full_disk_loses_nothing_wherever_it_strikes(models: Path, tmp_path: Path, disk: Disk) -> None:
    network = load_network(f"{models}:small")
    photos = open_source(str(write_photos(tmp_path / "photos", 26)))
    whole, (folder, resize) = extract(network, photos, tmp_path / "whole", PLAN), disk
    needed, said = n_pages(whole.path), list[str]()
    for pages in range(2, 3 * needed, max(needed // 8, 1)):
        resize(pages)
        try:
            study = extract(network, photos, folder / "s", PLAN)
        except StudyError as error:
            said.append(str(error))
            assert not (folder / "s").exists()
        else:
            break
    assert len(said) > 4
    assert all(SENTENCE in sentence for sentence in said)
    assert study.digest == whole.digest
    assert study.examples.equals(whole.examples)


def test_a_full_disk_leaves_the_study_that_is_appended_to(models: Path, tmp_path: Path, disk: Disk) -> None:
    network, (folder, resize) = load_network(f"{models}:small"), disk
    photos = open_source(str(write_photos(tmp_path / "photos", 26)))
    more = open_source(str(write_photos(tmp_path / "more", 13, classes=("owl",))))
    for name in ("whole", "disk/s"):
        resize(1000)
        before = extract(network, photos, tmp_path / name, PLAN)
    whole = extract(network, more, tmp_path / "whole", Plan(batch_size=4), append=True)
    start, needed, said = n_pages(before.path), n_pages(whole.path), list[str]()
    for pages in range(start + 1, start + 3 * needed, max((needed - start) // 4, 1)):
        resize(pages)
        assert open_study(folder / "s").manifest == before.manifest
        try:
            study = extract(network, more, folder / "s", Plan(batch_size=4), append=True)
        except StudyError as error:
            said.append(str(error))
        else:
            break
    assert len(said) > 2
    assert all(SENTENCE in sentence for sentence in said)
    assert study.digest == whole.digest
