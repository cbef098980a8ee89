"""`export`: a file of a layer's graph outside the study, as the command line and Python write it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from topoact.analysis.drawing.figure import WIDTHS, checked_width
from topoact.errors import InvalidInput, UnknownName
from topoact.mapper import Progress, no_progress
from topoact.study.files import replacing
from topoact.workbench.bench import Workbench
from topoact.workbench.first_screen import first_screen
from topoact.workbench.graph_view import GraphView, view_graph
from topoact.workbench.leaving.kinds import FILE_KINDS, Kind, Order, make_file
from topoact.workbench.look import Look
from topoact.workbench.settings import MapSettings

SUFFIXES: Final[dict[str, Kind]] = {
    ".svg": "svg",
    ".png": "png",
    ".csv": "nodes.csv",
    ".parquet": "nodes.parquet",
    ".json": "json",
    ".graphml": "graphml",
    ".py": "py",
}
"""What each suffix asks for."""
MEMBERS: Final[dict[str, Kind]] = {".csv": "members.csv", ".parquet": "members.parquet"}
"""What tables of members are."""
FORMATS: Final[dict[str, Kind]] = {"topoact": "json", "keplermapper": "keplermapper.json"}
"""Kinds of ``.json``."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file that is to be written.

    Examples
    --------
    >>> from topoact.workbench.leaving.export import Target
    >>> Target("nodes.csv", members=True).kind
    'members.csv'
    """

    path: str | Path
    """Its suffix decides what is written: a picture, a table, the graph or code; see `SUFFIXES`."""
    members: bool = False
    """Whether a table holds the points of the nodes, and not the nodes."""
    json_format: str = "topoact"
    """Of ``.json``: ``topoact`` or ``keplermapper``."""
    width: float | None = None
    """Millimetres of a picture; those of two columns of a paper by default."""
    overwrite: bool = False
    """Whether a file of that name is replaced."""

    @property
    def kind(self) -> Kind:
        """The name in `FILE_KINDS` of what is written.

        Raises
        ------
        InvalidInput
            If the suffix is unknown, or has no members or formats.
        """
        suffix = Path(self.path).suffix.lower()
        if suffix not in SUFFIXES:
            raise InvalidInput(f"{self.path}: the suffix decides what is written: choose one of {', '.join(SUFFIXES)}")
        if self.json_format not in FORMATS:
            raise UnknownName(f"unknown format {self.json_format!r}: choose {', '.join(FORMATS)}")
        if self.json_format != "topoact" and suffix != ".json":
            raise InvalidInput(f"{self.json_format} is a format of .json: give a file that ends so, not {self.path}")
        if self.members and suffix not in MEMBERS:
            raise InvalidInput(f"members are a table: give a file that ends in .csv or .parquet, not {self.path}")
        if self.members:
            return MEMBERS[suffix]
        return FORMATS[self.json_format] if suffix == ".json" else SUFFIXES[suffix]


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written."""

    path: Path
    kind: Kind
    """Its name in `topoact.workbench.leaving.kinds.FILE_KINDS`."""
    view: GraphView
    """The graph and its drawing."""
    n_bytes: int
    notice: str
    """What a reader of the file has to know; mostly empty."""


def export_graph(
    bench: Workbench,
    layer: str | int,
    target: Target,
    *,
    settings: MapSettings | None = None,
    look: Look | None = None,
    progress: Progress = no_progress,
) -> Exported:
    """Write a picture, a table or the graph of a layer to a file, which is there whole or not at all.

    Parameters
    ----------
    bench
        The opened study.
    layer
        Name or number of the layer.
    target
        The file, and what is written to it. Folders above it are made.
    settings
        Of the graph; by default those of the layer's first screen.
    look
        What is chosen about a picture, and the column that tables name.
    progress
        Called with each stage; may raise `topoact.errors.Cancelled`.

    Returns
    -------
    Exported
        The file, and the graph in it.

    Raises
    ------
    InvalidInput
        If the file exists or lies in the study, or an option does not fit.
    WriteError
        If the file cannot be written.

    Examples
    --------
    >>> import topoact
    >>> from topoact.workbench.leaving.export import Target, export_graph
    >>> written = export_graph(topoact.open("runs/digits"), "pixels", Target("digits.svg"))
    >>> written.kind, written.view.graph.coverage
    ('svg', 1.0)
    """
    look = look or Look()
    check_target(target, look)
    path, width = Path(target.path), WIDTHS["two columns"] if target.width is None else target.width
    if path.resolve().is_relative_to(bench.study.path.resolve()):
        raise InvalidInput(f"{path} lies in the study, whose files are its own: give a file outside of it")
    if settings is None:
        settings = first_screen(bench, layer, bench.default_settings, progress)
    plan = bench.plan_drawing(layer, settings)
    bench.drawings.draw(plan, progress)
    view = view_graph(bench, plan.name)
    content, notice = make_file(target.kind, Order(bench, view, look, width))
    with replacing(path) as file:
        file.write(content)
    return Exported(path, target.kind, view, len(content), notice)


def check_target(target: Target, look: Look) -> None:
    """Raise `InvalidInput` if a file may not be written, or something is chosen that it does not have."""
    path, is_picture = Path(target.path), FILE_KINDS[target.kind].is_picture
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder: give the name of a file")
    if path.exists() and not target.overwrite:
        raise InvalidInput(f"{path} exists already: choose another name, or --overwrite to replace it")
    if not is_picture and (target.width is not None or look.images is not None):
        raise InvalidInput(f"width and images are of pictures, .svg and .png: leave them out for {path}")
    if look.colour is not None and not FILE_KINDS[target.kind].is_coloured:
        raise InvalidInput(f"no column colours {path}: leave it out")
    if target.width is not None:
        checked_width(target.width)
