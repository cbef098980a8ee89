"""What activation images are made for."""

import numpy as np
import pytest

from topoact.errors import InvalidInput, UnknownName
from topoact.workbench import open_workbench
from topoact.workbench.images.targets import (
    ChannelTarget,
    NodesTarget,
    PointTarget,
    check_target,
    has_length,
    identity,
    nodes_around,
    sampling_policy,
    target_record,
    vector,
)
from topoact.workbench.nodes.selection import targets_of


@pytest.fixture(scope="module")
def bench(digits_path):
    return open_workbench(digits_path)


@pytest.fixture(scope="module")
def graph(bench):
    return bench.map(0, bench.default_settings)


@pytest.fixture(scope="module")
def vectors(bench):
    return bench.study.layer(0).vectors()


def mean_of(graph, vectors, *nodes):
    rows = sorted({row for node in nodes for row in graph.members(node)})
    return vectors[rows].mean(axis=0, dtype=np.float64)


class TestVectors:
    def test_a_node_is_its_mean_at_the_length_of_its_members_and_needs_no_vectors(self, graph, vectors):
        found = vector(NodesTarget((2,)), graph, lambda: pytest.fail("read"))
        mean, rows = mean_of(graph, vectors, 2), graph.members(2)
        length = np.linalg.norm(vectors[rows], axis=1).mean()
        assert np.linalg.norm(mean) < length
        np.testing.assert_allclose(found, mean * length / np.linalg.norm(mean), rtol=1e-5, atol=1e-6)
        other = vector(NodesTarget((2,)), graph, lambda: vectors, lens="max")
        np.testing.assert_allclose(other, found, rtol=1e-5, atol=1e-6)

    def test_several_nodes_count_every_member_once(self, graph, vectors):
        edge = int(graph.links.source[0]), int(graph.links.target[0])
        found = vector(NodesTarget(edge), graph, lambda: vectors)
        mean, rows = mean_of(graph, vectors, *edge), np.union1d(*(graph.members(node) for node in edge))
        length = np.linalg.norm(vectors[rows], axis=1).mean()
        np.testing.assert_allclose(found, mean * length / np.linalg.norm(mean), rtol=1e-5, atol=1e-6)
        assert found.dtype == np.float32

    def test_a_mean_of_zero_has_no_length_to_take(self, graph):
        nothing = np.zeros((1797, 64), np.float32)
        assert not vector(NodesTarget((0, 1)), graph, lambda: nothing).any()

    def test_a_difference(self, graph, vectors):
        found = vector(NodesTarget((3, 4), (7,)), graph, lambda: vectors)
        expected = mean_of(graph, vectors, 3, 4) - mean_of(graph, vectors, 7)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)

    def test_a_point_and_a_channel(self, graph, vectors):
        assert vector(PointTarget(9), graph, lambda: vectors).tolist() == vectors[9].tolist()
        found = vector(ChannelTarget(5), graph, lambda: vectors)
        assert (found.tolist(), len(found)) == (np.eye(64)[5].tolist(), 64)


class TestNames:
    @pytest.mark.parametrize(
        ("target", "label"),
        [
            (NodesTarget((12,)), "node 12"),
            (NodesTarget((4, 3), (7,)), "nodes 3, 4 minus 7"),
            (NodesTarget((3,), (7, 8)), "node 3 minus 7, 8"),
            (NodesTarget(tuple(range(40))), "40 nodes"),
            (PointTarget(5), "point 5"),
            (ChannelTarget(0), "channel 0"),
        ],
    )
    def test_targets_say_what_they_are(self, target, label):
        assert target.label == label
        assert target_record(target)["label"] == label
        assert target_record(target)["kind"] == target.kind

    def test_nodes_are_sets(self):
        assert NodesTarget((3, 1, 3), (9, 9)) == NodesTarget((1, 3), (9,))
        record = {"kind": "nodes", "nodes": [1, 3], "minus": [], "label": "nodes 1, 3"}
        assert target_record(NodesTarget((3, 1))) == record

    def test_the_same_points_are_the_same_target_in_any_graph(self, bench, graph):
        coarse = bench.map(
            0, bench.default_settings.__class__(n_intervals=bench.default_settings.n_intervals, prominence=1.0)
        )
        members = {identity(NodesTarget((node,)), coarse): coarse.members(node) for node in range(coarse.n_nodes)}
        shared = [node for node in range(graph.n_nodes) if identity(NodesTarget((node,)), graph) in members]
        assert shared
        for node in shared:
            assert graph.members(node).tolist() == members[identity(NodesTarget((node,)), graph)].tolist()
        several = [
            NodesTarget((0, 1)),
            NodesTarget((0,), (1,)),
            NodesTarget((1,), (0,)),
            ChannelTarget(1),
            PointTarget(1),
        ]
        assert len({identity(target, graph) for target in several}) == len(several)


