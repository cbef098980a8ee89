"""Colours of data, equal to those of the explorer's page: `class_colours` and `on_ramp`; all are hexadecimal.

The twenty colours of classes stay apart under simulated protanopia, deuteranopia and tritanopia. The page has the same
table in ``frontend/src/state/palette.ts``; a test compares the two.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

CLASS_COLOURS: Final = (
    *("#104fd1", "#f0d026", "#b71c0e", "#49cffc", "#ed4075", "#1c6d51", "#17a914", "#94137c", "#ac77fa", "#f49e84"),
    *("#b27ead", "#af4a88", "#6e425b", "#5d8049", "#cfa0c1", "#942129", "#7470b9", "#4b8876", "#76b3a0", "#9897d5"),
)
"""Those of the most frequent classes; the others share `OTHER`."""
OTHER: Final = "#8c929b"
SEQUENTIAL: Final = ("#433a80", "#3a6a9f", "#2e95a0", "#5cb88a", "#b2cf62", "#f6d55c")
"""Of numbers, from the least to the greatest."""
DISTINCT: Final = 10
"""Classes that occur up to which colours follow the order of the classes, and not their frequency."""


def class_colours(weights: Sequence[int] | npt.NDArray[np.integer]) -> list[str]:
    """Return the colour of each class: the most frequent have their own, the rest are `OTHER`.

    Up to ten classes that occur have theirs in the order of the classes, those that do not occur come after them.

    Parameters
    ----------
    weights
        How often each class occurs.
    """
    counts = np.asarray(weights, dtype=np.int64)
    codes = np.arange(len(counts))
    if np.count_nonzero(counts) > DISTINCT:
        order = np.lexsort((codes, -counts))
    else:
        order = np.lexsort((codes, (counts == 0) & (len(counts) > DISTINCT)))
    colours = [OTHER] * len(counts)
    for colour, code in zip(CLASS_COLOURS, order.tolist(), strict=False):
        colours[code] = colour
    return colours


def on_ramp(share: float) -> str:
    """Return the colour of a number by its place between the least, 0, and the greatest, 1; NaN is `OTHER`."""
    if np.isnan(share):
        return OTHER
    place = min(1.0, max(0.0, share)) * (len(SEQUENTIAL) - 1)
    low = min(len(SEQUENTIAL) - 2, int(place))
    return mixed(SEQUENTIAL[low], SEQUENTIAL[low + 1], place - low)


def mixed(one: str, other: str, share: float) -> str:
    """Return the colour on the way from one to another."""
    ends = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{int(start + (end - start) * share + 0.5):02x}" for start, end in ends)


def _channels(colour: str) -> bytes:
    return bytes.fromhex(colour.removeprefix("#"))
