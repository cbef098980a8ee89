"""What leaves a study, opened by something else: pictures, tables, graphs of other programs, and code."""

import csv
import io
import json
import runpy
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from topoact.analysis.drawing.png import png_of
from topoact.errors import InvalidInput, UnknownName
from topoact.importers.graphs import read_graph
from topoact.study import Chunk, Points, StudyWriter
from topoact.testing.settings import dbscan
from topoact.testing.studies import write_digits_study
from topoact.workbench import MapSettings, Workbench, open_workbench
from topoact.workbench.first_screen import first_screen
from topoact.workbench.graph_view import GraphView, view_graph
from topoact.workbench.leaving.export import SUFFIXES, Target, export_graph
from topoact.workbench.leaving.kinds import FILE_KINDS, Order, make_file
from topoact.workbench.look import Look
from topoact.workbench.node_colours import NodeClasses, node_colours
from topoact.workbench.scene import build_scene

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x")',
    "-1+cmd|' /C calc'!A0",
    '"""\nraise SystemExit(7)\n"""',
    "x" * 3000,
    "\u202eright to left",
    "漢字",
    '@sum, with "quotes"\nand lines',
    "-12.5",
    "",
)
BREAKING = "');raise SystemExit(8)#<b>]]>"
"""The name of a layer."""


def viewed(bench: Workbench, layer: str = "pixels", settings: MapSettings | None = None) -> GraphView:
    settings = settings or first_screen(bench, layer, bench.default_settings)
    plan = bench.plan_drawing(layer, settings)
    bench.drawings.draw(plan)
    return view_graph(bench, plan.name)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits_study(tmp_path_factory.mktemp("leaving") / "digits", n_examples=300)


@pytest.fixture(scope="module")
def bench(written: Path) -> Workbench:
    return open_workbench(written)


@pytest.fixture(scope="module")
def view(bench: Workbench) -> GraphView:
    return viewed(bench)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A study whose title, name of a layer, labels, identities and columns are what nobody should write."""
    rows = np.arange(120)
    vectors = np.random.default_rng(0).normal(size=(120, 1, 3)).astype(np.float32)
    nowhere = np.full((120, 1), -1, dtype=np.int32)
    examples = {
        "id": [f"={row}+1" for row in rows],
        "label": [HOSTILE[row % len(HOSTILE)] for row in rows],
        '=cmd|"A"': rows % 3,
        "node": ["mine"] * 120,
    }
    layers = {BREAKING: Points(BREAKING, "mean", None, vectors, nowhere, nowhere)}
    path = tmp_path_factory.mktemp("hostile") / "study"
    with StudyWriter(path, {"model": None, "data": "rows"}, capacity=120) as writer:
        writer.append(Chunk(examples, layers, [None] * 120, next_input=120))
        writer.finish(writer.examples(), classes=HOSTILE, title='"""; raise SystemExit(7)</title><script>&')
    return open_workbench(path)


def made(bench: Workbench, view: GraphView, kind: str, look: Look | None = None, **options: float) -> bytes:
    return make_file(kind, Order(bench, view, look or Look(), **options)).content


