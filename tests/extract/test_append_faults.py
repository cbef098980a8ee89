"""Whatever stops an append, the study stays whole, and the same command goes on to the same bytes."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import save_file

from topoact.errors import Cancelled, StudyError
from topoact.extract import Plan, extract
from topoact.inputs.opening import open_source
from topoact.networks.loading import load_model, load_network
from topoact.networks.preprocessing import Preprocessing
from topoact.study import Study, StudyWriter, open_study

from .conftest import write_photos

N_MORE = 17
Append = Callable[..., Study]


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topoact.study.segments.MAX_SEGMENT_EXAMPLES", 8)
    monkeypatch.setattr("topoact.study.files.os.fsync", lambda _: None)


@pytest.fixture(params=["layers", "examples", "checkpoint"])
def append(request: pytest.FixtureRequest, models: Path, tmp_path: Path) -> Append:
    """Make a study of 21 photos at a path and append to it; with `only=True` make it and no more."""
    spec, folder = f"{models}:small", tmp_path / "data"
    first = open_source(str(write_photos(folder / "first", 23, broken=(2, 9))))
    more = open_source(str(write_photos(folder / "more", N_MORE, classes=("owl",), broken=(5,))))
    weights = folder / "other.safetensors"
    save_file({name: tensor * 2 for name, tensor in load_model(spec).state_dict().items()}, weights)
    begun = Plan(("0", "4"), ("random", "mean"), Preprocessing(), batch_size=4)
    source = more if request.param == "examples" else first
    plans = {"layers": Plan(("0", "2"), batch_size=4), "checkpoint": Plan(checkpoint="b", batch_size=4)}

    def run(path: Path, *, only: bool = False, **options: object) -> Study:
        if not path.exists() and not path.with_name(f"{path.name}.partial").exists():
            extract(load_network(spec), first, path, begun)
        if only:
            return open_study(path)
        network = load_network(spec, weights=weights if request.param == "checkpoint" else None)
        plan = plans.get(request.param, Plan(batch_size=4))
        return extract(network, source, path, plan, append=True, **options)

    return run


def contents(path: Path) -> dict[str, bytes]:
    files = (file for file in path.rglob("*") if file.is_file() and file.name != "study.json")
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def stop_after(n_calls: int) -> Callable[..., None]:
    calls: list[object] = []

    def progress(*said: object) -> None:
        calls.append(said)
        if len(calls) > n_calls:
            raise Cancelled

    return progress


@pytest.mark.parametrize("after", [0, 1, 2, 4])
def test_an_interrupted_append_leaves_the_study_and_resumes(append: Append, tmp_path: Path, after: int) -> None:
    before = append(tmp_path / "a", only=True)
    bytes_before = contents(before.path)
    with pytest.raises(Cancelled):
        append(tmp_path / "a", on_progress=stop_after(after))
    assert contents(before.path) == bytes_before
    assert open_study(before.path).manifest == before.manifest
    with pytest.raises(Cancelled):
        append(tmp_path / "a", on_progress=stop_after(2))
    resumed, whole = append(tmp_path / "a"), append(tmp_path / "b")
    assert contents(resumed.path) == contents(whole.path)
    assert resumed.digest == whole.digest
    assert (resumed.manifest.notes, resumed.manifest.skipped) == (whole.manifest.notes, whole.manifest.skipped)
    assert not list(tmp_path.glob("a.*"))


@pytest.mark.parametrize("step", ["examples.parquet", "study.json", "publish"])
def test_a_full_disk_while_finishing(
    append: Append, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = append(tmp_path / "a", only=True)
    bytes_before, replace, rename = contents(before.path), Path.replace, Path.rename

    def full(self: Path, target: Path) -> Path:
        is_written = self.name.startswith(f"{step}.") and self.suffix == ".tmp"
        if is_written or (step == "publish" and self.name == "a.partial"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return (rename if step == "publish" else replace)(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename" if step == "publish" else "replace", full)
        with pytest.raises(StudyError, match=r"the disk is full: free some space and run the same command again, it"):
            append(tmp_path / "a")
    assert contents(before.path) == bytes_before
    assert open_study(before.path).manifest == before.manifest
    assert append(tmp_path / "a").digest == append(tmp_path / "b").digest
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_dying_between_the_two_names(append: Append, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(tmp_path / "a", only=True)
    (tmp_path / "a" / "graphs").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(StudyWriter, "publish", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            append(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "a.old")
    with pytest.raises(StudyError, match=r"is not finished: run the command that began it once more"):
        open_study(tmp_path / "a")
    study, whole = append(tmp_path / "a"), append(tmp_path / "b")
    assert study.digest == whole.digest
    assert (study.path / "graphs").exists() == (study.n_examples == 21)
    assert not list(tmp_path.glob("a.*"))
