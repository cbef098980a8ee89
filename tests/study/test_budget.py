"""What derived data may take, what goes first, and `topoact clean`."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from topoact.errors import InvalidInput
from topoact.study.cache.budget import budget, clear_leftovers, items, parse_size, remove, surplus
from topoact.study.cache.clean import clean
from topoact.study.cache.place import Derived
from topoact.testing.settings import dbscan
from topoact.testing.studies import write_digits_study
from topoact.workbench import open_workbench

GONE = 2**22 + 7
"""A process number that no system gives."""


def put(root: Path, name: str, age: float, n_bytes: int = 1000) -> Path:
    """Write a file, used so many seconds ago."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * n_bytes)
    for one in (path, path.parent):
        os.utime(one, (1e9 - age, 1e9 - age))
    return path


@pytest.fixture
def derived(tmp_path: Path) -> Path:
    for number in range(12):
        put(tmp_path, f"graphs/{number:016x}/graph.json", age=number)
    put(tmp_path, "graphs/00000000000000aa/stability.json", age=900)
    put(tmp_path, "indexes/layer/band.npy", age=50, n_bytes=5000)
    put(tmp_path, "projections/a-pca.parquet", age=60)
    put(tmp_path, "projections/a-umap.parquet", age=70)
    for kind in ("png", "json"):
        put(tmp_path, f"inversions/layer/0123.{kind}", age=80)
    put(tmp_path, "located-inputs/0123.json", age=90)
    put(tmp_path, "study.json", age=999)
    return tmp_path


def names(found: list) -> list[str]:
    return [item.paths[0].name for item in found]


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [
        ("0", 0),
        ("17", 17),
        ("500MB", 5 * 10**8),
        ("1.5 GB", 15 * 10**8),
        ("2gib", 2**31),
        ("3k", 3000),
        (" 1T ", 10**12),
    ],
)
def test_sizes(text: str, n_bytes: int) -> None:
    assert parse_size(text, "--to") == n_bytes


