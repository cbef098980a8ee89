"""The contract of the command line with programs: options and JSON keys of each verb, as in cli_contract.txt."""

import inspect
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

from test_cli import MODEL, run
from topoact import demo, server
from topoact.cli import app

VERBS = (
    "demo",
    "extract",
    "layers",
    "import",
    "map",
    "invert",
    "attribute",
    "locate",
    "serve",
    "clean",
    "columns",
    "export",
)
SECTIONS = Path(__file__).with_name("cli_contract.txt").read_text("utf-8").split("\n\n")


def recorded(title: str) -> list[str]:
    """Return the lines of a section of the contract."""
    (section,) = [section for section in SECTIONS if section.startswith(f"[{title}]\n")]
    return section.splitlines()[1:]


def option_lines(verb: str) -> list[str]:
    """Return a line for each visible argument and option of a verb: names, type and default."""
    command = typer.main.get_command(app).commands[verb]
    types = {name: one.annotation for name, one in typer.main.get_params_from_function(command.callback).items()}
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    return sorted(
        " ".join(
            [
                *([one.name.upper()] if one.param_type_name == "argument" else [*one.opts, *one.secondary_opts]),
                re.sub(r"pathlib\.(_local\.)?", "", inspect.formatannotation(types[one.name])),
                "required" if one.required else f"default={one.default}",
            ]
        )
        for one in shown
    )


def key_lines(value: Any) -> list[str]:
    """Return the path of each key of a JSON value, in its order; elements of a list are taken together."""
    paths = list(dict.fromkeys(_keys(value, "")))
    return [one for one in paths if not any(other.startswith(f"{one}[]") for other in paths)]


def _keys(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _keys(inner, f"{path}.{key}")
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for inner in value:
            yield from _keys(inner, f"{path}[]")
    else:
        yield path


@pytest.fixture
def study(network_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A study in the current folder, beside a network, photos of two classes and a file of vectors."""
    from PIL import Image

    shutil.copytree(network_path, tmp_path / "s")
    (tmp_path / "my_models.py").write_text(MODEL)
    for number in range(8):
        file = tmp_path / "photos" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(60, 200, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels[:8, :8] if number else pixels).save(file)
    (tmp_path / "photos" / "a" / "0.png").rename(tmp_path / "photo.png")
    (tmp_path / "kinds.csv").write_text("label,kind\nred,warm\nblue,cold\n")
    np.save(tmp_path / "X.npy", np.random.default_rng(0).normal(size=(60, 3)))
    monkeypatch.chdir(tmp_path)
    return "s"


@pytest.mark.parametrize("verb", VERBS)
def test_the_options_of_a_verb(verb: str) -> None:
    assert option_lines(verb) == recorded(f"{verb} options")


COMMANDS = {
    "extract": "extract my_models.py:resnet20 photos --std 1,1,1 --layers 0,1 --limit 6 -o made",
    "layers": "layers my_models.py:resnet20 --shape 3,8,8",
    "import": "import X.npy -o vectors",
    "map": "map s --intervals 4",
    "invert": "invert s --layer 3@mean --top 2 --steps 3 --attempts 1",
    "attribute": "attribute s --layer 3@mean --top 2",
    "locate": "locate s photo.png --intervals 4",
    "serve": "serve s",
    "clean": "clean s --all",
    "columns": "columns s kinds.csv",
    "export": "export s --layer 3@mean -o graph.svg",
    "demo": "demo --no-browser",
}


@pytest.mark.parametrize("verb", VERBS)
def test_the_keys_of_its_json(
    study: str, verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "serve", lambda *_, **__: None)
    monkeypatch.setattr(demo, "build_demo", lambda **_: Path(study))
    monkeypatch.setattr(demo, "held_out_accuracy", lambda _: 0.5)
    code, output, errors = run(capsys, *COMMANDS[verb].split(), "--json")
    assert (code, errors) == (0, "")
    assert key_lines(json.loads(output)) == recorded(f"{verb} json")
