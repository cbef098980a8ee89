"""Stability under resampling against a slow oracle, on what is planted, and on noise."""

import numpy as np
import pytest
from graphs import graph_of
from sklearn.metrics import adjusted_rand_score

from topoact import DBSCAN, Mapper, Modes, ProductCover, QuantileCover, UniformCover
from topoact.analysis.shape.stability import CHANCE_RAND, same_way, stability
from topoact.errors import Cancelled, InvalidInput


def groups(apart=12.0, n_points=600):
    """Three groups side by side along the first axis; the lens is the second."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, n_points)
    return rng.normal(size=(n_points, 2)) + np.stack([apart * codes, np.zeros(n_points)], axis=1)


def built(cloud, clusterer, cover=None):
    mapper = Mapper(lens=cloud[:, 1], cover=cover or QuantileCover(5, 0.3), clusterer=clusterer)
    return mapper.fit(cloud).graph_


def measured(cloud, clusterer, cover=None, **options):
    graph = built(cloud, clusterer, cover)
    return graph, stability(graph, same_way(graph, cloud, clusterer), **options)


def sets_of(graph, rows):
    """The nodes of a graph as sets of the points that they are made of, with their intervals."""
    return [(int(graph.interval[node]), set(rows[graph.members(node)].tolist())) for node in range(graph.n_nodes)]


def rand_by_the_book(graph, other, rows):
    """Adjusted Rand indices of labels by scikit-learn, interval by interval, and the mean over their points."""
    mine, theirs = sets_of(graph, np.arange(graph.n_points)), sets_of(other, rows)
    indices, weights = [], []
    for interval, (low, high) in enumerate(zip(*graph.intervals, strict=True)):
        inside = rows[(graph.lens[rows] >= low) & (graph.lens[rows] <= high)].tolist()
        labels = [
            [
                next((i for i, (where, some) in enumerate(nodes) if where == interval and point in some), -1)
                for point in inside
            ]
            for nodes in (mine, theirs)
        ]
        if max(len(set(one)) for one in labels) > 1:
            indices.append(adjusted_rand_score(*labels))
            weights.append(len(inside))
    return np.average(indices, weights=weights) if weights else np.nan


def by_the_book(graph, rebuild, resamples, seed):
    rng, everything = np.random.default_rng(seed), np.arange(graph.n_points)
    nodes, edges, jaccards, rands = [], [], [], []
    for _ in range(resamples):
        rows = np.sort(rng.choice(graph.n_points, round(0.8 * graph.n_points), replace=False))
        drawn = set(rows.tolist())
        other = rebuild(rows, progress=lambda *_: None)
        theirs = sets_of(other, rows)
        best = []
        for interval, members in sets_of(graph, everything):
            some = members & drawn
            likes = [
                (len(some & one) / len(some | one), -i) for i, (where, one) in enumerate(theirs) if where == interval
            ]
            best.append(max(likes, default=(0.0, 1)))
        links = {frozenset(pair) for pair in other.edges[["source", "target"]].to_numpy().tolist()}
        back = [like >= 0.5 for like, _ in best]
        ends = graph.edges[["source", "target"]].to_numpy().tolist()
        edges.append([back[a] and back[b] and frozenset((-best[a][1], -best[b][1])) in links for a, b in ends])
        nodes.append(back)
        jaccards.append([like for like, _ in best])
        rands.append(rand_by_the_book(graph, other, rows))
    return (*(np.mean(one, axis=0) for one in (nodes, edges, jaccards)), rands)


@pytest.mark.parametrize(
    "clusterer",
    [DBSCAN(eps=0.35), DBSCAN(), Modes(k=5, prominence=0.1), Modes(k=10)],
    ids=["noisy", "elbow", "detail", "skeleton"],
)
@pytest.mark.parametrize("apart", [0.0, 2.0, 12.0])
def test_stability_by_the_book(clusterer, apart):
    cloud = groups(apart, 300)
    graph, found = measured(cloud, clusterer, resamples=4, seed=3)
    nodes, edges, jaccards, rands = by_the_book(graph, same_way(graph, cloud, clusterer), 4, 3)
    assert found.nodes == pytest.approx(nodes)
    assert found.edges == pytest.approx(edges)
    assert found.jaccard == pytest.approx(jaccards)
    assert found.rands == pytest.approx(rands, nan_ok=True)


def test_boxes_of_two_lenses():
    cloud, clusterer = groups(12.0, 400), Modes(k=5, prominence=0.2)
    cover = ProductCover(UniformCover(3, 0.3), QuantileCover(3, 0.3))
    graph = Mapper(lens=cloud, cover=cover, clusterer=clusterer).fit(cloud).graph_
    rebuild = same_way(graph, cloud, clusterer)
    assert stability(graph, rebuild, resamples=2).nodes == pytest.approx(_nodes_of_boxes(graph, rebuild))


def _nodes_of_boxes(graph, rebuild):
    rng, returned = np.random.default_rng(0), []
    for _ in range(2):
        rows = np.sort(rng.choice(graph.n_points, round(0.8 * graph.n_points), replace=False))
        theirs = sets_of(rebuild(rows, progress=lambda *_: None), rows)
        mine = [(where, some & set(rows.tolist())) for where, some in sets_of(graph, np.arange(graph.n_points))]
        returned.append([any(a == b and len(x & y) >= 0.5 * len(x | y) for b, y in theirs) for a, x in mine])
    return np.mean(returned, axis=0)


def test_planted_groups_return():
    _, found = measured(groups(), Modes(k=15))
    assert found.nodes.min() == found.edges.min() == 1
    assert found.rand == 1
    assert found.spread == 0
    assert found.split == 1
    assert found.verdict == "clear"


@pytest.mark.parametrize("n_channels", [1, 2, 3])
def test_noise_has_no_structure_however_much_of_it_returns(n_channels):
    cloud = np.random.default_rng(0).normal(size=(3000, n_channels))
    clusterer = Modes(k=15, prominence=0.05)
    graph = Mapper(lens=cloud[:, 0], cover=QuantileCover(10, 0.3), clusterer=clusterer).fit(cloud).graph_
    found = stability(graph, same_way(graph, cloud, clusterer), resamples=3)
    assert graph.n_nodes > 10
    assert found.verdict == "none"
    assert found.sentence.startswith("No cluster structure")


def test_noise_does_not_return_in_eight_dimensions():
    _, found = measured(np.random.default_rng(0).normal(size=(3000, 8)), Modes(k=5, prominence=0.15), resamples=3)
    assert found.split == 0
    assert found.rand < CHANCE_RAND
    assert found.nodes.mean() < 0.5


def test_a_path_has_no_index():
    _, found = measured(np.random.default_rng(0).normal(size=(600, 3)), Modes(k=15, prominence=1.5), resamples=3)
    assert found.split == 0
    assert found.nodes.min() == found.edges.min() == 1
    assert np.isnan(found.rand)
    assert found.verdict == "none"


def test_groups_in_few_intervals_are_weak():
    cloud = np.r_[np.random.default_rng(0).normal(size=(2000, 2)), groups(n_points=300) + np.array([0.0, 20.0])]
    _, found = measured(cloud, Modes(k=15), resamples=3)
    assert 0 < found.split < 0.5
    assert found.verdict == "weak"
    assert f"{found.split:.0%} of the points" in found.sentence
    assert f"index of {found.rand:.2f}" in found.sentence


def test_the_same_seed_gives_the_same_numbers():
    cloud = groups(2.0)
    first, again, other = (measured(cloud, Modes(k=5, prominence=0.1), resamples=3, seed=seed)[1] for seed in (1, 1, 2))
    for name in ("nodes", "edges", "jaccard", "rands"):
        assert np.array_equal(getattr(first, name), getattr(again, name), equal_nan=True)
    assert not np.array_equal(first.rands, other.rands)


def test_the_graph_is_built_the_same_way_from_all_points():
    cloud = groups(2.0)
    graph, _ = measured(cloud, Modes(k=5), resamples=1)
    again = same_way(graph, cloud, Modes(k=5))(np.arange(len(cloud)), progress=lambda *_: None)
    assert again.nodes.equals(graph.nodes)
    assert again.edges.equals(graph.edges)


def test_progress_is_told_and_can_stop_it():
    told, cloud = [], groups()
    measured(cloud, Modes(k=5), resamples=3, progress=lambda *one: told.append(one))
    assert sorted(set(told)) == [("resampling", number, 3) for number in range(3)]

    def stop(_stage, done, _total):
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        measured(cloud, Modes(k=5), resamples=3, progress=stop)


def test_no_node_at_all():
    graph, found = measured(groups(), DBSCAN(eps=1e-6), resamples=2)
    assert graph.n_nodes == len(found.nodes) == len(found.edges) == 0
    assert np.isnan(found.rand)
    assert found.verdict == "none"


def test_points_that_are_few():
    cloud = np.array([[0.0, 0], [1, 1], [5, 2]])
    _, found = measured(cloud, Modes(k=2), UniformCover(2, 0.5), resamples=3)
    assert len(found.nodes) == 2
    assert found.verdict == "none"


def test_bad_input():
    cloud = groups()
    graph = built(cloud, Modes(k=5))
    with pytest.raises(InvalidInput, match="resamples must be a whole number, at least 1: got 0"):
        stability(graph, same_way(graph, cloud, Modes(k=5)), resamples=0)
    with pytest.raises(
        InvalidInput, match="480 points must be built over the 5 intervals of the graph: got 600 points"
    ):
        stability(graph, lambda *_, **__: graph)
    other = graph_of([[0], [1]], n_points=480)
    with pytest.raises(InvalidInput, match="over 3 intervals"):
        stability(graph, lambda *_, **__: other)
