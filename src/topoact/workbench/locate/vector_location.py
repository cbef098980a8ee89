"""`locator` and `vector_lens`: location and lens of new vectors in a graph of a layer."""

from topoact.analysis.location.locate import Locator
from topoact.mapper import Lens, MapperGraph, lens_of_one
from topoact.study import Layer
from topoact.workbench.bench import Workbench
from topoact.workbench.columns import COLUMN_LENS
from topoact.workbench.settings import MapSettings


def locator(bench: Workbench, layer: Layer, graph: MapperGraph, settings: MapSettings) -> Locator:
    """Return the locator of a graph of a layer."""
    key = bench.key(layer, settings)
    return bench.locators.get(key, layer, graph, settings.metric, lambda: bench.vectors(layer))


def vector_lens(bench: Workbench, layer: Layer, settings: MapSettings) -> Lens | None:
    """Return the lens of a graph as a function of new vectors; None if its value depends on more than the vector."""
    return None if settings.lens.startswith(COLUMN_LENS) else lens_of_one(settings.lens, bench.vectors(layer))
