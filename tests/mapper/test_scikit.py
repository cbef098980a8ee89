"""Clusterers of scikit-learn: the nodes that KeplerMapper makes with them, seeds, failures and memory."""

from collections import Counter

import kmapper
import numpy as np
import pytest
from joblib import parallel_config
from sklearn import cluster, mixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from topoact import DBSCAN, HDBSCAN, Mapper
from topoact.errors import Cancelled, InvalidInput
from topoact.mapper import LargeInterval, TooLarge

RNG = np.random.default_rng(0)
CLOUD = np.concatenate([RNG.normal(size=(80, 4)) + shift for shift in (0, 4, 9)])


def members_of(graph):
    return [graph.members(node).tolist() for node in range(graph.n_nodes)]


def graph_of(clusterer, **options):
    return Mapper(**{"n_intervals": 6, "overlap": 0.3, "clusterer": clusterer, **options}).fit(CLOUD).graph_


CLUSTERERS = [
    pytest.param(cluster.KMeans(4, n_init=2, random_state=3), id="k-means"),
    pytest.param(cluster.AgglomerativeClustering(3), id="agglomerative"),
    pytest.param(cluster.AgglomerativeClustering(None, distance_threshold=3.0), id="agglomerative-by-distance"),
    pytest.param(cluster.HDBSCAN(min_cluster_size=4, min_samples=2, copy=True), id="hdbscan"),
    pytest.param(cluster.OPTICS(min_samples=6), id="optics"),
    pytest.param(cluster.MeanShift(bandwidth=3.0), id="mean-shift"),
    pytest.param(cluster.DBSCAN(eps=1.5, min_samples=4), id="dbscan"),
    pytest.param(make_pipeline(StandardScaler(), cluster.KMeans(3, n_init=2, random_state=0)), id="pipeline"),
]


@pytest.mark.parametrize("clusterer", CLUSTERERS)
@pytest.mark.parametrize("lens", ["l2", ["l2", "pca:0"]], ids=["one-lens", "two"])
def test_keplermapper(clusterer, lens):
    graph = graph_of(clusterer, lens=lens)
    other = kmapper.KeplerMapper(verbose=0).map(
        graph.lens.reshape(len(CLOUD), -1),
        CLOUD,
        cover=kmapper.Cover(n_cubes=6, perc_overlap=0.3),
        clusterer=clusterer,
    )
    expected = Counter(frozenset(map(int, rows)) for rows in other["nodes"].values())
    assert graph.n_nodes > 3
    assert Counter(frozenset(members) for members in members_of(graph)) == expected


def test_hdbscan_is_that_of_scikit_learn():
    for options in ({}, {"min_cluster_size": 9, "min_samples": 3}, {"allow_single_cluster": True}):
        theirs = graph_of(cluster.HDBSCAN(**options, copy=True))
        assert members_of(graph_of(HDBSCAN(**options))) == members_of(theirs)


def test_dbscan_of_scikit_learn_is_ours():
    ours, theirs = graph_of(DBSCAN(eps=1.5, min_samples=4)), graph_of(cluster.DBSCAN(eps=1.5, min_samples=4))
    assert members_of(ours) == members_of(theirs)
    assert theirs.eps == 1.5
    by_angle = graph_of(cluster.DBSCAN(eps=0.1, min_samples=4, metric="cosine"))
    assert members_of(by_angle) == members_of(graph_of(DBSCAN(eps=0.1, min_samples=4, metric="cosine")))
    assert by_angle.eps == 0.1
    assert graph_of(cluster.DBSCAN(eps=1.5, min_samples=4, metric="manhattan")).eps is None


@pytest.mark.parametrize("clusterer", [cluster.KMeans(3, n_init=1), HDBSCAN(), cluster.MiniBatchKMeans(3, n_init=1)])
def test_the_same_for_any_number_of_jobs(clusterer):
    with parallel_config(n_jobs=2):
        graphs = [graph_of(clusterer)]
    graphs += [graph_of(clusterer, n_jobs=n_jobs) for n_jobs in (None, 2, 3)]
    for graph in graphs[1:]:
        assert members_of(graph) == members_of(graphs[0])
        assert graph.means.tolist() == graphs[0].means.tolist()


