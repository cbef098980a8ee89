"""Commands and options that were renamed go on working under their former names, with a notice."""

import json
import shutil
from pathlib import Path

import pytest

from test_cli import run
from topoact.cli.former_names import OPTIONS

ARGUE = "topoact argue is now topoact attribute; the old name goes away in 0.3\n"
PAINTING = "--painting is now --parametrization; the old name goes away in 0.3\n"
AIM = "--aim is now --objective; the old name goes away in 0.3\n"
PAPER = "--as-in-paper is now --recipe paper; the old name goes away in 0.3\n"


@pytest.fixture
def study(network_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A study in the current folder."""
    shutil.copytree(network_path, tmp_path / "s")
    monkeypatch.chdir(tmp_path)
    return "s"


@pytest.mark.parametrize("options", [("--nodes", "1,0"), ("--nodes", "1,0", "--json")], ids=["people", "programs"])
def test_argue_is_attribute(study: str, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]) -> None:
    former = run(capsys, "argue", study, "--layer", "3@mean", *options)
    present = run(capsys, "attribute", study, "--layer", "3@mean", *options)
    assert present[0] == 0
    assert present[1]
    assert former == (*present[:2], ARGUE)
    assert present[2] == ""


def test_an_error_under_the_former_name_comes_after_the_notice(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    former = run(capsys, "argue", study, "--layer", "none")
    present = run(capsys, "attribute", study, "--layer", "none")
    assert (present[0], "there is no layer 'none'" in present[2]) == (1, True)
    assert former == (*present[:2], ARGUE + present[2])


@pytest.mark.parametrize(
    ("former", "present", "notices"),
    [
        pytest.param("--painting pixels", "--parametrization pixels", PAINTING, id="painting"),
        pytest.param("--painting=pixels", "--parametrization=pixels", PAINTING, id="one-word"),
        pytest.param("--aim direction", "--objective direction", AIM, id="aim"),
        pytest.param("--as-in-paper", "--recipe paper", PAPER, id="paper"),
        pytest.param("--as-in-paper --no-whitened", "--recipe paper --no-whitened", PAPER, id="changed"),
        pytest.param(
            "--aim direction --painting phase",
            "--objective direction --parametrization phase",
            AIM + PAINTING,
            id="two",
        ),
    ],
)
def test_options_of_invert(
    study: str, capsys: pytest.CaptureFixture[str], former: str, present: str, notices: str
) -> None:
    def invert(options: str) -> tuple[list[dict[str, object]], str]:
        command = f"invert {study} --layer 3@mean --nodes 0 --steps 3 --attempts 1 {options} --json"
        code, output, errors = run(capsys, *command.split())
        assert code == 0, errors
        return json.loads(output), errors

    (usual,), _ = invert("")
    images, errors = invert(present)
    assert errors == ""
    assert images[0]["file"] != usual["file"]
    assert invert(former) == (images, notices)


def test_a_value_after_two_dashes_is_no_option(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = run(capsys, "invert", "--layer", "3@mean", "--", "--as-in-paper")
    assert (code, errors) == (1, "error: there is no study at --as-in-paper\n")


@pytest.mark.parametrize("verb", ["invert", "attribute"])
def test_they_are_not_in_the_help(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    _, output, _ = run(capsys, verb, "--help")
    assert "--layer" in output
    assert not [name for name in OPTIONS if name in output]
    _, output, _ = run(capsys, "--help")
    assert verb in output
    assert "argue" not in output
