"""Mapper graphs over several lenses: the same as a literal mapper's and as KeplerMapper's, exactly."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from test_parity_kepler import assert_same

from topoact import DBSCAN, Mapper, ProductCover, QuantileCover, UniformCover
from topoact.analysis.drawing.layout import layout
from topoact.errors import Cancelled, InvalidInput
from topoact.mapper import distance_curve, lens_values
from topoact.testing import oracle
from topoact.testing.strategies import STEADY, clouds, lenses, parameters

CLOUD = np.random.default_rng(0).normal(size=(200, 3))


@STEADY
@given(st.data(), clouds(), parameters(), st.integers(2, 3))
def test_a_literal_mapper(data, cloud, chosen, n_lenses):
    chosen = chosen._replace(min_samples=min(chosen.min_samples, len(cloud)), n_intervals=min(chosen.n_intervals, 4))
    lens = np.stack([data.draw(lenses(len(cloud))) for _ in range(n_lenses)], axis=1)
    assume(all(oracle.clear_of_ends(column, chosen.n_intervals, chosen.overlap) for column in lens.T))
    clusterer = DBSCAN(eps=chosen.eps, min_samples=chosen.min_samples)
    mapper = Mapper(lens=lens, n_intervals=chosen.n_intervals, overlap=chosen.overlap, clusterer=clusterer)
    graph = mapper.fit(cloud).graph_
    expected = oracle.mapper(cloud, lens, **chosen._asdict())
    nodes = [(int(graph.interval[node]), frozenset(graph.members(node).tolist())) for node in range(graph.n_nodes)]
    assert nodes == expected.nodes
    pairs = zip(graph.links.source.tolist(), graph.links.target.tolist(), strict=True)
    weights = zip(graph.links.shared.tolist(), graph.links.jaccard.tolist(), strict=True)
    assert dict(zip(pairs, weights, strict=True)) == expected.edges


@pytest.mark.parametrize(("n_intervals", "overlap"), [(6, 0.3), ((4, 9), (0.2, 0.5)), ((1, 8), 0.3)])
def test_keplermapper(cloud, n_intervals, overlap):
    lens = lens_values(["l2", "pca:0"], cloud)
    distances = distance_curve(cloud, 4, seed=0).distances
    # Between two distances that occur, lest the rounding of scikit-learn's brute-force search decide.
    eps = float(np.quantile(distances[distances > 0], 0.7)) * (1 + 1e-9)
    clusterer = DBSCAN(eps=eps, min_samples=4)
    graph = Mapper(lens=lens, n_intervals=n_intervals, overlap=overlap, clusterer=clusterer).fit(cloud).graph_
    assert graph.n_nodes > 5
    assert_same(graph, cloud, lens, n_intervals, overlap, eps, 4)


def test_ways_to_say_the_same():
    def graph(lens, **options):
        return Mapper(lens=lens, clusterer=DBSCAN(eps=1.0), **options).fit(CLOUD).graph_

    first = graph(["l1", CLOUD[:, 2]], n_intervals=4, overlap=0.4)
    assert first.lens.shape == (200, 2)
    assert first.intervals.lower.shape == (16, 2)
    for same in (
        graph(np.c_[np.abs(CLOUD).sum(axis=1), CLOUD[:, 2]], n_intervals=(4, 4), overlap=(0.4, 0.4)),
        graph(("l1", lambda vectors: vectors[:, 2]), cover=ProductCover(*[UniformCover(4, 0.4)] * 2)),
    ):
        assert same.memberships.indices.tolist() == first.memberships.indices.tolist()
        assert same.interval.tolist() == first.interval.tolist()


def test_one_column_is_one_lens():
    graph = Mapper(lens=CLOUD[:, :1], clusterer=DBSCAN(eps=1.0)).fit(CLOUD).graph_
    assert graph.lens.shape == (200,)
    assert "lens_mean" in graph.nodes


def test_nodes_tell_of_every_lens():
    cover = ProductCover(UniformCover(3, 0.3), QuantileCover(4, 0.2))
    graph = Mapper(lens=CLOUD[:, :2], cover=cover, clusterer=DBSCAN(eps=1.0)).fit(CLOUD).graph_
    assert graph.nodes.columns.tolist() == [
        *("node", "interval", "size"),
        *("lens_min_0", "lens_mean_0", "lens_max_0", "lens_min_1", "lens_mean_1", "lens_max_1"),
        "medoid",
    ]
    for node in range(graph.n_nodes):
        own, row = CLOUD[graph.members(node), :2], graph.nodes.iloc[node]
        assert row[["lens_min_0", "lens_min_1"]].tolist() == own.min(axis=0).tolist()
        assert row[["lens_max_0", "lens_max_1"]].tolist() == own.max(axis=0).tolist()
        np.testing.assert_allclose(row[["lens_mean_0", "lens_mean_1"]].tolist(), own.mean(axis=0))
        low, high = (ends[graph.interval[node]] for ends in graph.intervals)
        assert ((low <= own) & (own <= high)).all()
    assert graph.to_networkx().nodes[0]["lens_mean_1"] == graph.nodes["lens_mean_1"][0]


def test_a_drawing_follows_the_first_lens():
    graph = Mapper(lens=CLOUD[:, :2], n_intervals=4, clusterer=DBSCAN(eps=1.5)).fit(CLOUD).graph_
    positions = layout(graph).positions
    assert np.corrcoef(positions[:, 0], graph.nodes["lens_mean_0"])[0, 1] > 0.5


def test_no_nodes():
    graph = Mapper(lens=CLOUD[:, :2], n_intervals=3, clusterer=DBSCAN(eps=1e-9)).fit(CLOUD).graph_
    assert len(graph.nodes) == graph.n_nodes == 0


def test_most_boxes_may_be_empty():
    mapper = Mapper(lens=CLOUD[:, :2], n_intervals=100, overlap=0.1, clusterer=DBSCAN(eps=0.1, min_samples=1))
    graph = mapper.fit(CLOUD).graph_
    assert len(graph.intervals.lower) == 10_000
    assert graph.coverage == 1
    assert 200 <= graph.n_nodes <= 800


def test_work_on_boxes_can_be_stopped():
    def progress(stage, done, _total):
        if (stage, done > 0) == ("clustering", True):
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        Mapper(lens=CLOUD[:, :2], n_intervals=5, clusterer=DBSCAN(eps=1.0)).fit(CLOUD, progress=progress)


def test_refused():
    for options, words in [
        (
            {"lens": CLOUD[:, :2], "cover": UniformCover(3)},
            "for one lens but there are 2: give ProductCover one for each",
        ),
        ({"cover": ProductCover(UniformCover(3), UniformCover(3))}, "a product of 2 and needs as many lenses: got 1"),
        ({"lens": CLOUD[:, :2], "n_intervals": (3, 4, 5)}, "n_intervals holds 3 numbers for 2 lens"),
        ({"lens": CLOUD[:, :2], "overlap": (0.3, 1.0)}, r"overlap must be in \[0, 1\): got 1.0"),
        ({"n_intervals": (0,)}, "n_intervals must be a whole number, at least 1: got 0"),
    ]:
        with pytest.raises(InvalidInput, match=words):
            Mapper(clusterer=DBSCAN(eps=1.0), **options).fit(CLOUD)
