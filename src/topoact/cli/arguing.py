"""The command that tells which classes nodes argue for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from topoact.cli.map_settings import settings_of, with_map_settings
from topoact.cli.options import (
    AsJson,
    By,
    StudyModel,
    StudyTransform,
    StudyWeights,
    Top,
    network_choice,
)
from topoact.cli.printing import (
    argument_lines,
    arguments_summary,
    progress,
    say,
)

if TYPE_CHECKING:
    from topoact.study.cache.attributions import OutputWord
    from topoact.workbench.nodes.node_attribution import NodeAttribution

FIRST: Final = 5
"""Classes that are told for being argued for most."""


@with_map_settings
def argue(
    study: Annotated[Path, typer.Argument(help="Folder of a study.")],
    *,
    layer: Annotated[str, typer.Option(help="Layer whose nodes argue.")],
    top: Top = None,
    by: By = "size",
    nodes: Annotated[str | None, typer.Option(help="These nodes only: 3,7,9.", show_default="all")] = None,
    model: StudyModel = None,
    weights: StudyWeights = None,
    transform: StudyTransform = None,
    as_json: AsJson = False,
    **settings: Any,
) -> None:
    """Tell which classes nodes argue for (attribution), beside what is predicted for their members, and their labels.

    Of a language model, which words it says. The study's network is loaded, and its code is run.
    """
    from topoact.interpret.study_network import RECORDED
    from topoact.workbench import open_workbench
    from topoact.workbench.nodes.node_attribution import compute_attributions, node_attribution, node_logit_lens
    from topoact.workbench.nodes.selection import nodes_of

    bench = open_workbench(study, network_choice(model or RECORDED, weights, transform))
    wanted = settings_of(bench.default_settings, settings)
    with progress() as report:
        graph = bench.map(layer, wanted, progress=report)
        chosen, name = nodes_of(graph, top=top, by=by, nodes=nodes), bench.key(bench.study.layer(layer), wanted)
        compute_attributions(bench, layer, name, report)
    rows = []
    for node in chosen:
        words = node_logit_lens(bench, name, node)
        told = _classes(node_attribution(bench, name, node)) if words is None else _words(words)
        rows.append({"node": node, "size": len(graph.members(node)), **told})
    lines = [line for row in rows for line in argument_lines(row)]
    say(rows, [*lines, *arguments_summary(rows)], as_json=as_json)


def _words(found: list["OutputWord"]) -> dict[str, Any]:
    return {"says": [word._asdict() for word in found]}


def _classes(found: "NodeAttribution") -> dict[str, Any]:
    argued = [one for one in found.classes if one.rank < FIRST]
    return {
        "argues_for": [
            {"output": one.output, "name": one.name, "attribution": one.attribution, "effect": one.effect}
            for one in argued
        ],
        "predicted": [one._asdict() for one in found.predicted],
        "labels": [one._asdict() for one in found.labels],
        "agrees": found.agrees,
        "said": found.prediction,
        "said_share": found.prediction_share,
        "flows_past": found.is_bypassed,
    }
