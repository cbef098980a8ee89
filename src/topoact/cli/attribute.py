"""``topoact attribute``."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from topoact.cli.map_options import MAP_OPTIONS, map_settings
from topoact.cli.options import (
    AsJson,
    By,
    StudyModel,
    StudyPath,
    StudyTransform,
    StudyTrust,
    StudyWeights,
    Top,
    study_network,
    with_options,
)
from topoact.cli.printing import print_result, print_results_folder, progress

if TYPE_CHECKING:
    from topoact.study.cache.attributions import OutputWord
    from topoact.workbench.nodes.node_attribution import NodeAttribution

MAX_CLASSES: Final = 5
"""Classes of highest attribution in the JSON."""
MAX_PRINTED: Final = 3
"""Classes or words in a line."""


@with_options(MAP_OPTIONS)
def attribute(
    study: StudyPath,
    *,
    layer: Annotated[str, typer.Option(help="Layer of the nodes.")],
    top: Top = None,
    by: By = "size",
    nodes: Annotated[str | None, typer.Option(help="These nodes only: 3,7,9.", show_default="all")] = None,
    model: StudyModel = None,
    weights: StudyWeights = None,
    transform: StudyTransform = None,
    trust: StudyTrust = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Compute the attribution of nodes to classes, beside the predictions and the labels of their members.

    Of a language model, the words that the logit lens gives for the mean of each node. Loads the study's network.
    """
    from topoact.workbench import open_workbench
    from topoact.workbench.nodes.node_attribution import compute_attributions, node_attribution, node_logit_lens
    from topoact.workbench.nodes.selection import nodes_of

    bench = open_workbench(study, study_network(study, model, weights, transform, trust=trust))
    print_results_folder(bench)
    settings = map_settings(bench.default_settings, options)
    with progress() as report:
        graph = bench.map(layer, settings, progress=report)
        selected, digest = nodes_of(graph, top=top, by=by, nodes=nodes), bench.key(bench.study.layer(layer), settings)
        compute_attributions(bench, layer, digest, report)
    rows = []
    for node in selected:
        words = node_logit_lens(bench, digest, node)
        facts = _class_facts(node_attribution(bench, digest, node)) if words is None else _word_facts(words)
        rows.append({"node": node, "size": len(graph.members(node)), **facts})
    lines = [line for row in rows for line in _lines(row)]
    print_result(rows, [*lines, *_summary(rows)], as_json=as_json)


def _word_facts(words: list["OutputWord"]) -> dict[str, Any]:
    return {"words": [word._asdict() for word in words]}


def _class_facts(node: "NodeAttribution") -> dict[str, Any]:
    return {
        "attributions": [
            {"output": one.output, "name": one.name, "attribution": one.attribution, "effect": one.effect}
            for one in node.classes
            if one.rank < MAX_CLASSES
        ],
        "predicted": [one._asdict() for one in node.predicted],
        "labels": [one._asdict() for one in node.labels],
        "agrees": node.agrees,
        "prediction": node.prediction,
        "prediction_share": node.prediction_share,
        "is_bypassed": node.is_bypassed,
    }


def _lines(row: dict[str, Any]) -> list[str]:
    """Return what is printed of a node."""
    members = f"node {row['node']}, {row['size']} {'member' if row['size'] == 1 else 'members'}"
    if "words" in row:
        return [members, f"  logit lens   {_shares(row['words'], 'word')}"]
    differs = ": its highest attribution is not to the class predicted most often" if row["agrees"] is False else ""
    highest = ", ".join(f"{one['name']} ({one['attribution']:+.2f})" for one in row["attributions"][:MAX_PRINTED])
    columns = {"attribution": highest, "predicted": _shares(row["predicted"]), "labels": _shares(row["labels"])}
    return [members + differs, *(f"  {name:11}  {values}" for name, values in columns.items() if values)]


def _summary(rows: list[dict[str, Any]]) -> list[str]:
    """Return what is printed of all nodes."""
    agree = [row["agrees"] for row in rows if row.get("agrees") is not None]
    lines = []
    if agree:
        share = f"{sum(agree)} of {len(agree)} nodes"
        lines.append(f"{share} have their highest attribution to the class predicted most often for their members")
    if any(row.get("is_bypassed") for row in rows):
        lines.append("part of the network bypasses this layer; its activations are those of a neutral input")
    return lines


def _shares(values: list[dict[str, Any]], name: str = "name") -> str:
    return ", ".join(f"{one[name]} ({one['share']:.0%})" for one in values[:MAX_PRINTED])
