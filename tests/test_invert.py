"""``topoact invert`` as a person types it."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from test_cli import run
from topoact.testing.networks import CODE
from topoact.testing.studies import write_text_study

QUICK = ("--steps", "12", "--attempts", "1")


@pytest.fixture
def study(network_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A study in the current folder."""
    shutil.copytree(network_path, tmp_path / "s")
    shutil.rmtree(tmp_path / "s" / "inversions", ignore_errors=True)
    monkeypatch.chdir(tmp_path)
    return "s"


def invert(capsys: pytest.CaptureFixture[str], study: str, *options: str) -> tuple[int, str, str]:
    return run(capsys, "invert", study, "--layer", "3@mean", *options)


def rows(capsys: pytest.CaptureFixture[str], study: str, *options: str) -> list[dict[str, object]]:
    code, output, errors = invert(capsys, study, *QUICK, *options, "--json")
    assert (code, errors) == (0, "")
    found = json.loads(output)
    assert isinstance(found, list)
    return found


def record_of(row: dict[str, object]) -> dict[str, Any]:
    """Return what is stored beside an image."""
    found: dict[str, Any] = json.loads(Path(str(row["file"])).with_suffix(".json").read_text())
    return found


def size_of(row: dict[str, object]) -> tuple[int, int]:
    with Image.open(str(row["file"])) as image:
        return image.size


def test_all_nodes_the_largest_first(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, study)
    sizes = json.loads(run(capsys, "map", study, "--layer", "3@mean", "--json")[1])["graphs"][0]["nodes"]
    assert len(found) == sizes
    assert sorted(row["node"] for row in found) == list(range(sizes))
    for row in found:
        assert list(row) == ["target", "node", "cosine", "length", "lands", "prediction", "share", "file"]
        assert size_of(row) == (16, 16)
    assert rows(capsys, study, "--top", "3") == found[:3]
    assert {row["node"] for row in rows(capsys, study, "--by", "branching")} == set(range(sizes))


