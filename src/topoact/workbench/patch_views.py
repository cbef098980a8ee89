"""Which part of its photo a point stands for: `PatchView`, made for a layer by `patch_view`.

A point at a position of a layer's map stands for the part of the photo that the position sees: its receptive field,
where that is known and is at most half of the network's input along each side; else the region of the position, which
is its cell of the map with the cells around it. A point that is a mean, or that has no place, stands for the photo.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, TypeAlias

from topoact.study import Study
from topoact.study.cache.place import Derived
from topoact.study.sight import Frame, Sight, Span
from topoact.workbench.sights import frame_in, input_sides, sight_of

Kind: TypeAlias = Literal["receptive field", "region", "photo"]
Region: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom of a part of a photo, as shares of its width and height."""

LARGEST_FIELD: Final = 0.5
"""Share of the input's side up to which a receptive field is the patch: a larger one says little of a position."""
CELLS: Final = 3
"""Cells along each side of a region: that of the position, and one on either side."""
WHOLE: Final[Region] = (0.0, 0.0, 1.0, 1.0)

WHOLE_FRAME: Final = Frame()


class Line(NamedTuple):
    """Where positions lie along one axis of the input, in shares of it: that of position i from start + step · i on."""

    start: float
    step: float
    length: float


@dataclass(frozen=True, slots=True)
class PatchView:
    """What the points of a layer stand for, as `Patches.view` returns it.

    Examples
    --------
    >>> import topoact
    >>> view = topoact.open("runs/r20").patches.view("layer3@mean")
    >>> view.sentence
    'Each picture is a whole photo: a point of this layer has no position.'
    >>> view.region(0, 0, aspect=1.5)
    (0.0, 0.0, 1.0, 1.0)
    """

    kind: Kind
    """``"receptive field"``, ``"region"`` of the position, or the whole ``"photo"``."""
    sentence: str
    """What it is, and why, for people."""
    lines: tuple[Line, Line] | None = None
    """Along height and width; None for whole photos."""
    first: int = 0
    """Positions in a row before those that have a place, which stand for the whole photo."""
    columns: int | None = None
    """Columns of the map that positions in a row are of; None where positions are in a map."""
    frame: Frame = WHOLE_FRAME
    """Where the input lies on a photo."""

    def region(self, y: int, x: int, aspect: float) -> Region:
        """Return the part of its photo that a point stands for.

        Parameters
        ----------
        y, x
            Row and column of the point in the layer's map; −1 where it has no position.
        aspect
            Width of the photo over its height.

        Returns
        -------
        tuple of float
            Left, top, right and bottom, as shares of the photo's width and height.
        """
        if self.lines is None or y < 0 or x < self.first:
            return WHOLE
        row, column = (y, x) if self.columns is None else divmod(x - self.first, self.columns)
        height, width = self.frame.shares(aspect)
        top, bottom = _ends(self.lines[0], row, height)
        left, right = _ends(self.lines[1], column, width)
        return left, top, right, bottom


def patch_view(study: Study, derived: Derived, name: str | int) -> PatchView:
    """Return what the points of a layer stand for, by what is known of the network and of its input."""
    layer, sides = study.layer(name), input_sides(study)
    if layer.grid is None:
        return PatchView("photo", "Each picture is a whole photo: a point of this layer has no position.")
    frame, view = frame_in(study, derived), view_of(layer.grid, sight_of(derived, layer), sides)
    lost = "" if frame else " Where the network's input lies on the photo is not known: it is taken for the whole."
    return replace(view, sentence=view.sentence + lost, frame=frame or WHOLE_FRAME)


def view_of(grid: tuple[int, int], sight: Sight | None, sides: tuple[int, int] | None) -> PatchView:
    """Return what the positions of a map stand for, by what is known of them and of the input's height and width."""
    spans = sight.field if sight else None
    if spans and sides and all(span.size <= LARGEST_FIELD * side for span, side in zip(spans, sides, strict=True)):
        (height, width), (whole_height, whole_width) = (spans[0].size, spans[1].size), sides
        sentence = (
            f"Each picture is the receptive field of its position: {height} × {width} of the {whole_height} ×"
            f" {whole_width} pixels that the network sees."
        )
        return PatchView("receptive field", sentence, (_field(spans[0], sides[0]), _field(spans[1], sides[1])))
    if sight and sight.tokens:
        tokens = sight.tokens
        sentence = _region_sentence(tokens.grid, "every position depends on the whole photo")
        return PatchView("region", sentence, _cells(tokens.grid), tokens.first, tokens.grid[1])
    if min(grid) == 1 and max(grid) > 1:
        why = "which of them lies where is not known"
        return PatchView("photo", f"Each picture is a whole photo: positions of this layer are in a row, and {why}.")
    if spans and sides:
        why = f"its receptive field, {spans[0].size} × {spans[1].size} pixels, is more than half of the photo"
        lines = tuple(_around(span, side, n) for span, side, n in zip(spans, sides, grid, strict=True))
        return PatchView("region", _region_sentence(grid, why), (lines[0], lines[1]))
    why = (
        "its receptive field takes most of the photo, or could not be told"
        if sight
        else "its receptive field is not known"
    )
    return PatchView("region", _region_sentence(grid, why), _cells(grid))


def _region_sentence(grid: tuple[int, int], why: str) -> str:
    return (
        f"Each picture is the region of its position, its cell of the {grid[0]} × {grid[1]} map and those around it:"
        f" {why}."
    )


def _field(span: Span, side: int) -> Line:
    return Line(span.start / side, span.stride / side, span.size / side)


def _around(span: Span, side: int, n: int) -> Line:
    """Return the regions around the middles of receptive fields."""
    length = _length(span.stride / side, n)
    return Line((span.start + span.size / 2) / side - length / 2, span.stride / side, length)


def _cells(grid: tuple[int, int]) -> tuple[Line, Line]:
    """Return the regions around cells that share the input evenly."""
    lines = [Line(0.5 / n - _length(1 / n, n) / 2, 1 / n, _length(1 / n, n)) for n in grid]
    return lines[0], lines[1]


def _length(step: float, n: int) -> float:
    """Return the length of a region: some cells, but no more than half of the input, unless one cell is."""
    return min(max(min(CELLS * step, LARGEST_FIELD), 1 / n), 1.0)


def _ends(line: Line, place: int, share: float) -> tuple[float, float]:
    """Return where a position begins and ends on a photo of which the input shows a share around the middle."""
    low = line.start + line.step * place
    low, high = (min(max(0.5 + (end - 0.5) * share, 0.0), 1.0) for end in (low, low + line.length))
    return low, high
