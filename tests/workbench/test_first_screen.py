"""The first screen of a layer: which cut it is, how it is arranged, how far nodes agree, and what they are called."""

from dataclasses import replace

import numpy as np
import pytest

from topoact.analysis.drawing.cut import COARSER, MIN_NODES, PROMINENCES, first_prominence
from topoact.analysis.drawing.edges import drawn_edges
from topoact.analysis.labels.lift import node_labels
from topoact.analysis.shape.skeleton import roots
from topoact.errors import InvalidInput, UnknownName
from topoact.mapper import Members, no_progress
from topoact.testing.drawings import overlaps
from topoact.testing.settings import dbscan
from topoact.testing.studies import CLASSES, write_digits_study
from topoact.workbench import DrawingName, MapSettings, open_workbench
from topoact.workbench.first_screen import UNCUT, first_screen, first_settings, rule_of
from topoact.workbench.graph_view import view_graph
from topoact.workbench.jobs.tasks import FirstScreenTask, MapTask, index_of
from topoact.workbench.nodes.node_labels import EDGES, edge_labels, joined, label_nodes
from topoact.workbench.stored_graph import StoredGraph

SETTINGS = MapSettings(n_intervals=8, k=8)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return open_workbench(write_digits_study(tmp_path_factory.mktemp("first") / "digits", n_examples=300))


def at(prominence):
    return replace(SETTINGS, prominence=prominence)


class TestSettings:
    @pytest.mark.parametrize("layer", ["pixels", "rows"])
    def test_the_prominence_is_that_of_the_rule_whatever_is_asked(self, bench, layer):
        finest = bench.map(layer, SETTINGS.finest)
        for asked in (0.1, 0.15, 4.0):
            settings = first_screen(bench, layer, at(asked))
            assert settings == at(first_prominence(finest))
        n_nodes = bench.map(layer, settings).n_nodes
        assert n_nodes == len(roots(finest, settings.prominence))
        assert settings.prominence in (*PROMINENCES, *COARSER)
        assert f"prominence {settings.prominence:g}" in rule_of(finest)
        assert ("none of" in rule_of(finest)) == (n_nodes < MIN_NODES)

    def test_without_prominence_they_are_unchanged(self, bench):
        settings = dbscan(n_intervals=8, eps=9.0)
        assert first_screen(bench, "rows", settings) == settings
        assert rule_of(bench.map("rows", settings)) == UNCUT

    def test_they_follow_from_the_finest_cut_alone(self, bench):
        finest = bench.map("rows", SETTINGS.finest)
        assert first_settings(SETTINGS.finest, finest) == first_screen(bench, "rows", SETTINGS)

    def test_the_task_leaves_nothing_to_compute(self, bench):
        task = FirstScreenTask("rows", replace(SETTINGS, overlap=0.25))
        task.run(bench, no_progress)
        plan = bench.plan_drawing("rows", first_screen(bench, "rows", task.settings))
        assert bench.cache.load_drawing(*plan.name) is not None
        assert index_of(task) == index_of(MapTask(plan))


class TestArrangement:
    def test_each_has_its_own_drawing_of_one_graph(self, bench):
        lens, free = (bench.plan_drawing("rows", SETTINGS, arrangement=one).name for one in ("lens", "free"))
        assert lens.graph == free.graph
        assert lens.layout != free.layout
        for name, arrangement in ((lens, "lens"), (free, "free")):
            bench.draw("rows", SETTINGS, arrangement=arrangement)
            view = view_graph(bench, name)
            assert view.arrangement == arrangement
            assert (view.drawing.radius is None) == (arrangement == "free")

    def test_a_drawing_of_the_other_is_no_anchor(self, bench):
        bench.draw("rows", SETTINGS, arrangement="free")
        anchor = bench.plan_drawing("rows", SETTINGS, arrangement="free").name
        for other in (at(1.0), replace(SETTINGS, overlap=0.4)):
            assert bench.plan_drawing("rows", other, anchor).name == bench.plan_drawing("rows", other).name

    def test_one_column_is_arranged_freely(self, bench):
        settings = replace(SETTINGS, n_intervals=1)
        bench.draw("rows", settings)
        assert view_graph(bench, bench.plan_drawing("rows", settings).name).arrangement == "free"

    def test_no_overlaps_at_any_cut_and_beside_others(self, bench):
        bench.draw("rows", SETTINGS)
        anchor = bench.plan_drawing("rows", SETTINGS).name
        other = replace(SETTINGS, n_intervals=9)
        for prominence in (0.1, 0.15, 0.4, 1.0, 4.0):
            for settings, beside in ((at(prominence), None), (replace(other, prominence=prominence), anchor)):
                drawing = bench.draw("rows", settings, beside)
                assert overlaps(drawing.positions.tolist(), drawing.radius.tolist()) == 0

    def test_a_cut_is_drawn_the_same_whatever_was_drawn_before(self, bench, tmp_path):
        path = write_digits_study(tmp_path / "digits", n_examples=300)
        places = []
        for path_there in ((0.1, 1.0), (1.0, 0.1), (4.0, 0.5, 1.0)):
            fresh = open_workbench(path)
            for prominence in path_there:
                fresh.draw("pixels", at(prominence))
            places.append(fresh.draw("pixels", at(1.0)))
        assert len({str(drawing.positions.tolist()) for drawing in places}) == 1
        assert len({str(drawing.radius.tolist()) for drawing in places}) == 1