def test_it_says_what_it_did(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, output, errors = invert(capsys, study, *QUICK, "--nodes", "1,0+2", "--point", "5", "--channel", "2")
    assert (code, errors) == (0, "")
    first, second, third, fourth, last = output.splitlines()
    assert re.match(r"node 1: cosine [01]\.\d{3}", first)
    assert ", top prediction " in first
    assert first.endswith(".png")
    assert re.match(r"nodes 0, 2: cosine [01]\.\d{3}", second)
    assert third.startswith("point 5: cosine ")
    assert fourth.startswith("channel 2: cosine ")
    assert last.startswith("4 images, median cosine ")
    assert " of 3 in their node" in last


def test_copies_and_a_sheet(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--nodes", "1,0", "--minus", "2", "-o", "out/images", "--sheet", "pages/sheet.png")
    found = rows(capsys, study, *options)
    assert [row["file"] for row in found] == ["out/images/node-1-minus-2.png", "out/images/node-0-minus-2.png"]
    assert sorted(path.name for path in Path("out/images").iterdir()) == ["node-0-minus-2.png", "node-1-minus-2.png"]
    assert [(row["node"], row["length"], row["lands"]) for row in found] == [(None, None, None)] * 2
    with Image.open("pages/sheet.png") as sheet:
        page = np.asarray(sheet.convert("L"))
    assert page.shape[1] > 2 * 144
    assert (page < 128).any()
    copied = rows(capsys, study, "--nodes", "1,0", "--minus", "2", "-o", "again")
    assert [row["cosine"] for row in copied] == [row["cosine"] for row in found]


def test_settings_and_recipe_are_used(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    few = rows(capsys, study, "--intervals", "1", "--prominence", "4", "--size", "24", "--parametrization", "pixels")
    assert len(few) < len(rows(capsys, study))
    assert size_of(few[0]) == (24, 24)
    record = record_of(few[0])
    assert (record["recipe"]["painting"], record["recipe"]["steps"], record["steps"]) == ("pixels", 12, 12)


def test_as_in_the_paper(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    (theirs,) = rows(capsys, study, "--nodes", "0", "--recipe", "paper")
    record = record_of(theirs)
    assert (record["recipe"]["aim"], record["recipe"]["whitened"], record["steps"]) == ("direction", True, 12)
    (plain,) = rows(capsys, study, "--nodes", "0", "--recipe", "paper", "--no-whitened")
    assert plain["file"] != theirs["file"]
    assert Path(str(plain["file"])).read_bytes() != Path(str(theirs["file"])).read_bytes()


def test_ctrl_c_keeps_what_is_there(
    study: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from topoact.workbench.images import activation_images, batch

    made, paint = [], batch.invert

    def interrupt(*arguments: object, **options: object) -> object:
        made.append(arguments)
        if len(made) == 3:
            raise KeyboardInterrupt
        return paint(*arguments, **options)

    monkeypatch.setattr(activation_images, "MAX_BATCH_SIZE", 1)
    monkeypatch.setattr(batch, "invert", interrupt)
    code, output, errors = invert(capsys, study, *QUICK, "--top", "4")
    assert (code, output) == (130, "")
    assert errors == "interrupted: 2 of 4 images are made, and kept; the same command goes on from there\n"
    assert len(rows(capsys, study, "--top", "4")) == 4
    assert len(made) == 5


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        pytest.param(("--nodes", "9999"), "node 9999 does not exist: there are", id="no node"),
        pytest.param(("--nodes", "1;2"), "--nodes needs numbers of nodes, as 3,7,9", id="no numbers"),
        pytest.param(("--minus", "1"), "--minus takes nodes from others", id="minus alone"),
        pytest.param(("--top", "0"), "--top must be 1 or more: got 0", id="top 0"),
        pytest.param(("--by", "age"), "there is no order 'age' of nodes: choose size, branching", id="order"),
        pytest.param(("--steps", "0"), "steps must be 1 or more: got 0", id="steps"),
        pytest.param(("--size", "2"), "size must be 8 or more: got 2", id="size"),
        pytest.param(("--whitened",), "whitened changes the direction alone", id="whitened"),
        pytest.param(("--recipe", "lucid"), "unknown recipe 'lucid': choose paper", id="recipe"),
        pytest.param(("--parametrization", "oil"), "parametrization must be fourier, phase, pixels", id="painting"),
        pytest.param(("--sheet", "page.jpg"), "--sheet writes a .png file: got page.jpg", id="sheet"),
        pytest.param(("--overlap", "1"), "overlap must be in [0, 1): got 1", id="map"),
        pytest.param(("--layer", "3"), "there is no layer '3': did you mean", id="layer"),
        pytest.param(("--model", "other.py:network"), "is not the network of the study", id="weights"),
        pytest.param(("--model", "gone.py:network"), "gone.py does not exist", id="model"),
    ],
)
def test_bad_input_is_one_sentence(
    study: str, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], sentence: str
) -> None:
    Path("other.py").write_text(CODE.replace("manual_seed(5)", "manual_seed(6)"))
    code, output, errors = invert(capsys, study, *options)
    assert (code, output) == (1, "")
    assert sentence in errors
    assert errors.count("\n") == 1
    assert not list(Path(study).rglob("inversions/*/*.png"))


def test_studies_without_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = write_text_study(tmp_path / "texts", ["The cat sat."] * 9, of_words=False)
    code, _, errors = run(capsys, "invert", str(texts), "--layer", "letters")
    assert (code, "is of texts: activation images need a network that sees images" in errors) == (1, True)
    np.save(tmp_path / "X.npy", np.random.default_rng(0).normal(size=(40, 3)))
    run(capsys, "import", str(tmp_path / "X.npy"), "-o", str(tmp_path / "vectors"))
    code, _, errors = run(capsys, "invert", str(tmp_path / "vectors"), "--layer", "vectors")
    assert (code, "was imported: it names no network that could make images" in errors) == (1, True)


def test_without_torch(study: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    code, output, errors = invert(capsys, study, *QUICK)
    assert (code, output) == (1, "")
    assert "pip install 'topoact[torch]'" in errors
    assert errors.count("\n") == 1
