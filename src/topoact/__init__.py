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
    "open",
]

_HOMES = {
    "BallMapper": ("topoact.mapper", "BallMapper"),
    "Communities": ("topoact.mapper", "Communities"),
    "DBSCAN": ("topoact.mapper", "DBSCAN"),
    "HDBSCAN": ("topoact.mapper", "HDBSCAN"),
    "IntervalCover": ("topoact.mapper", "IntervalCover"),
    "Mapper": ("topoact.mapper", "Mapper"),
    "MapperGraph": ("topoact.mapper", "MapperGraph"),
    "ModeIndex": ("topoact.mapper", "ModeIndex"),
    "Modes": ("topoact.mapper", "Modes"),
    "NeighborIndex": ("topoact.mapper", "NeighborIndex"),
    "ProductCover": ("topoact.mapper", "ProductCover"),
    "QuantileCover": ("topoact.mapper", "QuantileCover"),
    "SingleLinkage": ("topoact.mapper", "SingleLinkage"),
    "TorchProducts": ("topoact.mapper", "TorchProducts"),
    "UniformCover": ("topoact.mapper", "UniformCover"),
    "open": ("topoact.workbench", "open_workbench"),
}


def __getattr__(name: str) -> Any:
    try:
        module, attribute = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
