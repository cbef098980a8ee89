"""Where vectors land that are no points: by a slow and literal account, and for points themselves."""

import numpy as np
import pytest
from graphs import graph_of
from hypothesis import given
from hypothesis import strategies as st

from topoact import DBSCAN, Mapper, Modes
from topoact.analysis.location.locate import Locator
from topoact.analysis.location.novelty import Novelty
from topoact.errors import InvalidInput
from topoact.mapper import IntervalCover, Intervals, ProductCover, QuantileCover, UniformCover, lens_of_one, lens_values
from topoact.testing.strategies import STEADY, clouds, lenses

METRICS = ["euclidean", "cosine"]


def distance(x, y, metric="euclidean"):
    if metric == "euclidean":
        return float(np.sqrt(((x - y) ** 2).sum()))
    if not x.any() or not y.any():
        return 1.0
    return float(np.clip(1 - (x / np.linalg.norm(x)) @ (y / np.linalg.norm(y)), 0, 2))


def literal(points, graph, new, lens, may_land, metric="euclidean"):
    """The nodes of a vector that is no point; `may_land` tells of (interval, distance) whether it is near enough."""
    found = set()
    for number, (low, high) in enumerate(zip(*graph.intervals, strict=True)):
        if not low <= lens <= high:
            continue
        near = {
            int(node): min(distance(points[row], new, metric) for row in graph.members(node))
            for node in np.flatnonzero(graph.interval == number)
        }
        if graph.eps is None and near:
            best = min(near, key=lambda node: (near[node], node))
            found |= {best} if may_land else set()
        elif near:
            found |= {node for node, apart in near.items() if apart <= graph.eps}
    return found


def nodes_of(located, query):
    start, stop = located.matches.indptr[query : query + 2]
    return located.matches.node[start:stop].tolist()


