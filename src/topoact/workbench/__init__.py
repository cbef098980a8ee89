"""Use cases over an opened study, and the jobs that run them in another process."""

from topoact.workbench.bench import (
    DrawnGraph,
    OpenLayer,
    Workbench,
    open_workbench,
)
from topoact.workbench.settings import (
    KNOBS,
    PRESETS,
    Knob,
    MapSettings,
    Preset,
    from_stored,
    resolve,
)

__all__ = [
    "KNOBS",
    "PRESETS",
    "DrawnGraph",
    "Knob",
    "MapSettings",
    "OpenLayer",
    "Preset",
    "Workbench",
    "from_stored",
    "open_workbench",
    "resolve",
]
