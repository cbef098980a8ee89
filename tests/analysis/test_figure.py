"""A scene on paper: what is drawn where, in sizes that can be read, whatever its texts are."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoact.analysis.drawing.colours import CLASS_COLOURS, OTHER, SEQUENTIAL, class_colours, mixed, on_ramp
from topoact.analysis.drawing.figure import SMALL, figure_of
from topoact.analysis.drawing.lettering import shortened, text_width, wrapped
from topoact.analysis.drawing.scene import (
    LensScale,
    Picture,
    Ramp,
    Scene,
    SceneEdge,
    SceneLegend,
    SceneNode,
    SizeKey,
    Slice,
    Swatch,
    Tick,
    WidthKey,
)
from topoact.analysis.drawing.svg import svg_of
from topoact.errors import InvalidInput

SVG = "{http://www.w3.org/2000/svg}"
WIDTHS = (89.0, 183.0)
HOSTILE = (
    "<script>alert(1)</script>",
    "]]> & \" ' </text>",
    "a\x00b\x0bc\ud800d￿",
    "right\u202eto left",
    "W" * 3000,
    "漢字かな",
    "",
    " ",
)

ANY_TEXT = st.text("aWi.é漢\u0301\u200d\n ", max_size=40)


def node(x: float, y: float, **changes: object) -> SceneNode:
    pie = (Slice("#104fd1", 0.75), Slice("#f0d026", 0.25))
    return replace(SceneNode(x, y, 0.4, pie, f"node at {x}, {y}"), **changes)


def scene_of(nodes: list[SceneNode], **changes: object) -> Scene:
    legend = SceneLegend(
        "class",
        swatches=(Swatch("#104fd1", "cat"), Swatch("#f0d026", "dog")),
        sizes=(SizeKey(0.2, "10 points"), SizeKey(0.4, "40 points")),
        widths=(WidthKey(1.0, "Jaccard 0.3"), WidthKey(0.2, "Jaccard 0.02")),
        notes=("Faint: the members of the node point in many directions.",),
    )
    edges = tuple(SceneEdge(i, i + 1, 0.5) for i in range(len(nodes) - 1))
    columns = range(int(max((one.x for one in nodes), default=0)) + 2)
    ticks = tuple(Tick(column - 0.5, 3.0 + 1.7 * column) for column in columns)
    caption = ("50,000 points in 101 nodes", "L2 norm in 25 intervals", "graph 0123456789abcdef")
    scene = Scene("study, layer3@mean", tuple(nodes), edges, legend, LensScale("L2 norm", ticks), caption)
    return replace(scene, **changes)


@pytest.fixture(scope="module")
def arms() -> Scene:
    """Two arms of twelve columns, the last nodes of which have names."""
    upper = [node(x, x / 3, label="cat" if x == 11 else "") for x in range(12)]
    lower = [node(x, -1 - x / 3, label="dog" if x == 11 else "automobile" if x == 4 else "") for x in range(12)]
    return scene_of(upper + lower)


def parsed(scene: Scene, width: float = 183.0) -> ET.Element:
    return ET.fromstring(svg_of(scene, width))


def boxes(scene: Scene, width: float) -> list[tuple[float, float, float, float]]:
    """Return the boxes of the labels, as measured."""
    figure = figure_of(scene, width)
    return [
        (
            at.x - text_width(at.text, figure.font) / 2,
            at.y - figure.font / 2,
            at.x + text_width(at.text, figure.font) / 2,
            at.y + figure.font / 2,
        )
        for at in figure.labels
    ]


class TestPaper:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_its_size_is_in_millimetres_and_its_fonts_can_be_read(self, arms: Scene, width: float) -> None:
        root = parsed(arms, width)
        assert root.get("width") == f"{width:g}mm"
        points = [float(value) for value in root.get("viewBox").split()]
        assert points[2] == pytest.approx(width * 72 / 25.4, abs=0.01)
        sizes = [float(one.get("font-size")) for one in root.iter() if one.get("font-size")]
        assert min(sizes) >= 6
        assert sizes

    @pytest.mark.parametrize("width", WIDTHS)
    def test_nothing_is_beside_the_paper(self, arms: Scene, width: float) -> None:
        figure = figure_of(arms, width)
        x, y, radius = figure.discs
        assert (x - radius).min() >= 0
        assert (x + radius).max() <= figure.width
        assert (y - radius).min() >= 0
        ends = [*boxes(arms, width)]
        ends += [(line.x, line.y - SMALL, line.x + text_width(line.text, SMALL), line.y) for line in figure.caption]
        ends += [
            (mark.text_x, mark.y - 3, mark.text_x + text_width(mark.text, SMALL), mark.y + 3) for mark in figure.marks
        ]
        for left, top, right, bottom in ends:
            assert left >= 0
            assert right <= figure.width
            assert top >= 0
            assert bottom <= figure.height

    def test_discs_that_are_apart_stay_apart(self, arms: Scene) -> None:
        for width in WIDTHS:
            x, y, radius = figure_of(arms, width).discs
            for one, other in combinations(range(len(x)), 2):
                assert np.hypot(x[one] - x[other], y[one] - y[other]) > radius[one] + radius[other]

    def test_columns_fill_the_width_and_have_the_height_of_a_figure(self) -> None:
        for scene in (scene_of([node(x, 0) for x in range(30)]), scene_of([node(x % 3, 8 * x) for x in range(12)])):
            figure = figure_of(scene, 183)
            assert figure.ticks[0].x < 5
            assert figure.ticks[-1].x > figure.width - 5
            assert figure.axis_y < 0.65 * figure.width

    @pytest.mark.parametrize("width", [0.0, 59.9, 601.0, float("nan"), float("inf")])
    def test_other_widths_are_refused(self, arms: Scene, width: float) -> None:
        with pytest.raises(InvalidInput, match=r"60 to 600 mm wide: got"):
            svg_of(arms, width)

    @pytest.mark.parametrize("nodes", [[], [node(0, 0)], [node(0, 0), node(0, 1)]])
    def test_few_nodes(self, nodes: list[SceneNode]) -> None:
        for scale in (None, LensScale("l2", (Tick(-0.5, 1.0), Tick(0.5, 1.0)))):
            root = parsed(scene_of(nodes, scale=scale))
            assert len(root.findall(f".//{SVG}g[{SVG}title]")) == len(nodes)

    def test_equal_scenes_give_equal_bytes(self, arms: Scene) -> None:
        assert svg_of(arms) == svg_of(replace(arms))

    def test_a_free_drawing_keeps_its_shape(self) -> None:
        square = scene_of([node(x, y) for x in (0, 4) for y in (0, 4)], scale=None)
        x, y, _ = figure_of(square, 183).discs
        assert np.ptp(x) == pytest.approx(np.ptp(y))


class TestLabels:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_they_are_off_the_nodes_and_each_other(self, arms: Scene, width: float) -> None:
        figure, found = figure_of(arms, width), boxes(arms, width)
        assert {label.text for label in figure.labels} == {"cat", "dog", "automobile"}
        for one, other in combinations(found, 2):
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        for left, top, right, bottom in found:
            for x, y, radius in zip(*figure.discs, strict=True):
                assert np.hypot(x - np.clip(x, left, right), y - np.clip(y, top, bottom)) >= radius - 1e-9

    def test_in_a_crowd_a_line_leads_from_a_name_to_its_node(self) -> None:
        rows = (-0.85, 0.0, 0.85)
        crowd = [node(x, y, label="in the middle" if (x, y) == (4, 0) else "") for x in range(9) for y in rows]
        figure = figure_of(scene_of(crowd, edges=()), 89)
        (label,) = figure.labels
        assert label.leader is not None
        own = np.array([figure.discs.x[label.node], figure.discs.y[label.node]])
        assert np.linalg.norm(np.array(label.leader[:2]) - own) == pytest.approx(figure.discs.radius[label.node])
        assert abs(label.leader[3] - label.y) == pytest.approx(figure.font / 2)

    def test_those_without_room_are_counted(self) -> None:
        many = scene_of([node(x, y, label=f"name {x} {y}") for x in range(30) for y in range(3)], edges=())
        figure = figure_of(many, 89)
        assert 0 < len(figure.labels) < 90
        said = " ".join(line.text for line in figure.caption)
        assert f"names of {90 - len(figure.labels)} smaller nodes not written" in said


class TestTexts:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_any_text_leaves_a_file_that_parses(self, text: str) -> None:
        said = node(0, 0, label=text, title=text)
        legend = SceneLegend(
            text, (Swatch("#104fd1", text),), Ramp(SEQUENTIAL, text, text), (SizeKey(0.4, text),), (), (text,)
        )
        ticks = LensScale(text, (Tick(-0.5, 0.0), Tick(0.5, 1.0)))
        root = parsed(Scene(text, (said, node(3, 1)), (), legend, ticks, (text, text)))
        assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
            *("svg", "title", "desc", "defs", "clipPath", "circle", "linearGradient", "stop", "rect", "g", "line"),
            *("path", "text", "image"),
        }
        assert not [name for one in root.iter() for name in one.attrib if name.startswith("on")]

    def test_texts_are_texts(self, arms: Scene) -> None:
        written = [one.text for one in parsed(arms).iter(f"{SVG}text")]
        assert {"cat", "dog", "automobile", "L2 norm", "class:", "study, layer3@mean"} <= set(written)
        assert "graph 0123456789abcdef" in " ".join(written)

    @given(ANY_TEXT, st.floats(4, 12), st.floats(5, 300))
    def test_shortened_texts_fit(self, text: str, size: float, most: float) -> None:
        kept = shortened(text, size, most)
        assert text_width(kept, size) <= most or kept == "…"
        assert kept == text or kept.endswith("…")

    @given(st.lists(ANY_TEXT, max_size=5), st.floats(40, 300))
    def test_wrapped_lines_fit_and_no_word_is_lost(self, phrases: list[str], most: float) -> None:
        lines = wrapped(phrases, 6, most)
        assert all(text_width(line, 6) <= most or line == "…" for line in lines)
        if all(text_width(word, 6) <= most for phrase in phrases for word in phrase.split()):
            assert " ".join(lines).split() == " · ".join(phrases).split()

    def test_numbers_of_the_scale_are_apart_and_tell_the_borders_apart(self, arms: Scene) -> None:
        for width in WIDTHS:
            told = [tick for tick in figure_of(arms, width).ticks if tick.text]
            assert len(told) > 2
            assert len({tick.text for tick in told}) == len(told)
            for left, right in pairwise(told):
                assert left.text_x + text_width(left.text, SMALL) / 2 < right.text_x - text_width(right.text, SMALL) / 2


class TestNodes:
    def test_slices_go_round_once_from_the_top(self) -> None:
        quarters = tuple(Slice(colour, 0.25) for colour in CLASS_COLOURS[:4])
        root = parsed(scene_of([node(0, 0, slices=quarters)]))
        drawn = root.find(f".//{SVG}g[{SVG}title]")
        shown = [*drawn.iter(f"{SVG}circle"), *drawn.iter(f"{SVG}path")]
        assert [one.get("fill") for one in shown] == list(CLASS_COLOURS[:4])
        numbers = [list(map(float, re.findall(r"-?[\d.]+", one.get("d")))) for one in drawn.iter(f"{SVG}path")]
        (x, y) = numbers[0][:2]
        assert numbers[0][2] > x
        assert numbers[0][3] == pytest.approx(y, abs=0.02)

    @pytest.mark.parametrize("share", [1e-9, 1e-5, 0.5, 1 - 1e-5, 1 - 1e-9])
    def test_a_large_slice_is_not_lost_beside_a_tiny_one(self, share: float) -> None:
        slices = (Slice("#104fd1", share), Slice("#f0d026", 1 - share))
        drawn = parsed(scene_of([node(0, 0, slices=slices)])).find(f".//{SVG}g[{SVG}title]")
        assert drawn.find(f"{SVG}circle").get("fill") == max(slices, key=lambda part: part.share).colour

    def test_pictures_are_in_the_file_and_have_a_frame(self) -> None:
        photo = Picture(b"\x89PNG...", "image/png")
        plain, coloured = node(0, 0, picture=photo, slices=()), node(3, 0, picture=photo)
        root = parsed(scene_of([plain, coloured]))
        images = list(root.iter(f"{SVG}image"))
        assert [one.get("href")[:22] for one in images] == ["data:image/png;base64,"] * 2
        frames = [one.get("stroke") for one in root.iter(f"{SVG}rect") if one.get("fill") == "none"]
        assert frames[1] == "#104fd1" != frames[0]

    def test_faded_nodes_are_nearer_to_white(self) -> None:
        root = parsed(scene_of([node(0, 0, slices=(Slice("#104fd1", 1.0),), strength=0.35)]))
        fill = root.find(f".//{SVG}g[{SVG}title]/{SVG}circle").get("fill")
        assert fill == mixed("#ffffff", "#104fd1", 0.35)


class TestColours:
    PALETTE = Path(__file__).parents[2] / "frontend" / "src" / "state" / "palette.ts"

    @pytest.mark.parametrize(("name", "colours"), [("CLASS_HEX", CLASS_COLOURS), ("SEQUENTIAL", SEQUENTIAL)])
    def test_they_are_those_of_the_page(self, name: str, colours: tuple[str, ...]) -> None:
        listed = re.search(rf"const {name}\b[^=]*= \[(.*?)\]", self.PALETTE.read_text("utf-8"), re.DOTALL)
        assert tuple(f"#{one}" for one in re.findall(r'"([0-9a-f]{6})"', listed[1])) == colours

    def test_the_colour_of_the_others_is_that_of_the_page(self) -> None:
        listed = re.search(r"OTHER: Rgb = \[(\d+), (\d+), (\d+)\]", self.PALETTE.read_text("utf-8"))
        assert "#{:02x}{:02x}{:02x}".format(*map(int, listed.groups())) == OTHER

    def test_few_classes_keep_their_order(self) -> None:
        assert class_colours([3, 1, 2]) == list(CLASS_COLOURS[:3])

    def test_of_many_the_most_frequent_have_colours(self) -> None:
        colours = class_colours(range(30))
        assert colours[29] == CLASS_COLOURS[0]
        assert colours[:10] == [OTHER] * 10

    def test_classes_that_do_not_occur_come_last(self) -> None:
        colours = class_colours([0, *[5] * 9, 0, 0])
        assert colours[1:10] == list(CLASS_COLOURS[:9])
        assert colours[0] == CLASS_COLOURS[9]

    def test_ramp(self) -> None:
        assert [on_ramp(share) for share in (-1, 0, 1, 2)] == [SEQUENTIAL[i] for i in (0, 0, -1, -1)]
        assert on_ramp(float("nan")) == OTHER
        assert on_ramp(0.2) == SEQUENTIAL[1]