class TestTables:
    def test_nodes(self, bench: Workbench, view: GraphView) -> None:
        table = pq.read_table(io.BytesIO(made(bench, view, "nodes.parquet"))).to_pandas()
        nodes = view.graph.nodes
        assert table["size"].tolist() == nodes["size"].tolist()
        assert table["lens_mean"].tolist() == nodes["lens_mean"].tolist()
        assert table[["x", "y"]].to_numpy().tolist() == view.drawing.positions.tolist()
        labels = bench.study.examples["label"].astype(str).to_numpy()
        for row in table.itertuples():
            counted = Counter(labels[view.graph.members(row.node)])
            assert counted[row.majority] == max(counted.values())
            assert row.majority_share == pytest.approx(max(counted.values()) / row.size)
            assert row.medoid_id == f"digit-{row.medoid:04d}"

    def test_the_csv_has_the_numbers_of_the_parquet_file_to_the_last_digit(
        self, bench: Workbench, view: GraphView
    ) -> None:
        for kind in ("nodes", "members"):
            text = pd.read_csv(io.BytesIO(made(bench, view, f"{kind}.csv")))
            binary = pd.read_parquet(io.BytesIO(made(bench, view, f"{kind}.parquet")))
            pd.testing.assert_frame_equal(
                text, binary.astype(text.dtypes.to_dict()), check_dtype=False, check_exact=False, rtol=1e-7
            )

    def test_members_are_the_points_of_the_nodes_with_what_is_known_of_them(self, bench: Workbench) -> None:
        view = viewed(bench, "rows", dbscan(n_intervals=5, eps=4.0))
        table = pd.read_parquet(io.BytesIO(made(bench, view, "members.parquet")))
        for node in range(view.graph.n_nodes):
            assert table["point"][table["node"] == node].tolist() == view.graph.members(node).tolist()
        points = bench.study.layer("rows").points
        assert (table["example"] == points["example"].to_numpy()[table["point"]]).all()
        assert (table["y"] == points["y"].to_numpy()[table["point"]]).all()
        examples = bench.study.examples.iloc[table["example"]]
        for name in ("id", "label", "ink"):
            assert table[name].astype(str).tolist() == examples[name].astype(str).tolist()

    def test_a_number_that_colours_is_told_of_each_node(self, bench: Workbench, view: GraphView) -> None:
        table = pd.read_parquet(io.BytesIO(made(bench, view, "nodes.parquet", Look(colour="ink"))))
        ink = bench.study.examples["ink"].to_numpy()
        means = [ink[view.graph.members(node)].mean() for node in range(view.graph.n_nodes)]
        np.testing.assert_allclose(table["mean ink"], means, rtol=1e-6)

    def test_a_column_that_the_table_has_already_is_called_that_of_the_examples(self, hostile: Workbench) -> None:
        table = pd.read_parquet(io.BytesIO(made(hostile, viewed(hostile, 0), "members.parquet")))
        assert set(table["example.node"]) == {"mine"}
        assert table["node"].dtype.kind == "i"


class TestFormulas:
    def test_no_cell_of_a_csv_begins_as_a_formula(self, hostile: Workbench) -> None:
        view = viewed(hostile, 0)
        for kind in ("nodes.csv", "members.csv"):
            result = make_file(kind, Order(hostile, view))
            rows = list(csv.reader(io.StringIO(result.content.decode())))
            cells = [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]
            assert all(float(cell) < 0 for cell in cells)
            assert "have an apostrophe before them" in result.notice

    def test_all_else_stays_as_it_is(self, hostile: Workbench) -> None:
        view = viewed(hostile, 0)
        labels = set(pd.read_csv(io.BytesIO(made(hostile, view, "members.csv")), keep_default_na=False)["label"])
        assert labels == {f"'{label}" if label[:1] in ("=", "@") or "cmd" in label else label for label in HOSTILE}
        exact = pd.read_parquet(io.BytesIO(made(hostile, view, "members.parquet")))
        assert set(exact["label"]) == set(HOSTILE)

    def test_there_is_no_word_about_it_where_nothing_was_changed(self, bench: Workbench, view: GraphView) -> None:
        assert make_file("members.csv", Order(bench, view)).notice == ""


class TestGraphs:
    def test_json_says_nodes_and_edges(self, bench: Workbench, view: GraphView) -> None:
        content = json.loads(made(bench, view, "json"))
        assert {"id", "size", "interval", "lens_mean", "x", "y"} <= set(content["nodes"][0])
        assert set(content["edges"][0]) == {"source", "target", "shared", "jaccard", "drawn"}
        graph = nx.node_link_graph(content, edges="edges")
        expected = view.graph.to_networkx()
        assert nx.utils.graphs_equal(nx.Graph(graph.edges), nx.Graph(expected.edges))
        assert [graph.nodes[node]["size"] for node in graph] == view.graph.memberships.sizes.tolist()
        assert sum(edge["drawn"] for edge in content["edges"]) == view.drawn.drawn.sum()
        assert content["graph"]["graph"] == view.stored.digest

    def test_graphml_is_read_by_networkx(self, bench: Workbench, view: GraphView) -> None:
        graph = nx.read_graphml(io.BytesIO(made(bench, view, "graphml")), node_type=int)
        content = json.loads(made(bench, view, "json"))
        for node in content["nodes"]:
            known = {name: value for name, value in node.items() if value is not None and name != "id"}
            assert graph.nodes[node["id"]] == known
        for edge in content["edges"]:
            assert graph.edges[edge["source"], edge["target"]]["jaccard"] == edge["jaccard"]

    def test_kepler_mapper_is_read_by_our_own_importer(self, bench: Workbench, view: GraphView, tmp_path: Path) -> None:
        file = tmp_path / "graph.json"
        file.write_bytes(made(bench, view, "keplermapper.json"))
        graph = read_graph(file, view.graph.n_points)
        assert graph.n_nodes == view.graph.n_nodes
        for own, other in zip(view.graph.links, graph.links, strict=True):
            np.testing.assert_array_equal(own, other)
        np.testing.assert_array_equal(graph.memberships.indices, view.graph.memberships.indices)
        np.testing.assert_array_equal(graph.interval, view.graph.interval)

    def test_names_that_xml_forbids_leave_files_that_parse(self, hostile: Workbench) -> None:
        view = viewed(hostile, 0)
        graph = nx.read_graphml(io.BytesIO(made(hostile, view, "graphml")))
        assert len(graph) == view.graph.n_nodes
        assert json.loads(made(hostile, view, "json"))["graph"]["layer"] == view.stored.layer.name

    def test_more_edges_are_drawn_the_strongest_first(self, bench: Workbench) -> None:
        view = viewed(bench, "rows", MapSettings(n_intervals=8, prominence=0.1))
        at_first = view.drawn.drawn
        assert not at_first.all()
        for weaker in (0.0, 0.5, 1.0):
            edges = json.loads(made(bench, view, "json", Look(weaker=weaker)))["edges"]
            drawn = np.array([edge["drawn"] for edge in edges])
            assert drawn[at_first].all()
            assert drawn[~at_first].sum() == int(weaker * (~at_first).sum() + 0.5)
            others = view.drawn.weight[~at_first]
            assert others[drawn[~at_first]].min(initial=1) >= others[~drawn[~at_first]].max(initial=0)


