"""The commands and `main`, which runs them; packages are imported inside the commands, so that ``--help`` is quick."""

import typer

from topoact.cli.attribute import attribute
from topoact.cli.clean import clean
from topoact.cli.columns import columns
from topoact.cli.demo import demo
from topoact.cli.export import export
from topoact.cli.extract import extract
from topoact.cli.former_names import CommandWithFormerNames
from topoact.cli.import_ import import_
from topoact.cli.invert import invert
from topoact.cli.layers import layers
from topoact.cli.locate import locate
from topoact.cli.map import map_
from topoact.cli.options import Version
from topoact.cli.printing import fail
from topoact.cli.serve import serve
from topoact.errors import Cancelled, TopoActError

app = typer.Typer(
    help="See the shape of what a neural network has learnt: mapper graphs of its activations, live.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("extract")(extract)
app.command("layers")(layers)
app.command("import")(import_)
app.command("columns")(columns)
app.command("demo")(demo)
app.command("map")(map_)
app.command("export")(export)
app.command("invert", cls=CommandWithFormerNames)(invert)
app.command("attribute")(attribute)
app.command("argue", cls=CommandWithFormerNames, hidden=True)(attribute)
app.command("locate")(locate)
app.command("serve")(serve)
app.command("clean")(clean)


def main() -> None:
    """Run the command line; an expected failure is one sentence on standard error."""
    try:
        app()
    except Cancelled as error:
        fail(str(error), 130)
    except TopoActError as error:
        fail(f"error: {error}", 1)


@app.callback()
def _options(*, show_version: Version = False) -> None:  # --version is handled by its callback
    pass
