"""Use cases over an opened study: `open_workbench`, `Workbench`, `MapSettings`; the tasks of `jobs` run long ones."""

from topoact.workbench.bench import OpenLayer, Workbench, open_workbench
from topoact.workbench.settings import KNOBS, PRESETS, Knob, MapSettings, Preset, from_stored, resolve
from topoact.workbench.stored_graph import DrawingName, StoredGraph

__all__ = [
    "KNOBS",
    "PRESETS",
    "DrawingName",
    "Knob",
    "MapSettings",
    "OpenLayer",
    "Preset",
    "StoredGraph",
    "Workbench",
    "from_stored",
    "open_workbench",
    "resolve",
]
