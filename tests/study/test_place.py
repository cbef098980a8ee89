"""Where derived data are kept: with the study, or where that may only be read in the user's cache; links are not."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from topoact.errors import InvalidInput, StudyError, WriteError
from topoact.importers.run import import_files
from topoact.study.cache.place import Derived, cache_of, is_writable
from topoact.study.files import replacing, write_json
from topoact.testing.settings import dbscan
from topoact.testing.studies import write_digits_study
from topoact.workbench import open_workbench

LOCATED = {
    "kind": "text",
    "text": "a sentence",
    "thumbnail": None,
    "predictions": [],
    "notices": [],
    "locations": [],
    "n_layers": 0,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits_study(tmp_path_factory.mktemp("place") / "digits", n_examples=60)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOPOACT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def by_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """Make the folder one that may only be read, as far as the system is asked."""
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: real(path, mode) and not (mode & os.W_OK and folder == Path(path))
    )
    return lambda: None


def by_mount(folder: Path, _: pytest.MonkeyPatch) -> Callable[[], object]:
    try:
        subprocess.run(["mount", "--bind", folder, folder], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nothing can be mounted here: {error}")
    return lambda: subprocess.run(["umount", "--lazy", folder], check=True)


def by_trial(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """Make the folder one that claims to be writable and is not, as on some network drives."""
    real = Path.touch

    def touch(path: Path, *arguments: object, **options: object) -> None:
        if path.parent == folder:
            raise PermissionError(13, "Permission denied")
        real(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "touch", touch)
    return lambda: None


def by_link(folder: Path, _: pytest.MonkeyPatch) -> Callable[[], object]:
    (folder.parent / "elsewhere").mkdir()
    (folder / "graphs").symlink_to(folder.parent / "elsewhere")
    return lambda: None


@pytest.fixture(params=[by_permission, by_mount, by_trial, by_link])
def read_only(
    request: pytest.FixtureRequest, whole: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    path = Path(shutil.copytree(whole, tmp_path / "s", ignore=shutil.ignore_patterns("graphs", "projections")))
    undo = request.param(path, monkeypatch)
    yield path
    undo()


def listing(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file())


def test_what_may_only_be_read_is_explored_all_the_same(read_only: Path, cache: Path) -> None:
    before = listing(read_only)
    assert not is_writable(read_only)
    bench = open_workbench(read_only)
    settings = dbscan(n_intervals=4, eps=30.0)
    drawing = bench.draw(0, settings)
    projected = bench.project(0, "pca")
    bench.located_inputs.save("0123456789abcdef", LOCATED)
    bench.located_inputs.save_novelty_limit("layer", 2.0)
    bench.close()
    assert listing(read_only) == before
    assert bench.derived.root == cache_of(read_only)
    assert bench.derived.root.is_relative_to(cache / "studies")
    again = open_workbench(read_only)
    name = again.drawn_name(0, settings, None)
    stored = again.cache.load_drawing(*name)
    assert stored is not None
    assert (stored.positions == drawing.positions).all()
    assert again.cache.load_graph(name.graph) is not None
    found = again.stored_projection(0, "pca")
    assert found is not None
    assert (found == projected).all()
    assert again.located_inputs.load("0123456789abcdef") == LOCATED
    assert again.located_inputs.novelty_limit("layer") == 2.0


def test_what_was_computed_before_it_was_locked_is_found(
    whole: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, settings = Path(shutil.copytree(whole, tmp_path / "s")), dbscan(n_intervals=5, eps=30.0)
    bench = open_workbench(path)
    bench.draw(0, settings)
    name = bench.drawn_name(0, settings, None)
    by_permission(path, monkeypatch)
    locked = open_workbench(path)
    assert locked.derived.root != path
    assert locked.cache.load_graph(name.graph) is not None
    assert locked.cache.load_drawing(*name) is not None
    assert not cache.exists()


def test_two_studies_of_one_name_do_not_share(whole: Path, tmp_path: Path, cache: Path) -> None:
    first, second = (Path(shutil.copytree(whole, tmp_path / name / "s")) for name in ("a", "b"))
    assert cache_of(first) != cache_of(second)
    before = cache_of(first)
    with (first / "study.json").open("a") as file:
        file.write("\n")
    assert cache_of(first) != before


def test_where_nothing_can_be_written_that_is_said(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copytree(whole, tmp_path / "s", ignore=shutil.ignore_patterns("graphs")))
    (tmp_path / "file").touch()
    monkeypatch.setenv("TOPOACT_CACHE", str(tmp_path / "file"))
    by_permission(path, monkeypatch)
    bench = open_workbench(path)
    with pytest.raises(WriteError, match=r"a file is in the way where the folder .*file/studies"):
        bench.map(0, dbscan(n_intervals=4, eps=30.0))


def test_a_budget_that_is_no_size_is_refused_at_once(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOPOACT_BUDGET", "much")
    with pytest.raises(InvalidInput, match="TOPOACT_BUDGET must be a size such as 500MB or 4GB: got 'much'"):
        open_workbench(whole)


def test_a_link_is_not_written_through(whole: Path, tmp_path: Path, cache: Path) -> None:
    """Nor one below a folder of derived data."""
    path = Path(shutil.copytree(whole, tmp_path / "s"))
    outside = tmp_path / "outside"
    outside.mkdir()
    (path / "inversions").mkdir(exist_ok=True)
    (path / "inversions" / "layer").symlink_to(outside)
    assert Derived.of(path).root != path


def test_a_study_is_not_written_where_nothing_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "x.npy", np.eye(9))
    (tmp_path / "locked").mkdir()
    undo = by_mount(tmp_path / "locked", monkeypatch)
    try:
        with pytest.raises(StudyError, match=r"locked/s.* cannot be written: .*: choose another place with -o"):
            import_files([tmp_path / "x.npy"], tmp_path / "locked" / "s")
    finally:
        undo()


def test_several_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    with replacing(tmp_path / "x") as first, replacing(tmp_path / "x") as second:
        first.write(b"one")
        second.write(b"two")
    assert (tmp_path / "x").read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_as_somebody_else() -> None:
    """A process without rights, where one can be made."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    code = (
        "import os, sys; from pathlib import Path; from topoact.study.cache.place import is_writable;"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534); sys.exit(is_writable(Path(sys.argv[1])))"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        write_json(Path(folder) / "study.json", {})
        command = [sys.executable, "-c", code, folder]
        finished = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (finished.returncode, finished.stderr) == (0, "")
