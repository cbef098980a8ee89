"""Turning a knob answers from the index in memory, and gives the graph that a fresh computation gives."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from topoact.errors import InvalidInput
from topoact.mapper import NeighborIndex, TooLarge
from topoact.testing.settings import dbscan
from topoact.testing.studies import write_digits_study
from topoact.workbench import open_workbench
from topoact.workbench.graphs import graph_engine as module
from topoact.workbench.graphs import index_plan, index_store

SETTINGS = dbscan(n_intervals=12, overlap=0.3, eps=14.0)


@pytest.fixture
def built(monkeypatch):
    """The indexes measured since the test began; those that are restored are none of them."""
    made = []

    class Counted(NeighborIndex):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            made.append(self)

    monkeypatch.setattr(module, "NeighborIndex", Counted)
    return made


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_digits_study(tmp_path_factory.mktemp("written") / "study", 400)


@pytest.fixture
def bench(written, tmp_path):
    return open_workbench(shutil.copytree(written, tmp_path / "study"))


def nodes_of(graph):
    return [(int(graph.interval[node]), graph.members(node).tolist()) for node in range(graph.n_nodes)]


def test_one_index_serves_every_knob(bench, built):
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
    stops = bench.cache.about_graph(SETTINGS.key(bench.study.layer("rows").digest))["stops"]
    assert len(stops) > 20
    for eps in (stops[0], stops[7], stops[-1]):
        settings = replace(SETTINGS, eps=eps)
        assert nodes_of(bench.map("rows", settings)) == nodes_of(settings.mapper("l2").fit(vectors).graph_)
    for min_samples in (1, 6, 20):
        bench.map("rows", replace(SETTINGS, eps="elbow", min_samples=min_samples))
    assert len(built) == 1
    bench.map("rows", replace(SETTINGS, eps=15.0))
    assert len(built) == 2


def test_a_balanced_cover_has_an_index_that_serves_more_of_them(bench, built):
    balanced = replace(SETTINGS, cover="balanced", lens="column:ink")
    for settings in (balanced, replace(balanced, n_intervals=5, overlap=0.6), replace(balanced, n_intervals=40)):
        graph = bench.map("rows", settings)
        layer = bench.study.layer("rows")
        mapper = settings.mapper(layer.metadata("ink").to_numpy())
        assert nodes_of(graph) == nodes_of(mapper.fit(bench.vectors(layer)).graph_)
    assert len(built) == 1


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("eps", ["quantile:0.7", "elbow:interval"])
def test_other_rules_and_metrics_give_the_graph_of_the_estimator(bench, eps, metric):
    settings = replace(SETTINGS, eps=eps, metric=metric)
    found = bench.map("rows", settings)
    made = settings.mapper("l2").fit(bench.vectors(bench.study.layer("rows"))).graph_
    assert nodes_of(found) == nodes_of(made)
    np.testing.assert_array_equal(found.eps, made.eps)


@pytest.mark.parametrize("lens", ["l1", "column:ink"])
def test_another_lens_or_layer_is_another_index(bench, built, lens):
    bench.map("pixels", replace(SETTINGS, eps=25.0))
    graph = bench.map("pixels", replace(SETTINGS, eps=25.0, lens=lens))
    assert len(built) == 2
    assert built[1].lens.tolist() == graph.lens.tolist() != built[0].lens.tolist()


def test_distances_are_measured_once_for_a_layer_and_metric(bench, monkeypatch):
    measured = []
    curves = module.distance_curves
    monkeypatch.setattr(module, "distance_curves", lambda *a, **k: measured.append(k["metric"]) or curves(*a, **k))
    first = bench.map("rows", replace(SETTINGS, eps="elbow"))
    second = bench.map("rows", replace(SETTINGS, eps="elbow", n_intervals=20, min_samples=9))
    third = bench.map("rows", replace(SETTINGS, eps=first.eps, n_intervals=7))
    assert (first.eps, second.eps) == (first.curve.elbow, second.curve.elbow)
    assert (first.curve.k, second.curve.k, third.curve.k) == (5, 9, 5)
    bench.map("rows", replace(SETTINGS, eps="elbow", metric="cosine"))
    assert measured == ["euclidean", "cosine"]


def test_wider_intervals_than_fit_into_the_room_are_made_for_when_asked(bench, built, monkeypatch):
    monkeypatch.setattr(index_plan, "MAX_WIDENED_BYTES", 1)
    for settings in (SETTINGS, replace(SETTINGS, n_intervals=30), replace(SETTINGS, n_intervals=6)):
        bench.map("rows", settings)
    assert len(built) == 2
    assert built[1].max_interval > built[0].max_interval


def test_without_room_for_a_ladder_there_is_one_radius(bench, built, monkeypatch):
    monkeypatch.setattr(index_plan, "MAX_GRID_BYTES", 1)
    bench.map("rows", SETTINGS)
    assert [index.radii for index in built] == [(14.0,)]


def test_without_memory_or_disk_the_estimator_does_it(bench, monkeypatch):
    quick = bench.map("rows", SETTINGS)

    def refuse(*_arguments, **_keywords):
        raise TooLarge("too large")

    monkeypatch.setattr(module, "NeighborIndex", refuse)
    slow = bench.map("rows", replace(SETTINGS, eps=np.nextafter(14.0, 15)))
    assert nodes_of(quick) == nodes_of(slow)


class TestKept:
    """What was slow to make is there at the next start."""

    @pytest.fixture(autouse=True)
    def _everything_is_slow(self, monkeypatch):
        monkeypatch.setattr(index_store, "READ_SECONDS", 0.0)
        monkeypatch.setattr(index_store, "READ_BYTES_PER_SECOND", np.inf)

    def test_an_index_is_used_at_the_next_start(self, bench, built, monkeypatch):
        made = bench.map("rows", SETTINGS)
        bench.close()
        monkeypatch.setattr(module, "distance_curves", None)
        again = open_workbench(bench.study.path)
        graph = again.map("rows", replace(SETTINGS, n_intervals=20))
        elbow = again.map("rows", replace(SETTINGS, eps="elbow", min_samples=7))
        assert len(built) == 1
        assert graph.curve.distances.tolist() == made.curve.distances.tolist()
        vectors = again.vectors(again.study.layer("rows"))
        for settings, found in (({"n_intervals": 20}, graph), ({"eps": "elbow", "min_samples": 7}, elbow)):
            assert nodes_of(found) == nodes_of(replace(SETTINGS, **settings).mapper("l2").fit(vectors).graph_)

    def test_and_when_one_comes_back_to_a_layer(self, bench, built):
        bench.map("rows", SETTINGS)
        bench.close()
        bench.map("pixels", replace(SETTINGS, eps=25.0))
        bench.map("rows", replace(SETTINGS, n_intervals=20))
        assert len(built) == 2

    @pytest.mark.parametrize(
        "other", [{"lens": "l1"}, {"metric": "cosine", "eps": "elbow"}, {"eps": 13.7}], ids=["lens", "metric", "eps"]
    )
    def test_not_for_other_settings(self, bench, built, other):
        bench.map("rows", SETTINGS)
        bench.close()
        open_workbench(bench.study.path).map("rows", replace(SETTINGS, **other))
        assert len(built) == 2

    @pytest.mark.parametrize("name", ["words", "order", "upper", "radii", "curves", "fingerprint"])
    def test_one_that_is_damaged_is_made_again(self, bench, built, name):
        made = bench.map("rows", SETTINGS)
        bench.close()
        (file,) = bench.study.path.glob(f"indexes/*/{name}.npy")
        array = np.load(file)
        np.save(file, array[::-1].copy() if name in {"order", "curves", "fingerprint", "radii"} else array[..., :-1])
        graph = open_workbench(bench.study.path).map("rows", replace(SETTINGS, lens="l2", n_intervals=12, overlap=0.31))
        assert graph.curve.distances.tolist() == made.curve.distances.tolist()
        assert len(built) == (1 if name == "curves" else 2)

    def test_one_of_another_version_is_made_again(self, bench, built, monkeypatch):
        bench.map("rows", SETTINGS)
        bench.close()
        monkeypatch.setattr(index_store, "version", lambda _: "9")
        open_workbench(bench.study.path).map("rows", replace(SETTINGS, n_intervals=20))
        assert len(built) == 2

    def test_a_quick_one_is_not_kept(self, bench, monkeypatch):
        monkeypatch.setattr(index_store, "READ_SECONDS", 0.0)
        monkeypatch.setattr(index_store, "READ_BYTES_PER_SECOND", 1.0)
        bench.map("rows", SETTINGS)
        bench.close()
        assert not (bench.study.path / "indexes").exists()

    def test_a_study_that_cannot_be_written_to_goes_on_without(self, bench, monkeypatch):
        def full(*_arguments):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("topoact.study.cache.indexes._write", full)
        assert bench.map("rows", SETTINGS).n_nodes > 0
        bench.close()
        assert list((bench.study.path / "indexes").iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_intervals": 0}, "n_intervals must be"),
        ({"overlap": 1.0}, "overlap must be"),
        ({"eps": -1.0}, "eps must be a positive number, 'elbow'"),
        ({"min_samples": 0}, "min_samples must be"),
        ({"min_samples": 5000}, "min_samples is 5000 but n_samples="),
        ({"lens": "nope"}, "unknown lens"),
        ({"cover": "nope"}, "unknown cover 'nope': choose uniform"),
        ({"metric": "nope"}, "metric must be 'euclidean' or 'cosine'"),
        ({"metric": "cosine"}, r"eps must be in \(0, 2\]"),
    ],
)
@pytest.mark.parametrize("warm", [False, True])
def test_bad_settings_are_refused_before_and_after_an_index_is_there(bench, settings, words, warm):
    if warm:
        bench.map("rows", SETTINGS)
    with pytest.raises(InvalidInput, match=words):
        bench.map("rows", replace(SETTINGS, **settings))
