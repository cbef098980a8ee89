"""The type checker of a user's script sees TopoAct's types: it accepts what is right and finds what is wrong."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]

SCRIPT: Final = '''"""How the classes of a study are spread over the nodes of a layer."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import assert_type

import numpy as np
import pandas as pd

import topoact
from topoact.mapper import Intervals


class Halves:
    """A cover of two intervals."""

    def intervals(self, lens: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Intervals:
        middle = np.median(lens)
        return Intervals(np.array([lens.min(), middle]), np.array([middle, lens.max()]))


def largest(graph: topoact.MapperGraph, n: int) -> Iterator[tuple[int, int]]:
    assert_type(graph.nodes, pd.DataFrame)
    for node in graph.nodes.nlargest(n, "size")["node"].to_numpy():
        yield int(node), len(graph.members(int(node)))


def main(path: Path) -> float:
    layer = topoact.open(path).layer("layer3@mean")
    stored = layer.map(n_intervals=40, overlap=0.3)
    modes = topoact.Modes(k=15, prominence=0.5)
    graph = topoact.Mapper(lens="l2", cover=Halves(), n_intervals=30, clusterer=modes).fit(layer.vectors()).graph_
    for node, size in largest(graph, n=3):
        print(node, size, stored.n_nodes, layer.top_classes(stored).columns.tolist())
    return stored.coverage


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
'''

MISTAKES: Final = {
    "a wrong type of n_intervals": ("n_intervals=30", 'n_intervals="30"', "arg-type"),
    "an unknown keyword of Mapper": ("clusterer=modes", "clustering=modes", "call-arg"),
    "a missing attribute of a graph": ("stored.n_nodes", "stored.node_count", "attr-defined"),
    "a wrong use of what is returned": ("return stored.coverage", "return stored.edges", "return-value"),
    "a typing error in the name of a method": ('.layer("layer3@mean")', '.layr("layer3@mean")', "attr-defined"),
}
"""Of each: what is right, what is wrong, and the error that mypy has for it."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The kinds of errors that mypy finds in the script, and in one with each mistake, by name."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "right.py").write_text(SCRIPT, "utf-8")
    for number, (right, wrong, _) in enumerate(MISTAKES.values()):
        assert SCRIPT.count(right) == 1
        (folder / f"wrong{number}.py").write_text(SCRIPT.replace(right, wrong), "utf-8")
    mypy = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--follow-imports=silent"]
    cache = ROOT / ".mypy_cache" / "of-users"
    files = sorted(file.name for file in folder.glob("*.py"))
    environment = {"MYPYPATH": str(ROOT / "src")}
    command = [*mypy, "--config-file=", f"--cache-dir={cache}", "--scripts-are-modules", *files]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    errors = re.findall(r"^(\w+)\.py:\d+: error: .*\[([\w-]+)\]$", result.stdout, re.MULTILINE)
    assert len(errors) == result.stdout.count("error:"), result.stdout
    kinds: dict[str, set[str]] = {}
    for name, kind in errors:
        kinds.setdefault(name, set()).add(kind)
    return kinds


def test_a_right_script_passes(found: dict[str, set[str]]) -> None:
    assert "right" not in found


@pytest.mark.parametrize("number", range(len(MISTAKES)), ids=list(MISTAKES))
def test_mistakes_are_found(found: dict[str, set[str]], number: int) -> None:
    _, _, kind = list(MISTAKES.values())[number]
    assert kind in found[f"wrong{number}"]


def test_the_script_runs(reader: Path) -> None:
    (reader / "classes.py").write_text(SCRIPT, "utf-8")
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    command = [sys.executable, "classes.py", "runs/r20"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "1.0"
