"""The command line as a person types it: what it prints, where, and how it exits."""

import inspect
import json
import sys
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest

from topoact import cli
from topoact.cli.extract_options import PLAN_OPTIONS, extraction_plan
from topoact.cli.map import map_
from topoact.cli.printing import print_notice, print_result
from topoact.extract import Plan
from topoact.study import open_study
from topoact.workbench.settings import KNOBS

MODEL = """
import torch
from torch import nn

def resnet20():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 2))
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the current one, with a network and two classes of photos."""
    from PIL import Image

    (tmp_path / "my_models.py").write_text(MODEL)
    for number in range(40):
        file = tmp_path / "photos" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(file)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command line in this process; return its exit code, output and errors."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["topoact", *arguments])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
    output, errors = capsys.readouterr()
    return int(exit_.value.code or 0), output, errors


EXTRACT = ("extract", "my_models.py:resnet20", "photos", "--std", "1,1,1", "--layers", "0,1", "-o", "runs/r20")


@pytest.mark.usefixtures("here")
def test_extract_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    code, output, errors = run(capsys, *EXTRACT)
    assert (code, errors) == (0, "")
    assert output.splitlines() == [
        "runs/r20: 40 examples",
        "  0: 40 vectors of 4 channels (random)",
        "  1: 40 vectors of 4 channels (random)",
        "input: RGB 0-1, own size, std 1, 1, 1",
        f"prediction = label for {open_study('runs/r20').manifest.notes['accuracy']:.1%} of the labelled examples",
        "explore it: topoact serve runs/r20",
    ]


@pytest.mark.usefixtures("here")
def test_options_reach_the_study(capsys: pytest.CaptureFixture[str]) -> None:
    options = (
        "--policy random,mean --size 8 --mean .5,.5,.5 --std 1,1,1 --classes x,y --limit 30 --batch-size 7 --seed 3"
    )
    code, output, _ = run(capsys, *EXTRACT, *options.split(), "--json")
    assert code == 0
    summary = json.loads(output)
    assert [layer["name"] for layer in summary["layers"]] == ["0@random", "0@mean", "1@random", "1@mean"]
    config = open_study("runs/r20").manifest.config
    assert (config["batch_size"], config["seed"], config["limit"], config["classes"]) == (7, 3, 30, ["x", "y"])
    assert config["preprocessing"]["size"] == 8
    assert config["model"]["located"] == str(Path("my_models.py").resolve()) + ":resnet20"


