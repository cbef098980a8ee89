"""`svg_of`: a scene as an SVG file: vector, on white, its texts as text; equal scenes give equal bytes."""

from base64 import b64encode
from collections.abc import Iterator
from math import cos, pi, sin
from typing import Final
from xml.sax.saxutils import escape

from topoact.analysis.drawing.colours import mixed
from topoact.analysis.drawing.figure import POINTS_PER_MM, SMALL, WIDTHS, Figure, Mark, figure_of
from topoact.analysis.drawing.scene import Scene, SceneNode, Slice
from topoact.analysis.drawing.xml_text import xml_text

PAPER, INK, SOFT, LINE = "#ffffff", "#1b1e23", "#5c626c", "#9aa0aa"
"""Colours of the ground, of labels, of smaller texts and of edges."""
FONTS: Final = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', 'DejaVu Sans', 'Noto Sans', sans-serif"
THINNEST, THICKEST = 0.3, 1.3
"""Points of the widths of edges."""
CAP: Final = 0.34
"""From the middle of a line of text down to its base line, in ems."""


def svg_of(scene: Scene, width: float = WIDTHS["two columns"]) -> bytes:
    """Return a scene as an SVG file.

    Parameters
    ----------
    scene
        What is drawn.
    width
        Millimetres: 89 and 183 are the columns of many journals.

    Raises
    ------
    InvalidInput
        If the width is out of range.
    """
    figure = figure_of(scene, width)
    return ("\n".join(_document(figure)) + "\n").encode()


def _document(figure: Figure) -> Iterator[str]:
    width, height = _n(figure.width), _n(figure.height)
    size = f'width="{_n(figure.width / POINTS_PER_MM)}mm" height="{_n(figure.height / POINTS_PER_MM)}mm"'
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" role="img">'
    yield f"<title>{_text(figure.scene.title)}</title>"
    yield f"<desc>{_text(' · '.join(figure.scene.caption))}</desc>"
    yield '<defs><clipPath id="disc" clipPathUnits="objectBoundingBox"><circle cx=".5" cy=".5" r=".5"/></clipPath>'
    yield f"{_gradient(figure)}</defs>"
    yield f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
    yield f'<g font-family="{FONTS}" font-size="{_n(SMALL)}" fill="{SOFT}">'
    yield from _edges(figure)
    yield from _nodes(figure)
    yield from _labels(figure)
    yield from _scale(figure)
    yield from (_mark(mark) for mark in figure.marks)
    yield from _caption(figure)
    yield "</g>"
    yield "</svg>"


def _edges(figure: Figure) -> Iterator[str]:
    x, y, _ = figure.discs
    yield f'<g stroke="{LINE}" stroke-linecap="round">'
    for source, target, width in figure.scene.edges:
        ends = f'x1="{_n(x[source])}" y1="{_n(y[source])}" x2="{_n(x[target])}" y2="{_n(y[target])}"'
        strength = min(figure.scene.nodes[source].strength, figure.scene.nodes[target].strength)
        faded = f' stroke="{mixed(PAPER, LINE, strength)}"' if strength < 1 else ""
        yield f'<line {ends} stroke-width="{_n(edge_width(width))}"{faded}/>'
    yield "</g>"


def edge_width(share: float) -> float:
    """Return the points of the width of an edge, by its share of the widest."""
    return THINNEST + (THICKEST - THINNEST) * share


def _nodes(figure: Figure) -> Iterator[str]:
    """Yield the nodes, the large first, so that small ones lie on top."""
    x, y, radius = figure.discs
    order = sorted(range(len(radius)), key=lambda node: (-radius[node], node))
    yield f'<g stroke="{PAPER}" stroke-width=".4" stroke-linejoin="round">'
    for number in order:
        node = figure.scene.nodes[number]
        at = (float(x[number]), float(y[number]), float(radius[number]))
        marks = _picture(node, *at, square=figure.scene.scale is not None) if node.picture else _pie(node, *at)
        yield f"<g><title>{_text(node.title)}</title>{''.join(marks)}</g>"
    yield "</g>"


def _pie(node: SceneNode, x: float, y: float, radius: float) -> Iterator[str]:
    """Yield a disc of the largest slice, and the others on it, so that no slice is lost between rounded places."""
    largest = _largest(node)
    yield f'<circle {_circle(x, y, radius)} fill="{_faded(node, largest)}"/>'
    start = 0.0
    for part in node.slices:
        if part is not largest:
            yield _slice(node, part, start, (x, y, radius))
        start += part.share


def _slice(node: SceneNode, part: Slice, start: float, disc: tuple[float, float, float]) -> str:
    """Return a slice that begins at a share of the turn, clockwise from the top."""
    x, y, radius = disc
    turns = [2 * pi * share for share in (start, start + part.share)]
    (x1, y1), (x2, y2) = ((x + radius * sin(turn), y - radius * cos(turn)) for turn in turns)
    r, large = _n(radius), int(part.share > 0.5)
    path = f"M{_n(x)} {_n(y)}L{_n(x1)} {_n(y1)}A{r} {r} 0 {large} 1 {_n(x2)} {_n(y2)}Z"
    return f'<path d="{path}" fill="{_faded(node, part)}" stroke-width=".15"/>'


def _faded(node: SceneNode, part: Slice) -> str:
    return mixed(PAPER, part.colour, node.strength) if node.strength < 1 else part.colour


