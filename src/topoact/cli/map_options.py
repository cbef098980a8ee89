"""The options of commands that make graphs: one table, so that all of them take the same."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from topoact.cli.options import option

if TYPE_CHECKING:
    from topoact.workbench import MapSettings

MAP_OPTIONS: Final = (
    option("preset", str | None, "paper: DBSCAN with ε at the elbow in 70 equal intervals. Other options override it."),
    option("lens", str | None, "The number by which points are sorted into intervals.", shown="l2"),
    option(
        "cover",
        str | None,
        "uniform (equal intervals), balanced (equally many points in each), or equal intervals as placed by giotto-tda,"
        " tda-mapper, gudhi or zen-mapper.",
        shown="balanced",
    ),
    option(
        "intervals",
        int | None,
        "How many intervals cover the range of the lens.",
        shown="25, fewer below 10,000 points",
    ),
    option("overlap", float | None, "Share of an interval in common with the next.", shown="0.3"),
    option("metric", str | None, "Distance between points: euclidean or cosine.", shown="euclidean"),
    option("clusterer", str | None, "modes (of density) or dbscan.", shown="modes"),
    option("k", int | None, "Of modes: number of neighbours in the density estimate.", shown="15"),
    option(
        "prominence",
        float | None,
        "Of modes: the least height above a saddle, in multiples of the noise.",
        shown="0.15",
    ),
    option(
        "eps",
        str | None,
        "Of dbscan: the radius of neighbourhoods: a number, elbow, quantile:0.8 (of the distance to neighbour"
        " min-samples), or one for each interval: elbow:interval, quantile:0.8:interval.",
        shown="elbow",
    ),
    option("min_samples", int | None, "Of dbscan: points within eps that make a core point.", shown="5"),
)


def map_settings(default: "MapSettings", options: Mapping[str, Any]) -> "MapSettings":
    """Return the settings that the options name, over those of their preset, or over `default`.

    Raises
    ------
    InvalidInput
        If a value belongs to another clusterer, or there is no such preset.
    """
    from topoact.workbench import resolve

    values = {one.name: options[one.name] for one in MAP_OPTIONS if options[one.name] is not None}
    preset = values.pop("preset", None)
    if "intervals" in values:
        values["n_intervals"] = values.pop("intervals")
    return resolve(default, preset, **values)
