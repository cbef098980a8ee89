"""``topoact locate``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topoact.cli.map_options import MAP_OPTIONS, map_settings
from topoact.cli.options import (
    AsJson,
    StudyModel,
    StudyPath,
    StudyTransform,
    StudyTrust,
    StudyWeights,
    study_network,
    with_options,
)
from topoact.cli.printing import print_result, print_results_folder, progress

if TYPE_CHECKING:
    from topoact.study import Study
    from topoact.workbench.locate.locate import LocatedInput
    from topoact.workbench.locate.location_report import LayerLocation


@with_options(MAP_OPTIONS)
def locate(
    study: StudyPath,
    files: Annotated[list[Path] | None, typer.Argument(help="Image files.")] = None,
    *,
    text: Annotated[list[str] | None, typer.Option(help="A text instead; may be repeated.")] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="Layer to locate them in; may be repeated.", show_default="all")
    ] = None,
    model: StudyModel = None,
    weights: StudyWeights = None,
    transform: StudyTransform = None,
    trust: StudyTrust = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Locate inputs of your own in the graphs of a study. Loads the study's network."""
    from topoact.workbench import open_workbench
    from topoact.workbench.locate.locate import locate as locate_input

    bench = open_workbench(study, study_network(study, model, weights, transform, trust=trust))
    print_results_folder(bench)
    inputs = _inputs(files or (), text or ())
    settings, located = map_settings(bench.default_settings, options), list["LocatedInput"]()
    with progress() as report:
        for name, content in inputs:
            with _errors_that_name(name):
                located.append(locate_input(bench, content, settings, layers=layer, progress=report))
    rows = [_row(bench.study, name, one) for (name, _), one in zip(inputs, located, strict=True)]
    print_result(rows, [line for row in rows for line in _lines(row)], as_json=as_json)


def _inputs(files: Sequence[Path], texts: Sequence[str]) -> list[tuple[str, str | bytes]]:
    """Return the name and the content of each input."""
    inputs: list[tuple[str, str | bytes]] = [(str(file), _read(file)) for file in files]
    inputs += [(text, text) for text in texts]
    if not inputs:
        raise typer.BadParameter("give image files, or a text with --text")
    return inputs


def _read(file: Path) -> bytes:
    from topoact.errors import InvalidInput
    from topoact.interpret.query_images import check_file

    try:
        check_file(file.stat().st_size)
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None


@contextmanager
def _errors_that_name(name: str) -> Iterator[None]:
    """Let errors say which input cannot be used."""
    from topoact.errors import InvalidInput

    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{name or 'the text'}: {error}") from None


def _row(study: "Study", name: str, located: "LocatedInput") -> dict[str, Any]:
    """Return the facts about an input."""
    from topoact.workbench.output_names import display_name

    return {
        "input": name,
        "predictions": [{"name": display_name(study, output), "share": share} for output, share in located.predictions],
        "kind": located.kind,
        "notices": located.notices,
        "places": [_location(study, location) for location in located.locations],
    }


def _location(study: "Study", location: "LayerLocation") -> dict[str, Any]:
    """Return the facts about an input in a layer; what is only drawn is left out."""
    facts, ids = asdict(location), study.examples["id"]
    nearest = [{**one, "id": str(ids[one["example"]])} for one in facts["nearest"]]
    drawn = {"layer", "y", "x", "spans"}
    return {name: value for name, value in {**facts, "nearest": nearest}.items() if name not in drawn}


def _lines(row: dict[str, Any]) -> list[str]:
    """Return what is printed of an input."""
    predictions = ", ".join(f"{one['name']} ({one['share']:.0%})" for one in row["predictions"])
    width = max((len(location["name"]) for location in row["places"]), default=0)
    return [
        f"{row['input']}: {predictions}" if predictions else row["input"],
        *(f"  {notice}" for notice in row["notices"]),
        *(f"  {location['name']:{width}}  {location['sentence']}" for location in row["places"]),
    ]