class TestPlaces:
    def test_only_places_have_a_length(self):
        assert [has_length(one) for one in (NodesTarget((1,)), NodesTarget((1, 2)), PointTarget(1))] == [True] * 3
        assert [has_length(one) for one in (NodesTarget((1,), (2,)), ChannelTarget(1))] == [False] * 2

    def test_the_nodes_around(self, graph):
        assert nodes_around(NodesTarget((3, 4)), graph) == [3, 4]
        assert nodes_around(NodesTarget((3,), (4,)), graph) == []
        assert nodes_around(ChannelTarget(3), graph) == []
        for point in (0, 17, 1796):
            expected = [node for node in range(graph.n_nodes) if point in graph.members(node)]
            assert nodes_around(PointTarget(point), graph) == expected


class TestRefusals:
    @pytest.mark.parametrize(
        ("target", "sentence"),
        [
            (NodesTarget((0, 9999)), "node 9999 does not exist: there are "),
            (NodesTarget((0,), (9999,)), "node 9999 does not exist"),
            (PointTarget(1797), "point 1797 does not exist: there are 1,797, numbered from 0"),
            (ChannelTarget(-1), "channel -1 does not exist: there are 64, numbered from 0"),
        ],
    )
    def test_what_is_not_there(self, bench, graph, target, sentence):
        with pytest.raises(UnknownName, match=sentence):
            check_target(target, graph, bench.study.layer(0))

    def test_what_is_nothing(self):
        with pytest.raises(InvalidInput, match="at least one node"):
            NodesTarget(())
        with pytest.raises(InvalidInput, match="nodes 1, 2 minus nodes 1, 2 is nothing"):
            NodesTarget((1, 2), (2, 1))


class TestOptions:
    def test_all_nodes_in_order(self, graph):
        sizes = graph.nodes["size"]
        found = [target.nodes[0] for target in targets_of(graph, top=5)]
        assert sizes[found].tolist() == sorted(sizes, reverse=True)[:5]
        assert len(targets_of(graph, by="branching")) == graph.n_nodes

    def test_some_nodes_points_and_channels(self, graph):
        found = targets_of(graph, nodes="3, 7+9,3", minus="1,2", points=[4], channels=[0, 1])
        assert found == [
            NodesTarget((3,), (1, 2)),
            NodesTarget((7, 9), (1, 2)),
            PointTarget(4),
            ChannelTarget(0),
            ChannelTarget(1),
        ]
        assert targets_of(graph, points=[4]) == [PointTarget(4)]

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"nodes": "3;4"}, "--nodes needs numbers of nodes, as 3,7,9, or 3[+]7 for two together: got '3;4'"),
            ({"nodes": ""}, "--nodes needs numbers"),
            ({"nodes": "1", "minus": "x"}, "--minus needs numbers of nodes, as 4,5: got 'x'"),
            ({"minus": "1"}, "--minus takes nodes from others: name these with --nodes"),
            ({"top": 0}, "--top must be 1 or more: got 0"),
            ({"top": 3, "nodes": "1"}, "--top chooses among all nodes"),
            ({"by": "colour"}, "no order 'colour'"),
        ],
    )
    def test_options_that_make_no_sense(self, graph, options, sentence):
        with pytest.raises(InvalidInput, match=sentence):
            targets_of(graph, **options)


def test_means_of_positions_are_answered_by_the_whole_map(bench):
    layer = bench.study.layer(0)
    assert sampling_policy(NodesTarget((2,)), layer) == layer.policy
    layer.grid, layer.policy = (7, 7), "all"
    assert [sampling_policy(one, layer) for one in (NodesTarget((2,)), PointTarget(3), ChannelTarget(1))] == [
        "mean",
        "all",
        "all",
    ]
