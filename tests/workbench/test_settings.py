"""Settings and the key they give."""

from dataclasses import fields, replace

import numpy as np
import pytest

from topoact.errors import InvalidInput, UnknownName
from topoact.mapper import UniformCover
from topoact.study.files import digest
from topoact.workbench import KNOBS, MapSettings
from topoact.workbench import settings as settings_module
from topoact.workbench.settings import COVERS

CHANGES = {
    "lens": "l1",
    "cover": "giotto-tda",
    "n_intervals": 31,
    "overlap": 0.31,
    "metric": "cosine",
    "eps": 0.5,
    "min_samples": 6,
}


def test_the_key_is_the_same_in_every_version():
    """A stored graph is found by this key; where the key changes on purpose, `ENGINE` says so."""
    assert settings_module.ENGINE == 2
    assert MapSettings().key("0123456789abcdef") == "b84f9e78ff58cf49"


@pytest.mark.parametrize("name", CHANGES)
def test_every_setting_changes_the_key(name):
    changed = replace(MapSettings(), **{name: CHANGES[name]})
    assert changed.key("a") != MapSettings().key("a")


def test_layer_and_engine_change_the_key(monkeypatch):
    before = MapSettings().key("a")
    assert MapSettings().key("b") != before
    monkeypatch.setattr(settings_module, "ENGINE", 3)
    assert MapSettings().key("a") != before


@pytest.mark.parametrize(
    ("given", "same"),
    [
        pytest.param({"eps": 1}, {"eps": 1.0}, id="whole-eps"),
        pytest.param({"eps": np.float32(0.5)}, {"eps": 0.5}, id="numpy-eps"),
        pytest.param({"eps": "0.5"}, {"eps": 0.5}, id="typed-eps"),
        pytest.param({"overlap": 0}, {"overlap": 0.0}, id="whole-overlap"),
        pytest.param({"n_intervals": np.int64(20)}, {"n_intervals": 20}, id="numpy-intervals"),
    ],
)
def test_equal_settings_have_one_key(given, same):
    assert MapSettings(**given) == MapSettings(**same)
    assert MapSettings(**given).key("a") == MapSettings(**same).key("a")


def test_settings_reach_the_estimator():
    mapper = MapSettings(**CHANGES).mapper("max")
    assert mapper.lens == "max"
    assert mapper.cover == UniformCover(31, 0.31, "giotto-tda")
    assert mapper.clusterer.get_params() == {"eps": 0.5, "min_samples": 6, "metric": "cosine"}


def test_a_setting_that_came_later_leaves_the_keys_of_stored_graphs_as_they_were():
    before = {"lens": "l2", "n_intervals": 30, "overlap": 0.3, "eps": "elbow", "min_samples": 5}
    assert MapSettings().key("a") == digest({"layer": "a", "engine": settings_module.ENGINE, **before})
    for name, value in settings_module.LATER.items():
        assert getattr(MapSettings(), name) == value
        assert name not in before


@pytest.mark.parametrize("choice", COVERS, ids=lambda choice: choice.value)
def test_every_cover_on_offer_makes_a_graph(choice):
    cloud = np.random.default_rng(0).normal(size=(200, 2))
    settings = MapSettings(cover=choice.value, eps=1.0, n_intervals=5)
    assert settings.mapper("l2").fit(cloud).graph_.n_nodes > 0
    assert choice.label


def test_an_unknown_cover_is_told_the_known_ones():
    with pytest.raises(UnknownName, match="unknown cover 'cubical': choose uniform, balanced, giotto-tda"):
        MapSettings(cover="cubical").mapper("l2")


def test_every_setting_has_a_knob_whose_default_lies_within_its_bounds():
    assert [knob.name for knob in KNOBS] == [field.name for field in fields(MapSettings)]
    for knob in KNOBS:
        assert knob.label
        assert knob.help.endswith(".")
        if knob.minimum is not None:
            assert knob.minimum <= knob.default <= knob.maximum
            assert knob.step > 0


@pytest.mark.parametrize("knob", [knob for knob in KNOBS if knob.minimum is not None], ids=lambda knob: knob.name)
def test_the_bounds_of_a_knob_are_valid_settings(knob):
    cloud = np.random.default_rng(0).normal(size=(200, 2))
    for value in (knob.minimum, knob.maximum):
        mapper = replace(MapSettings(eps=1.0), **{knob.name: value}).mapper("l2")
        assert mapper.fit(cloud).graph_.n_points == 200


def test_values_that_are_no_numbers_are_refused_by_the_parts_they_configure():
    with pytest.raises(InvalidInput, match="n_intervals must be a whole number"):
        MapSettings(n_intervals="many").mapper("l2").fit(np.eye(9))
