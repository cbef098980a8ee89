"""Settings and the key they give."""

from dataclasses import fields, replace

import numpy as np
import pytest

from topoact.errors import InvalidInput
from topoact.workbench import KNOBS, MapSettings
from topoact.workbench import settings as settings_module

CHANGES = {"lens": "l1", "n_intervals": 31, "overlap": 0.31, "eps": 0.5, "min_samples": 6}


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
        pytest.param({"overlap": 0}, {"overlap": 0.0}, id="whole-overlap"),
        pytest.param({"n_intervals": np.int64(20)}, {"n_intervals": 20}, id="numpy-intervals"),
    ],
)
def test_equal_settings_have_one_key(given, same):
    assert MapSettings(**given) == MapSettings(**same)
    assert MapSettings(**given).key("a") == MapSettings(**same).key("a")


def test_settings_reach_the_estimator():
    mapper = MapSettings(**CHANGES).mapper("max")
    assert (mapper.lens, mapper.n_intervals, mapper.overlap) == ("max", 31, 0.31)
    assert (mapper.clusterer.eps, mapper.clusterer.min_samples) == (0.5, 6)


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
