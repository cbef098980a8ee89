"""Arguments and options that several commands take."""

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from topoact.interpret.study_network import NetworkChoice


def _print_version(asked: bool) -> None:  # the signature that typer calls
    if asked:
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
StudyModel = Annotated[
    str | None,
    typer.Option(
        "--model", help="The study's network: study for what the study records, or as in extract. Its code is run."
    ),
]
StudyWeights = Annotated[str | None, typer.Option("--weights", help="Its weights, if they have been moved.")]
StudyTransform = Annotated[
    str | None, typer.Option("--transform", help="file.py:callable of the study's transform, if it has been moved.")
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder of the study to write.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a finished study of that name.")]
Restart = Annotated[bool, typer.Option("--restart", help="Throw away an unfinished study of that name.")]
Append = Annotated[
    bool, typer.Option("--append", help="Add to the study: more layers, more examples, or another checkpoint.")
]
Checkpoint = Annotated[
    str | None, typer.Option(help="Name of these weights, in a study of several checkpoints of one network.")
]
Top = Annotated[int | None, typer.Option(help="Of all nodes only so many.", show_default="all")]
By = Annotated[str, typer.Option(help="Which nodes come first: size or branching.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a summary for programs.")]
Port = Annotated[int | None, typer.Option(help="Port of the explorer; the first free one from 8765 by default.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the address and do not open it.")]
ImageColumn = Annotated[str | None, typer.Option(help="Column of images, as bytes or paths.", show_default="image")]
LabelColumn = Annotated[str | None, typer.Option(help="Column of labels.", show_default="label")]
IdColumn = Annotated[str | None, typer.Option(help="Column of identities.", show_default="id")]
Version = Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")]


def network_choice(model: str | None, weights: str | None, transform: str | None) -> "NetworkChoice | None":
    """Return which network of a study is meant; None where none of the options is given."""
    from topoact.interpret.study_network import RECORDED, NetworkChoice

    if model is weights is transform is None:
        return None
    return NetworkChoice(model or RECORDED, weights, transform)
