"""Every module of benchmarks/ runs, on input so small that it takes a second; its figures mean nothing.

A test that starts a module is called ``test_starts_MODULE``, with more words or without; ``__main__`` is called main.
"""

import json
import re
import sys
import venv
from argparse import ArgumentParser, Namespace
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from topoact.testing.networks import CODE, LAYERS, NAMES
from topoact.testing.studies import write_digits_study

TESTS = Path(__file__).parent
ROOT = TESTS.parent


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


@pytest.fixture(autouse=True)
def _results_are_elsewhere(_benchmarks_can_be_imported: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is written into the checkout, and no environment is installed."""
    from benchmarks import __main__ as everything
    from benchmarks import environments, locate, side_by_side

    def refuse(*_args: object, **_options: object) -> NoReturn:
        raise OSError("no network")

    for module in (everything, locate, side_by_side):
        monkeypatch.setattr(module, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(environments, "HOME", tmp_path / "peers")
    monkeypatch.setattr(venv, "create", refuse)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two tables of photos, and a study of a network's activations on the first."""
    from topoact.extract import Plan, extract
    from topoact.inputs.opening import open_source
    from topoact.networks.loading import load_network

    folder = tmp_path_factory.mktemp("photos")
    for seed, name in enumerate(("train", "test")):
        pq.write_table(table_of_photos(seed, 90), folder / f"{name}.parquet")
    (folder / "network.py").write_text(CODE, "utf-8")
    network, source = load_network(f"{folder / 'network.py'}:network"), open_source(str(folder / "train.parquet"))
    extract(network, source, folder / "study", Plan(layers=LAYERS[1:], policies=("random", "mean"), classes=NAMES))
    return folder


def table_of_photos(seed: int, n: int) -> pa.Table:
    """Return photos of noise in red, green and blue, in turn."""
    from benchmarks.locate import _png

    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 128, (n, 16, 16, 3), dtype=np.uint8)
    for row, photo in enumerate(pixels):
        photo[..., row % 3] += rng.integers(50, 127, dtype=np.uint8)
    rows = {"label": [NAMES[row % 3] for row in range(n)], "image": [_png(photo) for photo in pixels]}
    return pa.table({"id": [f"{seed}-{row}" for row in range(n)], **rows})


@pytest.fixture
def cloud() -> Any:
    from benchmarks.data import mixture

    return mixture(150, n_channels=8, n_classes=3)


def run(module: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> Any:
    """Call a module's ``main`` as its command line would."""
    monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, arguments)])
    return module.main()


