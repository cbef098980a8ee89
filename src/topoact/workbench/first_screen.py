"""`first_screen`: the settings of the graph of a layer that is seen first, and the sentence that says why."""

from dataclasses import replace
from typing import Final

from topoact.analysis.drawing.cut import MAX_NODES, MIN_NODES, PROMINENCES, first_prominence
from topoact.analysis.shape.skeleton import roots
from topoact.mapper import MapperGraph, Progress, no_progress
from topoact.workbench.bench import Workbench
from topoact.workbench.settings import MapSettings

UNCUT: Final = "the graph as it is: its nodes have no prominence at which to cut it"


def first_screen(
    bench: Workbench, layer: str | int, settings: MapSettings, progress: Progress = no_progress
) -> MapSettings:
    """Return the settings under which a layer is seen first; computes and stores the finest cut of its graph.

    Parameters
    ----------
    bench
        The opened study.
    layer
        Name or number of the layer.
    settings
        Of the graph; a prominence among them is not regarded.
    progress
        Called with each stage; may raise `topoact.errors.Cancelled`.

    Returns
    -------
    MapSettings
        With the prominence that `analysis.drawing.cut.first_prominence` says; the same settings where nodes are not
        modes.

    Raises
    ------
    InvalidInput
        If a setting is out of range or does not fit the layer.
    """
    return first_settings(settings, bench.map(layer, settings.finest, progress))


def first_settings(settings: MapSettings, finest: MapperGraph) -> MapSettings:
    """Return the settings under which a layer is seen first, from its graph at the finest cut."""
    return settings if finest.prominence is None else replace(settings, prominence=first_prominence(finest))


def rule_of(finest: MapperGraph) -> str:
    """Return in a sentence by which rule a layer is seen as it is first."""
    if finest.prominence is None:
        return UNCUT
    chosen = first_prominence(finest)
    n_nodes, tried = len(roots(finest, chosen)), ", ".join(f"{prominence:g}" for prominence in PROMINENCES)
    if n_nodes < MIN_NODES:
        return f"prominence {chosen:g}: none of {tried} has {MIN_NODES} nodes"
    if chosen > PROMINENCES[0]:
        return f"prominence {chosen:g}: at {PROMINENCES[0]:g} there are more than {MAX_NODES} nodes"
    return f"prominence {chosen:g}: the first of {tried} with at least {MIN_NODES} nodes"
