"""The type checker of a user's script sees TopoAct's types: it accepts what is right and finds what is wrong."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

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
    study = topoact.open(path)
    layer = study.layer("layer3@mean")
    stored = layer.map(n_intervals=40, overlap=0.3)
    modes = topoact.Modes(k=15, prominence=0.5)
    graph = topoact.Mapper(lens="l2", cover=Halves(), clusterer=modes).fit(layer.vectors()).graph_
    finer = topoact.Mapper(n_intervals=30, clusterer=modes).fit(study.layer("bn1@mean").vectors()).graph_
    for node, size in largest(graph, n=3):
        print(node, size, finer.n_nodes, layer.top_classes(stored).columns.tolist())
    return stored.coverage


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
'''

MISTAKES: Final = {
    "a wrong type of n_intervals": ("n_intervals=30", 'n_intervals="30"', "arg-type"),
    "an unknown keyword of Mapper": ("cover=Halves(), clusterer", "cover=Halves(), clustering", "call-arg"),
    "a missing attribute of a graph": ("finer.n_nodes", "finer.node_count", "attr-defined"),
    "a wrong use of what is returned": ("return stored.coverage", "return stored.edges", "return-value"),
    "a typing error in the name of a method": ('study.layer("bn1', 'study.layr("bn1', "attr-defined"),
}
"""Of each: what is right, what is wrong, and the error that mypy has for it."""


def wrong_script() -> str:
    """Return the script with all mistakes."""
    script = SCRIPT
    for right, wrong, _ in MISTAKES.values():
        assert script.count(right) == 1
        script = script.replace(right, wrong)
    return script


def errors(scripts: dict[str, str], folder: Path) -> list[tuple[str, str]]:
    """Return what mypy finds in some scripts: the line of each error, and its kind.

    It is called as `make types` calls it, so that it finds what that has learnt of the package.
    """
    for name, script in scripts.items():
        (folder / name).write_text(script, "utf-8")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--scripts-are-modules"]
    files = [str(folder / name) for name in scripts]
    result = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    found = re.findall(r"(\w+\.py):(\d+): error: .*\[([\w-]+)\]$", result.stdout, re.MULTILINE)
    assert len(found) == result.stdout.count("error:"), result.stdout
    return [(scripts[name].splitlines()[int(line) - 1].strip(), kind) for name, line, kind in found]


def test_the_right_script_passes_and_every_mistake_is_found(tmp_path: Path) -> None:
    found = errors({"right.py": SCRIPT, "wrong.py": wrong_script()}, tmp_path)
    for name, (_, wrong, kind) in MISTAKES.items():
        assert kind in [one for line, one in found if wrong in line], name
    assert len(found) == len(MISTAKES)


def test_the_script_runs(reader: Path) -> None:
    (reader / "classes.py").write_text(SCRIPT, "utf-8")
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    command = [sys.executable, "classes.py", "runs/r20"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "1.0"