class TestView:
    def test_edges_are_drawn_and_counted_alike(self, bench):
        bench.draw("rows", SETTINGS)
        view = view_graph(bench, bench.plan_drawing("rows", SETTINGS).name)
        edges, links = drawn_edges(view.graph), view.graph.links
        assert view.drawn.drawn.tolist() == edges.drawn.tolist()
        assert view.drawn_share == pytest.approx(links.shared[edges.drawn].sum() / links.shared.sum())
        for source, target in zip(links.source[edges.drawn], links.target[edges.drawn], strict=True):
            assert view.components[source] == view.components[target]

    @pytest.mark.parametrize("lens", ["l2", "pca:0"])
    def test_agreement_is_of_the_members_of_each_node(self, bench, lens):
        settings = replace(SETTINGS, lens=lens)
        bench.draw("rows", settings)
        view = view_graph(bench, bench.plan_drawing("rows", settings).name)
        vectors = bench.layer("rows").vectors().astype(np.float64)
        for node in range(view.graph.n_nodes):
            own = vectors[view.graph.members(node)]
            lengths = np.linalg.norm(own, axis=1).sum()
            expected = np.linalg.norm(own.sum(axis=0)) / lengths if lengths else 1.0
            assert view.agreement[node] == pytest.approx(expected, abs=1e-5)

    def test_a_damaged_agreement_counts_as_absent(self, bench):
        bench.draw("rows", SETTINGS)
        name: DrawingName = bench.plan_drawing("rows", SETTINGS).name
        for wrong in ([2.0], [np.nan] * view_graph(bench, name).graph.n_nodes):
            bench.cache.save_agreement(name.graph, np.array(wrong))
            assert bench.cache.load_agreement(name.graph) is None
            assert view_graph(bench, name).agreement is None


class TestLabels:
    def digest(self, bench, layer, settings=SETTINGS):
        bench.map(layer, settings)
        return bench.key(bench.study.layer(layer), settings)

    def test_a_class_is_named_where_it_is(self, bench):
        labels = label_nodes(bench, self.digest(bench, "rows", SETTINGS.finest), "label")
        assert labels.nodes == sorted(set(labels.nodes))
        assert 4 <= len(set(labels.texts)) == len(labels.texts) <= len(CLASSES)
        graph, names = bench.map("rows", SETTINGS.finest), bench.layer("rows").layer.metadata("label").to_numpy()
        for node, text, share, lift in zip(labels.nodes, labels.texts, labels.shares, labels.lifts, strict=True):
            assert share == pytest.approx(np.mean(names[graph.members(node)] == text))
            assert lift == pytest.approx(share / np.mean(names == text))
        assert labels.sentence.startswith("values of label, each once")

    def test_positions_at_an_edge_are_said(self, bench):
        layer = bench.study.layer("rows")
        row, label = layer.points["y"].to_numpy(), layer.metadata("label").to_numpy()
        members = [np.flatnonzero(some) for some in (row == 0, row == 4, (row == 7) & (label == "two"), label == "two")]
        graph = bench.map("rows", SETTINGS)
        indptr = np.cumsum([0, *map(len, members)])
        made = replace(graph, memberships=Members(indptr, np.concatenate(members)), interval=np.arange(4))
        stored = StoredGraph("0" * 16, layer, SETTINGS, made)
        example = layer.points["example"].to_numpy()
        edges = edge_labels(stored, example)
        assert list(zip(edges.nodes.tolist(), edges.texts, strict=True)) == [(0, "top edge"), (2, "bottom edge")]
        codes = (label == "two").astype(int)
        labels = joined(node_labels(made, codes, ["other", "two"], example, once=False), edges, "values")
        assert labels.nodes == [0, 2, 3]
        assert labels.texts == ["top edge", "two · bottom edge", "two"]
        assert labels.lifts == pytest.approx([8, 1 / codes.mean(), 1 / codes.mean()])
        assert labels.sentence == "values" + EDGES

    def test_columns_that_give_none(self, bench):
        digest = self.digest(bench, "pixels")
        with pytest.raises(InvalidInput, match="'ink' holds numbers"):
            label_nodes(bench, digest, "ink")
        with pytest.raises(UnknownName, match="nothing"):
            label_nodes(bench, digest, "nothing")
        with pytest.raises(UnknownName):
            label_nodes(bench, "0" * 16, "label")
        with pytest.raises(InvalidInput, match="'id' holds no categories"):
            label_nodes(bench, digest, "id")
        none = label_nodes(bench, self.digest(bench, "pixels", at(4.0)), "label")
        assert (none.nodes, none.texts) == ([], [])
        assert "no value of label" in none.sentence
