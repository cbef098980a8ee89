"""Graphs of modes: another prominence is a cut of the tree at hand, drawn in the places of the finest one."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from topoact.analysis.shape.consensus import consensus
from topoact.analysis.shape.report import Count, ShapeReport
from topoact.analysis.shape.skeleton import roots
from topoact.errors import Cancelled, InvalidInput
from topoact.testing.settings import dbscan
from topoact.testing.studies import write_digits_study
from topoact.workbench import MapSettings, open_workbench, resolve
from topoact.workbench.bench import DrawingName
from topoact.workbench.shape import is_measured, measure_consensus, measure_stability, shape_of, stored_consensus

SETTINGS = MapSettings(n_intervals=8, k=8)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_digits_study(tmp_path_factory.mktemp("zoom") / "digits", n_examples=300)


@pytest.fixture
def bench(written, tmp_path):
    return open_workbench(shutil.copytree(written, tmp_path / "digits"))


def at(prominence):
    return replace(SETTINGS, prominence=prominence)


def names(bench, name):
    graph = bench.cache.load_graph(name.graph)
    return list(zip(graph.interval.tolist(), graph.modes.tolist(), strict=True))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("prominence", [0.0, 0.25, 1.0])
def test_it_is_the_graph_of_the_estimator(bench, metric, prominence):
    settings = replace(SETTINGS, prominence=prominence, metric=metric)
    found = bench.map("rows", settings)
    made = settings.mapper("l2").fit(bench.layer("rows").vectors()).graph_
    assert found.nodes.equals(made.nodes)
    assert found.edges.equals(made.edges)
    for own, others in zip(found.memberships, made.memberships, strict=True):
        np.testing.assert_array_equal(own, others)


def test_a_larger_prominence_has_fewer_nodes(bench):
    sizes = [bench.map("rows", at(prominence)).n_nodes for prominence in (0.0, 0.5, 1.0, 2.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


def test_a_graph_is_found_again_with_its_prominence(bench):
    first = bench.map("rows", SETTINGS)
    again = open_workbench(bench.study.path).map("rows", SETTINGS)
    np.testing.assert_array_equal(first.prominence, again.prominence)
    np.testing.assert_array_equal(first.parent, again.parent)
    assert np.isinf(again.prominence).any()


@pytest.mark.parametrize("layer", ["rows", "pixels"])
def test_nodes_have_their_places_in_the_finest_cut(bench, layer):
    finest = bench.draw(layer, SETTINGS.finest)
    where = dict(zip(names(bench, bench.drawn_name(layer, SETTINGS.finest, None)), finest.positions, strict=True))
    for prominence in (0.25, 1.0, 4.0):
        name = bench.drawn_name(layer, at(prominence), None)
        drawing = bench.draw(layer, at(prominence))
        for node, place in zip(names(bench, name), drawing.positions, strict=True):
            np.testing.assert_array_equal(place, where[node])


def test_cuts_are_of_one_layout_also_when_drawn_beside_each_other(bench):
    bench.draw("rows", SETTINGS)
    first = bench.drawn_name("rows", SETTINGS, None)
    coarse = bench.drawn_name("rows", at(1.0), first)
    assert coarse.layout == first.layout
    bench.draw("rows", at(1.0), first)
    assert bench.drawn_name("rows", SETTINGS, coarse) == first
    assert bench.drawn_name("rows", SETTINGS.finest, coarse).layout == first.layout


@pytest.mark.parametrize(("arrangement", "axes"), [("lens", [1]), ("free", [0, 1])])
def test_another_cover_is_drawn_beside_and_survivors_keep_their_place(bench, arrangement, axes):
    before = bench.draw("rows", SETTINGS, arrangement=arrangement)
    anchor = bench.plan_drawing("rows", SETTINGS, None, arrangement).name
    other = replace(SETTINGS, overlap=0.25)
    beside = bench.draw("rows", other, anchor, arrangement=arrangement)
    assert bench.plan_drawing("rows", other, anchor, arrangement).name.layout != anchor.layout
    kept = np.flatnonzero(beside.continues >= 0)
    assert len(kept) > 0
    np.testing.assert_array_equal(beside.positions[kept][:, axes], before.positions[beside.continues[kept]][:, axes])


def test_beside_dbscan_and_back(bench):
    few = dbscan(n_intervals=8, eps=9.0)
    bench.draw("rows", few)
    anchor = bench.drawn_name("rows", few, None)
    drawing = bench.draw("rows", SETTINGS, anchor)
    assert len(drawing.positions) == bench.map("rows", SETTINGS).n_nodes
    back = bench.draw("rows", few, bench.drawn_name("rows", SETTINGS, anchor))
    assert len(back.positions) == bench.map("rows", few).n_nodes


def test_a_drawing_that_was_deleted_is_made_again(bench):
    bench.draw("rows", SETTINGS)
    name = bench.drawn_name("rows", SETTINGS, None)
    whole = bench.drawn_name("rows", SETTINGS.finest, None)
    shutil.rmtree(bench.study.path / "graphs" / whole.graph)
    drawing = bench.draw("rows", at(1.0), name)
    assert len(drawing.positions) == bench.map("rows", at(1.0)).n_nodes


def test_cancelling_leaves_nothing(bench):
    def stop(stage, done, total):
        if stage == "clustering" and done:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        bench.map("rows", SETTINGS, stop)
    assert not (bench.study.path / "graphs").exists()
    assert bench.map("rows", SETTINGS).n_nodes > 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"k": 0}, "k must be a whole number, at least 2: got 0"),
        ({"k": 2.5}, "k must be a whole number"),
        ({"prominence": -0.1}, "prominence must be a number, at least 0: got -0.1"),
        ({"prominence": "much"}, "prominence must be a number, at least 0: got 'much'"),
        ({"clusterer": "tree"}, "unknown clusterer 'tree': choose modes, dbscan"),
        ({"metric": "nope"}, "metric must be 'euclidean' or 'cosine'"),
        ({"n_intervals": 0}, "n_intervals must be"),
    ],
)
@pytest.mark.parametrize("warm", [False, True])
def test_bad_settings_are_refused_in_a_sentence(bench, change, words, warm):
    if warm:
        bench.map("rows", SETTINGS)
    with pytest.raises(InvalidInput, match=words):
        bench.map("rows", replace(SETTINGS, **change))


def test_more_neighbours_than_points_make_one_node_of_an_interval(bench):
    graph = bench.map("pixels", replace(SETTINGS, k=299))
    assert graph.n_nodes == 8
    assert graph.coverage == 1


class TestStability:
    """How much of a graph returns, kept with it."""

    def test_it_is_measured_once(self, bench):
        stages = []
        found = measure_stability(bench, "rows", SETTINGS, lambda stage, *_: stages.append(stage))
        graph = bench.map("rows", SETTINGS)
        assert (len(found.nodes), len(found.edges)) == (graph.n_nodes, graph.n_edges)
        assert "resampling" in stages
        stages.clear()
        again = measure_stability(
            open_workbench(bench.study.path), "rows", SETTINGS, lambda stage, *_: stages.append(stage)
        )
        assert stages == []
        for name, value in vars(found).items():
            np.testing.assert_array_equal(value, getattr(again, name))

    def test_of_dbscan_as_well(self, bench):
        assert len(measure_stability(bench, "rows", dbscan(n_intervals=5, eps=9.0)).rands) == 10

    def test_one_without_groups_is_kept_too(self, bench):
        settings = replace(SETTINGS, n_intervals=1, k=299)
        found = measure_stability(bench, "pixels", settings)
        assert np.isnan(found.rand)
        key = bench.drawn_name("pixels", settings, None).graph
        assert np.isnan(bench.cache.load_stability(key).rands).all()
        assert found.verdict == "none"

    def test_one_that_is_damaged_is_measured_again(self, bench):
        key = bench.drawn_name("rows", SETTINGS, None).graph
        first = measure_stability(bench, "rows", SETTINGS)
        (bench.study.path / "graphs" / key / "stability.json").write_text("{")
        assert bench.cache.load_stability(key) is None
        np.testing.assert_array_equal(measure_stability(bench, "rows", SETTINGS).nodes, first.nodes)


class TestJudgement:
    """What other covers say is kept, and only asked of modes."""

    def test_it_is_kept_and_read_again(self, bench):
        settings = replace(SETTINGS, k=5)
        stages = []
        found = measure_consensus(bench, "rows", settings, lambda stage, *_: stages.append(stage))
        assert "comparing covers" in stages
        stages.clear()
        again = open_workbench(bench.study.path)
        assert measure_consensus(again, "rows", settings, lambda stage, *_: stages.append(stage)) == found
        assert stages == []
        lens = again.map("rows", settings).lens
        asked = consensus(again.vectors(again.study.layer("rows")), lens, n_intervals=settings.n_intervals, k=5)
        assert found == asked

    def test_one_that_is_damaged_is_asked_for_again(self, bench):
        found = measure_consensus(bench, "rows", SETTINGS)
        key = bench.drawn_name("rows", SETTINGS.finest, None).graph
        (bench.study.path / "graphs" / key / "consensus.json").write_text('{"component": {}}')
        assert bench.cache.load_consensus(key) is None
        assert measure_consensus(bench, "rows", SETTINGS) == found

    def test_loops_of_a_graph_are_compared_with_those_of_the_points(self, bench):
        bench.map("rows", SETTINGS)
        key = bench.key(bench.study.layer("rows"), SETTINGS)
        n_loops = shape_of(bench, key).loops.seen
        of_points = Count(n_loops + 3, n_loops + 3, n_loops + 3)
        none = Count(None, 0, 0, "why")
        bench.cache.save_consensus(
            bench.key(bench.study.layer("rows"), SETTINGS.finest), ShapeReport(none, none, none, (), of_points)
        )
        told = shape_of(bench, key).loops
        assert (told.value, told.seen) == (None, n_loops)
        assert told.reason == f"this graph shows {n_loops}, persistence of the points {n_loops + 3}"

    def test_one_that_was_called_off_is_asked_for_at_the_next_time(self, bench):
        measure_stability(bench, "rows", SETTINGS)
        assert not is_measured(bench, "rows", SETTINGS)
        found = measure_consensus(bench, "rows", SETTINGS)
        assert is_measured(bench, "rows", SETTINGS)
        assert stored_consensus(bench, bench.drawn_name("rows", SETTINGS, None).graph) == found

    def test_all_cuts_have_the_same(self, bench):
        found, stages = measure_consensus(bench, "rows", SETTINGS), []
        assert (
            measure_consensus(bench, "rows", replace(SETTINGS, prominence=2.0), lambda stage, *_: stages.append(stage))
            == found
        )
        assert "comparing covers" not in stages

    @pytest.mark.parametrize("settings", [dbscan(n_intervals=5, eps=9.0), replace(SETTINGS, metric="cosine")])
    def test_not_of_others(self, bench, settings):
        assert measure_consensus(bench, "rows", settings) is None


def test_the_presets_and_keywords_of_a_layer(bench):
    layer = bench.layer("rows")
    assert layer.map().nodes.equals(bench.map("rows", bench.default_settings).nodes)
    assert bench.default_settings == MapSettings(n_intervals=5)
    assert layer.map(preset="paper").eps == bench.map("rows", resolve(bench.default_settings, "paper")).eps
    with pytest.raises(InvalidInput, match="eps is a setting of the clusterer 'dbscan', not of 'modes'"):
        layer.map(eps=3.0)


def test_the_roots_are_the_nodes_of_the_coarser_cut(bench):
    finest = bench.map("rows", SETTINGS.finest)
    modes = names(bench, bench.drawn_name("rows", SETTINGS.finest, None))
    bench.map("rows", at(1.0))
    left = names(bench, DrawingName(bench.drawn_name("rows", at(1.0), None).graph, ""))
    assert [modes[node] for node in roots(finest, 1.0)] == left


def test_a_cut_of_a_tree_that_continues_a_larger_graph(bench):
    large, small = replace(SETTINGS, k=3), replace(SETTINGS, k=40)
    assert bench.map("rows", large.finest).n_nodes > bench.map("rows", small.finest).n_nodes
    bench.draw("rows", large)
    before = bench.drawn_name("rows", large, None)
    bench.draw("rows", small, before)
    whole = bench.drawn_name("rows", small, before)
    cut = replace(small, prominence=1.0)
    drawing = bench.draw("rows", cut, whole)
    known, kept = names(bench, whole), names(bench, bench.drawn_name("rows", cut, whole))
    assert [known[node] for node in drawing.continues] == kept


def test_a_consensus_without_what_branches_would_be_missed_is_made_anew(bench):
    bench.map("rows", SETTINGS.finest)
    key = bench.key(bench.study.layer("rows"), SETTINGS.finest)
    count = {"value": 0, "least": 0, "seen": 0, "reason": ""}
    file = bench.study.path / "graphs" / key / "judgement.json"
    file.write_text(json.dumps(dict.fromkeys(("component", "loop", "branch"), count)))
    assert bench.cache.load_consensus(key) is None
    told = measure_consensus(bench, "rows", SETTINGS)
    assert told.branches.value != 0
    assert bench.cache.load_consensus(key) == told
