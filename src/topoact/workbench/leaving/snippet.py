"""`snippet`: a few lines of Python that make a graph of a study again.

All that comes from the study is written as literals of Python, so that no name in it can become code.
"""

from pathlib import Path
from typing import Any

from topoact.workbench.bench import Workbench
from topoact.workbench.graph_view import GraphView


def snippet(bench: Workbench, view: GraphView, path: Path | None = None) -> str:
    """Return Python code that opens the study, makes the graph, and checks that it is the same.

    Parameters
    ----------
    bench, view
        The opened study, and a graph of it.
    path
        What is written as the study's folder; by default its whole path.
    """
    stored, path = view.stored, path or bench.study.path.resolve()
    settings = {} if stored.settings is None else stored.settings.used
    lines = [
        "import topoact",
        "from topoact.workbench import MapSettings",
        "",
        f"study = topoact.open({str(path)!r})",
        f"layer = study.layer({stored.layer.name!r})",
        *_call("settings = dict", settings),
        "graph = layer.map(**settings)",
        f"digest = {stored.digest!r}",
        'assert study.key(layer.layer, MapSettings(**settings)) == digest, "the study\'s vectors have changed"',
        "print(graph)",
    ]
    return "\n".join(lines) + "\n"


def _call(name: str, values: dict[str, Any]) -> list[str]:
    return [f"{name}(", *(f"    {key}={value!r}," for key, value in values.items()), ")"] if values else [f"{name}()"]
