"""``topoact demo``."""

from typing import Annotated

import typer

from topoact.cli.options import AsJson, NoBrowser, Port
from topoact.cli.printing import print_result, progress


def demo(
    *,
    port: Port = None,
    no_browser: NoBrowser = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train the network and extract again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Explore a small network that classifies digits; it is trained on the first run, and needs no set-up."""
    from topoact.demo import build_demo, held_out_accuracy
    from topoact.extract.summary import summarise
    from topoact.interpret.study_network import NetworkChoice
    from topoact.server import serve as serve_study
    from topoact.workbench import open_workbench
    from topoact.workbench.first_screen import draw_first_screen

    with progress() as report:
        path = build_demo(fresh=fresh, on_progress=report)
        bench = open_workbench(path)
        for layer in bench.layers:
            draw_first_screen(bench, layer, bench.default_settings, report)
    accuracy = held_out_accuracy(bench.study)
    print_result(
        {**summarise(bench.study), "held_out_accuracy": accuracy},
        [f"{bench.study.name}: {accuracy:.1%} of 1,000 held-out digits are classified correctly"],
        as_json=as_json,
    )
    serve_study(path, port=port, open_browser=not no_browser, network=NetworkChoice(trust=True))
