"""``topoact serve``."""

from typing import Annotated

import typer

from topoact.cli.options import (
    AsJson,
    NoBrowser,
    Port,
    StudyModel,
    StudyPath,
    StudyTransform,
    StudyTrust,
    StudyWeights,
    study_network,
)
from topoact.cli.printing import print_result


def serve(
    study: StudyPath,
    *,
    port: Port = None,
    host: Annotated[str, typer.Option(help="Address to bind; one that others can reach needs --token.")] = "127.0.0.1",
    token: Annotated[str | None, typer.Option(help="Secret of the address; random by default.")] = None,
    no_browser: NoBrowser = False,
    budget: Annotated[
        str | None,
        typer.Option(
            help="Size that results kept with the study may take, such as 500MB; also TOPOACT_BUDGET.",
            show_default="4GB",
        ),
    ] = None,
    model: StudyModel = None,
    weights: StudyWeights = None,
    transform: StudyTransform = None,
    trust: StudyTrust = False,
    as_json: AsJson = False,
) -> None:
    """Open the explorer on a study; with --model it makes activation images and locates inputs of your own."""
    from topoact.extract.summary import summarise
    from topoact.interpret.study_network import reload_network
    from topoact.server import serve as serve_study
    from topoact.study import open_study
    from topoact.study.cache.budget import set_budget
    from topoact.study.cache.place import Derived
    from topoact.workbench.sights import look

    if budget is not None:
        set_budget(budget, "--budget")
    opened = open_study(study)
    has_network = not model is weights is transform is None
    network = study_network(study, model, weights, transform, trust=trust) if has_network else None
    if network:
        look(opened, Derived.of(study), reload_network(opened, network))
    if as_json:
        print_result(summarise(opened), [], as_json=True)
    serve_study(study, host=host, port=port, token=token, open_browser=not no_browser, network=network)
