"""`figure_of`: a scene laid out on paper: where nodes, labels, scale, legend and caption go, all in points.

A point is 1/72 inch. Columns of the lens fill the width, whatever their height, which is bounded; a free drawing keeps
its shape. Discs stay round and never grow together, for radii follow the smaller of the two scales.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from topoact.analysis.drawing.label_places import Discs, PlacedLabel, place_labels
from topoact.analysis.drawing.lettering import shortened, text_width, wrapped
from topoact.analysis.drawing.scene import Scene
from topoact.errors import InvalidInput

POINTS_PER_MM: Final = 72 / 25.4
WIDTHS: Final = {"one column": 89.0, "two columns": 183.0}
"""Millimetres of the columns of a paper."""
MIN_WIDTH, MAX_WIDTH = 60.0, 600.0
"""Millimetres between which a picture can be wide."""
SMALL: Final = 6.0
"""Size of the smallest font, in points."""
BOLD: Final = 1.15
"""How much wider the letters of the title are."""
MARGIN: Final = 4.0
TALLEST: Final = 0.6
"""Height over width of the nodes, at most."""
MAX_LABELS: Final = 0.2
"""Labels on each point of width; of more the nodes of most points have theirs."""
MAX_LABEL: Final = 110.0
"""Points after which a label is cut."""
MAX_LEGEND: Final = 110.0
MAX_DECIMALS: Final = 5
"""Of the numbers of the scale; those that need more are written with three digits."""


class Line(NamedTuple):
    """A line of text: where it begins, on its base line."""

    x: float
    y: float
    text: str


class Mark(NamedTuple):
    """An entry of the legend: a mark and its text beside it."""

    kind: str
    """``disc``, ``ring``, ``line``, ``ramp`` or ``text``."""
    x: float
    y: float
    """Left and middle of the mark."""
    size: float
    """Width of the mark; of a line its thickness."""
    colour: str
    text: str
    text_x: float


class TickMark(NamedTuple):
    """A tick of the scale, with its number where there is room."""

    x: float
    text: str
    text_x: float
    """Middle of the number."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A scene with the places of everything, in points; y grows downward."""

    scene: Scene
    width: float
    height: float
    font: float
    """Size of the labels' font; `SMALL` is that of the rest."""
    discs: Discs
    labels: tuple[PlacedLabel, ...]
    axis_y: float
    """Of the scale's line."""
    ticks: tuple[TickMark, ...]
    marks: tuple[Mark, ...]
    caption: tuple[Line, ...]
    """The title, then the caption."""


def figure_of(scene: Scene, width: float = WIDTHS["two columns"]) -> Figure:
    """Lay a scene out on paper.

    Parameters
    ----------
    scene
        What is drawn.
    width
        Millimetres; the height follows.

    Raises
    ------
    InvalidInput
        If the width is out of range.
    """
    paper = checked_width(width) * POINTS_PER_MM
    font = 6.5 if width < 120 else 7.0
    discs, x_of = _fitted(scene, paper, _label_room(scene, font))
    labels = _labels(scene, discs, paper, font)
    top, bottom = _extent(discs, labels, font)
    shift = MARGIN - top
    discs = discs._replace(y=discs.y + shift)
    axis_y = bottom + shift + 4
    below = axis_y + (2 * SMALL + 8 if scene.scale else 0)
    marks, below = _legend(scene, paper, below, discs)
    n_silent = sum(bool(node.label) for node in scene.nodes) - len(labels)
    caption, below = _caption(scene, paper, below, n_silent)
    return Figure(
        scene=scene,
        width=paper,
        height=below + MARGIN,
        font=font,
        discs=discs,
        labels=tuple(_moved(label, shift) for label in labels),
        axis_y=axis_y,
        ticks=_ticks(scene, paper, x_of),
        marks=marks,
        caption=caption,
    )


