"""Previews: made of a stated sample, never taken for the graph, and replaced by it."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from topoact.errors import InvalidInput
from topoact.study import open_study
from topoact.study.cache.budget import KINDS
from topoact.testing.studies import write_digits_study
from topoact.workbench import open_workbench
from topoact.workbench.first_screen import first_screen
from topoact.workbench.graph_view import view_graph
from topoact.workbench.graphs import layer_graphs, previews
from topoact.workbench.graphs.previews import as_anchor, is_large, preview_graph, sample_of
from topoact.workbench.jobs.tasks import PreviewTask, index_of

N_SAMPLED = 150


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_digits_study(tmp_path_factory.mktemp("previews") / "digits", n_examples=300)


@pytest.fixture
def bench(written, monkeypatch):
    """A study of 300 points, of which a graph is taken to be slow."""
    for kind in KINDS:
        shutil.rmtree(written / kind, ignore_errors=True)
    monkeypatch.setattr(previews, "SAMPLE_POINTS", N_SAMPLED)
    monkeypatch.setattr(layer_graphs, "SAMPLE_POINTS", N_SAMPLED)
    monkeypatch.setattr(previews, "MIN_COMPARISONS", 1.0)
    return open_workbench(written)


@pytest.mark.parametrize(("n_points", "n_sampled"), [(196_000, 20_000), (40_001, 20_000), (10, 10), (7, 2)])
def test_a_sample_is_drawn_evenly_and_always_the_same(n_points, n_sampled):
    rows = sample_of(n_points, n_sampled)
    assert len(rows) == n_sampled
    assert (np.diff(rows) > 0).all()
    assert 0 <= rows[0] <= rows[-1] < n_points
    assert np.abs(rows - np.arange(n_sampled) * n_points / n_sampled).max() <= n_points / n_sampled + 1
    assert rows.tolist() == sample_of(n_points, n_sampled).tolist()


@pytest.mark.parametrize("first", [False, True], ids=["as set", "first screen"])
def test_a_preview_has_a_name_of_its_own_and_the_whole_is_what_it_is_without(bench, written, first):
    settings = bench.default_settings
    plan = bench.drawings.plan_preview("pixels", settings, first=first)
    drawing = bench.drawings.draw_preview(plan, first=first)
    stored = bench.graph(plan.name.graph, previews=True)
    assert (stored.sample, stored.graph.n_points, stored.layer.name) == (N_SAMPLED, 300, "pixels")
    assert set(stored.graph.memberships.indices.tolist()) == set(sample_of(300, N_SAMPLED).tolist())
    assert len(drawing.positions) == stored.graph.n_nodes
    view = view_graph(bench, plan.name)
    assert (view.stored.sample, view.findings) == (N_SAMPLED, ())
    assert {path.name for path in (written / "graphs").iterdir()} == {plan.name.graph}
    shown = first_screen(bench, "pixels", settings) if first else settings
    whole = bench.plan_drawing("pixels", shown, plan.name)
    bench.drawings.draw(whole)
    assert bench.graph(whole.name.graph).sample is None
    assert whole.name.graph == bench.key(bench.study.layer("pixels"), shown)
    assert bench.drawings.plan_preview("pixels", settings, first=first) is None


def test_what_is_asked_of_a_graph_waits_for_the_whole(bench):
    plan = bench.drawings.plan_preview("pixels", bench.default_settings, first=False)
    bench.drawings.draw_preview(plan, first=False)
    with pytest.raises(InvalidInput, match=r"is a preview, made of 150 of 300 points: wait for the whole graph$"):
        bench.graph(plan.name.graph)


def test_a_preview_of_another_name_counts_as_absent(bench, written):
    plan = bench.drawings.plan_preview("pixels", bench.default_settings, first=False)
    bench.drawings.draw_preview(plan, first=False)
    for other in (bench.key(bench.study.layer("pixels"), bench.default_settings), "0" * 16):
        shutil.copytree(written / "graphs" / plan.name.graph, written / "graphs" / other)
        assert bench.find_graph(other) is None


def test_there_is_none_where_the_graph_is_made_quickly(bench, monkeypatch):
    settings = bench.default_settings
    assert bench.drawings.plan_preview("pixels", replace(settings, clusterer="dbscan"), first=False) is None
    monkeypatch.setattr("topoact.workbench.graphs.index_store._is_worth_storing", lambda *_: True)
    bench.map("pixels", replace(settings, overlap=0.2))
    bench.close()
    assert bench.drawings.plan_preview("pixels", settings, first=False) is None  # its index is stored
    assert bench.drawings.plan_preview("pixels", replace(settings, lens="l1"), first=False) is not None


def test_small_layers_have_none(digits_path):
    layer = open_study(digits_path).layer("pixels")
    assert not is_large(layer, open_workbench(digits_path).default_settings)


def test_a_sample_of_all_points_is_the_graph(bench):
    settings, vectors = bench.default_settings, bench.vectors(bench.study.layer("pixels"))
    whole = bench.map("pixels", settings)
    made, _ = preview_graph(vectors, whole.lens, settings, np.arange(300), lambda *_: None, first=False)
    assert made.nodes.equals(whole.nodes)
    assert made.edges.equals(whole.edges)


def test_the_whole_keeps_the_places_of_a_preview_that_it_continues(bench):
    settings = replace(bench.default_settings, prominence=1.0)
    finest = bench.map("pixels", settings.finest)
    cut = bench.map("pixels", settings)
    anchor = as_anchor(cut, 1.0, finest)
    assert [anchor.members(node).tolist() for node in range(cut.n_nodes)] == [
        finest.members(int(np.flatnonzero(finest.modes * 100 + finest.interval == key)[0])).tolist()
        for key in cut.modes * 100 + cut.interval
    ]
    shifted = replace(cut, memberships=cut.memberships._replace(indices=(cut.memberships.indices + 150) % 300))
    assert as_anchor(shifted, 1.0, finest) is None


def test_its_task_has_the_index_of_the_graph(bench):
    plan = bench.drawings.plan_preview("pixels", bench.default_settings, first=True)
    assert index_of(PreviewTask(plan, first=True)) == ("pixels", "l2", "euclidean", "modes")
