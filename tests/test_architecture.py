"""The house stays as it was drawn: what is imported when, which way, and how long things may grow."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import topoact

PACKAGE = Path(topoact.__file__).parent
TEXTS = {file.relative_to(PACKAGE).as_posix(): file.read_text("utf-8") for file in sorted(PACKAGE.rglob("*.py"))}
ZOOS = {"datasets", "timm", "torchvision", "transformers"}
HEAVY = {*ZOOS, "mlxtend", "networkx", "numba", "onnxruntime", "openTSNE", "torch", "umap"}
MAX_FILE_LINES = 320
MAX_FUNCTION_LINES = 40
SHORT_SHARE = 0.9


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {name: ast.parse(text) for name, text in TEXTS.items()}


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_does_not_wait_for_heavy_libraries():
    """The server's rooms include the workbench and all below it."""
    code = "import sys, topoact.cli, topoact.server; print(*{module.split('.')[0] for module in sys.modules})"
    assert HEAVY & set(run(code).split()) == set()


def test_the_public_surface():
    covers = {"IntervalCover", "ProductCover", "QuantileCover", "UniformCover"}
    clusterers = {"Communities", "DBSCAN", "HDBSCAN", "Modes", "SingleLinkage"}
    indexes = {"ModeIndex", "NeighborIndex", "TorchProducts"}
    others = {"BallMapper", "Mapper", "MapperGraph", "__version__", "from_kepler_mapper", "open", "to_kepler_mapper"}
    assert set(topoact.__all__) == covers | clusterers | indexes | others
    assert all(getattr(topoact, name) is not None for name in topoact.__all__)
    assert topoact.open.__name__ == "open_workbench"
    with pytest.raises(AttributeError, match="'topoact' has no attribute 'Nothing'"):
        _ = topoact.Nothing


def test_rooms_import_one_way():
    lint = Path(sys.executable).with_name("lint-imports")
    if not lint.exists():
        pytest.skip("import-linter is not installed in this environment")
    found = subprocess.run([lint, "--no-cache"], cwd=PACKAGE.parents[1], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_files_stay_short():
    assert [name for name, text in TEXTS.items() if len(text.splitlines()) >= MAX_FILE_LINES] == []


def test_every_module_says_what_it_is(trees):
    assert [name for name, tree in trees.items() if not ast.get_docstring(tree)] == []


def test_functions_stay_short(trees):
    lengths = {
        f"{name}:{node.lineno} {node.name}": node.end_lineno - node.body[_skipped(node)].lineno + 1
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    long = [name for name, length in lengths.items() if length >= MAX_FUNCTION_LINES]
    assert len(lengths) > 100
    assert 1 - len(long) / len(lengths) >= SHORT_SHARE, long


def _skipped(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the place of the first statement after the docstring."""
    return 1 if ast.get_docstring(node) and len(node.body) > 1 else 0


def test_nothing_is_imported_from_the_tests_room():
    for name, text in TEXTS.items():
        if not name.startswith("testing/"):
            assert "topoact.testing" not in text, name


def test_the_page_on_the_architecture_names_every_room():
    page = (PACKAGE.parents[1] / "docs" / "architecture.md").read_text("utf-8")
    table = page.partition("| room |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`([a-z_]+)(?:/|\.py)`", table))
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert named == files | folders
    contract = tomllib.loads((PACKAGE.parents[1] / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = [room for layer in contract["contracts"][0]["layers"] for room in layer.split(" | ")]
    assert set(layers) | {"testing"} == named