def test_import_and_map(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    np.save(here / "X.npy", rng.normal(size=(200, 3)))
    (here / "rows.csv").write_text("label\n" + "a\nb\n" * 100)
    code, output, _ = run(capsys, "import", "X.npy", "--metadata", "rows.csv", "-o", "study", "--json")
    assert (code, json.loads(output)["n_examples"]) == (0, 200)
    code, output, _ = run(capsys, "map", "study", "--intervals", "8", "--overlap", "0.5", "--json")
    graph = json.loads(output)["graphs"][0]
    assert code == 0
    assert graph["layer"] == "vectors"
    assert graph["nodes"] > 0
    code, output, _ = run(capsys, "map", "study", "--layer", "vectors", "--intervals", "8", "--overlap", "0.5")
    assert output.startswith(f"vectors: {graph['nodes']} nodes, {graph['edges']} edges")


def test_graphs_seen_first_are_there_after_import_unless_left_out(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(here / "X.npy", np.random.default_rng(0).normal(size=(200, 3)))
    code, _, errors = run(capsys, "import", "X.npy", "-o", "with")
    assert (code, errors) == (0, "")
    assert len(list((here / "with" / "graphs").glob("*/layouts/*.parquet"))) == 2  # the finest cut, and the one shown
    assert run(capsys, "import", "X.npy", "--no-map", "-o", "without")[::2] == (0, "")
    assert not (here / "without" / "graphs").exists()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("topoact.workbench.first_graphs.draw_first_screen", interrupted)
    code, output, errors = run(capsys, "import", "X.npy", "-o", "cut")
    assert (code, "explore it: topoact serve cut" in output) == (0, True)
    assert errors == (
        "graphs of 0 of 1 layers were computed, interrupted: the study is complete; those of vectors are computed when"
        " they are first looked at\n"
    )


SUMMARY = "As drawn: one piece, no branch that is seen, no loop. What of this is chance, such a graph does not tell."


def test_import_graphs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = {
        "nodes": {"cube0_cluster0": [0, 1], "cube1_cluster0": [1, 2]},
        "links": {"cube0_cluster0": ["cube1_cluster0"]},
    }
    (here / "g.json").write_text(json.dumps(graph))
    np.save(here / "X.npy", np.random.default_rng(0).normal(size=(40, 3)))
    code, output, _ = run(capsys, "import", "g.json", "--vectors", "X.npy", "-o", "study")
    assert (code, "g: an imported graph, without vectors" in output) == (0, True)
    code, output, _ = run(capsys, "map", "study", "--layer", "g")
    assert (code, output) == (
        0,
        f"g: 2 nodes, 1 edges, imported\n  {SUMMARY}\n",
    )
    run(capsys, "import", "g.json", "-o", "alone")
    code, output, _ = run(capsys, "map", "alone", "--json")
    assert json.loads(output)["graphs"] == [
        {"layer": "g", "eps": None, "skeleton": None, "nodes": 2, "edges": 1, "coverage": None, "summary": SUMMARY}
    ]
    graph["links"]["cube0_cluster0"] = ["cube7_cluster0"]
    (here / "g.json").write_text(json.dumps(graph))
    code, output, errors = run(capsys, "import", "g.json", "-o", "other")
    assert (code, output) == (1, "")
    assert errors.startswith(
        "error: g.json: links: 'cube0_cluster0' is linked to 'cube7_cluster0', but there is no node"
    )
    assert not list(here.glob("other*"))


@pytest.mark.usefixtures("here")
def test_an_epsilon_for_each_interval_is_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("X.npy", np.random.default_rng(0).normal(size=(300, 3)))
    run(capsys, "import", "X.npy", "-o", "study")
    options = (
        "--clusterer",
        "dbscan",
        "--cover",
        "balanced",
        "--metric",
        "cosine",
        "--eps",
        "elbow:interval",
        "--intervals",
        "4",
    )
    code, output, errors = run(capsys, "map", "study", *options, "--json")
    (graph,) = json.loads(output)["graphs"]
    assert (code, errors, len(graph["eps"])) == (0, "", 4)
    low, high = min(graph["eps"]), max(graph["eps"])
    _, output, _ = run(capsys, "map", "study", *options)
    assert f"eps {low:.4g}–{high:.4g} by interval" in output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(("serve", "gone"), "error: there is no study at gone", id="no study"),
        pytest.param((*EXTRACT[:6], "9", "-o", "s"), "error: the network has no layer '9'", id="no layer"),
        pytest.param(("extract", "gone.py:f", "photos", "-o", "s"), "error: the model file", id="no model"),
        pytest.param((*EXTRACT, "--policy", "max"), "error: there is no policy 'max'", id="no policy"),
        pytest.param((*EXTRACT, "--mean", "1;2"), "error: --mean needs numbers", id="no numbers"),
        pytest.param(
            ("extract", "my_models.py:resnet20", "photos", "-o", "photos"), "error: photos exists", id="in way"
        ),
        pytest.param(("import", "gone.npy", "-o", "s"), "error: there is no file gone.npy", id="no vectors"),
    ],
)
def test_bad_input_is_one_sentence(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    code, output, errors = run(capsys, *arguments)
    assert (code, output) == (1, "")
    assert errors.startswith(sentence)
    assert errors.count("\n") == 1
    left = {path.name for path in here.iterdir()} - {"__pycache__"}  # where Python keeps the bytecode of my_models
    assert left == {"my_models.py", "photos"}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(("map", "s", "--overlap", "1"), "overlap must be in [0, 1): got 1", id="overlap 1"),
        pytest.param(("map", "s", "--overlap", "-0.1"), "overlap must be in [0, 1): got -0.1", id="overlap < 0"),
        pytest.param(
            ("map", "s", "--eps", "2"), "eps is a setting of the clusterer 'dbscan', not of 'modes'", id="eps of modes"
        ),
        pytest.param(("map", "s", "--clusterer", "tree"), "unknown clusterer 'tree': choose modes, dbscan", id="tree"),
        pytest.param(("map", "s", "--preset", "old"), "unknown preset 'old': choose paper", id="preset"),
        pytest.param(("map", "s", "--prominence", "-1"), "prominence must be a number, at least 0", id="prominence"),
        pytest.param(("map", "s", "--k", "0"), "k must be a whole number, at least 2: got 0", id="k"),
        pytest.param(("map", "s", "--layer", "vector"), "no layer 'vector': did you mean vectors?", id="layer"),
        pytest.param(
            ("map", "s", "--preset", "paper", "--eps", "knee"),
            "eps must be a positive number, 'elbow' or 'quantile:q'",
            id="eps",
        ),
        pytest.param(("import", "X.npy", "-o", "s"), "exists already: choose another name with -o", id="exists"),
    ],
)
def test_bad_input_with_a_study(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str) -> None:
    np.save("X.npy", np.random.default_rng(0).normal(size=(50, 3)))
    run(capsys, "import", "X.npy", "-o", "s")
    code, output, errors = run(capsys, *arguments)
    assert (code, output) == (1, "")
    assert sentence in errors


