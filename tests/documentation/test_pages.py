"""What the pages show exists: links lead somewhere, python blocks run, and lines are as short as those of code."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from public_names import NAMES, found

import topoact
from topoact.inputs.opening import INPUTS
from topoact.mapper import CLUSTERERS, COVERS, LENSES
from topoact.networks.loading import NETWORKS
from topoact.workbench import KNOBS, MapSettings

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
LINK: Final = re.compile(r"\]\(([^)#]+)\)")
BLOCK: Final = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IMPORT: Final = re.compile(r"^from (topoact[\w.]*) import (.+)$", re.MULTILINE)
WRITTEN_BY_BENCHMARKS: Final = re.compile(r"<!-- begin .*?<!-- end", re.DOTALL)
FENCE: Final = re.compile(r"^```(.*)$", re.MULTILINE)

NOT_YET_PUBLIC: Final = {
    "docs/interpreting-nodes.md": "topoact.workbench.nodes.",
    "docs/leaving.md": ("topoact.workbench.leaving.", "topoact.workbench.look."),
}
"""Modules that a page shows although they are not public: it says so."""

Check = Callable[[dict[str, Any], str], bool]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


WITH_BLOCKS: Final = [page for page in PAGES if BLOCK.search(page.read_text("utf-8"))]


def cloud(n_channels: int = 3) -> dict[str, Any]:
    """A matrix in the place of the reader's own."""
    return {"X": np.random.default_rng(0).normal(size=(500, n_channels))}


GIVEN: Final[dict[str, dict[str, Any]]] = {"README.md": cloud(), "docs/method.md": cloud()}
"""Names that the text of a page leaves to the reader."""

SHOWN: Final[dict[str, Check]] = {
    "README.md": lambda names, _: names["graph"].n_nodes > 0,
    "docs/mapper.md": lambda names, said: said.count("MapperGraph") == 18 and names["distances"].shape == (3000, 10),
    "docs/method.md": lambda _, said: "cluster structure" in said,
    "docs/study-format.md": lambda names, _: len(names["vectors"]) == len(names["points"]) == 120,
    "docs/interpreting-nodes.md": lambda _, said: "cup" in said and "NodeAttribution" in said,
}
"""What must have come of the blocks of some pages: their names, and what they printed. Others assert it themselves."""


@pytest.fixture
def registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that a page registers are gone after it."""
    for registry in (LENSES, COVERS, CLUSTERERS, NETWORKS, INPUTS):
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_local_links_lead_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text("utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.usefixtures("reader", "registries")
@pytest.mark.parametrize("page", WITH_BLOCKS, ids=name_of)
def test_python_blocks_run_from_top_to_bottom(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = dict(GIVEN.get(name_of(page), {}))
    for block in BLOCK.findall(page.read_text("utf-8")):
        exec(compile(block, page, "exec"), names)
    said, check = capsys.readouterr().out, SHOWN.get(name_of(page))
    assert check is None or check(names, said), said


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=name_of)
def test_python_blocks_import_public_names(page: Path) -> None:
    shown = [
        f"{module}.{name}"
        for block in BLOCK.findall(page.read_text("utf-8"))
        for module, names in IMPORT.findall(block)
        for name in names.split(", ")
    ]
    public, exempt = [found(name) for name in NAMES], NOT_YET_PUBLIC.get(name_of(page), "nothing")
    assert [name for name in shown if found(name) not in public and not name.startswith(exempt)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_fences_say_what_they_hold(page: Path) -> None:
    opened = FENCE.findall(page.read_text("utf-8"))[::2]
    known = {"python", "console", "text", "toml", "ts", "html"}
    assert {kind for kind in opened if kind not in known and kind[:1] != "{"} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_lines_are_short(page: Path) -> None:
    written = WRITTEN_BY_BENCHMARKS.sub("", page.read_text("utf-8"))
    prose = [line for line in written.splitlines() if not line.startswith(("|", "!["))]
    assert [line for line in prose if len(line) > 120] == []


def test_every_setting_has_a_knob_with_help() -> None:
    assert [knob.name for knob in KNOBS] == list(MapSettings.__dataclass_fields__)
    assert all(knob.help.endswith(".") for knob in KNOBS)


def test_the_changelog_knows_this_version() -> None:
    assert f"## [{topoact.__version__}] - " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_changelog_has_the_form_of_keep_a_changelog() -> None:
    kinds = re.findall(r"^### (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
