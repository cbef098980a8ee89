"""Use cases over a real study, and what is kept of them."""

import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import topoact
from topoact import DBSCAN, Mapper
from topoact.analysis.drawing.columns import lens_layout
from topoact.analysis.drawing.layout import layout
from topoact.errors import Cancelled, InvalidInput, StudyError, UnknownName
from topoact.mapper import lens_menu
from topoact.testing.settings import dbscan
from topoact.testing.studies import write_digits_study
from topoact.workbench import DrawingName, MapSettings, open_workbench
from topoact.workbench.columns import (
    MAX_CATEGORIES,
    coded_columns,
    holds_classes,
    number_columns,
    point_columns,
    text_columns,
)

FEW = dbscan(n_intervals=10, eps=22.0)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_digits_study(tmp_path_factory.mktemp("bench") / "digits", n_examples=300)


@pytest.fixture
def path(written, tmp_path):
    return shutil.copytree(written, tmp_path / "digits")


@pytest.fixture
def bench(path):
    return open_workbench(path)


def assert_equal(graph, other):
    assert graph.nodes.equals(other.nodes)
    assert graph.edges.equals(other.edges)
    for name in ("lens", "interval", "means", "medoids", "uncovered"):
        np.testing.assert_array_equal(getattr(graph, name), getattr(other, name), strict=True)
    for name in ("intervals", "memberships", "links"):
        for own, others in zip(getattr(graph, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(own, others, strict=True)
    np.testing.assert_array_equal(graph.eps, other.eps)
    assert (graph.curve is None) == (other.curve is None)
    if graph.curve is not None:
        assert graph.curve.k == other.curve.k
        np.testing.assert_array_equal(graph.curve.distances, other.curve.distances, strict=True)


class Ledger:
    """A progress callback that remembers the stages."""

    def __init__(self):
        self.stages = []

    def __call__(self, stage, done, total):
        assert 0 <= done <= total
        if stage not in self.stages:
            self.stages.append(stage)


WORK = ["reading activations", "clustering", "averaging nodes", "joining nodes"]
"""What is done for another graph of the same radius: no distance is measured."""


class TestMap:
    def test_it_is_the_graph_of_the_estimator(self, bench):
        settings = dbscan(lens="max", n_intervals=8, overlap=0.4, eps=25.0, min_samples=4)
        mapper = Mapper(lens="max", n_intervals=8, overlap=0.4, clusterer=DBSCAN(eps=25.0, min_samples=4))
        graph = bench.map("pixels", settings)
        assert_equal(replace(graph, curve=None), mapper.fit(bench.layer("pixels").vectors()).graph_)
        assert graph.curve == replace(graph.curve, k=4)

    @pytest.mark.parametrize(
        "settings",
        [
            pytest.param(FEW, id="given-radius"),
            pytest.param(dbscan(n_intervals=5), id="elbow"),
            pytest.param(dbscan(n_intervals=5, eps="quantile:0.9:interval"), id="by-interval"),
            pytest.param(dbscan(n_intervals=5, cover="balanced", metric="cosine"), id="balanced-cosine"),
            pytest.param(dbscan(eps=1e-6), id="no-node"),
            pytest.param(dbscan(n_intervals=1, eps=1e6), id="one-node"),
        ],
    )
    def test_it_is_kept_and_found_again_by_another_workbench(self, bench, path, settings):
        first, ledger = bench.map("pixels", settings), Ledger()
        again = open_workbench(path).map(0, settings, ledger)
        assert ledger.stages == []
        assert_equal(first, again)

    def test_other_settings_are_computed(self, bench):
        bench.map("pixels", FEW)
        ledger = Ledger()
        bench.map("pixels", dbscan(n_intervals=11, eps=22.0), ledger)
        assert ledger.stages == WORK

    def test_layers_do_not_share_graphs(self, bench):
        assert bench.map("pixels", FEW).n_points == 300
        assert bench.map("rows", dbscan(n_intervals=5, eps=3.0)).n_points == 2400

    def test_cancelling_leaves_nothing(self, bench, path):
        def stop(stage, done, total):
            if stage == "joining nodes":
                raise Cancelled("enough")

        with pytest.raises(Cancelled):
            bench.map("pixels", FEW, stop)
        assert not (path / "graphs").exists()

    def test_bad_settings_leave_nothing(self, bench, path):
        with pytest.raises(InvalidInput, match=r"overlap must be in \[0, 1\): got 1.5"):
            bench.map("pixels", dbscan(overlap=1.5))
        assert not (path / "graphs").exists()

    def test_keywords(self, bench):
        graph = bench.layer("pixels").map(cover="uniform", clusterer="dbscan", n_intervals=10, overlap=0.3, eps=22)
        assert_equal(graph, bench.map("pixels", FEW))

    def test_unknown_setting(self, bench):
        with pytest.raises(InvalidInput) as caught:
            bench.layer("pixels").map(intervals=3, epsilon=2)
        expected = "unknown setting epsilon, intervals: there are " + ", ".join(MapSettings.__dataclass_fields__)
        assert str(caught.value) == expected

    def test_unknown_layer(self, bench):
        with pytest.raises(UnknownName, match=r"no layer 'pixel': did you mean pixels"):
            bench.map("pixel", FEW)
        with pytest.raises(UnknownName, match=r"no layer number 2: the study has 2 layers"):
            bench.layer(2)


def test_top_classes_are_counted_over_the_members(bench):
    graph = bench.map("rows", dbscan(n_intervals=3, eps=3.0))
    layer = bench.layer("rows")
    for column in ("label", "prediction"):
        values = layer.layer.metadata(column)
        table = layer.top_classes(graph, column, n=2)
        for node in range(graph.n_nodes):
            counter = Counter(values[graph.members(node)])
            assert table[table["node"] == node]["count"].tolist() == [count for _, count in counter.most_common(2)]
            top = table[table["node"] == node].iloc[0]
            assert counter[top["name"]] == top["count"]
            assert top["share"] == top["count"] / counter.total()


class TestColumns:
    def test_a_column_may_be_the_lens(self, bench):
        graph = bench.map("rows", dbscan(lens="column:ink", n_intervals=4, eps=3.0))
        ink = bench.study.examples["ink"].to_numpy(dtype=np.float64)
        np.testing.assert_array_equal(graph.lens, np.repeat(ink, 8))

    def test_lenses_on_offer_work(self, bench):
        assert bench.lenses() == [*lens_menu(), "column:confidence", "column:ink"]
        for lens in bench.lenses():
            assert bench.map("pixels", dbscan(lens=lens, n_intervals=3, eps=30.0)).n_nodes > 0

    @pytest.mark.parametrize("lens", ["column:label", "column:", "column:../x", "column:Ink"])
    def test_a_column_that_cannot_be_a_lens(self, bench, lens):
        with pytest.raises(UnknownName) as caught:
            bench.map("pixels", dbscan(lens=lens))
        assert str(caught.value).startswith(f"lens {lens!r}: no numeric column")
        assert "confidence, ink" in str(caught.value)

    def test_columns_are_coded(self, bench):
        examples, classes = bench.study.examples, list(bench.study.classes)
        columns = {column.name: column for column in coded_columns(bench.study)}
        assert list(columns) == ["label", "prediction", "confidence", "ink"]
        for name in ("label", "prediction"):
            assert columns[name].categories == classes
            assert [classes[code] for code in columns[name].values] == examples[name].tolist()
        assert columns["ink"].values.dtype == np.float32
        np.testing.assert_allclose(columns["ink"].values, examples["ink"])

    def test_gaps_and_odd_columns(self, bench):
        examples = bench.study.examples
        examples["gaps"] = np.where(np.arange(300) % 2, np.nan, 1.0)
        examples["flag"] = np.arange(300) % 3 == 0
        examples["word"] = pd.Series(["b", None, "a"] * 100, dtype="string")
        examples["count"] = pd.Series([1, None, 3] * 100, dtype="Int64")
        assert number_columns(bench.study) == ["confidence", "ink"]
        columns = {column.name: column for column in coded_columns(bench.study)}
        assert np.isnan(columns["gaps"].values).sum() == np.isnan(columns["count"].values[1::3]).sum() + 50 == 150
        assert (columns["flag"].categories, set(columns["flag"].values.tolist())) == (["False", "True"], {0, 1})
        assert columns["word"].categories == ["a", "b"]
        assert columns["word"].values[:3].tolist() == [1, -1, 0]

    def test_a_text_that_names_every_example_is_no_category(self, bench, monkeypatch):
        bench.study.examples["note"] = [f"note {row}" for row in range(300)]
        assert MAX_CATEGORIES >= 300
        assert "note" in [column.name for column in coded_columns(bench.study)]
        monkeypatch.setattr("topoact.workbench.columns.MAX_CATEGORIES", 299)
        assert "note" not in [column.name for column in coded_columns(bench.study)]

    def test_predictions_of_further_checkpoints_are_classes(self, bench):
        classes = list(bench.study.classes)
        bench.study.examples["prediction@late"] = [None, *bench.study.examples["label"][1:]]
        late = {column.name: column for column in coded_columns(bench.study)}["prediction@late"]
        assert late.categories == classes
        assert (late.values[0], classes[late.values[1]]) == (-1, bench.study.examples["label"][1])
        assert [holds_classes(name) for name in ("label", "prediction", "prediction@late", "predictions", "genre")] == [
            *[True] * 3,
            *[False] * 2,
        ]

    def test_texts_of_too_many_values_are_searched(self, bench, monkeypatch):
        monkeypatch.setattr("topoact.workbench.columns.MAX_CATEGORIES", 20)
        assert text_columns(bench.study) == []
        bench.study.examples["note"] = [f"note {row}" for row in range(300)]
        bench.study.examples["few"] = ["a", None, "b"] * 100
        bench.study.examples["top5"] = [["a", "b"]] * 300
        assert text_columns(bench.study) == ["note"]

    def test_numbers_of_the_points(self, bench, path):
        file = path / "points" / "rows.parquet"
        points = pd.read_parquet(file)
        assert point_columns(bench.study.layer("rows")) == ["y", "x"]
        assert point_columns(bench.study.layer("pixels")) == []
        added = {"attribution": np.float32(0.5), "kind": "text", "sure": True, "count": 3}
        points.assign(**added).to_parquet(file)
        assert point_columns(open_workbench(path).study.layer("rows")) == ["attribution", "count", "y", "x"]
        file.write_bytes(b"no table")
        with pytest.raises(StudyError, match=r"points/rows.parquet cannot be used"):
            point_columns(open_workbench(path).study.layer("rows"))


class TestDrawing:
    @pytest.mark.parametrize(("arrangement", "by_itself"), [("lens", lens_layout), ("free", layout)])
    def test_it_is_the_layout_of_the_graph_and_is_kept(self, bench, path, arrangement, by_itself):
        drawing = bench.draw("pixels", FEW, arrangement=arrangement)
        assert drawing.positions.tolist() == by_itself(bench.map("pixels", FEW)).positions.tolist()
        ledger = Ledger()
        again = open_workbench(path).draw("pixels", FEW, progress=ledger, arrangement=arrangement)
        assert ledger.stages == []
        assert again.positions.tolist() == drawing.positions.tolist()
        assert (again.radius is None) == (arrangement == "free")
        assert again.continues.tolist() == drawing.continues.tolist()

    def test_its_names_are_known_beforehand(self, bench, path):
        name = bench.drawn_name("pixels", FEW, None)
        assert not (path / "graphs").exists()
        bench.draw("pixels", FEW)
        assert (path / "graphs" / name.graph / "layouts" / f"{name.layout}.parquet").exists()

    @pytest.mark.parametrize(("arrangement", "axes"), [("lens", [1]), ("free", [0, 1])])
    def test_beside_another_the_survivors_keep_their_place(self, bench, arrangement, axes):
        anchor = bench.plan_drawing("pixels", FEW, None, arrangement).name
        before = bench.draw("pixels", FEW, arrangement=arrangement)
        other = dbscan(n_intervals=10, eps=22.5)
        drawing = bench.draw("pixels", other, anchor, arrangement=arrangement)
        held = drawing.continues >= 0
        assert held.any()
        kept = before.positions[drawing.continues[held]]
        assert drawing.positions[held][:, axes].tolist() == kept[:, axes].tolist()
        beside, alone = (bench.plan_drawing("pixels", other, one, arrangement).name for one in (anchor, None))
        assert beside.layout != alone.layout

    def test_beside_one_that_is_gone(self, bench):
        with pytest.raises(InvalidInput, match="to be drawn beside is not in the study any more: draw anew"):
            bench.draw("pixels", FEW, DrawingName("0" * 16, "0" * 16))


class TestProjection:
    def test_it_is_kept(self, bench, path):
        first = bench.project("pixels", "pca")
        assert first.shape == (300, 2)
        ledger = Ledger()
        again = open_workbench(path).project("pixels", "pca", ledger)
        assert ledger.stages == []
        np.testing.assert_array_equal(first, again, strict=True)

    @pytest.mark.parametrize("kind", ["../../study", "", "trimap"])
    def test_unknown(self, bench, kind):
        with pytest.raises(UnknownName, match="is not available"):
            bench.project("pixels", kind)


def derived_files(path):
    return sorted(
        file for folder in ("graphs", "projections") for file in (path / folder).rglob("*.*") if file.is_file()
    )


WORKED = dbscan(n_intervals=5)
FILES = [
    "graph.json",
    "nodes.parquet",
    "edges.parquet",
    "members.parquet",
    "lens.parquet",
    "layouts/*.parquet",
    "../../projections/*.parquet",
]
DAMAGES = {
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:-20]),
    "garbage": lambda file: file.write_bytes(b'{"a": [1, 2]}'),
    "deleted": lambda file: file.unlink(),
}