@pytest.mark.usefixtures("here")
def test_layers_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, output, errors = run(capsys, "layers", "my_models.py:resnet20", "--shape", "3,8,8", "--json")
    assert (code, errors) == (0, "")
    facts = json.loads(output)
    assert list(facts[0]) == ["name", "type", "shape", "parameters", "usual"]
    _, output, _ = run(capsys, "layers", "my_models.py:resnet20", "--shape", "3,8,8")
    assert [line.split()[0] for line in output.splitlines()] == [fact["name"] for fact in facts]
    code, _, errors = run(capsys, "layers", "my_models.py:resnet20", "--shape", "3,x")
    assert (code, errors[:50]) == (1, "error: --shape needs positive whole numbers separa")


@pytest.mark.usefixtures("here")
def test_ctrl_c_exits_with_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("topoact.networks.TorchNetwork.tap", interrupt)
    code, _, errors = run(capsys, *EXTRACT)
    assert code == 130
    assert errors == "interrupted after 0 of 40 examples; the same command resumes\n"


def test_usage_errors_exit_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = run(capsys, "extract", "a", "b")
    assert code == 2
    assert "--out" in errors


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, output, _ = run(capsys, "--version")
    assert (code, output) == (0, "topoact 0.1.0\n")


def test_every_knob_of_a_graph_is_an_option() -> None:
    names = {"intervals": "n_intervals"}
    offered = {names.get(name, name) for name in inspect.signature(map_).parameters}
    assert {knob.name for knob in KNOBS} <= offered


def test_every_field_of_the_plan_is_an_option_with_its_type_and_default() -> None:
    rows = {one.name: one for one in PLAN_OPTIONS}
    fields, types = Plan.__dataclass_fields__, get_type_hints(Plan)
    assert {"policies" if name == "policy" else name for name in rows} == set(fields) - {"preprocessing"}
    for name in set(rows) - {"layers", "policy", "classes", "where"}:
        assert (rows[name].annotation, rows[name].default.default) == (types[name], fields[name].default)
    assert extraction_plan({name: one.default.default for name, one in rows.items()}) == Plan()


def test_lists_among_the_options_of_a_plan() -> None:
    options = {one.name: one.default.default for one in PLAN_OPTIONS}
    listed = {"layers": "a, b", "policy": "random,mean", "classes": "owl,cat", "where": ["upos=NOUN"]}
    expected = {"layers": ("a", "b"), "policies": ("random", "mean"), "classes": ("owl", "cat")}
    assert extraction_plan({**options, **listed}) == Plan(**expected, where=("upos=NOUN",))


def test_help_tells_the_defaults_of_the_knobs(capsys: pytest.CaptureFixture[str]) -> None:
    _, output, _ = run(capsys, "map", "--help")
    told = "".join(output.replace("│", "").split())
    for knob in KNOBS:
        assert f"[default:({knob.default}" in told or f"[default:{knob.default}" in told


@pytest.mark.usefixtures("here")
def test_map_by_prominence_and_by_the_preset_of_the_paper(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("X.npy", np.random.default_rng(0).normal(size=(600, 3)))
    run(capsys, "import", "X.npy", "-o", "study")

    def mapped(*options: str) -> dict[str, float]:
        return json.loads(run(capsys, "map", "study", "--json", *options)[1])["graphs"][0]

    detail, skeleton = mapped("--prominence", "0.1"), mapped("--prominence", "1")
    assert detail["nodes"] > skeleton["nodes"] == skeleton["skeleton"] == detail["skeleton"]
    assert (detail["coverage"], detail["eps"]) == (1.0, None)
    paper = mapped("--preset", "paper")
    assert (paper["skeleton"], paper["eps"] > 0) == (None, True)
    assert mapped("--preset", "paper", "--intervals", "9")["nodes"] != paper["nodes"]
    _, output, _ = run(capsys, "map", "study")
    assert "in the skeleton" in output


def test_control_characters_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    label = "cat\x1b[2J\x9b2J\x07\u202e"
    print_result({"label": label}, [f"{label}\ttab"], as_json=False)
    print_notice(label)
    output, errors = capsys.readouterr()
    assert output == "cat\ufffd[2J\ufffd2J\ufffd\ufffd\ttab\n"
    assert errors == "cat\ufffd[2J\ufffd2J\ufffd\ufffd\n"
    print_result({"label": label}, [], as_json=True)
    output = capsys.readouterr().out
    assert output.isascii()
    assert json.loads(output) == {"label": label}