def checked_width(width: float) -> float:
    """Return the width of a picture in millimetres.

    Raises
    ------
    InvalidInput
        If it is out of range.
    """
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        raise InvalidInput(f"a picture is {MIN_WIDTH:g} to {MAX_WIDTH:g} mm wide: got {width:g}")
    return width


class _Across(NamedTuple):
    """From layout units to points across the page."""

    factor: float
    start: float

    def __call__(self, x: float) -> float:
        return self.start + self.factor * x


def _label_room(scene: Scene, font: float) -> float:
    """Return the width beside the last column that its labels need."""
    last = max((node.x for node in scene.nodes), default=0.0)
    labels = [shortened(node.label, font, MAX_LABEL) for node in scene.nodes if node.label and node.x == last]
    return max((text_width(label, font) for label in labels), default=0.0)


def _fitted(scene: Scene, paper: float, beside: float) -> tuple[Discs, _Across]:
    """Return the nodes on paper, the highest rim at 0, and how x is placed."""
    x, y, radius = (np.array([getattr(node, name) for node in scene.nodes]) for name in ("x", "y", "radius"))
    if not len(x):
        return Discs(x, y, radius), _Across(1.0, MARGIN)
    room = paper - 2 * MARGIN - beside
    ends = [tick.x for tick in scene.scale.ticks] if scene.scale else []
    left, right = min([float((x - radius).min()), *ends]), max([float((x + radius).max()), *ends])
    low, high = float((y - radius).min()), float((y + radius).max())
    across = room / (right - left)
    up = min(across, TALLEST * paper / (high - low))
    if scene.scale is None:
        across = up
    round_ = min(across, up, _largest(paper) / float(radius.max()))
    start = MARGIN + (room - across * (right - left)) / 2 - across * left
    place = _Across(across, start)
    return Discs(start + across * x, up * (high - y), np.maximum(round_ * radius, 0.5)), place


def _largest(paper: float) -> float:
    """Return the radius that no node exceeds, in points."""
    return 0.025 * paper + 4


def _labels(scene: Scene, discs: Discs, paper: float, font: float) -> list[PlacedLabel]:
    ends = np.array([(edge.source, edge.target) for edge in scene.edges], dtype=np.int64).reshape(-1, 2)
    texts = [(number, shortened(node.label, font, MAX_LABEL)) for number, node in enumerate(scene.nodes) if node.label]
    texts.sort(key=lambda entry: (-scene.nodes[entry[0]].radius, entry[0]))
    sized = [(node, text, text_width(text, font)) for node, text in texts[: int(MAX_LABELS * paper)]]
    return place_labels(discs, ends, sized, height=font, width=paper)


def _extent(discs: Discs, labels: list[PlacedLabel], font: float) -> tuple[float, float]:
    """Return the top and the bottom of nodes and labels."""
    if not len(discs.x):
        return 0.0, 24.0
    tops = [float((discs.y - discs.radius).min()), *(label.y - font / 2 for label in labels)]
    bottoms = [float((discs.y + discs.radius).max()), *(label.y + font / 2 for label in labels)]
    return min(tops), max(bottoms)


def _moved(label: PlacedLabel, down: float) -> PlacedLabel:
    line = label.leader
    leader = None if line is None else (line[0], line[1] + down, line[2], line[3] + down)
    return label._replace(y=label.y + down, leader=leader)


def _ticks(scene: Scene, paper: float, x_of: _Across) -> tuple[TickMark, ...]:
    """Return the ticks of the scale, with as many numbers as there is room for."""
    ticks = scene.scale.ticks if scene.scale else ()
    for stride in range(1, len(ticks) + 1):
        told = [*range(0, len(ticks) - stride, stride), len(ticks) - 1]
        texts = _numbers([ticks[tick].value for tick in told])
        boxes = [
            _on_paper(x_of(ticks[tick].x), text_width(text, SMALL), paper)
            for tick, text in zip(told, texts, strict=True)
        ]
        if all(right[0] - left[1] >= SMALL for left, right in pairwise(boxes)):
            break
    else:
        return tuple(TickMark(x_of(tick.x), "", 0.0) for tick in ticks)
    named = {tick: (text, (box[0] + box[1]) / 2) for tick, text, box in zip(told, texts, boxes, strict=True)}
    return tuple(TickMark(x_of(tick.x), *named.get(number, ("", 0.0))) for number, tick in enumerate(ticks))