@pytest.fixture(scope="module")
def worked(written, tmp_path_factory):
    """A study in which a graph, its drawing and a projection are stored, and what they were."""
    path = shutil.copytree(written, tmp_path_factory.mktemp("worked") / "digits")
    bench = open_workbench(path)
    return path, bench.map("pixels", WORKED), bench.draw("pixels", WORKED), bench.project("pixels", "pca")


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_damaged_derived_files_are_computed_again(worked, tmp_path, name, damage):
    original, graph, drawing, plane = worked
    path = shutil.copytree(original, tmp_path / "digits")
    bench = open_workbench(path)
    (file,) = (path / "graphs" / bench.drawn_name("pixels", WORKED, None).graph).glob(name)
    DAMAGES[damage](file)
    assert_equal(bench.map("pixels", WORKED), graph)
    assert bench.draw("pixels", WORKED).positions.tolist() == drawing.positions.tolist()
    np.testing.assert_array_equal(bench.project("pixels", "pca"), plane)
    ledger = Ledger()
    bench.draw("pixels", WORKED, progress=ledger)
    bench.project("pixels", "pca", ledger)
    assert ledger.stages == []


def test_no_temporary_files_are_left(bench, path):
    bench.draw("pixels", FEW)
    bench.project("pixels", "pca")
    assert derived_files(path)
    assert not [file for file in path.rglob("*") if file.name.endswith(".tmp")]


def test_open_is_the_public_name(path):
    opened = topoact.open(path)
    assert opened.layers == ("pixels", "rows")
    assert repr(opened.layer("pixels")) == "<Layer pixels: 300 points x 64 channels>"


def test_a_folder_that_is_no_study(tmp_path):
    with pytest.raises(StudyError, match="there is no study at"):
        topoact.open(tmp_path / "nothing")