def test_the_seed_is_that_of_the_mapper_where_the_clusterer_has_none():
    first, again, other = (members_of(graph_of(cluster.KMeans(8, n_init=1), random_state=seed)) for seed in (0, 0, 1))
    assert first == again != other
    fixed = [members_of(graph_of(cluster.KMeans(8, n_init=1, random_state=5), random_state=seed)) for seed in (0, 1)]
    assert fixed[0] == fixed[1] != first
    steps = make_pipeline(StandardScaler(), cluster.KMeans(8, n_init=1))
    assert members_of(graph_of(steps)) == members_of(graph_of(steps))


def test_the_clusterer_itself_is_left_alone():
    clusterer = cluster.KMeans(3, n_init=1)
    graph_of(clusterer)
    assert clusterer.random_state is None
    assert not hasattr(clusterer, "labels_")


def test_intervals_with_too_few_points_are_noise():
    lens = np.r_[np.zeros(230), np.full(10, 9.0)]
    graph = graph_of(mixture.GaussianMixture(12), lens=lens)
    assert graph.uncovered.tolist() == list(range(230, 240))
    assert graph.n_nodes == 12


def test_labels_may_be_any_numbers():
    class Odd:
        def fit_predict(self, X):
            return np.where(np.arange(len(X)) % 3 == 0, -2, 5 * (np.arange(len(X)) % 2))

    graph = graph_of(Odd(), n_intervals=1)
    assert members_of(graph) == [[row for row in range(240) if row % 3 and row % 2 == odd] for odd in (0, 1)]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_work_can_be_stopped(n_jobs):
    heard = []

    def progress(*told):
        heard.append(told)
        if told[0] == "clustering" and told[1] > 0:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        Mapper(n_intervals=30, clusterer=cluster.KMeans(2, n_init=1), n_jobs=n_jobs).fit(CLOUD, progress=progress)
    assert len([told for told in heard if told[0] == "clustering"]) == 2


class TestMemory:
    def test_a_large_interval_is_warned_of_once(self, monkeypatch):
        monkeypatch.setattr("topoact.mapper.clusterers.scikit.available_memory", lambda: 100_000)
        with pytest.warns(
            LargeInterval, match=r"OPTICX may take .* GiB for an interval of \d+ points, 8 bytes a"
        ) as caught:
            graph_of(type("OPTICX", (cluster.OPTICS,), {})(min_samples=5))
        assert len(caught) == 1

    def test_what_cannot_be_is_refused(self, monkeypatch):
        monkeypatch.setattr("topoact.mapper.clusterers.scikit.available_memory", lambda: 10_000)
        with pytest.raises(TooLarge, match=r"AgglomerativeClustering takes .* are free: use more intervals"):
            graph_of(cluster.AgglomerativeClustering(2))

    def test_clusterers_without_pairs_are_not_suspected(self, monkeypatch):
        monkeypatch.setattr("topoact.mapper.clusterers.scikit.available_memory", lambda: 10_000)
        assert graph_of(make_pipeline(StandardScaler(), cluster.KMeans(2, n_init=1))).n_nodes > 2


@pytest.mark.parametrize(
    ("clusterer", "words"),
    [
        pytest.param(
            "dbscan", "clusterer must have fit_predict, as those of scikit-learn have: got 'dbscan'", id="name"
        ),
        pytest.param(cluster.KMeans, "clusterer must be an object, not a class: give KMeans()", id="class"),
        pytest.param(HDBSCAN(1), "min_cluster_size must be a whole number, at least 2: got 1", id="size"),
        pytest.param(HDBSCAN(5, 0), "min_samples must be a whole number, at least 1, or None: got 0", id="samples"),
        pytest.param(cluster.KMeans(2, n_init=0), "KMeans fails on an interval of", id="failure"),
        pytest.param(cluster.DBSCAN(eps=-1.0), "got -1.0", id="dbscan"),
    ],
)
def test_refused(clusterer, words):
    with pytest.raises(InvalidInput) as caught:
        graph_of(clusterer)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_labels_of_the_wrong_kind():
    class Wrong:
        def fit_predict(self, X):
            return np.zeros((len(X), 2))

    with pytest.raises(InvalidInput, match=r"Wrong must give one whole number per point: got float64 of shape"):
        graph_of(Wrong())
