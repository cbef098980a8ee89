"""Use cases over an opened study, and the jobs that run them in another process."""

from topoact.workbench.bench import DrawnGraph, OpenLayer, Workbench, open_workbench
from topoact.workbench.settings import KNOBS, PRESETS, Knob, MapSettings, Preset, chosen, recalled

__all__ = [
    "KNOBS",
    "PRESETS",
    "DrawnGraph",
    "Knob",
    "MapSettings",
    "OpenLayer",
    "Preset",
    "Workbench",
    "chosen",
    "open_workbench",
    "recalled",
]
