"""The command that sees where inputs of one's own land."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topoact.cli.map_settings import settings_of, with_map_settings
from topoact.cli.options import (
    AsJson,
    StudyModel,
    StudyTransform,
    StudyWeights,
    network_choice,
)
from topoact.cli.printing import progress, say

if TYPE_CHECKING:
    from topoact.workbench import Workbench
    from topoact.workbench.locate.locate import LocatedInput


@with_map_settings
def locate(
    study: Annotated[Path, typer.Argument(help="Folder of a study.")],
    files: Annotated[list[Path] | None, typer.Argument(help="Image files.")] = None,
    *,
    text: Annotated[list[str] | None, typer.Option(help="A text instead; may be repeated.")] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="Layer to look at; may be repeated.", show_default="all")
    ] = None,
    model: StudyModel = None,
    weights: StudyWeights = None,
    transform: StudyTransform = None,
    as_json: AsJson = False,
    **settings: Any,
) -> None:
    """See where inputs of your own land in the graphs of a study. Its network is loaded, and its code is run."""
    from topoact.interpret.study_network import RECORDED
    from topoact.workbench import open_workbench
    from topoact.workbench.locate.locate import locate as locate_one

    bench = open_workbench(study, network_choice(model or RECORDED, weights, transform))
    inputs: list[tuple[str, str | bytes]] = [(str(file), _read(file)) for file in files or ()]
    inputs += [(one, one) for one in text or ()]
    if not inputs:
        raise typer.BadParameter("give image files, or a text with --text")
    wanted, found = settings_of(bench.default_settings, settings), list["LocatedInput"]()
    with progress() as report:
        for name, content in inputs:
            with _named(name):
                found.append(locate_one(bench, content, wanted, layers=layer, progress=report))
    rows = [_facts(bench, name, probe) for (name, _), probe in zip(inputs, found, strict=True)]
    say(rows, [line for row in rows for line in _lines(row)], as_json=as_json)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say which input cannot be used."""
    from topoact.errors import InvalidInput

    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{name or 'the text'}: {error}") from None


def _read(file: Path) -> bytes:
    from topoact.errors import InvalidInput
    from topoact.interpret.query import check_file

    try:
        check_file(file.stat().st_size)
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None


def _facts(bench: "Workbench", name: str, probe: "LocatedInput") -> dict[str, Any]:
    """Return what is told of an input, for programs."""
    from topoact.workbench.locate.locate import plain
    from topoact.workbench.output_names import display_name

    found, ids = plain(probe), bench.study.examples["id"]
    for place in found["places"]:
        del place["layer"], place["y"], place["x"], place["spans"]
        place["nearest"] = [{**one, "id": str(ids[one["example"]])} for one in place["nearest"]]
    predictions = [{"name": display_name(bench.study, name), "share": share} for name, share in probe.predictions]
    told = {"kind": probe.kind, "notices": probe.notices, "places": found["places"]}
    return {"input": name, "predictions": predictions, **told}


def _lines(row: dict[str, Any]) -> list[str]:
    """Return what is told of an input, for people."""
    seen = ", ".join(f"{one['name']} ({one['share']:.0%})" for one in row["predictions"])
    width = max((len(place["name"]) for place in row["places"]), default=0)
    places = [f"  {place['name']:{width}}  {place['sentence']}" for place in row["places"]]
    return [f"{row['input']}: {seen}" if seen else row["input"], *(f"  {said}" for said in row["notices"]), *places]