def _on_paper(middle: float, width: float, paper: float) -> tuple[float, float]:
    """Return the ends of a text of a width, moved so that it stays on the paper."""
    left = min(max(middle - width / 2, MARGIN), paper - MARGIN - width)
    return left, left + width


def _numbers(values: list[float]) -> list[str]:
    """Return numbers with as many decimals as tell them apart."""
    for decimals in range(MAX_DECIMALS):
        texts = [f"{value:,.{decimals}f}" for value in values]
        if len(set(texts)) == len(set(values)):
            return texts
    return [f"{value:.3g}" for value in values]


def _entries(scene: Scene, factor: float, most: float) -> list[list[tuple[str, float, str, str]]]:
    """Return the kind, size, colour and text of each mark of the legend, by groups that begin a new row."""
    legend = scene.legend
    colours = [("text", 0.0, "", f"{legend.title}:")] if legend.title else []
    colours += [("disc", 5.0, swatch.colour, swatch.text) for swatch in legend.swatches]
    if legend.ramp is not None:
        colours += [("text", 0.0, "", legend.ramp.low), ("ramp", 60.0, "", legend.ramp.high)]
    structure = [("ring", 2 * key.radius * factor, "", key.text) for key in legend.sizes]
    structure += [("line", key.width, "", key.text) for key in legend.widths]
    notes = [[("text", 0.0, "", line)] for note in legend.notes for line in wrapped([note], SMALL, most)]
    return [group for group in (colours, structure, *notes) if group]


def _legend(scene: Scene, paper: float, top: float, discs: Discs) -> tuple[tuple[Mark, ...], float]:
    """Return the marks of the legend, in rows, and where they end."""
    radii = [node.radius for node in scene.nodes]
    factor = float(discs.radius.max()) / max(radii) if radii else 1.0
    marks, y = list[Mark](), top
    room = paper - 2 * MARGIN
    for group in _entries(scene, factor, room):
        for row in _rows(group, room):
            height = max(SMALL + 2.5, *(size + 1.5 for kind, size, _, _ in row if kind in ("ring", "disc")), 0.0)
            x = MARGIN
            for kind, size, colour, text in row:
                text_x = x + _mark_width(kind, size)
                marks.append(Mark(kind, x, y + height / 2, size, colour, text, text_x))
                x = text_x + text_width(text, SMALL) + SMALL
            y += height
    return tuple(marks), y + 2


def _mark_width(kind: str, size: float) -> float:
    return {"text": 0.0, "line": 14.0}.get(kind, size + 2)


def _rows(group: list[tuple[str, float, str, str]], most: float) -> list[list[tuple[str, float, str, str]]]:
    rows: list[list[tuple[str, float, str, str]]] = []
    used = np.inf
    for kind, size, colour, text in group:
        longest = most if kind == "text" else MAX_LEGEND
        entry = (kind, size, colour, shortened(text, SMALL, longest))
        width = _mark_width(kind, size) + text_width(entry[3], SMALL) + SMALL
        if used + width - SMALL > most:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += width
    return rows


def _caption(scene: Scene, paper: float, top: float, n_silent: int) -> tuple[tuple[Line, ...], float]:
    room, leading = paper - 2 * MARGIN, SMALL + 1.6
    silent = [f"names of {n_silent:,} smaller nodes not written"] if n_silent else []
    texts = [shortened(scene.title, BOLD * SMALL, room), *wrapped([*scene.caption, *silent], SMALL, room)]
    lines = tuple(Line(MARGIN, top + leading * (row + 1), text) for row, text in enumerate(texts))
    return lines, top + leading * len(texts)
