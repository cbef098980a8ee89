"""``topoact locate`` as a person types it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from topoact.cli.commands import app
from topoact.errors import TopoActError


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("photos") / "photo.png"
    Image.fromarray(np.random.default_rng(3).integers(60, 200, (16, 16, 3), dtype=np.uint8)).save(path)
    return str(path)


def run(*arguments: object) -> str:
    found = CliRunner().invoke(app, ["locate", *map(str, arguments)], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_for_people(network_path: Path, photo: str) -> None:
    first, notice, *places = run(network_path, photo).splitlines()
    assert first.startswith(f"{photo}: ")
    assert first.count("%") == 3
    assert notice == "  the study was made of tensors: the image became one, RGB, 0 to 1"
    assert [line.split()[0] for line in places] == ["1@random", "1@mean", "3@random", "3@mean"]


def test_for_programs(network_path: Path, photo: str) -> None:
    found = json.loads(run(network_path, photo, photo, "--layer", "3@mean", "--intervals", "4", "--json"))
    assert [one["input"] for one in found] == [photo, photo]
    (place,) = found[0]["places"]
    assert place["name"] == "3@mean"
    assert set(place) >= {
        "graph",
        "sentence",
        "n",
        "n_inside",
        "nodes",
        "closest",
        "distance",
        "reach",
        "usual",
        "same",
    }
    assert place["nearest"][0]["id"].startswith("picture ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["missing.jpg"], "missing.jpg cannot be read: No such file or directory", id="missing"),
        pytest.param([__file__], r"test_locate_command\.py: this is no image", id="no-image"),
        pytest.param(["--text", "a sentence"], "a sentence: .* takes images, and this is a text", id="text"),
        pytest.param(["--text", ""], "the text: .* takes images", id="empty"),
        pytest.param([__file__, "--layer", "none"], "there is no layer 'none'", id="layer"),
        pytest.param([__file__, "--model", "missing.py:net"], "missing.py does not exist", id="model"),
    ],
)
def test_one_clear_sentence(network_path: Path, arguments: list[str], said: str) -> None:
    with pytest.raises(TopoActError, match=said):
        run(network_path, *arguments)


def test_nothing_to_locate(network_path: Path) -> None:
    found = CliRunner().invoke(app, ["locate", str(network_path)])
    assert found.exit_code == 2
    assert "give image files, or a text with --text" in found.output
