"""What is documented exists, and what exists is documented."""

import re
from pathlib import Path

import numpy as np
import pytest

import topoact
from topoact.workbench import KNOBS, MapSettings

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")])
LINK = re.compile(r"\]\(([^)#]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_local_links_lead_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_readme_example_of_the_estimator_runs() -> None:
    block = re.search(r"```python\nimport topoact\n(.*?)\nstudy =", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    cloud = np.random.default_rng(0).normal(size=(400, 3))
    names: dict[str, object] = {"topoact": topoact, "X": cloud}
    exec(block[1].replace("members(3)", "members(0)"), names)
    assert names["graph"].n_nodes > 0


def test_the_page_on_mapper_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "mapper.md").read_text(), re.DOTALL):
        exec(block, names)
    assert capsys.readouterr().out.count("MapperGraph") == 18
    assert names["distances"].shape == (3000, 10)


def test_the_page_on_the_method_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {"X": np.random.default_rng(0).normal(size=(500, 3))}
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "method.md").read_text(), re.DOTALL)
    exec(block, names)
    assert "cluster structure" in capsys.readouterr().out


def test_every_setting_has_a_knob_with_help() -> None:
    assert [knob.name for knob in KNOBS] == list(MapSettings.__dataclass_fields__)
    assert all(knob.help.endswith(".") for knob in KNOBS)


def test_the_changelog_knows_this_version() -> None:
    assert f"## {topoact.__version__} " in (ROOT / "CHANGELOG.md").read_text()


def test_every_public_name_has_a_docstring() -> None:
    assert [name for name in topoact.__all__ if name[0] != "_" and not getattr(topoact, name).__doc__] == []
