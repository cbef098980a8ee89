"""`Mapper` is an estimator as scikit-learn understands it, and its documentation runs."""

import doctest
import importlib
import pkgutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from topoact import DBSCAN, BallMapper, Mapper, Modes, SingleLinkage, analysis, mapper

CLOUD = np.random.default_rng(0).normal(size=(60, 4))


@parametrize_with_checks(
    [Mapper(), Mapper(clusterer=SingleLinkage()), Mapper(clusterer=Modes()), BallMapper(radius=1.0)]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_parameters_are_kept_as_given():
    clusterer = DBSCAN(eps=2.0, min_samples=3)
    chosen = Mapper(lens="l1", n_intervals=7, overlap=0.4, clusterer=clusterer, random_state=5)
    assert chosen.get_params() == {
        "lens": "l1",
        "n_intervals": 7,
        "overlap": 0.4,
        "clusterer": clusterer,
        **{f"clusterer__{name}": value for name, value in clusterer.get_params().items()},
        "random_state": 5,
        "cover": None,
        "n_jobs": None,
        "merge_subsets": False,
    }


def test_clone_is_unfitted_and_gives_the_same_graph():
    fitted = Mapper(lens=CLOUD[:, 0], clusterer=DBSCAN(eps=1.0)).fit(CLOUD)
    copy = clone(fitted)
    assert not hasattr(copy, "graph_")
    assert copy.clusterer is not fitted.clusterer
    assert copy.fit(CLOUD).graph_.memberships.indices.tolist() == fitted.graph_.memberships.indices.tolist()


def test_set_params_reaches_the_clusterer():
    chosen = Mapper(clusterer=DBSCAN()).set_params(n_intervals=3, clusterer__eps=0.7)
    assert (chosen.n_intervals, chosen.clusterer.eps) == (3, 0.7)
    with pytest.raises(ValueError, match="Invalid parameter 'intervals'"):
        chosen.set_params(intervals=3)


def test_last_step_of_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), Mapper(n_intervals=4, clusterer=DBSCAN(eps=1.5)))
    graph = pipeline.fit(CLOUD * [1, 10, 100, 1000]).named_steps["mapper"].graph_
    expected = Mapper(n_intervals=4, clusterer=DBSCAN(eps=1.5)).fit(StandardScaler().fit_transform(CLOUD)).graph_
    assert graph.n_nodes == expected.n_nodes > 0


def test_a_ball_mapper_ends_a_pipeline_as_well():
    pipeline = make_pipeline(StandardScaler(), BallMapper(radius=1.5, lens="pca:0"))
    graph = clone(pipeline).fit(CLOUD * [1, 10, 100, 1000]).named_steps["ballmapper"].graph_
    expected = BallMapper(radius=1.5, lens="pca:0").fit(StandardScaler().fit_transform(CLOUD)).graph_
    assert graph.memberships.indices.tolist() == expected.memberships.indices.tolist()
    assert BallMapper(2.0).set_params(metric="cosine").get_params() == {"radius": 2.0, "lens": "l2", "metric": "cosine"}


def test_names_of_channels_are_kept():
    frame = pd.DataFrame(CLOUD, columns=list("abcd"))
    assert Mapper().fit(frame).feature_names_in_.tolist() == ["a", "b", "c", "d"]


def test_input_is_left_alone():
    cloud, lens = CLOUD.copy(), CLOUD[:, 0].copy()
    cloud.flags.writeable = lens.flags.writeable = False
    assert Mapper(lens=lens).fit(cloud).graph_.n_points == 60


def test_the_seed_reaches_the_sample():
    cloud = np.random.default_rng(0).normal(size=(2200, 2))
    curves = [Mapper(random_state=seed).fit(cloud).graph_.curve.distances.tolist() for seed in (0, 0, 1)]
    assert curves[0] == curves[1] != curves[2]


def test_any_clusterer_with_bind_will_do():
    halves = SimpleNamespace(
        bind=lambda vectors, *, seed: SimpleNamespace(labels=lambda rows: np.arange(len(rows)) % 2)
    )
    graph = Mapper(n_intervals=1, clusterer=halves).fit(CLOUD).graph_
    assert [graph.members(node).tolist() for node in (0, 1)] == [list(range(0, 60, 2)), list(range(1, 60, 2))]
    assert (graph.eps, graph.curve) == (None, None)


def test_examples_in_the_documentation_run():
    packages = [mapper, analysis]
    names = [
        info.name for package in packages for info in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    ]
    results = [doctest.testmod(importlib.import_module(name)) for name in names]
    assert sum(result.failed for result in results) == 0
    assert sum(result.attempted for result in results) > 0
