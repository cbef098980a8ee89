"""The command that makes activation images."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

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
    image_line,
    images_line,
    progress,
    say,
)


@with_map_settings
def invert(
    study: Annotated[Path, typer.Argument(help="Folder of a study.")],
    *,
    layer: Annotated[str, typer.Option(help="Layer that is to answer.")],
    top: Top = None,
    by: By = "size",
    nodes: Annotated[
        str | None, typer.Option(help="These nodes only: 3,7,9 one by one, 3+7 both together.", show_default="all")
    ] = None,
    minus: Annotated[str | None, typer.Option(help="Nodes whose mean is taken from that of --nodes: 4,5.")] = None,
    point: Annotated[list[int] | None, typer.Option(help="A point instead; may be repeated.")] = None,
    channel: Annotated[list[int] | None, typer.Option(help="A channel instead; may be repeated.")] = None,
    as_in_paper: Annotated[
        bool, typer.Option("--as-in-paper", help="As Rathore et al. 2021 made them; other options are laid over it.")
    ] = False,
    painting: Annotated[
        str | None, typer.Option(help="What is optimised: fourier, phase or pixels.", show_default="fourier")
    ] = None,
    aim: Annotated[str | None, typer.Option(help="Along the target (direction), or the target itself (point).")] = None,
    whitened: Annotated[
        bool | None,
        typer.Option("--whitened/--no-whitened", help="Whether what is usual in the layer counts less in a direction."),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Of the optimisation.")] = None,
    size: Annotated[int | None, typer.Option(help="Side in pixels.", show_default="the network's")] = None,
    power: Annotated[float | None, typer.Option(help="Of the cosine in what is made large.")] = None,
    attempts: Annotated[int | None, typer.Option(help="Starts, of which the best is kept.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the starts.")] = None,
    model: StudyModel = None,
    weights: StudyWeights = None,
    transform: StudyTransform = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to copy the images to.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="A .png file: all images on one page.")] = None,
    as_json: AsJson = False,
    **settings: Any,
) -> None:
    """Make activation images: what a layer's nodes stand for. The study's network is loaded, and its code is run."""
    from topoact.interpret.inversion import Recipe
    from topoact.interpret.study_network import RECORDED
    from topoact.workbench import open_workbench
    from topoact.workbench.images.activation_images import ActivationImages
    from topoact.workbench.images.contact_sheet import (
        check_sheet,
        copy_images,
        facts,
        save_sheet,
    )
    from topoact.workbench.nodes.selection import targets_of

    check_sheet(sheet)
    bench = open_workbench(study, network_choice(model or RECORDED, weights, transform))
    activation_images = ActivationImages(bench)
    activation_images.check(layer)
    how = {"painting": painting, "aim": aim, "steps": steps, "size": size, "power": power, "attempts": attempts}
    usual = Recipe.paper() if as_in_paper else activation_images.recipe
    recipe = replace(usual, **_said(**how, whitened=whitened, seed=seed))
    wanted = settings_of(bench.default_settings, settings)
    with progress() as report:
        graph = bench.map(layer, wanted, progress=report)
        targets = targets_of(graph, top=top, by=by, nodes=nodes, minus=minus, points=point, channels=channel)
        name = bench.key(bench.study.layer(layer), wanted)
        images = activation_images.make(layer, name, targets, recipe, report)
    files = copy_images(activation_images.store, images, out)
    save_sheet(activation_images.store, images, sheet)
    rows = [facts(image, file) for image, file in zip(images, files, strict=True)]
    say(rows, [*map(image_line, rows), images_line(rows)], as_json=as_json)


def _said(**options: Any) -> dict[str, Any]:
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}
