"""``topoact invert``."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
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
    option,
    study_network,
    with_options,
)
from topoact.cli.printing import print_result, print_results_folder, progress

if TYPE_CHECKING:
    from topoact.interpret.inversion import Recipe

RECIPE_OPTIONS: Final = (
    option("recipe", str | None, "paper: as in Rathore et al. 2021. Other options override it."),
    option("parametrization", str | None, "What is optimised: fourier, phase or pixels.", shown="fourier"),
    option(
        "objective", str | None, "What is matched: the target's direction (direction), or the target itself (point)."
    ),
    option(
        "whitened",
        bool | None,
        "With the objective direction: multiply the target by the inverse correlation of the layer's activations.",
        flags="--whitened/--no-whitened",
    ),
    option("steps", int | None, "Steps of the optimisation."),
    option("size", int | None, "Side in pixels.", shown="the network's"),
    option("power", float | None, "Exponent of the cosine, with the objective direction."),
    option("attempts", int | None, "Random starts, of which the one with the highest cosine is kept."),
    option("seed", int | None, "Seed of the random starts."),
)


@with_options(MAP_OPTIONS)
@with_options(RECIPE_OPTIONS, before="model")
def invert(
    study: StudyPath,
    *,
    layer: Annotated[str, typer.Option(help="Layer of the targets.")],
    top: Top = None,
    by: By = "size",
    nodes: Annotated[
        str | None, typer.Option(help="These nodes only: 3,7,9 one by one, 3+7 both together.", show_default="all")
    ] = None,
    minus: Annotated[str | None, typer.Option(help="Nodes whose mean is subtracted from that of --nodes: 4,5.")] = None,
    point: Annotated[list[int] | None, typer.Option(help="A point instead; may be repeated.")] = None,
    channel: Annotated[list[int] | None, typer.Option(help="A channel instead; may be repeated.")] = None,
    model: StudyModel = None,
    weights: StudyWeights = None,
    transform: StudyTransform = None,
    trust: StudyTrust = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to copy the images to.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="A .png file: all images on one page.")] = None,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Make activation images, optimised towards the means of nodes. Loads the study's network."""
    from topoact.workbench import open_workbench
    from topoact.workbench.images.activation_images import ActivationImages
    from topoact.workbench.images.contact_sheet import check_sheet, copy_images, image_facts, save_sheet
    from topoact.workbench.nodes.selection import targets_of

    check_sheet(sheet)
    bench = open_workbench(study, study_network(study, model, weights, transform, trust=trust))
    print_results_folder(bench)
    activation_images = ActivationImages(bench)
    activation_images.check(layer)
    recipe, settings = _recipe(activation_images.recipe, options), map_settings(bench.default_settings, options)
    with progress() as report:
        graph = bench.map(layer, settings, progress=report)
        targets = targets_of(graph, top=top, by=by, nodes=nodes, minus=minus, points=point, channels=channel)
        digest = bench.key(bench.study.layer(layer), settings)
        images = activation_images.make(layer, digest, targets, recipe, report)
    files = copy_images(activation_images.store, images, out)
    save_sheet(activation_images.store, images, sheet)
    rows = [image_facts(image, file) for image, file in zip(images, files, strict=True)]
    print_result(rows, [*map(_line, rows), _summary(rows)], as_json=as_json)


def _recipe(default: "Recipe", options: Mapping[str, Any]) -> "Recipe":
    """Return the recipe that the options describe, over the one that they name, or over `default`."""
    from topoact.errors import InvalidInput
    from topoact.interpret.inversion import Recipe

    values = {one.name: options[one.name] for one in RECIPE_OPTIONS if options[one.name] is not None}
    name = values.pop("recipe", None)
    if name not in (None, "paper"):
        raise InvalidInput(f"unknown recipe {name!r}: choose paper")
    return replace(default if name is None else Recipe.paper(), **values)


def _line(row: dict[str, Any]) -> str:
    """Return what is printed of an image."""
    cosine = "no cosine" if row["cosine"] is None else f"cosine {row['cosine']:.3f}"
    inside = {True: ", in its node", False: ", outside its node", None: ""}[row["lands"]]
    prediction = "" if row["prediction"] is None else f", top prediction {row['prediction']} ({row['share']:.0%})"
    return f"{row['target']}: {cosine}{inside}{prediction}  {row['file']}"


def _summary(rows: list[dict[str, Any]]) -> str:
    """Return what is printed of all images."""
    cosines = sorted(row["cosine"] for row in rows if row["cosine"] is not None)
    inside = [row["lands"] for row in rows if row["lands"] is not None]
    median = f", median cosine {cosines[len(cosines) // 2]:.3f}" if cosines else ""
    n_inside = f", {sum(inside)} of {len(inside)} in their node" if inside else ""
    return f"{len(rows)} {'image' if len(rows) == 1 else 'images'}{median}{n_inside}"
