"""Settings and the key they give."""

from dataclasses import fields, replace

import numpy as np
import pytest

from topoact.errors import InvalidInput, UnknownName
from topoact.mapper import UniformCover
from topoact.study.files import digest
from topoact.testing.settings import dbscan
from topoact.workbench import KNOBS, MapSettings
from topoact.workbench import settings as settings_module
from topoact.workbench.settings import default_for, from_stored, resolve

CHANGES = {
    "lens": "l1",
    "cover": "giotto-tda",
    "n_intervals": 31,
    "overlap": 0.31,
    "metric": "cosine",
    "eps": 0.5,
    "min_samples": 6,
}
OF_MODES = {"k": 16, "prominence": 0.5}


def test_the_key_is_the_same_in_every_version():
    """A stored graph is found by this key; where the key changes on purpose, `ENGINE` says so."""
    assert settings_module.ENGINE_VERSIONS == {"modes": 1, "dbscan": 2}
    assert dbscan().key("0123456789abcdef") == "b84f9e78ff58cf49"
    assert MapSettings().key("0123456789abcdef") == "dd2e2a561df8beb6"


@pytest.mark.parametrize("name", OF_MODES)
def test_every_setting_of_modes_changes_the_key_of_modes_alone(name):
    assert replace(MapSettings(), **{name: OF_MODES[name]}).key("a") != MapSettings().key("a")
    assert dbscan(**{name: OF_MODES[name]}).key("a") == dbscan().key("a")


@pytest.mark.parametrize("name", ["eps", "min_samples"])
def test_settings_of_dbscan_do_not_change_the_key_of_modes(name):
    assert replace(MapSettings(), **{name: CHANGES[name]}).key("a") == MapSettings().key("a")


def test_settings_as_they_were_stored_before_there_were_modes_are_those_of_dbscan():
    assert from_stored({"lens": "l1", "n_intervals": 9, "overlap": 0.4, "eps": 2.0, "min_samples": 3}) == dbscan(
        lens="l1", n_intervals=9, overlap=0.4, eps=2.0, min_samples=3
    )


def test_the_finest_cut_is_that_of_a_smaller_prominence():
    assert MapSettings().finest == replace(MapSettings(), prominence=settings_module.FINEST_PROMINENCE)
    assert MapSettings(prominence=0.05).finest.prominence == 0.05
    assert dbscan().finest == dbscan()


@pytest.mark.parametrize(("n_points", "n_intervals"), [(0, 5), (4000, 10), (10_000, 25), (10**6, 25)])
def test_intervals_are_fewer_where_there_are_few_points(n_points, n_intervals):
    assert default_for(n_points) == MapSettings(n_intervals=n_intervals)


class TestChosen:
    """What a person says, laid over a preset."""

    def test_a_preset_and_what_is_laid_over_it(self):
        assert resolve(MapSettings(), "paper") == dbscan(n_intervals=70)
        assert resolve(MapSettings(), "paper", eps=3.0) == dbscan(n_intervals=70, eps=3.0)
        assert resolve(MapSettings(n_intervals=9), k=20) == MapSettings(n_intervals=9, k=20)

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"eps": 1.0}, "eps is a setting of the clusterer 'dbscan', not of 'modes'"),
            ({"preset": "paper", "k": 9}, "k is a setting of the clusterer 'modes', not of 'dbscan'"),
            ({"preset": "old"}, "unknown preset 'old': choose paper"),
            ({"epsilon": 1}, "unknown setting epsilon: there are lens, cover"),
            ({"n_intervals": 20_000}, "n_intervals must be at most 10,000: got 20000"),
            ({"prominence": float("inf")}, "prominence must be at most .*: got inf"),
        ],
    )
    def test_what_makes_no_difference_or_does_not_exist_is_refused(self, values, words):
        with pytest.raises(InvalidInput, match=words):
            resolve(MapSettings(), **values)


@pytest.mark.parametrize("name", CHANGES)
def test_every_setting_changes_the_key(name):
    assert dbscan(**{name: CHANGES[name]}).key("a") != dbscan().key("a")


@pytest.mark.parametrize("settings", [MapSettings(), dbscan()], ids=lambda settings: settings.clusterer)
def test_layer_and_engine_change_the_key(monkeypatch, settings):
    before = settings.key("a")
    assert settings.key("b") != before
    monkeypatch.setitem(settings_module.ENGINE_VERSIONS, settings.clusterer, 3)
    assert settings.key("a") != before


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
    mapper = dbscan(**CHANGES).mapper("max")
    assert mapper.lens == "max"
    assert mapper.cover == UniformCover(31, 0.31, "giotto-tda")
    assert mapper.clusterer.get_params() == {"eps": 0.5, "min_samples": 6, "metric": "cosine"}
    modes = MapSettings(**OF_MODES).mapper("max").clusterer
    assert modes.get_params() == {**OF_MODES, "metric": "euclidean"}


def test_a_setting_that_came_later_leaves_the_keys_of_stored_graphs_as_they_were():
    before = {"lens": "l2", "n_intervals": 30, "overlap": 0.3, "eps": "elbow", "min_samples": 5}
    assert dbscan().key("a") == digest({"layer": "a", "engine": 2, **before})
    for name, value in settings_module.STORED_DEFAULTS.items():
        assert getattr(dbscan(), name) == value
        assert name not in before


@pytest.mark.parametrize(
    "choice", next(knob for knob in KNOBS if knob.name == "cover").choices, ids=lambda choice: choice.value
)
def test_every_cover_on_offer_makes_a_graph(choice):
    cloud = np.random.default_rng(0).normal(size=(200, 2))
    settings = MapSettings(cover=choice.value, n_intervals=5)
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
        owner = dbscan(eps=1.0) if "dbscan" in knob.clusterers else MapSettings()
        mapper = replace(owner, **{knob.name: value}).mapper("l2")
        assert mapper.fit(cloud).graph_.n_points == 200


def test_values_that_are_no_numbers_are_refused_by_the_parts_they_configure():
    with pytest.raises(InvalidInput, match="n_intervals must be a whole number"):
        MapSettings(n_intervals="many").mapper("l2").fit(np.eye(9))