@pytest.mark.parametrize("text", ["", "x", "-1", "4 GB more", "1e9", "nan", "4XB", "٤GB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(InvalidInput, match="--to must be a size such as 500MB or 4GB: got "):
        parse_size(text, "--to")


def test_the_oldest_goes_first_and_what_takes_minutes_last(derived: Path) -> None:
    everything = surplus(items(derived), 0, in_use={})
    quick, slow = names(everything)[:14], names(everything)[14:]
    assert quick == ["a-pca.parquet", "layer", *(f"{number:016x}" for number in reversed(range(12)))]
    assert [name.partition(".")[0] for name in slow] == ["00000000000000aa", "0123", "0123", "a-umap"]


def test_no_more_goes_than_must(derived: Path) -> None:
    total = sum(item.n_bytes for item in items(derived))
    assert surplus(items(derived), total) == []
    assert names(surplus(items(derived), total - 1, in_use={})) == ["a-pca.parquet"]
    assert names(surplus(items(derived), total - 1001, in_use={})) == ["a-pca.parquet", "layer"]


def test_what_is_in_use_stays(derived: Path) -> None:
    left = {path for item in items(derived) if item not in surplus(items(derived), 0) for path in item.paths}
    assert {f"{number:016x}" for number in range(8)} <= {path.name for path in left}
    assert f"{9:016x}" not in {path.name for path in left}


def test_removal_touches_nothing_outside(derived: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    kept = put(outside, "precious", age=5000)
    (derived / "graphs" / "0000000000000bad").symlink_to(outside)
    (derived / "projections" / "link.parquet").symlink_to(kept)
    shutil.rmtree(derived / "inversions")
    (derived / "inversions").symlink_to(outside)
    (derived / "graphs" / f"x.{GONE}.tmp").symlink_to(outside)
    for item in items(derived):
        assert remove(item)
    clear_leftovers(derived)
    assert kept.read_bytes()
    assert (derived / "study.json").exists()
    assert all(path.is_symlink() for path in (derived / "graphs").glob("0*"))


def test_leftovers_of_killed_processes_go_and_those_of_others_stay(derived: Path) -> None:
    layouts = derived / "graphs" / f"{1:016x}" / "layouts"
    layouts.mkdir()
    (layouts / f"a.parquet.00.{GONE}.tmp").touch()
    (layouts / f"b.parquet.00.{os.getpid()}.tmp").touch()
    (derived / "projections" / f"c.00.{GONE}.tmp").touch()
    clear_leftovers(derived)
    assert [path.name for path in derived.rglob("*.tmp")] == [f"b.parquet.00.{os.getpid()}.tmp"]


def test_graphs_stay_within_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_digits_study(tmp_path / "digits", n_examples=60)
    bench = open_workbench(path)
    bench.map(0, dbscan(n_intervals=3, eps=30.0))
    one = sum(item.n_bytes for item in items(path))
    monkeypatch.setenv("TOPOACT_BUDGET", str(10 * one))
    for n_intervals in range(4, 24):
        bench.map(0, dbscan(n_intervals=n_intervals, eps=30.0))
    last = bench.key(bench.study.layer(0), dbscan(n_intervals=23, eps=30.0))
    assert budget() == 10 * one
    assert sum(item.n_bytes for item in items(path)) <= 10 * one
    assert 5 < len(list((path / "graphs").iterdir())) < 20
    assert bench.cache.load_graph(last) is not None


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = write_digits_study(tmp_path / "digits", n_examples=60)
    bench = open_workbench(path)
    for n_intervals in range(3, 6):
        bench.draw(0, dbscan(n_intervals=n_intervals, eps=30.0))
    put(path, "projections/x-umap.parquet", age=10)
    return path


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object
) -> tuple[int, str, str]:
    from topoact.cli import main

    monkeypatch.setattr(sys, "argv", ["topoact", "clean", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return ended.value.code or 0, out, err


def test_clean_frees_what_is_computed_again_in_seconds(
    study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run(capsys, monkeypatch, study, "--dry-run", "--json")
    would = json.loads(out)
    assert (code, would["dry_run"], would["removed"][0]["kind"], would["removed"][0]["count"]) == (0, True, "graphs", 3)
    assert len(list((study / "graphs").iterdir())) == 3
    code, out, _ = run(capsys, monkeypatch, study)
    assert "freed" in out
    assert "3 of graphs" in out
    assert "left 1.0 kB of computed data: --all removes it too" in out
    assert list((study / "graphs").iterdir()) == []
    code, out, _ = run(capsys, monkeypatch, study, "--all", "--json")
    assert json.loads(out)["freed"] == 1000
    assert json.loads(out)["left"] == 0
    assert open_workbench(study).map(0, dbscan(n_intervals=3, eps=30.0)).n_points == 60


def test_clean_to_a_size(study: Path) -> None:
    sizes = sorted((item.used, item.n_bytes) for item in items(study))
    limit = sum(size for _, size in sizes) - 1
    assert len(clean(study, limit=limit, is_slow_kept=False).removed) == 1
    assert (study / "projections" / "x-umap.parquet").exists()


def test_clean_leaves_what_a_server_uses(study: Path) -> None:
    with Derived.of(study).in_use():
        cleaned = clean(study)
        assert (cleaned.removed, cleaned.is_in_use) == ([], True)
    assert len(clean(study).removed) == 3
    assert not list((study / "graphs").iterdir())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--to", "much"], "--to must be a size such as 500MB or 4GB: got 'much'"),
        (["--to", "1MB", "--all"], "--all removes everything, and --to leaves a size"),
    ],
)
def test_what_clean_refuses(
    study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list, sentence: str
) -> None:
    code, _, err = run(capsys, monkeypatch, study, *arguments)
    assert code == 1
    assert sentence in err


def test_clean_of_what_is_no_study(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "graphs/0000000000000001/graph.json", age=1)
    code, _, err = run(capsys, monkeypatch, tmp_path)
    assert code == 1
    assert "is not a study" in err
    assert (tmp_path / "graphs" / "0000000000000001" / "graph.json").exists()
