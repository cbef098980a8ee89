"""Serialisation of an index: `pack` returns it as plain arrays, `unpack` checks that arrays fit their vectors.

Stored are the bits and their layout, for one radius the counts that take a pass over all bits, and, as a check, the
order of the points and a fingerprint of the vectors. All else is computed again.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast, get_args

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.indexes._lens_order import Ordered
from topoact.mapper.neighbors._layout import WORD, Layout, seeing
from topoact.mapper.neighbors.metrics import Metric, checked_radii
from topoact.mapper.protocols import Vectors

FORMAT: Final = 1
BLOCK_ROWS: Final = 16_384
METRICS: Final[tuple[Metric, ...]] = get_args(Metric)

Arrays = Mapping[str, npt.NDArray[Any]]


class SerializedIndex(NamedTuple):
    """The content of an index, beside vectors and lens."""

    radii: npt.NDArray[np.float64]
    metric: Metric
    max_interval: float
    layout: Layout
    words: npt.NDArray[np.uint64]
    """Shape (n_planes, n_words)."""
    facts: npt.NDArray[np.int32]
    """Shape (n_points, 3); for a ladder, which has them for one radius at a time, (0, 3)."""


def pack(kept: SerializedIndex, points: Ordered) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays to store. Memory: none beside the index."""
    arrays = origin(points, kept.metric, kept.layout, kept.max_interval)
    return arrays | {"radii": kept.radii, "words": kept.words, "facts": kept.facts}


def origin(points: Ordered, metric: Metric, layout: Layout, max_interval: float) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays that identify the input of an index, and the pairs it holds."""
    return {
        "format": np.array([FORMAT, METRICS.index(metric)], dtype=np.int64),
        "fingerprint": fingerprint(points.vectors),
        "max_interval": np.array([max_interval]),
        "order": points.order,
        "upper": layout.upper,
    }


def unpack(arrays: Arrays, points: Ordered) -> SerializedIndex:
    """Return what was packed.

    Raises
    ------
    InvalidInput
        If an array is missing or damaged, or was made of other vectors or another lens.
    """
    metric, layout, max_interval = checked_origin(arrays, points)
    radii, n_points = checked_radii(taken(arrays, "radii", np.float64, (None,)), metric), len(points.order)
    words = taken(arrays, "words", np.uint64, (len(radii).bit_length(), layout.n_words))
    facts = taken(arrays, "facts", np.int32, (n_points if len(radii) == 1 else 0, 3))
    if len(facts) and not ((facts[:, 0] > 0).all() and _inside(facts, layout)):
        raise InvalidInput("the array 'facts' of this neighbour index is damaged: build it again")
    return SerializedIndex(radii, metric, max_interval, layout, words, facts)


def checked_origin(arrays: Arrays, points: Ordered) -> tuple[Metric, Layout, float]:
    """Return what `origin` packed; raises as `unpack` does."""
    form = taken(arrays, "format", np.int64, (2,))
    if form[0] != FORMAT or not 0 <= form[1] < len(METRICS):
        raise InvalidInput(
            f"this neighbour index is of format {form[0]}, and format {FORMAT} is wanted: build it again"
        )
    metric, n_points = METRICS[form[1]], len(points.order)
    if not np.array_equal(taken(arrays, "fingerprint", np.uint64, (2,)), fingerprint(points.vectors)):
        raise InvalidInput("this neighbour index was made of other vectors: build it again")
    if not np.array_equal(taken(arrays, "order", np.int64, (n_points,)), points.order):
        raise InvalidInput("this neighbour index was made with another lens: build it again")
    layout = _layout(taken(arrays, "upper", np.int64, (-(-n_points // WORD),)))
    max_interval = float(taken(arrays, "max_interval", np.float64, (1,))[0])
    if not 0 < max_interval < np.inf:
        raise InvalidInput("the array 'max_interval' of this neighbour index is damaged: build it again")
    return metric, layout, max_interval


def taken(arrays: Arrays, name: str, kind: Any, shape: tuple[int | None, ...]) -> npt.NDArray[Any]:
    """Return an array of this type and shape, None being any length; raises `InvalidInput` where it is another."""
    array = arrays.get(name)
    if array is None:
        raise InvalidInput(f"the array {name!r} of this neighbour index is missing: build it again")
    fits = array.dtype == kind and array.ndim == len(shape) and array.flags.c_contiguous
    if not fits or any(wanted not in {None, actual} for wanted, actual in zip(shape, array.shape, strict=True)):
        raise InvalidInput(
            f"the array {name!r} of this neighbour index does not fit: {array.dtype} of shape {array.shape}, and "
            f"{np.dtype(kind)} of {shape} is wanted: build it again"
        )
    return array


def _layout(upper: npt.NDArray[np.int64]) -> Layout:
    blocks = np.arange(1, len(upper) + 1)
    if (upper < blocks).any() or (upper > len(upper)).any() or (np.diff(upper) < 0).any():
        raise InvalidInput("the array 'upper' of this neighbour index is damaged: build it again")
    return seeing(np.array(upper))


def _inside(facts: npt.NDArray[np.int32], layout: Layout) -> bool:
    block = np.arange(len(facts)) // WORD
    low, high = facts[:, 1], facts[:, 2]
    return bool(((layout.lower[block] <= low) & (low <= block) & (block < high) & (high <= layout.upper[block])).all())


def fingerprint(vectors: Vectors) -> npt.NDArray[np.uint64]:
    """Return 128 bits that identify vectors: a digest of the sums, as whole numbers, of their rows and columns."""
    digest = hashlib.blake2b(repr((vectors.shape, vectors.dtype.str)).encode(), digest_size=16)
    columns = np.zeros(vectors.shape[1], dtype=np.uint64)
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = vectors[start : start + BLOCK_ROWS].view(f"u{vectors.itemsize}")
        digest.update(block.sum(axis=1, dtype=np.uint64).tobytes())
        columns += block.sum(axis=0, dtype=np.uint64)
    digest.update(columns.tobytes())
    return cast("npt.NDArray[np.uint64]", np.frombuffer(digest.digest(), dtype=np.uint64))
