"""``topoact export``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from topoact.cli.map_options import MAP_OPTIONS, map_settings
from topoact.cli.options import AsJson, StudyPath, option, with_options
from topoact.cli.printing import print_notice, print_result, print_results_folder, progress

if TYPE_CHECKING:
    from topoact.workbench.leaving.export import Exported

LOOK_OPTIONS: Final = (
    option(
        "colour",
        str | None,
        "Column of the examples that colours the nodes, or lens.",
        shown="the labels, with up to 20 classes; else the lens",
    ),
    option(
        "images",
        bool | None,
        "Of pictures: the image of the medoid in each node.",
        shown="where points are positions in images",
        flags="--images/--no-images",
    ),
    option("width", float | None, "Of pictures: millimetres, as 89 for one column of a paper.", shown="183"),
)


@with_options(MAP_OPTIONS, LOOK_OPTIONS)
def export(
    study: StudyPath,
    *,
    layer: Annotated[str | None, typer.Option(help="Layer of the graph.", show_default="the last")] = None,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="File to write: a picture (.svg, .png), the table of nodes (.csv, .parquet), the graph (.json,"
            " .graphml) or Python code that makes it (.py).",
        ),
    ],
    members: Annotated[bool, typer.Option("--members", help="Of tables: the points of the nodes instead.")] = False,
    json_format: Annotated[str, typer.Option("--format", help="Of .json: topoact or keplermapper.")] = "topoact",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of that name.")] = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Write the graph of a layer to a file: a picture for a paper, a table, a graph for other programs, or code.

    By default it is the graph that the explorer shows first; --prominence and the other settings ask for another.
    """
    from topoact.workbench import open_workbench
    from topoact.workbench.first_screen import first_screen
    from topoact.workbench.leaving.export import Target, check_target, export_graph
    from topoact.workbench.look import Look

    target = Target(out, members=members, json_format=json_format, overwrite=overwrite, width=options["width"])
    look = Look(colour=options["colour"], images=options["images"])
    check_target(target, look)
    bench = open_workbench(study)
    print_results_folder(bench)
    name = bench.study.layer(len(bench.layers) - 1 if layer is None else layer).name
    with progress() as report:
        settings = map_settings(bench.default_settings, options)
        if options["prominence"] is None:
            settings = first_screen(bench, name, settings, report)
        written = export_graph(bench, name, target, settings=settings, look=look, progress=report)
    if written.notice:
        print_notice(written.notice)
    row = _row(study, written)
    print_result(row, [_line(row)], as_json=as_json)


def _row(study: Path, written: "Exported") -> dict[str, Any]:
    """Return the facts about a file."""
    view = written.view
    return {
        "study": str(study),
        "layer": view.stored.layer.name,
        "file": str(written.path),
        "kind": written.kind,
        "bytes": written.n_bytes,
        "graph": view.name.graph,
        "layout": view.name.layout,
        "nodes": view.graph.n_nodes,
        "edges": view.graph.n_edges,
        "drawn": int(view.drawn.drawn.sum()),
        "in_no_node": len(view.graph.uncovered),
    }


def _line(row: dict[str, Any]) -> str:
    nodes = f"{row['nodes']:,} nodes, {row['drawn']:,} of {row['edges']:,} edges drawn"
    return f"{row['file']}: {row['layer']}, {nodes}, graph {row['graph']}"
