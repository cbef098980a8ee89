"""Making the bits of an index: deciding all pairs of a layout, or taking bits that were kept."""

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
    known: Ordered,
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
    room = allocate((needs.n_bits, layout.n_words), spill)
    words = room[: needs.n_planes]
    how: dict[str, Any] = {"n_jobs": n_jobs, "progress": progress}
    pairs = points(known.vectors, known.order, radii, metric)
    if products is not None:
        tiles = cut(known.vectors, known.order, radii[0], metric=metric, sparse=False, **how)
        with products.opened(tiles) as (norms, multiply):
            fill_from_products(pairs, norms, multiply, tiles.limits(radii, metric), layout, words, **how)
    elif (coarse := quantise(pairs, layout, **how)) is not None:
        fill_planes(pairs, coarse, coarse.limits, layout, words, **how)
    else:
        tiles = cut(known.vectors, known.order, radii[0], metric=metric, sparse=is_sparse(known.vectors), **how)
        fill_planes(pairs, tiles, tiles.limits(radii, metric), layout, words, **how)
    planes = Planes(words, room[-1], layout, len(known.order), len(radii), n_jobs=n_jobs)
    if len(radii) == 1:
        planes.measure(1, progress)
    return planes


def take(kept: SerializedIndex, n_points: int, *, n_jobs: int) -> Planes:
    """Return the bits that were kept, without a copy."""
    words = alias(kept.words)
    band = words[0] if len(words) == 1 else np.empty_like(words[0])
    planes = Planes(words, band, kept.layout, n_points, len(kept.radii), n_jobs=n_jobs)
    planes.facts[: len(kept.facts)] = kept.facts
    return planes
