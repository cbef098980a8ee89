"""Use cases over an opened study, and the jobs that run them in another process."""

from topoact.workbench.bench import DrawnGraph, OpenLayer, Workbench, open_workbench
from topoact.workbench.settings import KNOBS, Knob, MapSettings

__all__ = ["KNOBS", "DrawnGraph", "Knob", "MapSettings", "OpenLayer", "Workbench", "open_workbench"]