class TestCode:
    def test_it_makes_the_same_graph(self, bench: Workbench, view: GraphView, tmp_path: Path, capsys) -> None:
        (tmp_path / "again.py").write_bytes(made(bench, view, "py"))
        names = runpy.run_path(str(tmp_path / "again.py"))
        assert names["graph"].nodes.equals(view.graph.nodes)
        assert names["digest"] == view.stored.digest
        assert capsys.readouterr().out == f"{view.graph!r}\n"

    def test_it_fails_where_the_graph_would_be_another(self, bench: Workbench, view: GraphView) -> None:
        code = made(bench, view, "py").decode().replace(view.stored.digest, "0" * 16)
        with pytest.raises(AssertionError, match="have changed"):
            exec(code, {})

    def test_no_name_becomes_code(self, hostile: Workbench, capsys) -> None:
        view = viewed(hostile, 0)
        exec(made(hostile, view, "py").decode(), {})
        assert "MapperGraph" in capsys.readouterr().out

    @pytest.mark.slow
    def test_in_a_fresh_process(self, bench: Workbench, view: GraphView, tmp_path: Path) -> None:
        (tmp_path / "again.py").write_bytes(made(bench, view, "py"))
        done = subprocess.run(
            [sys.executable, tmp_path / "again.py"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout == f"{view.graph!r}\n"


class TestPictures:
    def test_what_is_left_out_is_said(self, bench: Workbench) -> None:
        view = viewed(bench, "rows", dbscan(n_intervals=5, eps=4.0))
        look = Look(min_size=int(np.sort(view.graph.memberships.sizes)[1]))
        scene = build_scene(bench, view, look)
        said = " ".join(scene.caption)
        hidden = int((view.graph.memberships.sizes < look.min_size).sum())
        assert hidden
        assert f"{len(view.graph.uncovered):,} points ({len(view.graph.uncovered) / 2400:.1%}) in no node" in said
        assert f"{hidden} node" in said
        assert len(scene.nodes) == view.graph.n_nodes - hidden
        assert f"{len(scene.edges):,} of {view.graph.n_edges:,} edge" in said
        assert view.stored.digest in said
        assert "DBSCAN, eps 4, min samples" in said
        assert scene.title == "Handwritten digits, rows"

    def test_pies_are_the_shares_of_the_classes(self, bench: Workbench, view: GraphView) -> None:
        scene, labels = build_scene(bench, view), bench.study.examples["label"].astype(str).to_numpy()
        names = {swatch.colour: swatch.text for swatch in scene.legend.swatches}
        for number, node in enumerate(scene.nodes):
            counted = Counter(labels[view.graph.members(number)])
            shares = {names[part.colour]: part.share for part in node.slices}
            assert shares == pytest.approx({name: n / counted.total() for name, n in counted.items()})

    def test_numbers_are_on_a_ramp(self, bench: Workbench, view: GraphView) -> None:
        scene = build_scene(bench, view, Look(colour="ink"))
        assert all(len(node.slices) == 1 for node in scene.nodes)
        assert scene.legend.title == "mean ink"
        assert scene.legend.ramp.low < scene.legend.ramp.high

    def test_positions_in_images_are_pictures(self, bench: Workbench) -> None:
        scene = build_scene(bench, viewed(bench, "rows"))
        assert all(node.picture and Image.open(io.BytesIO(node.picture.content)).size[0] > 4 for node in scene.nodes)
        assert any("Each picture" in note for note in scene.legend.notes)
        assert not any(node.picture for node in build_scene(bench, viewed(bench, "rows"), Look(images=False)).nodes)

    def test_ticks_of_the_scale_lie_between_the_columns(self, bench: Workbench, view: GraphView) -> None:
        scene = build_scene(bench, view)
        columns = sorted({node.x for node in scene.nodes})
        places, values = zip(*((tick.x, tick.value) for tick in scene.scale.ticks), strict=True)
        assert all(left < x < right for left, x, right in zip(places, columns, places[1:], strict=False))
        assert list(values) == sorted(values)
        assert (values[0], values[-1]) == pytest.approx((view.graph.lens.min(), view.graph.lens.max()))

    def test_a_moved_node_is_where_it_was_put(self, bench: Workbench, view: GraphView) -> None:
        scene = build_scene(bench, view, Look(pins={1: (2.5, -3.0)}))
        assert (scene.nodes[1].x, scene.nodes[1].y) == (2.5, -3.0)
        with pytest.raises(InvalidInput, match="node 999 was moved, but the graph has"):
            build_scene(bench, view, Look(pins={999: (0.0, 0.0)}))

    def test_what_is_not_wanted_is_not_drawn(self, bench: Workbench, view: GraphView) -> None:
        few = viewed(bench, "pixels", MapSettings(n_intervals=1, prominence=0.1))
        assert any(node.label for node in build_scene(bench, few).nodes)
        scene = build_scene(bench, few, Look(labels=False, pies=False, fade=False))
        assert not any(node.label for node in scene.nodes)
        assert all(len(node.slices) == 1 and node.strength == 1 for node in scene.nodes)

    @pytest.mark.parametrize("kind", [kind for kind in FILE_KINDS if kind != "png"])
    def test_equal_graphs_give_equal_bytes(self, bench: Workbench, view: GraphView, kind: str) -> None:
        assert made(bench, view, kind) == made(open_workbench(bench.study.path), view, kind)

    def test_a_png_has_the_pixels_of_its_width_and_letters(self, bench: Workbench, view: GraphView) -> None:
        scene = build_scene(bench, view)
        content = png_of(scene, 60, dpi=90)
        image = Image.open(io.BytesIO(content))
        assert image.width == pytest.approx(60 / 25.4 * 90, abs=1)
        assert image.info["dpi"] == pytest.approx((90, 90), abs=0.1)
        caption = image.convert("L").crop((0, image.height - 40, image.width, image.height))
        assert np.asarray(caption).min() < 128
        assert png_of(scene, 60, dpi=90) == content

    def test_hostile_names_leave_pictures(self, hostile: Workbench) -> None:
        view = viewed(hostile, 0)
        assert ET.fromstring(made(hostile, view, "svg")).tag == f"{SVG}svg"
        Image.open(io.BytesIO(png_of(build_scene(hostile, view), 60, dpi=72))).load()

    def test_librsvg_draws_it(self, bench: Workbench, tmp_path: Path) -> None:
        tool = shutil.which("rsvg-convert")
        if tool is None:
            pytest.skip("librsvg is not installed on this machine")
        (tmp_path / "graph.svg").write_bytes(made(bench, viewed(bench, "rows"), "svg", width=89.0))
        subprocess.run([tool, "-f", "png", tmp_path / "graph.svg", "-o", tmp_path / "graph.png"], check=True)
        image = Image.open(tmp_path / "graph.png").convert("RGB")
        assert image.width == pytest.approx(89 / 25.4 * 96, abs=1)
        assert len(image.getcolors(maxcolors=2**24)) > 50

    def test_unknown_columns_are_named(self, bench: Workbench, view: GraphView) -> None:
        with pytest.raises(
            UnknownName, match=r"no column 'sort'.*choose one of lens, label, prediction, confidence, ink"
        ):
            build_scene(bench, view, Look(colour="sort"))

    def test_predictions_have_the_colours_of_the_labels(self, bench: Workbench, view: GraphView) -> None:
        label, prediction = (node_colours(bench, view.stored, name) for name in ("label", "prediction"))
        assert isinstance(label, NodeClasses)
        assert label.colours == prediction.colours


class TestFiles:
    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_the_suffix_decides(self, bench: Workbench, tmp_path: Path, suffix: str) -> None:
        width = 60 if suffix == ".png" else None
        written = export_graph(bench, "pixels", Target(tmp_path / "new" / f"graph{suffix.upper()}", width=width))
        assert (written.kind, written.path.stat().st_size) == (SUFFIXES[suffix], written.n_bytes)
        assert [path.name for path in written.path.parent.iterdir()] == [written.path.name]

    def test_every_kind_of_file_can_be_written(self) -> None:
        members = {Target(f"m{suffix}", members=True).kind for suffix in (".csv", ".parquet")}
        assert {*SUFFIXES.values(), *members, Target("g.json", json_format="keplermapper").kind} == set(FILE_KINDS)

    @pytest.mark.parametrize(
        ("target", "look", "sentence"),
        [
            (Target("graph.pdf"), Look(), r"graph.pdf: the suffix decides.*\.svg, \.png, \.csv, \.parquet, \.json"),
            (Target("graph"), Look(), "the suffix decides"),
            (Target("graph.svg", members=True), Look(), r"members are a table: give a file that ends in \.csv"),
            (Target("graph.json", json_format="gexf"), Look(), "unknown format 'gexf': choose topoact, keplermapper"),
            (Target("graph.csv", json_format="keplermapper"), Look(), r"keplermapper is a format of \.json"),
            (Target("graph.csv", width=89), Look(), "width and images are of pictures"),
            (Target("graph.json"), Look(images=True), "width and images are of pictures"),
            (Target("graph.py"), Look(colour="label"), "no column colours graph.py"),
            (Target("graph.svg", width=20), Look(), "60 to 600 mm wide: got 20"),
            (Target("graph.svg"), Look(colour="sort"), "no column 'sort'"),
        ],
        ids=lambda value: str(getattr(value, "path", "")),
    )
    def test_what_does_not_fit_is_refused_before_anything_is_written(
        self,
        bench: Workbench,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        target: Target,
        look: Look,
        sentence: str,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(InvalidInput, match=sentence):
            export_graph(bench, "pixels", target, look=look)
        assert list(tmp_path.iterdir()) == []

    def test_a_file_is_replaced_only_where_that_is_asked_for(self, bench: Workbench, tmp_path: Path) -> None:
        file = tmp_path / "graph.csv"
        file.write_text("mine")
        with pytest.raises(InvalidInput, match="exists already"):
            export_graph(bench, "pixels", Target(file))
        assert file.read_text() == "mine"
        export_graph(bench, "pixels", Target(file, overwrite=True))
        assert file.read_text() != "mine"

    @pytest.mark.parametrize("overwrite", [False, True])
    def test_a_folder_is_never_replaced(self, bench: Workbench, tmp_path: Path, *, overwrite: bool) -> None:
        (tmp_path / "pictures.svg" / "mine").mkdir(parents=True)
        with pytest.raises(InvalidInput, match="is a folder"):
            export_graph(bench, "pixels", Target(tmp_path / "pictures.svg", overwrite=overwrite))
        assert (tmp_path / "pictures.svg" / "mine").is_dir()

    def test_nothing_of_the_study_is_replaced(self, bench: Workbench, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(bench.study.path)
        before = (bench.study.path / "examples.parquet").read_bytes()
        for folder in (bench.study.path, tmp_path / "link"):
            with pytest.raises(InvalidInput, match="lies in the study"):
                export_graph(bench, "pixels", Target(folder / "examples.parquet", overwrite=True))
        assert (bench.study.path / "examples.parquet").read_bytes() == before

    def test_a_graph_without_nodes_leaves_as_well(self, bench: Workbench, tmp_path: Path) -> None:
        settings = replace(dbscan(n_intervals=5), eps=1e-9)
        for suffix in set(SUFFIXES) - {".png"}:
            written = export_graph(bench, "pixels", Target(tmp_path / f"none{suffix}"), settings=settings)
            assert written.view.graph.n_nodes == 0

    def test_by_default_it_is_the_first_screen(self, bench: Workbench, tmp_path: Path) -> None:
        written = export_graph(bench, "rows", Target(tmp_path / "first.json"))
        assert written.view.stored.settings == first_screen(bench, "rows", bench.default_settings)
