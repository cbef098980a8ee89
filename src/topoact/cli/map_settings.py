"""The options of commands that make graphs: one table, so that all of them offer the same."""

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

if TYPE_CHECKING:
    from topoact.workbench import MapSettings

Command = TypeVar("Command", bound=Callable[..., None])

OPTIONS: Final[dict[str, Any]] = {
    "preset": Annotated[
        str | None,
        typer.Option(help="paper: DBSCAN with ε at the elbow in 70 equal intervals. Other options are laid over it."),
    ],
    "lens": Annotated[
        str | None, typer.Option(help="The number by which points are sorted into intervals.", show_default="l2")
    ],
    "cover": Annotated[
        str | None,
        typer.Option(
            help="uniform (equal intervals), balanced (equally many points in each), or equal intervals as placed by"
            " giotto-tda, tda-mapper, gudhi or zen-mapper.",
            show_default="balanced",
        ),
    ],
    "intervals": Annotated[
        int | None,
        typer.Option(
            help="How many intervals cover the range of the lens.", show_default="25, fewer below 10,000 points"
        ),
    ],
    "overlap": Annotated[
        float | None, typer.Option(help="Share of an interval in common with the next.", show_default="0.3")
    ],
    "metric": Annotated[
        str | None, typer.Option(help="Distance between points: euclidean or cosine.", show_default="euclidean")
    ],
    "clusterer": Annotated[str | None, typer.Option(help="modes (of density) or dbscan.", show_default="modes")],
    "k": Annotated[
        int | None, typer.Option(help="Of modes: neighbours from which the density is read.", show_default="15")
    ],
    "prominence": Annotated[
        float | None,
        typer.Option(
            help="Of modes: the least height above a saddle, in multiples of what chance alone makes.",
            show_default="0.15",
        ),
    ],
    "eps": Annotated[
        str | None,
        typer.Option(
            help="Of dbscan: the radius of neighbours: a number, elbow, quantile:0.8 (of the distance to neighbour"
            " min-samples), or one for each interval: elbow:interval, quantile:0.8:interval.",
            show_default="elbow",
        ),
    ],
    "min_samples": Annotated[
        int | None, typer.Option(help="Of dbscan: points within eps that make a core point.", show_default="5")
    ],
}
"""Name of each option, with its type and its help; all are left out by default."""


def with_map_settings(command: Command) -> Command:
    """Give a command these options in the place of its ``**settings``, before its last own option."""
    signature = inspect.signature(command)
    *first, last = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
    offered = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in OPTIONS.items()
    ]
    command.__signature__ = signature.replace(parameters=[*first, *offered, last])  # type: ignore[attr-defined]
    return command


def settings_of(base: "MapSettings", said: Mapping[str, Any]) -> "MapSettings":
    """Return the settings that the options name, laid over those of their preset, or over `base`.

    Raises
    ------
    InvalidInput
        If a value belongs to another clusterer, or there is no such preset.
    """
    from topoact.workbench import resolve

    given = {name: value for name, value in said.items() if value is not None and name != "preset"}
    if "intervals" in given:
        given["n_intervals"] = given.pop("intervals")
    return resolve(base, said.get("preset"), **given)
