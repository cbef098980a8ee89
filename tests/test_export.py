"""``topoact export`` as a person types it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from test_cli import run
from topoact.testing.studies import write_digits_study
from topoact.workbench import open_workbench
from topoact.workbench.first_screen import first_screen


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits_study(tmp_path_factory.mktemp("exported") / "digits", n_examples=300)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


Capture = pytest.CaptureFixture[str]


def test_by_default_it_is_the_first_screen_of_the_last_layer(study: Path, capsys: Capture) -> None:
    code, output, errors = run(capsys, "export", str(study), "-o", "figures/rows.svg")
    bench = open_workbench(study)
    settings = first_screen(bench, "rows", bench.default_settings)
    graph = bench.map("rows", settings)
    digest = bench.key(bench.study.layer("rows"), settings)
    assert (code, errors) == (0, "")
    assert output.startswith(f"figures/rows.svg: rows, {graph.n_nodes} nodes, ")
    assert output.endswith(f" of {graph.n_edges} edges drawn, graph {digest}\n")
    assert digest in Path("figures/rows.svg").read_text("utf-8")


def test_settings_ask_for_another_graph(study: Path, capsys: Capture) -> None:
    options = "--layer rows --prominence 0.1 --intervals 8 -o fine.json --json"
    code, output, _ = run(capsys, "export", str(study), *options.split())
    row = json.loads(output)
    bench = open_workbench(study)
    assert (code, row["nodes"]) == (0, bench.layer("rows").map(prominence=0.1, n_intervals=8).n_nodes)
    assert len(json.loads(Path("fine.json").read_text("utf-8"))["nodes"]) == row["nodes"]


def test_members_and_formats(study: Path, capsys: Capture) -> None:
    common = ("export", str(study), "--layer", "pixels")
    assert run(capsys, *common, "-o", "members.csv", "--members")[0] == 0
    assert {"node", "point", "id", "label"} <= set(pd.read_csv("members.csv"))
    assert run(capsys, *common, "-o", "kepler.json", "--format", "keplermapper")[0] == 0
    code, _, errors = run(capsys, "import", "kepler.json", "-o", "again")
    assert (code, errors) == (0, "")
    assert open_workbench("again").layers == ("kepler",)


def test_texts_like_formulas_are_spoken_of(study: Path, capsys: Capture, tmp_path: Path) -> None:
    table = pd.read_parquet(study / "examples.parquet").assign(remark="=1+1")
    table[["id", "remark"]].to_csv(tmp_path / "remarks.csv", index=False)
    assert run(capsys, "columns", str(study), "remarks.csv")[0] == 0
    _, _, errors = run(capsys, "export", str(study), "--layer", "pixels", "-o", "m.csv", "--members")
    n_members = open_workbench(study).layer("pixels").map().memberships.sizes.sum()
    assert errors == f"{n_members:,} of its texts begin as formulas do and have an apostrophe before them\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("-o graph.pdf", "choose one of .svg, .png, .csv, .parquet, .json, .graphml, .py"),
        ("-o mine.svg", "mine.svg exists already: choose another name, or --overwrite to replace it"),
        ("-o graph.csv --width 89", "width and images are of pictures"),
        ("-o graph.svg --layer row", "there is no layer 'row': did you mean rows"),
        ("-o graph.svg --colour lable", "there is no column 'lable' that can be a colour: choose one of lens, label"),
        ("-o graph.svg --overlap 2", "overlap must be in [0, 1)"),
        ("-o graph.svg --images --layer pixels --width 5", "60 to 600 mm wide: got 5"),
    ],
)
def test_a_mistake_is_one_sentence_and_writes_nothing(
    study: Path, capsys: Capture, options: str, sentence: str
) -> None:
    Path("mine.svg").write_text("mine")
    code, output, errors = run(capsys, "export", str(study), *options.split())
    assert (code, output) == (1, "")
    assert sentence in errors
    assert errors.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["mine.svg"]
    assert Path("mine.svg").read_text() == "mine"
