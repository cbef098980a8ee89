"""Building the bits of an index: `decide` compares all pairs of a layout, `take` wraps bits that were stored."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from topoact.mapper.indexes._bit_storage import alias, allocate
from topoact.mapper.indexes._lens_order import Ordered
from topoact.mapper.indexes._serialize import SerializedIndex
from topoact.mapper.neighbors._kernels.adjacency_bits import fill_from_products, fill_planes
from topoact.mapper.neighbors._kernels.bitplanes import Planes
from topoact.mapper.neighbors._kernels.float64 import points
from topoact.mapper.neighbors._kernels.quantise import quantise
from topoact.mapper.neighbors._kernels.tiles import cut
from topoact.mapper.neighbors._layout import Layout
from topoact.mapper.neighbors.memory import Needs, is_sparse
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.neighbors.products import TorchProducts
from topoact.mapper.protocols import Progress


def decide(
    ordered: Ordered,
    layout: Layout,
    radii: npt.NDArray[np.float64],
    metric: Metric,
    needs: Needs,
    spill: Path | None,
    products: TorchProducts | None,
    *,
    n_jobs: int,
    progress: Progress,
) -> Planes:
    """Compare all pairs of the layout; the bits go to a file in `spill`, or to memory; `products` may multiply."""
    vectors, order = ordered.vectors, ordered.order
    allocated = allocate((needs.n_bits, layout.n_words), spill)
    planes = allocated[: needs.n_planes]
    options: dict[str, Any] = {"n_jobs": n_jobs, "progress": progress}
    compared = points(vectors, order, radii, metric)
    if products is not None:
        tiles = cut(vectors, order, radii[0], metric=metric, sparse=False, **options)
        with products.opened(tiles) as (norms, multiply):
            fill_from_products(compared, norms, multiply, tiles.limits(radii, metric), layout, planes, **options)
    elif (coarse := quantise(compared, layout, **options)) is not None:
        fill_planes(compared, coarse, coarse.limits, layout, planes, **options)
    else:
        tiles = cut(vectors, order, radii[0], metric=metric, sparse=is_sparse(vectors), **options)
        fill_planes(compared, tiles, tiles.limits(radii, metric), layout, planes, **options)
    result = Planes(planes, allocated[-1], layout, len(order), len(radii), n_jobs=n_jobs)
    if len(radii) == 1:
        result.count(1, progress)
    return result


def take(kept: SerializedIndex, n_points: int, *, n_jobs: int) -> Planes:
    """Return the bits that were stored, without a copy."""
    planes = alias(kept.words)
    buffer = planes[0] if len(planes) == 1 else np.empty_like(planes[0])
    result = Planes(planes, buffer, kept.layout, n_points, len(kept.radii), n_jobs=n_jobs)
    result.facts[: len(kept.facts)] = kept.facts
    return result
