"""Graphs of modes come from the index at hand, and are those of a fresh computation."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from topoact.errors import UnknownName
from topoact.importers.run import import_files
from topoact.mapper import ModeIndex, TooLarge
from topoact.testing.studies import write_digits_study
from topoact.workbench import MapSettings, open_workbench
from topoact.workbench.graphs import index_store
from topoact.workbench.graphs import mode_engine as module
from topoact.workbench.shape import measure_stability, shape_of

SETTINGS = MapSettings(n_intervals=6, k=8)


@pytest.fixture
def built(monkeypatch):
    """The indexes measured since the test began; those that are restored are none of them."""
    made = []

    class Counted(ModeIndex):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            made.append(self)

    monkeypatch.setattr(module, "ModeIndex", Counted)
    return made


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_digits_study(tmp_path_factory.mktemp("written") / "study", 400)


@pytest.fixture
def bench(written, tmp_path):
    return open_workbench(shutil.copytree(written, tmp_path / "study"))


def same(graph, other):
    tables = [(one.nodes, one.edges, one.means, one.memberships.indices) for one in (graph, other)]
    assert tables[0][0].equals(tables[1][0])
    assert tables[0][1].equals(tables[1][1])
    assert np.array_equal(tables[0][2], tables[1][2])
    assert np.array_equal(tables[0][3], tables[1][3])


def test_one_index_serves_every_knob(bench, built):
    for settings in (
        SETTINGS,
        replace(SETTINGS, prominence=1.0),
        replace(SETTINGS, overlap=0.4),
        replace(SETTINGS, n_intervals=9, prominence=0.0),
        replace(SETTINGS, k=5),
    ):
        graph = bench.map("rows", settings)
        vectors = bench.vectors(bench.study.layer("rows"))
        same(graph, settings.mapper("l2").fit(vectors).graph_)
    assert len(built) == 1


@pytest.mark.parametrize(
    "other",
    [{"lens": "l1"}, {"metric": "cosine"}, {"k": 9}, {"n_intervals": 2}, {"cover": "uniform", "n_intervals": 2}],
    ids=["lens", "metric", "larger k", "wider", "cover"],
)
def test_what_it_does_not_serve_is_measured(bench, built, other):
    bench.map("rows", SETTINGS)
    graph = bench.map("rows", replace(SETTINGS, **other))
    vectors = bench.vectors(bench.study.layer("rows"))
    settings = replace(SETTINGS, **other)
    same(graph, settings.mapper(settings.lens).fit(vectors).graph_)
    assert len(built) == 2


def test_what_does_not_fit_into_memory_is_computed_without_an_index(bench, monkeypatch):
    def refuse(*_arguments, **_keywords):
        raise TooLarge("too large")

    quick = bench.map("rows", SETTINGS)
    monkeypatch.setattr(module, "ModeIndex", refuse)
    again = open_workbench(bench.study.path)
    slow = again.map("rows", replace(SETTINGS, k=7)), again.map("pixels", SETTINGS)
    assert [graph.coverage for graph in (quick, *slow)] == [1, 1, 1]


@pytest.mark.parametrize("cover", ["balanced", "uniform"])
def test_what_was_slow_to_make_is_there_at_the_next_start(bench, built, monkeypatch, cover):
    monkeypatch.setattr(index_store, "READ_SECONDS", 0.0)
    monkeypatch.setattr(index_store, "READ_BYTES_PER_SECOND", np.inf)
    settings = replace(SETTINGS, cover=cover)
    bench.map("rows", settings)
    bench.close()
    again = open_workbench(bench.study.path)
    graph = again.map("rows", replace(settings, n_intervals=7))
    assert len(built) == 1
    same(graph, replace(settings, n_intervals=7).mapper("l2").fit(again.vectors(again.study.layer("rows"))).graph_)
    (folder,) = (bench.study.path / "indexes").iterdir()
    (folder / "places.npy").write_bytes(b"")
    open_workbench(bench.study.path).map("rows", replace(settings, n_intervals=8))
    assert len(built) == 2


def test_a_graph_is_the_same_when_it_is_read_again(bench):
    made = bench.map("rows", SETTINGS)
    read = open_workbench(bench.study.path).map("rows", SETTINGS)
    same(made, read)
    assert read.within(1.0).tolist() == made.within(1.0).tolist()
    assert read.prominence.tolist() == made.prominence.tolist()


class TestAboveTheNoise:
    """A cut above the noise hides structure, and does not say that there is none."""

    @pytest.fixture
    def clouds(self, tmp_path):
        rng = np.random.default_rng(0)
        cloud = np.concatenate([rng.normal(centre, size=(600, 3)) for centre in ([0, 0, 0], [0, 4.5, 0])])
        np.save(tmp_path / "vectors.npy", cloud.astype(np.float32))
        return open_workbench(import_files([tmp_path / "vectors.npy"], tmp_path / "study").path)

    def test_its_shape_is_that_of_the_skeleton(self, clouds):
        cut = replace(MapSettings(lens="pca:1"), n_intervals=3, prominence=50.0)
        clouds.draw("vectors", cut)
        graph, skeleton = clouds.map("vectors", cut), clouds.map("vectors", replace(cut, prominence=1.0))
        assert graph.n_nodes == 3 < skeleton.n_nodes
        key = clouds.study.layer("vectors").digest
        found, of_skeleton = (shape_of(clouds, replace(cut, prominence=p).key(key)) for p in (50.0, 1.0))
        assert found.verdict == of_skeleton.verdict
        assert len(found.features) == len(of_skeleton.features)
        assert {node for feature in found.features for node in feature.nodes} <= {0, 1, 2}

    def test_nor_that_it_is_unstable(self, clouds):
        cut = replace(MapSettings(lens="pca:1"), n_intervals=3, prominence=50.0)
        assert (
            measure_stability(clouds, "vectors", cut).split
            == measure_stability(clouds, "vectors", replace(cut, prominence=1.0)).split
            > 0
        )

    def test_there_is_no_shape_of_an_unknown_graph(self, clouds):
        with pytest.raises(UnknownName, match="there is no graph 0000000000000000: ask for it anew"):
            shape_of(clouds, "0" * 16)