def test_every_benchmark_has_a_test_that_starts_it() -> None:
    modules = {path.stem.strip("_") for path in (ROOT / "benchmarks").glob("*.py")} - {"init"}
    names = (
        name
        for path in TESTS.rglob("test_*.py")
        for name in re.findall(r"^def test_starts_(\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    )
    fitting = ([module for module in modules if f"{name}_".startswith(f"{module}_")] for name in names)
    assert {max(some, key=len, default="") for some in fitting} == modules


def test_starts_main(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, cloud: Any
) -> None:
    from benchmarks import __main__ as everything

    np.save(tmp_path / "cloud.npy", cloud)
    small = ["--quick", "--only", "features", "--sides", "scikit-learn", "gudhi"]
    run(everything, monkeypatch, "--vectors", tmp_path / "cloud.npy", "--eps", 3, *small)
    (case,) = json.loads((tmp_path / "results" / "quick" / "features.json").read_text())["cases"]
    assert (case["n_points"], case["indexes"][0]["status"]) == (150, "done")
    parity = case["sides"]["scikit-learn"]["parity"]
    assert parity["equal"] == parity["ours"] > 1
    assert "150 × 8" in (tmp_path / "results" / "quick" / "benchmarks.md").read_text("utf-8")
    assert "left out: gudhi" in capsys.readouterr().out


def test_starts_parts_which_say_what_data_they_lack(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cloud: Any
) -> None:
    from benchmarks import extraction_runs, parts

    np.save(tmp_path / "cloud.npy", cloud)
    options = {"memory": 4, "timeout": 60, "quick": True, "study": tmp_path / "cloud.npy", "layer": ""}
    chosen = parts.Parts(Namespace(**options, resnet=tmp_path / "missing"))
    euclidean, cosine = chosen.exact()["checks"]
    assert all(row["equal"] for row in euclidean["rows"] + cosine["rows"])
    monkeypatch.setattr(extraction_runs, "DATA", tmp_path)
    monkeypatch.setattr(extraction_runs, "RUNS", extraction_runs.RUNS[:1])
    for name in ("resnet20", "extraction"):
        with pytest.raises(parts.Missing, match=r"examples/README\.md says"):
            parts.PARTS[name](chosen)


def test_starts_exact(cloud: Any) -> None:
    from benchmarks.exact import check

    rows = check(cloud, "euclidean", overlaps=(0.3,), min_samples=(3,))["rows"]
    assert [row["equal"] for row in rows] == [True] * 3
    assert all(row["nodes"] for row in rows)


def test_starts_graphs(cloud: Any, tmp_path: Path) -> None:
    from benchmarks.data import elbow, lens_of
    from benchmarks.graphs import OTHER_SETTINGS, measure

    found = measure(cloud, lens_of(cloud), [elbow(cloud)], 0.3, tmp_path)
    assert len(found["further"]) == len(OTHER_SETTINGS)
    assert found["nodes"] > 0
    assert found["restored_second"] > 0


def test_starts_modes(cloud: Any) -> None:
    from benchmarks.data import lens_of
    from benchmarks.modes import COVERS, index, intervals

    found = index(cloud, lens_of(cloud))
    assert found["restored_equal"]
    assert len(found["graphs"]) == len(COVERS)
    assert intervals(cloud, lens_of(cloud))["equal"] == len(COVERS)


def test_starts_modes_of_gudhi(cloud: Any) -> None:
    pytest.importorskip("gudhi", reason="GUDHI is not installed")
    from benchmarks.data import lens_of
    from benchmarks.modes import gudhi

    assert len(gudhi(cloud, lens_of(cloud))["trees"]) == 1


def test_starts_mapper_libraries(cloud: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import mapper_libraries
    from benchmarks.data import lens_of

    np.save(tmp_path / "vectors.npy", cloud)
    np.save(tmp_path / "lens.npy", lens_of(cloud))
    for side in ("topoact", "scikit-learn"):
        mapper_libraries.main(side, str(tmp_path), str(tmp_path / f"{side}.npz"), "5", "0.3", "2.5", "5")
        assert json.loads(capsys.readouterr().out)["seconds"] > 0
    ours, theirs = (np.load(tmp_path / f"{side}.npz") for side in ("topoact", "scikit-learn"))
    assert ours["indptr"].tolist() == theirs["indptr"].tolist()
    assert ours["indices"].tolist() == theirs["indices"].tolist()


def test_starts_side_by_side_without_the_libraries_that_are_not_there(
    cloud: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks.side_by_side import Case, Limits, compare

    found = compare(Case("cloud", lambda: cloud, sides=("gudhi", "giotto-tda"), rounds=0), Limits())
    assert (found["n_points"], found["sides"]) == (150, {})
    assert re.findall("left out: (.*?): .*no network", capsys.readouterr().out) == ["gudhi", "giotto-tda"]


def test_starts_environments(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import environments

    assert environments.python_of("topoact") == Path(sys.executable)
    environments.main()
    assert len(re.findall("left out: .* cannot be installed: no network", capsys.readouterr().out)) == 3
    made = environments.HOME / "giotto"
    made.mkdir(parents=True)
    (made / "pins.txt").write_text((environments.PINS / "giotto.txt").read_text())
    assert environments.python_of("giotto-tda") == made / "bin" / "python"


def test_starts_planted_without_the_libraries_that_are_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from benchmarks import planted

    run(planted, monkeypatch, "run", "-o", tmp_path / "outcomes", "--sides", "giotto-tda")
    assert "left out: giotto-tda" in capsys.readouterr().out
    assert (tmp_path / "outcomes").read_text() == ""


def test_starts_nulls(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from benchmarks import nulls

    monkeypatch.setattr(nulls, "SIZES", (300,))
    run(nulls, monkeypatch, "run", "-o", tmp_path / "outcomes", "--clouds", 1)
    run(nulls, monkeypatch, "table", tmp_path / "outcomes")
    assert "| Gaussian | 1 | 0 | 0 | 0 | 0 | 0 |" in capsys.readouterr().out


def test_starts_measure(tmp_path: Path) -> None:
    from benchmarks.measure import conditions, product_rate, save, spread

    save("part", {"conditions": conditions()}, into=tmp_path)
    assert len(json.loads((tmp_path / "part.json").read_text())["conditions"]["load"]) == 2
    assert spread([2, 1, 4]) == {"median": 2, "min": 1, "max": 4, "n": 3}
    assert product_rate(64, 8, rounds=1) > 0


def test_starts_first_screens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import first_screens

    first_screens.main([str(write_digits_study(tmp_path / "digits", n_examples=120))])
    rows = re.findall(r"^\| digits \| (?:pixels|rows) \| .* \| 0 \| ", capsys.readouterr().out, re.MULTILINE)
    assert len(rows) == 2


def test_starts_noise(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import noise

    small = ["--points", 60, "--k", 5, "--runs", 1, "--cloud-points", 300]
    run(noise, monkeypatch, *small)
    assert len(re.findall(r"^\| (?:gaussian|ball|sphere), 60 \| 5 \|", capsys.readouterr().out, re.MULTILINE)) == 3
    run(noise, monkeypatch, *small, "--graphs", 1)
    assert len(re.findall(r"^\| (?:gaussian|ball) \|", capsys.readouterr().out, re.MULTILINE)) == 4


def test_starts_attribution(photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import attribution

    monkeypatch.setattr(attribution, "MIN_MEMBERS", 3)
    small = ["--layers", "3@random", "3@mean", "--nodes", 2, "--members", 2]
    run(attribution, monkeypatch, photos / "study", "--data", photos / "train.parquet", *small)
    out = capsys.readouterr().out
    assert re.findall(r"^(\S+): 2 of \d+ nodes, 2 members of each", out, re.MULTILINE) == ["3@random", "3@mean"]
    assert len(re.findall(r"^\| \S.* \| -?[01]\.\d\d \| -?[01]\.\d\d \| \d+% \| \d+% \|$", out, re.MULTILINE)) == 12


def test_starts_locate(photos: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from benchmarks import locate

    tables = [photos / "train.parquet", photos / "test.parquet"]
    run(locate, monkeypatch, photos / "study", *tables, "--layer", "3@mean", "-n", 12, "--noise", 2)
    found = json.loads((tmp_path / "results" / "locate.json").read_text())
    assert found["own"] == {"photos": 12, "recognised": 12, "in their own nodes": 12}
    assert [row["class"] for row in found["classes"]] == sorted(NAMES)
    assert len(found["outside"]) == 5


def test_starts_inversion(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from benchmarks import inversion

    n_threads = torch.get_num_threads()
    run(
        inversion,
        monkeypatch,
        *["--images", "1", "--steps", "2", "--size", "32", "--turns", "1", "--lucent"],
        tmp_path / "missing",
    )
    torch.set_num_threads(n_threads)
    out = capsys.readouterr().out
    assert len(re.findall(r"^\| TopoAct, .* recipe \| [\d.]+ \|", out, re.MULTILINE)) == 2
    assert "left out: torch-lucent: No module named" in out


def test_starts_faults(photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import faults

    moment = ["--kills", 1, "--faults-seed", 1]  # early
    task = [f"{photos / 'network.py'}:network", photos / "train.parquet", "--layers", ",".join(LAYERS), "--limit", 9]
    assert run(faults, monkeypatch, *task, "--only", "extract", "--faults", "kill", *moment) == 0
    assert re.findall(r"^ok   extract: kill -9", capsys.readouterr().out, re.MULTILINE)


def test_starts_fuzz_studies(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from benchmarks import fuzz_studies

    found = {"seed": 0, "outcome": "crash or hang", "what": "killed"}
    monkeypatch.setattr(
        fuzz_studies, "fuzz", lambda count, first, at_once: [found] * count
    )  # see tests/study/test_fuzz.py
    monkeypatch.setattr(sys, "argv", ["fuzz_studies", "--count", "2", "--out", str(tmp_path / "all.jsonl")])
    fuzz_studies.main()
    assert "crash or hang: 2" in capsys.readouterr().out
    assert [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()] == [found] * 2


def test_starts_extraction_loops(photos: Path) -> None:
    from benchmarks.extraction_loops import Loops, options

    arguments = [f"{photos / 'network.py'}:network", str(photos / "train.parquet"), "--layers", "1", "--limit", "6"]
    loops = Loops(ArgumentParser(parents=[options()]).parse_args(arguments))
    loops.warm_up()
    assert loops.bare() == {}
    assert loops.extraction() | {"disk_mib": 0} == {"examples": 6, "vectors": 6, "layers": 1, "disk_mib": 0}


def test_starts_extraction_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from benchmarks import extraction_runs

    monkeypatch.setattr(extraction_runs, "DATA", tmp_path)
    (tmp_path / extraction_runs.PHOTOS).touch()
    (tmp_path / "squeezenet.safetensors").touch()
    found = {run.name: run.arguments() for run in extraction_runs.runs_with_data() if "MiniLM" not in run.name}
    assert [name.split(",")[0] for name in found] == ["GoogLeNet", "SqueezeNet", "EfficientNet-lite0"]
    assert found["SqueezeNet, all positions"][-2:] == ["--weights", tmp_path / "squeezenet.safetensors"]
    assert "--weights" not in found["GoogLeNet, one position"]
