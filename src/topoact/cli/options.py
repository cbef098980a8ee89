"""Arguments and options that several commands take, and tables of options in the place of long signatures."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from topoact.cli.printing import confirmed

if TYPE_CHECKING:
    from topoact.inputs.csv_files import TableOptions
    from topoact.interpret.study_network import NetworkChoice

Command = TypeVar("Command", bound=Callable[..., None])


def _print_version(value: bool) -> None:  # the signature that typer calls
    if value:
        typer.echo(f"topoact {version('topoact')}")
        raise typer.Exit


Model = Annotated[
    str,
    typer.Argument(
        help="torchvision:NAME, timm:NAME, hf:NAME-or-folder, onnx:FILE, file.py:callable or package.module:callable."
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(help="A .safetensors, .pt or .pth file of tensors, or DEFAULT or another name that the library has."),
]
StudyPath = Annotated[Path, typer.Argument(help="Folder of a study.")]
StudyModel = Annotated[
    str | None,
    typer.Option("--model", help="The study's network: study for the recorded one, or as in extract."),
]
StudyWeights = Annotated[str | None, typer.Option("--weights", help="Its weights, if they have been moved.")]
StudyTransform = Annotated[
    str | None, typer.Option("--transform", help="file.py:callable of the study's transform, if it has been moved.")
]
StudyTrust = Annotated[
    bool, typer.Option("--trust", help="Run the code that the study names, which is asked or refused otherwise.")
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder of the study to write.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a finished study of that name.")]
Restart = Annotated[bool, typer.Option("--restart", help="Discard an unfinished study of that name.")]
NoMap = Annotated[
    bool,
    typer.Option(
        "--no-map",
        help="Leave the graphs of the layers to their first opening; else they are computed at the end, in a fifth of"
        " the time so far or a minute.",
    ),
]
Top = Annotated[int | None, typer.Option(help="How many of all nodes to take.", show_default="all")]
By = Annotated[str, typer.Option(help="Order of the nodes: size or branching.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a summary for programs.")]
Port = Annotated[int | None, typer.Option(help="Port of the explorer; the first free one from 8765 by default.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the address and do not open it.")]
Version = Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")]


def option(
    name: str, kind: Any, description: str, default: Any = None, *, shown: str | None = None, flags: str | None = None
) -> inspect.Parameter:
    """Return a row of a table of options.

    Parameters
    ----------
    name, kind, default
        Of the parameter. A default of None leaves the choice to the library.
    description
        Help.
    shown
        The default in the help, if it is None.
    flags
        Names of the option, if they do not follow from `name`.
    """
    names = [flags] if flags else [f"--{name.replace('_', '-')}"] if kind is bool else []
    info = typer.Option(default, *names, help=description, show_default=shown or True)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=info, annotation=kind)


def with_options(*tables: Sequence[inspect.Parameter], before: str = "as_json") -> Callable[[Command], Command]:
    """Give a command the options of some tables, before one of its own; it takes their values as ``**options``."""

    def decorated(command: Command) -> Command:
        signature = inspect.signature(command)
        parameters = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
        position = [one.name for one in parameters].index(before)
        parameters[position:position] = [row for table in tables for row in table]
        command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return command

    return decorated


COLUMN_OPTIONS: Final = (
    option("image_column", str | None, "Column of images, as bytes or paths.", shown="image"),
    option("label_column", str | None, "Column of labels.", shown="label"),
    option("id_column", str | None, "Column of identifiers.", shown="id"),
)


TABLE_OPTIONS: Final = (
    option("delimiter", str | None, "Character between the cells of a .csv, or tab.", shown="as the table shows"),
    option("encoding", str | None, "Encoding of a .csv, as cp1252.", shown="as the table shows"),
    option("missing", list[str] | None, "Label that stands for a missing one, as NA; may be repeated."),
)


def table_options(options: Mapping[str, Any]) -> "TableOptions":
    """Return what `TABLE_OPTIONS` say of a table.

    Raises
    ------
    InvalidInput
        If a value is none that its option takes.
    """
    from topoact.inputs.csv_files import TableOptions

    delimiter = "\t" if options["delimiter"] in ("tab", "\\t") else options["delimiter"]
    return TableOptions(delimiter, options["encoding"], frozenset(options["missing"] or ()))


def named_columns(options: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the columns that `COLUMN_OPTIONS` name, by what they hold."""
    return {"image": options["image_column"], "label": options["label_column"], "identity": options["id_column"]}


def study_network(
    study: Path, model: str | None, weights: str | None, transform: str | None, *, trust: bool
) -> "NetworkChoice":
    """Return the network of a study that the options name, by default the recorded one; its code may run.

    Where the study names code that was not trusted on this machine before, a person at a terminal is asked, unless
    `trust` says yes; the answer is remembered. Without a terminal it is refused.
    """
    from topoact.interpret.study_network import RECORDED, NetworkChoice, code_named_by
    from topoact.networks.trust import is_trusted, refuse, remember
    from topoact.study import open_study

    choice = NetworkChoice(model or RECORDED, weights, transform)
    opened = open_study(study)
    codes = [code for code in code_named_by(opened, choice) if not is_trusted(code)]
    if codes and not trust and not confirmed(f"The study {opened.name} names code that was never run here:", codes):
        refuse(codes, f"the study {opened.name}")
    remember(codes)
    return replace(choice, trust=bool(codes))
