"""See the shape of what a neural network has learnt: mapper graphs of its activations, live.

Names are imported when they are first used, so that ``topoact --help`` need not wait for scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from topoact.mapper import (
        DBSCAN,
        HDBSCAN,
        BallMapper,
        Communities,
        IntervalCover,
        Mapper,
        MapperGraph,
        ModeIndex,
        Modes,
        NeighborIndex,
        ProductCover,
        QuantileCover,
        SingleLinkage,
        TorchProducts,
        UniformCover,
        from_kepler_mapper,
        to_kepler_mapper,
    )
    from topoact.workbench import open_workbench as open  # noqa: A004

__version__ = "0.1.0"

__all__ = [
    "DBSCAN",
    "HDBSCAN",
    "BallMapper",
    "Communities",
    "IntervalCover",
    "Mapper",
    "MapperGraph",
    "ModeIndex",
    "Modes",
    "NeighborIndex",
    "ProductCover",
    "QuantileCover",
    "SingleLinkage",
    "TorchProducts",
    "UniformCover",
    "__version__",
    "from_kepler_mapper",
    "open",
    "to_kepler_mapper",
]

_HOMES = {"open": ("topoact.workbench", "open_workbench")}
"""Module and name of what does not come from `topoact.mapper` under its own name."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES.get(name, ("topoact.mapper", name))
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
