"""`dbscan`: settings of the graphs in tests of DBSCAN."""

from dataclasses import replace
from typing import Any

from topoact.workbench import MapSettings


def dbscan(**values: Any) -> MapSettings:
    """Return settings of DBSCAN in 30 equal intervals, with other values for some of them."""
    return replace(MapSettings(cover="uniform", n_intervals=30, overlap=0.3, clusterer="dbscan"), **values)
