"""``topoact map``."""

from math import isnan
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topoact.cli.map_options import MAP_OPTIONS, map_settings
from topoact.cli.options import AsJson, StudyPath, with_options
from topoact.cli.printing import print_result, print_results_folder, progress

if TYPE_CHECKING:
    from topoact.mapper import MapperGraph
    from topoact.workbench import MapSettings, Workbench


@with_options(MAP_OPTIONS)
def map_(
    study: StudyPath,
    *,
    layer: Annotated[str | None, typer.Option(help="Layer to map; all by default.")] = None,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Compute mapper graphs and store them in the study."""
    from topoact.workbench import open_workbench

    bench = open_workbench(study)
    print_results_folder(bench)
    settings = map_settings(bench.default_settings, options)
    layers = [bench.study.layer(layer).name] if layer else bench.layers
    with progress() as report:
        rows = [_row(bench, name, settings, bench.map(name, settings, progress=report)) for name in layers]
    lines = [line for row in rows for line in (_line(row), f"  {row['summary']}")]
    print_result({"study": str(study), "graphs": rows}, lines, as_json=as_json)


def _row(bench: "Workbench", layer: str, settings: "MapSettings", graph: "MapperGraph") -> dict[str, Any]:
    """Return the facts about a graph; those that it does not have are null."""
    from topoact.analysis.shape.skeleton import roots
    from topoact.analysis.shape.summary import summary
    from topoact.study.cache.graphs import plain_radius
    from topoact.workbench.shape import findings

    return {
        "layer": layer,
        "eps": plain_radius(graph.eps),
        "skeleton": None if graph.prominence is None else len(roots(graph)),
        "nodes": graph.n_nodes,
        "edges": graph.n_edges,
        "coverage": None if isnan(graph.coverage) else float(graph.coverage),
        "summary": summary(findings(bench, bench.key(bench.study.layer(layer), settings))),
    }


def _line(row: dict[str, Any]) -> str:
    counts = f"{row['layer']}: {row['nodes']} nodes, {row['edges']} edges"
    if row["eps"] is None and row["skeleton"] is None:
        return f"{counts}, imported"
    detail = f"{row['skeleton']} in the skeleton" if row["eps"] is None else _radius(row["eps"])
    return f"{counts}, {row['coverage']:.1%} of the points, {detail}"


def _radius(eps: float | list[float | None]) -> str:
    """Return the ε of a graph as people read it; where each interval has its own, the range."""
    if not isinstance(eps, list):
        return f"eps {eps:.4g}"
    radii = [radius for radius in eps if radius is not None]
    return f"eps {min(radii):.4g}–{max(radii):.4g} by interval" if radii else "no eps"