def _picture(node: SceneNode, x: float, y: float, radius: float, *, square: bool) -> Iterator[str]:
    assert node.picture is not None
    box = f'x="{_n(x - radius)}" y="{_n(y - radius)}" width="{_n(2 * radius)}" height="{_n(2 * radius)}"'
    content = f"data:{node.picture.media_type};base64,{b64encode(node.picture.content).decode()}"
    clip = "" if square else ' clip-path="url(#disc)"'
    faded = f' opacity="{_n(node.strength)}"' if node.strength < 1 else ""
    if faded:
        yield f'<rect {box} fill="{PAPER}"{clip}/>'
    yield f'<image {box} preserveAspectRatio="xMidYMid slice" href="{content}"{clip}{faded}/>'
    colour, thickness = (_faded(node, _largest(node)), min(1.0, radius / 4)) if node.slices else (LINE, 0.3)
    frame = f'fill="none" stroke="{colour}" stroke-width="{_n(thickness)}"'
    yield f"<rect {box} {frame}/>" if square else f"<circle {_circle(x, y, radius)} {frame}/>"


def _largest(node: SceneNode) -> Slice:
    return max(node.slices, key=lambda part: part.share)


def _circle(x: float, y: float, radius: float) -> str:
    return f'cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"'


def _labels(figure: Figure) -> Iterator[str]:
    size = _n(figure.font)
    for label in figure.labels:
        if label.leader:
            x1, y1, x2, y2 = map(_n, label.leader)
            yield f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{SOFT}" stroke-width=".4"/>'
    yield f'<g font-size="{size}" fill="{INK}" text-anchor="middle" stroke="{PAPER}" stroke-width="1.6" {HALO}>'
    for label in figure.labels:
        yield f'<text x="{_n(label.x)}" y="{_n(label.y + CAP * figure.font)}">{_text(label.text)}</text>'
    yield "</g>"


HALO: Final = 'stroke-linejoin="round" paint-order="stroke"'


def _scale(figure: Figure) -> Iterator[str]:
    """Yield the line of the lens with its ticks and numbers, and its name at the end."""
    if figure.scene.scale is None or not figure.ticks:
        return
    y, base = figure.axis_y, figure.axis_y + 3 + SMALL
    first, last = figure.ticks[0].x, figure.ticks[-1].x
    ticks = "".join(f"M{_n(tick.x)} {_n(y)}v{'2.4' if tick.text else '1.4'}" for tick in figure.ticks)
    yield f'<path d="M{_n(first)} {_n(y)}H{_n(last)}{ticks}" fill="none" stroke="{LINE}" stroke-width=".4"/>'
    for tick in figure.ticks:
        if tick.text:
            yield f'<text x="{_n(tick.text_x)}" y="{_n(base)}" text-anchor="middle">{_text(tick.text)}</text>'
    middle = f'x="{_n((first + last) / 2)}" y="{_n(base + SMALL + 1)}" text-anchor="middle"'
    yield f"<text {middle}>{_text(figure.scene.scale.title)}</text>"


def _mark(mark: Mark) -> str:
    shape = {"disc": _disc_mark, "ring": _ring_mark, "line": _line_mark, "ramp": _ramp_mark}.get(mark.kind)
    text = f'<text x="{_n(mark.text_x)}" y="{_n(mark.y + CAP * SMALL)}">{_text(mark.text)}</text>'
    return (shape(mark) if shape else "") + text


def _disc_mark(mark: Mark) -> str:
    radius = mark.size / 2
    return f'<circle {_circle(mark.x + radius, mark.y, radius)} fill="{mark.colour}"/>'


def _ring_mark(mark: Mark) -> str:
    radius = mark.size / 2
    stroke = f'fill="none" stroke="{LINE}" stroke-width=".5"'
    return f"<circle {_circle(mark.x + radius, mark.y, radius)} {stroke}/>"


def _line_mark(mark: Mark) -> str:
    width = f'stroke="{LINE}" stroke-width="{_n(edge_width(mark.size))}" stroke-linecap="round"'
    return f'<path d="M{_n(mark.x + 1)} {_n(mark.y)}h10" {width}/>'


def _ramp_mark(mark: Mark) -> str:
    return f'<rect x="{_n(mark.x)}" y="{_n(mark.y - 2.5)}" width="{_n(mark.size)}" height="5" fill="url(#ramp)"/>'


def _gradient(figure: Figure) -> str:
    ramp = figure.scene.legend.ramp
    if ramp is None:
        return ""
    last = max(1, len(ramp.colours) - 1)
    stops = (f'<stop offset="{_n(i / last)}" stop-color="{colour}"/>' for i, colour in enumerate(ramp.colours))
    return f'<linearGradient id="ramp">{"".join(stops)}</linearGradient>'


def _caption(figure: Figure) -> Iterator[str]:
    for row, line in enumerate(figure.caption):
        weight = f' font-weight="bold" fill="{INK}"' if row == 0 else ""
        yield f'<text x="{_n(line.x)}" y="{_n(line.y)}"{weight}>{_text(line.text)}</text>'


def _text(text: str) -> str:
    return escape(xml_text(text))


def _n(value: float) -> str:
    """Return a number to a hundredth of a point, without digits that say nothing."""
    return f"{round(float(value), 2) + 0.0:.2f}".rstrip("0").rstrip(".")
