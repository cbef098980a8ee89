"""Graphs that are seen first are there when a study is opened, or it is said that they are not."""

import itertools
import shutil

import numpy as np
import pytest

from topoact.study.cache.budget import KINDS
from topoact.testing.studies import write_digits_study
from topoact.workbench import open_workbench
from topoact.workbench.first_graphs import draw_first_screens, seconds_for
from topoact.workbench.first_screen import first_screen


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_digits_study(tmp_path_factory.mktemp("first") / "digits", n_examples=200)


@pytest.fixture
def bench(written):
    for kind in KINDS:
        shutil.rmtree(written / kind, ignore_errors=True)
    return open_workbench(written)


def is_ready(bench, layer):
    finest = bench.find_graph(bench.key(bench.study.layer(layer), bench.default_settings.finest))
    if finest is None:
        return False
    name = bench.drawn_name(layer, first_screen(bench, layer, bench.default_settings), None)
    return bench.cache.load_drawing(*name) is not None


def test_all_layers_are_drawn_as_they_are_seen_first(bench):
    told = []
    found = draw_first_screens(bench, seconds=1e9, progress=lambda *now: told.append(now))
    assert (found.done, found.left, found.sentences) == (("pixels", "rows"), (), [])
    assert is_ready(bench, "pixels")
    assert is_ready(bench, "rows")
    assert [now for now in told if now[0] == "graphs of layers"] == [("graphs of layers", done, 2) for done in range(3)]


def test_what_does_not_fit_is_said_and_left(bench):
    draw_first_screens(bench, seconds=1e9)
    shutil.rmtree(bench.study.path / "graphs")
    calls = itertools.count()
    found = draw_first_screens(bench, seconds=25, clock=calls.__next__)
    assert found.left
    assert found.sentences == [
        f"graphs of {len(found.done)} of 2 layers were computed, in the time for it; those of {', '.join(found.left)}"
        " are computed when they are first looked at"
    ]


def test_an_interruption_ends_it_and_keeps_what_is_there(bench):
    def interrupt(stage, done, _total):
        if stage == "graphs of layers" and done == 1:
            raise KeyboardInterrupt

    found = draw_first_screens(bench, seconds=1e9, progress=interrupt)
    assert (found.done, found.left, found.interrupted) == (("pixels",), ("rows",), True)
    assert found.sentences == [
        "graphs of 1 of 2 layers were computed, interrupted: the study is complete; those of rows are computed when"
        " they are first looked at"
    ]
    assert is_ready(bench, "pixels")


def test_a_layer_that_cannot_have_one_does_not_stop_the_others(bench, monkeypatch):
    read, equal = bench._graphs.vectors, np.ones((200, 64), dtype=np.float32)
    monkeypatch.setattr(bench._graphs, "vectors", lambda layer: equal if layer.name == "pixels" else read(layer))
    found = draw_first_screens(bench, seconds=1e9)
    assert (found.done, found.left) == (("rows",), ())
    assert [sentence.split(":")[0] for sentence in found.sentences] == ["layer pixels has no graph yet"]


def test_the_time_is_a_fifth_or_a_minute():
    assert (seconds_for(0), seconds_for(100), seconds_for(1000)) == (60, 60, 200)