def two_clouds(seed=0, n_points=600, n_channels=8):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n_points, n_channels)).astype(np.float32)
    points[: n_points // 2, 0] += 12
    points[n_points // 2 :, 1] += 12
    return points


@STEADY
@given(clouds(), st.data(), st.sampled_from([0.5, 1.0, 2.0]), st.integers(1, 3))
def test_within_radius_of_a_member(cloud, data, eps, min_samples):
    lens = data.draw(lenses(len(cloud)))
    clusterer = DBSCAN(eps=eps, min_samples=min(min_samples, len(cloud)))
    graph = Mapper(lens=lens, cover=UniformCover(4, 0.5), clusterer=clusterer).fit(cloud).graph_
    new = cloud[:5].astype(np.float64) + 0.25
    values = data.draw(lenses(len(cloud)))[: len(new)]
    located = Locator(cloud, graph).locate(new, values)
    for query, value in enumerate(values):
        if located.in_range[query] and graph.lens.min() <= value <= graph.lens.max():
            assert set(nodes_of(located, query)) == literal(cloud.astype(np.float64), graph, new[query], value, True)


@STEADY
@given(clouds(), st.data(), st.sampled_from(METRICS))
def test_a_point_lands_in_its_own_nodes(cloud, data, metric):
    cloud = np.unique(cloud, axis=0)  # of equal points the first is found
    lens = data.draw(lenses(len(cloud)))
    graph = Mapper(lens=lens, cover=QuantileCover(5, 0.3), clusterer=Modes(k=2, metric=metric)).fit(cloud).graph_
    located = Locator(cloud, graph, metric=metric).locate(cloud, np.roll(lens, 1))  # the lens is that of the point
    if metric == "euclidean":
        assert located.same.tolist() == list(range(len(cloud)))
    for row in np.flatnonzero(located.same == np.arange(len(cloud))):
        assert sorted(nodes_of(located, row)) == [node for node in range(graph.n_nodes) if row in graph.members(node)]
        assert located.lens[row] == lens[row]


@pytest.mark.parametrize("metric", METRICS)
def test_graph_of_modes(metric):
    points = two_clouds()
    graph = Mapper(cover=QuantileCover(4, 0.3), clusterer=Modes(metric=metric)).fit(points).graph_
    usual = Novelty(points, metric=metric)
    rng = np.random.default_rng(1)
    new = np.concatenate([two_clouds(seed=2, n_points=40), rng.normal(size=(20, 8)) * 9]).astype(np.float32)
    lens = lens_values("l2", new)
    located, reach = Locator(points, graph, metric=metric, novelty=usual).locate(new, lens), usual.of(new)
    for query in range(len(new)):
        is_usual = bool(reach.reach[query] <= reach.limit[query])
        assert set(nodes_of(located, query)) == literal(
            points.astype(np.float64), graph, new[query].astype(np.float64), lens[query], is_usual, metric
        )
    assert located.inside[:40].mean() > 0.9
    assert located.inside[40:].mean() < 0.3


def test_rounding_does_not_part_a_point_from_itself():
    points = two_clouds()
    graph = Mapper(cover=QuantileCover(10, 0.3), clusterer=Modes()).fit(points).graph_
    rng = np.random.default_rng(3)
    new = points * (1 + 1e-6 * rng.normal(size=points.shape)).astype(np.float32)
    located = Locator(points, graph).locate(new, lens_values("l2", new))
    assert located.same.tolist() == list(range(len(points)))
    held = graph.memberships.incidence(len(points)).T.tocsr()
    assert all(sorted(nodes_of(located, row)) == held[[row]].indices.tolist() for row in range(len(points)))
    assert (located.matches.distance == 0).all()


def test_a_point_that_is_noise_lands_nowhere():
    points = np.concatenate([two_clouds(n_channels=2), [[50.0, 50.0]]])
    graph = Mapper(cover=UniformCover(3, 0.2), clusterer=DBSCAN(eps=1.0, min_samples=5)).fit(points).graph_
    located = Locator(points, graph).locate(points[-1:], lens_values("l2", points[-1:]))
    assert (located.same.tolist(), located.inside.tolist()) == ([600], [False])


def test_margin_is_how_much_nearer_than_the_next_node_of_the_interval():
    points = np.array([[0.0], [1.0], [9.0], [10.0], [30.0]])
    graph = graph_of([[0, 1], [2, 3], [4]], interval=[0, 0, 1], lens=[0, 0, 0, 0, 1])
    located = Locator(points, graph, novelty=Novelty(points, limit=np.inf)).locate(
        [[3.0], [5.0], [31.0]], [0.0, 0.0, 1.9]
    )
    assert located.matches.node.tolist() == [0, 0, 2]
    assert located.matches.distance.tolist() == [2.0, 4.0, 1.0]
    assert located.matches.margin[:2].tolist() == pytest.approx([1 - 2 / 6, 0.0])
    assert np.isnan(located.matches.margin[2])


def test_lens_beyond_the_range_is_outside_and_between_two_intervals_is_not():
    points = two_clouds()
    graph = Mapper(cover=QuantileCover(5, 0.0), clusterer=Modes()).fit(points).graph_
    gap = (graph.intervals.upper[1] + graph.intervals.lower[2]) / 2
    located = Locator(points, graph).locate(points[:2] + 1e-2, [gap, graph.lens.max() * 1.01])
    assert located.in_range.tolist() == [True, False]
    assert located.inside.tolist() == [True, False]
    assert np.isnan(located.limit[1])


def test_intervals_of_ones_own_leave_what_they_leave_out_outside():
    points = two_clouds()
    graph = Mapper(lens=points[:, 0], cover=IntervalCover((-9, 12), (0.5, 30)), clusterer=Modes()).fit(points).graph_
    located = Locator(points, graph).locate(points[:1] + 1e-2, [1.0])
    assert (located.in_range.tolist(), located.inside.tolist()) == ([False], [False])


def test_a_lens_that_is_no_property_of_a_vector_is_that_of_the_nearest_point():
    points = two_clouds()
    column = np.arange(600.0)
    graph = Mapper(lens=column, cover=UniformCover(6, 0.3), clusterer=Modes()).fit(points).graph_
    new = points[[5, 400]] + np.float32(0.01)
    located = Locator(points, graph).locate(new)
    assert located.lens.tolist() == [5.0, 400.0]
    assert located.inside.all()


def test_several_lenses():
    points = two_clouds()
    graph = Mapper(lens=["l2", "max"], cover=ProductCover(UniformCover(3), UniformCover(3)), clusterer=Modes())
    graph = graph.fit(points).graph_
    located = Locator(points, graph).locate(points[:3], graph.lens[:3])
    held = graph.memberships.incidence(len(points)).T.tocsr()
    assert [sorted(nodes_of(located, row)) for row in range(3)] == [held[[row]].indices.tolist() for row in range(3)]


def test_radius_of_each_interval():
    points = two_clouds()
    graph = Mapper(cover=UniformCover(4, 0.3), clusterer=DBSCAN(eps="quantile:0.9:interval")).fit(points).graph_
    located = Locator(points, graph).locate(points[:50] + 0.05, lens_values("l2", points[:50] + 0.05))
    radius = np.asarray(graph.eps)[graph.interval[located.matches.node]]
    assert located.inside.any()
    assert (located.matches.distance <= radius).all()


class TestDegenerate:
    def test_two_points(self):
        points = np.array([[0.0, 0.0], [1.0, 1.0]])
        graph = Mapper(cover=UniformCover(1, 0.0), clusterer=DBSCAN(eps=0.5, min_samples=1)).fit(points).graph_
        located = Locator(points, graph).locate([[0.9, 0.9]], [0.9 * 2**0.5])
        assert located.matches.node.tolist() == [1]

    def test_one_node_of_one_point(self):
        graph = graph_of([[0]], n_points=2, lens=[0, 1])
        located = Locator(np.array([[0.0], [5.0]]), graph).locate([[0.5]], [0.5])
        assert located.matches.node.tolist() == [0]  # of two points nothing is unusual
        assert np.isnan(located.matches.margin).all()

    def test_no_node(self):
        graph = graph_of([], n_points=3)
        graph = type(graph)(**{**vars(graph), "intervals": Intervals(np.zeros(1), np.ones(1)), "eps": 0.1})
        located = Locator(np.eye(3), graph).locate(np.eye(3)[:1] + 0.5, [0.5])
        assert (located.inside.tolist(), located.node.tolist(), located.distance.tolist()) == ([False], [-1], [np.inf])

    @pytest.mark.parametrize("metric", METRICS)
    def test_duplicates(self, metric):
        points = np.repeat(np.array([[1.0, 0.0], [0.0, 1.0]]), 40, axis=0)
        points[0] = [1.0, 0.1]
        graph = Mapper(lens="max", cover=UniformCover(1, 0.0), clusterer=Modes(metric=metric))
        graph = graph.fit(points * (1 + np.arange(80) // 79)[:, None]).graph_
        located = Locator(points, graph, metric=metric).locate(points)
        held = graph.memberships.incidence(len(points)).T.tocsr()
        assert [nodes_of(located, row) for row in range(80)] == [
            held[[same]].indices.tolist() for same in located.same.tolist()
        ]
        assert (points[located.same] == points).all()

    def test_all_points_from_one_example(self):
        points = two_clouds()
        assert Novelty(points, np.zeros(600)).limit == Novelty(points).limit

    def test_points_of_one_example_do_not_vouch_for_each_other(self):
        rng = np.random.default_rng(0)
        points = np.repeat(rng.normal(size=(300, 8)), 20, axis=0) + rng.normal(size=(6000, 8)) / 100
        new = rng.normal(size=(100, 8))  # further examples, as far from the others as these are from each other
        told, untold = Novelty(points, np.arange(6000) // 20), Novelty(points)
        assert (told.of(new).reach <= told.of(new).limit).mean() > 0.9
        assert (untold.of(new).reach <= untold.of(new).limit).mean() < 0.1


class TestRefusals:
    points = two_clouds()
    graph = Mapper(cover=QuantileCover(4, 0.3), clusterer=Modes()).fit(points).graph_

    @pytest.mark.parametrize(
        ("new", "lens", "said"),
        [
            pytest.param(np.full((1, 8), np.nan), None, "X must be finite: 1 of 1 rows hold NaN", id="nan"),
            pytest.param(np.full((1, 8), np.inf), None, "X must be finite", id="infinite"),
            pytest.param(np.zeros((1, 7)), None, r"have 8 channels each: got shape \(1, 7\)", id="channels"),
            pytest.param(np.zeros((0, 8)), None, r"have 8 channels each: got shape \(0, 8\)", id="none"),
            pytest.param(np.zeros((2, 8)), [1.0], r"are finite, of shape \(2,\): got \(1,\)", id="lens"),
            pytest.param(np.zeros((1, 8)), [np.nan], "are finite", id="lens-nan"),
        ],
    )
    def test_vectors(self, new, lens, said):
        with pytest.raises(InvalidInput, match=said):
            Locator(self.points, self.graph).locate(new, lens)

    def test_graph_of_other_points(self):
        with pytest.raises(InvalidInput, match="the graph has 600 points, and there are 599 vectors"):
            Locator(self.points[1:], self.graph)


@pytest.mark.parametrize("lens", ["l2", "l1", "l3", "linf", "max", "pca:0", "pca:1", "distance:7"])
def test_lens_of_one_vector_is_that_of_the_point(lens):
    points = two_clouds()
    one = lens_of_one(lens, points)
    np.testing.assert_allclose(one(points[3:5]), lens_values(lens, points)[3:5], rtol=1e-12)


@pytest.mark.parametrize("lens", ["eccentricity", "eccentricity:inf", "knn:5"])
def test_lens_that_no_vector_has_alone(lens):
    assert lens_of_one(lens, two_clouds()) is None
