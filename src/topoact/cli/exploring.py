"""Commands that make graphs and show them: map, serve, demo."""

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topoact.cli.options import AsJson, NoBrowser, Port, StudyModel, StudyTransform, StudyWeights, network_choice
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
    from topoact.extract.demo import build_demo, held_out_accuracy
    from topoact.extract.reloading import NetworkChoice
    from topoact.extract.summary import summarise
    from topoact.server import serve as serve_study
    from topoact.workbench import open_workbench

    with progress() as report:
        path = build_demo(fresh=fresh, on_progress=report)
        bench = open_workbench(path)
        for layer in bench.layers:
            bench.draw(layer, bench.usual, progress=report)
    accuracy = held_out_accuracy(bench.study)
    say(
        {**summarise(bench.study), "held_out_accuracy": accuracy},
        [f"{bench.study.name}: {accuracy:.1%} of 1,000 held-out digits are named correctly"],
        as_json=as_json,
    )
    serve_study(path, port=port, open_browser=not no_browser, network=NetworkChoice())


def map_(
    study: Annotated[Path, typer.Argument(help="Folder of a study.")],
    *,
    layer: Annotated[str | None, typer.Option(help="Layer to map; all by default.")] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="paper: DBSCAN with ε at the elbow in 70 equal intervals. Other options are laid over it."),
    ] = None,
    lens: Annotated[
        str | None, typer.Option(help="The number by which points are sorted into intervals.", show_default="l2")
    ] = None,
    cover: Annotated[
        str | None,
        typer.Option(
            help="uniform (equal intervals), balanced (equally many points in each), or equal intervals as placed by"
            " giotto-tda, tda-mapper, gudhi or zen-mapper.",
            show_default="balanced",
        ),
    ] = None,
    intervals: Annotated[
        int | None,
        typer.Option(
            help="How many intervals cover the range of the lens.", show_default="25, fewer below 10,000 points"
        ),
    ] = None,
    overlap: Annotated[
        float | None, typer.Option(help="Share of an interval in common with the next.", show_default="0.3")
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="Distance between points: euclidean or cosine.", show_default="euclidean")
    ] = None,
    clusterer: Annotated[str | None, typer.Option(help="modes (of density) or dbscan.", show_default="modes")] = None,
    k: Annotated[
        int | None, typer.Option(help="Of modes: neighbours from which the density is read.", show_default="15")
    ] = None,
    prominence: Annotated[
        float | None,
        typer.Option(
            help="Of modes: the least height above a saddle, in multiples of what chance alone makes.",
            show_default="0.15",
        ),
    ] = None,
    eps: Annotated[
        str | None,
        typer.Option(
            help="Of dbscan: the radius of neighbours: a number, elbow, quantile:0.8 (of the distance to neighbour"
            " min-samples), or one for each interval: elbow:interval, quantile:0.8:interval.",
            show_default="elbow",
        ),
    ] = None,
    min_samples: Annotated[
        int | None, typer.Option(help="Of dbscan: points within eps that make a core point.", show_default="5")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute mapper graphs and keep them in the study."""
    from topoact.workbench import chosen, open_workbench

    said = {"lens": lens, "cover": cover, "n_intervals": intervals, "overlap": overlap, "metric": metric}
    said |= {"clusterer": clusterer, "k": k, "prominence": prominence, "eps": eps, "min_samples": min_samples}
    bench = open_workbench(study)
    settings = chosen(bench.usual, preset, **{name: value for name, value in said.items() if value is not None})
    layers = [bench.study.layer(layer).name] if layer else bench.layers
    with progress() as report:
        rows = [{"layer": name, **_facts(bench.map(name, settings, progress=report))} for name in layers]
    say({"study": str(study), "graphs": rows}, [graph_line(row) for row in rows], as_json=as_json)


def _facts(graph: "MapperGraph") -> dict[str, Any]:
    """Return what is told of a graph; what does not apply to it is null."""
    from topoact.analysis.groups import roots
    from topoact.study.graphs import plain_radius

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
    from topoact.extract.reloading import reload_network
    from topoact.extract.summary import summarise
    from topoact.server import serve as serve_study
    from topoact.study import open_study

    opened, network = open_study(study), network_choice(model, weights, transform)
    if network:
        reload_network(opened, network)
    if as_json:
        say(summarise(opened), [], as_json=True)
    serve_study(study, host=host, port=port, token=token, open_browser=not no_browser, network=network)
