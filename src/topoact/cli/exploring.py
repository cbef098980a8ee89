"""Commands that make graphs and show them: map, serve, demo."""

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topoact.cli.map_settings import settings_of, with_map_settings
from topoact.cli.options import (
    AsJson,
    NoBrowser,
    Port,
    StudyModel,
    StudyTransform,
    StudyWeights,
    network_choice,
)
from topoact.cli.printing import graph_line, progress, say

if TYPE_CHECKING:
    from topoact.mapper import MapperGraph


def demo(
    *,
    port: Port = None,
    no_browser: NoBrowser = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train the network and extract again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Explore a small network that reads digits: no set-up, made on the first run."""
    from topoact.demo import build_demo, held_out_accuracy
    from topoact.extract.summary import summarise
    from topoact.interpret.study_network import NetworkChoice
    from topoact.server import serve as serve_study
    from topoact.workbench import open_workbench

    with progress() as report:
        path = build_demo(fresh=fresh, on_progress=report)
        bench = open_workbench(path)
        for layer in bench.layers:
            bench.draw(layer, bench.default_settings, progress=report)
    accuracy = held_out_accuracy(bench.study)
    say(
        {**summarise(bench.study), "held_out_accuracy": accuracy},
        [f"{bench.study.name}: {accuracy:.1%} of 1,000 held-out digits are named correctly"],
        as_json=as_json,
    )
    serve_study(path, port=port, open_browser=not no_browser, network=NetworkChoice())


@with_map_settings
def map_(
    study: Annotated[Path, typer.Argument(help="Folder of a study.")],
    *,
    layer: Annotated[str | None, typer.Option(help="Layer to map; all by default.")] = None,
    as_json: AsJson = False,
    **settings: Any,
) -> None:
    """Compute mapper graphs and keep them in the study."""
    from topoact.workbench import open_workbench

    bench = open_workbench(study)
    wanted = settings_of(bench.default_settings, settings)
    layers = [bench.study.layer(layer).name] if layer else bench.layers
    with progress() as report:
        rows = [{"layer": name, **_facts(bench.map(name, wanted, progress=report))} for name in layers]
    say({"study": str(study), "graphs": rows}, [graph_line(row) for row in rows], as_json=as_json)


def _facts(graph: "MapperGraph") -> dict[str, Any]:
    """Return what is told of a graph; what does not apply to it is null."""
    from topoact.analysis.shape.skeleton import roots
    from topoact.study.cache.graphs import plain_radius

    return {
        "eps": plain_radius(graph.eps),
        "skeleton": None if graph.prominence is None else len(roots(graph)),
        "nodes": graph.n_nodes,
        "edges": graph.n_edges,
        "coverage": None if isnan(graph.coverage) else float(graph.coverage),
    }


def serve(
    study: Annotated[Path, typer.Argument(help="Folder of a study.")],
    *,
    port: Port = None,
    host: Annotated[str, typer.Option(help="Address to bind; one that others can reach needs --token.")] = "127.0.0.1",
    token: Annotated[str | None, typer.Option(help="Secret of the address; random by default.")] = None,
    no_browser: NoBrowser = False,
    model: StudyModel = None,
    weights: StudyWeights = None,
    transform: StudyTransform = None,
    as_json: AsJson = False,
) -> None:
    """Open the explorer on a study; with --model it makes activation images and takes inputs of your own."""
    from topoact.extract.summary import summarise
    from topoact.interpret.study_network import reload_network
    from topoact.server import serve as serve_study
    from topoact.study import open_study

    opened, network = open_study(study), network_choice(model, weights, transform)
    if network:
        reload_network(opened, network)
    if as_json:
        say(summarise(opened), [], as_json=True)
    serve_study(study, host=host, port=port, token=token, open_browser=not no_browser, network=network)
