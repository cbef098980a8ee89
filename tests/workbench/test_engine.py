"""Turning a knob answers from the index in memory, and gives the graph that a fresh computation gives."""

from dataclasses import replace

import numpy as np
import pytest

from topoact.errors import InvalidInput
from topoact.mapper import NeighborIndex
from topoact.testing.studies import write_digits_study
from topoact.workbench import engine as module
from topoact.workbench import open_workbench
from topoact.workbench.settings import MapSettings

SETTINGS = MapSettings(n_intervals=12, overlap=0.3, eps=14.0)


@pytest.fixture
def built(monkeypatch):
    """The indexes made since the test began."""
    made = []

    class Counted(NeighborIndex):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            made.append(self)

    monkeypatch.setattr(module, "NeighborIndex", Counted)
    return made


@pytest.fixture
def bench(tmp_path):
    return open_workbench(write_digits_study(tmp_path / "study", 400))


def nodes_of(graph):
    return [(int(graph.interval[node]), graph.members(node).tolist()) for node in range(graph.n_nodes)]


def test_one_index_serves_every_knob_but_the_radius(bench, built):
    for settings in (
        SETTINGS,
        replace(SETTINGS, overlap=0.6),
        replace(SETTINGS, n_intervals=1),
        replace(SETTINGS, n_intervals=80, overlap=0.75, min_samples=2),
    ):
        graph = bench.map("rows", settings)
        vectors = bench.vectors(bench.study.layer("rows"))
        assert nodes_of(graph) == nodes_of(settings.mapper("l2").fit(vectors).graph_)
        assert graph.eps == 14.0
    assert len(built) == 1
    bench.map("rows", replace(SETTINGS, eps=15.0))
    assert len(built) == 2


@pytest.mark.parametrize("lens", ["l1", "column:ink"])
def test_another_lens_or_layer_is_another_index(bench, built, lens):
    bench.map("pixels", replace(SETTINGS, eps=25.0))
    graph = bench.map("pixels", replace(SETTINGS, eps=25.0, lens=lens))
    assert len(built) == 2
    assert built[1].lens.tolist() == graph.lens.tolist() != built[0].lens.tolist()


def test_an_elbow_is_measured_once(bench, built, monkeypatch):
    first = bench.map("rows", replace(SETTINGS, eps="elbow"))
    monkeypatch.setattr(module.DBSCAN, "bind", None)
    second = bench.map("rows", replace(SETTINGS, eps="elbow", n_intervals=20))
    assert first.eps == second.eps == first.curve.elbow
    assert second.curve.distances.tolist() == first.curve.distances.tolist()
    assert len(built) == 1


def test_wider_intervals_than_fit_into_the_room_are_made_for_when_asked(bench, built, monkeypatch):
    monkeypatch.setattr(module, "ROOM", 1)
    for settings in (SETTINGS, replace(SETTINGS, n_intervals=30), replace(SETTINGS, n_intervals=6)):
        bench.map("rows", settings)
    assert len(built) == 2
    assert built[1].max_interval > built[0].max_interval


def test_without_memory_for_an_index_scikit_learn_clusters(bench, monkeypatch):
    quick = bench.map("rows", SETTINGS)
    monkeypatch.setattr("topoact.mapper.index.available_memory", lambda: 1)
    slow = bench.map("rows", replace(SETTINGS, lens="l2", eps=np.nextafter(14.0, 15)))
    assert nodes_of(quick) == nodes_of(slow)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_intervals": 0}, "n_intervals must be"),
        ({"overlap": 1.0}, "overlap must be"),
        ({"eps": -1.0}, "eps must be a positive number or 'elbow'"),
        ({"min_samples": 0}, "min_samples must be"),
        ({"min_samples": 5000}, "min_samples is 5000 but n_samples="),
        ({"lens": "nope"}, "unknown lens"),
    ],
)
@pytest.mark.parametrize("warm", [False, True])
def test_bad_settings_are_refused_before_and_after_an_index_is_there(bench, settings, words, warm):
    if warm:
        bench.map("rows", SETTINGS)
    with pytest.raises(InvalidInput, match=words):
        bench.map("rows", replace(SETTINGS, **settings))
