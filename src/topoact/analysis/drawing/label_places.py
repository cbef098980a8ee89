"""`place_labels`: places of texts beside the nodes of a picture, off the nodes, the edges and each other.

Each label tries seats all round its node, first beside it, then farther off, and takes the one of least cost. None is
left out: where all is full a label is put where it hides least.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

DISTANCES: Final = (1.2, 4.0, 8.0, 13.0, 20.0, 30.0)
"""Points between a node and its label; from the second on a line leads from one to the other."""
DIRECTIONS: Final = 16
FAR: Final = 0.12
"""Cost of a point of distance."""
ON_EDGE, ON_NODE, ON_LABEL, OUTSIDE = 0.7, 8.0, 200.0, 1000.0
PREFERRED: Final = np.array([0.0, 0.0, 0.3, 0.2])
"""Costs of the seats above, below, left and right."""

Boxes = npt.NDArray[np.float64]
"""Left, top, right and bottom of each box, shape (n, 4)."""


class Discs(NamedTuple):
    """Nodes as drawn: y grows downward."""

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    radius: npt.NDArray[np.float64]


class PlacedLabel(NamedTuple):
    """A text beside a node."""

    node: int
    text: str
    x: float
    """Middle of the text."""
    y: float
    """Middle of its height."""
    leader: tuple[float, float, float, float] | None
    """Ends of a line from the node to a label that is not beside it."""


def place_labels(
    discs: Discs,
    ends: npt.NDArray[np.int64],
    labels: Sequence[tuple[int, str, float]],
    *,
    height: float,
    width: float,
) -> list[PlacedLabel]:
    """Return places of labels.

    Parameters
    ----------
    discs
        The nodes.
    ends
        Nodes of each edge, shape (n_edges, 2).
    labels
        Node, text and width of each, the most important first.
    height
        Of a line of text.
    width
        Of the picture, which no label leaves.
    """
    placed = list[PlacedLabel]()
    taken = np.empty((0, 4))
    segments = np.stack([discs.x[ends], discs.y[ends]], axis=-1)  # edge, end, x and y
    for node, text, extent in labels:
        seats, cost = _seats(discs, node, extent, height)
        cost = cost + OUTSIDE * ((seats[:, 0] < 0) | (seats[:, 2] > width))
        cost += ON_LABEL * _overlaps(seats, taken).sum(axis=1)
        cost += ON_NODE * _touching(seats, discs, node).sum(axis=1)
        cost += ON_EDGE * np.minimum(_crossed(seats, segments).sum(axis=1), 4)
        cost += ON_NODE * _passed(seats, discs, node).sum(axis=1)
        best = seats[int(np.argmin(cost))]
        taken = np.vstack([taken, best])
        middle = (best[:2] + best[2:]) / 2
        placed.append(PlacedLabel(node, text, float(middle[0]), float(middle[1]), _leader(discs, node, best)))
    return placed


def _seats(discs: Discs, node: int, width: float, height: float) -> tuple[Boxes, npt.NDArray[np.float64]]:
    """Return boxes of a size round a node, the nearest first, and what each costs by itself."""
    angle = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS) + np.pi / 2
    unit = np.stack([np.cos(angle), -np.sin(angle)], axis=1).round(9)
    half = np.array([width, height]) / 2
    at, radius = np.array([discs.x[node], discs.y[node]]), discs.radius[node]
    centres = np.concatenate([at + unit * (radius + gap) + unit * half for gap in DISTANCES])
    above, below = np.maximum(-unit[:, 1], 0), np.maximum(unit[:, 1], 0)
    left, right = np.maximum(-unit[:, 0], 0), np.maximum(unit[:, 0], 0)
    slant = 0.4 * np.minimum(np.abs(unit[:, 0]), np.abs(unit[:, 1]))
    direction = np.stack([above, below, left, right], axis=1) @ PREFERRED + slant
    cost = np.concatenate([direction + FAR * (gap - DISTANCES[0]) + (gap > DISTANCES[0]) for gap in DISTANCES])
    return np.hstack([centres - half, centres + half]), cost


def _overlaps(seats: Boxes, taken: Boxes) -> npt.NDArray[np.bool_]:
    one, other = seats[:, None], taken[None]
    apart = (one[..., :2] >= other[..., 2:]) | (other[..., :2] >= one[..., 2:])
    return np.asarray(~apart.any(axis=-1))


def _touching(seats: Boxes, discs: Discs, own: int) -> npt.NDArray[np.bool_]:
    dx = discs.x[None] - np.clip(discs.x[None], seats[:, :1], seats[:, 2:3])
    dy = discs.y[None] - np.clip(discs.y[None], seats[:, 1:2], seats[:, 3:])
    touches = np.hypot(dx, dy) < discs.radius[None] + 0.3
    touches[:, own] = False
    return touches


def _crossed(seats: Boxes, segments: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which edges run through which boxes: the ranges meet, and corners lie on both sides of the edge."""
    low, high = segments.min(axis=1)[None], segments.max(axis=1)[None]
    meet = ((low < seats[:, None, 2:]) & (high > seats[:, None, :2])).all(axis=-1)
    start, way = segments[:, 0], segments[:, 1] - segments[:, 0]
    corners = seats[:, [[0, 1], [2, 1], [0, 3], [2, 3]]]  # box, corner, x and y
    offset = corners[:, :, None] - start[None, None]
    side = way[:, 0] * offset[..., 1] - way[:, 1] * offset[..., 0]
    return meet & (side.min(axis=1) < 0) & (side.max(axis=1) > 0)


def _passed(seats: Boxes, discs: Discs, own: int) -> npt.NDArray[np.bool_]:
    """Return over which other nodes the line to each box would run."""
    start = np.array([discs.x[own], discs.y[own]])
    way = np.clip(start, seats[:, :2], seats[:, 2:]) - start
    offset = np.stack([discs.x, discs.y], axis=1) - start
    length = np.maximum((way**2).sum(axis=1), 1e-9)
    share = np.clip(way @ offset.T / length[:, None], 0, 1)
    away = np.linalg.norm(offset[None] - share[..., None] * way[:, None], axis=-1)
    passed = away < discs.radius[None]
    passed[:, own] = False
    return passed


def _leader(discs: Discs, node: int, box: npt.NDArray[np.float64]) -> tuple[float, float, float, float] | None:
    x, y, radius = float(discs.x[node]), float(discs.y[node]), float(discs.radius[node])
    to_x, to_y = float(np.clip(x, box[0], box[2])), float(np.clip(y, box[1], box[3]))
    away = float(np.hypot(to_x - x, to_y - y))
    if away - radius <= (DISTANCES[0] + DISTANCES[1]) / 2:
        return None
    share = radius / away
    return x + (to_x - x) * share, y + (to_y - y) * share, to_x, to_y
