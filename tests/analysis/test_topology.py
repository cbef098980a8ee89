"""Components and loops: small graphs by hand, and shapes that were planted."""

import numpy as np
import pytest
from graphs import graph_of, modes_of

from topoact import Communities, Mapper, Modes, QuantileCover
from topoact.analysis.shape.topology import NOT_MEASURED, Count, shape, shape_report, with_second_opinion
from topoact.errors import InvalidInput
from topoact.testing.shapes import SHAPES, planted


def graph(members, interval):
    return graph_of(members, n_points=60, interval=interval)


def path(n_nodes, first=0):
    """Nodes that share every other point with the next."""
    return [[first + 2 * node, first + 2 * node + 1, first + 2 * node + 2] for node in range(n_nodes)]


def test_pieces():
    assert shape(graph([], [])) == (0, 0)
    assert shape(graph(path(4), range(4))) == (1, 0)
    assert shape(graph(path(3) + path(2, 20), [0, 1, 2, 0, 1])) == (2, 0)


def test_a_loop_through_three_intervals_counts():
    ring = [[0, 1, 2], [2, 3, 4], [4, 5, 6], [6, 7, 0]]
    assert shape(graph(ring, [0, 1, 2, 1])) == (1, 1)
    assert shape(graph(ring, [0, 1, 0, 1])) == (1, 0)


def test_two_loops_with_a_side_in_common():
    theta = [[0, 10, 20], [0, 1], [10, 11], [20, 21], [1, 11, 21]]
    assert shape(graph(theta, [0, 1, 1, 1, 2])) == (1, 2)


def test_crossings_within_a_loop_do_not_count():
    crossed = [[0, 1], [2, 3], [0, 2, 4], [1, 3, 5], [4, 6], [5, 7], [6, 7]]
    assert shape(graph(crossed, [0, 0, 1, 1, 2, 2, 3])) == (1, 1)


def test_triangles_are_filled():
    assert shape(graph([[0, 1, 9], [1, 2, 9], [2, 0, 9]], [0, 1, 2])) == (1, 0)
    assert shape(graph([[0, 1], [1, 2], [2, 0]], [0, 1, 2])) == (1, 1)


def test_weak_edges_are_no_passage():
    weak = [list(range(30)), list(range(29, 59))]
    assert shape(graph(weak, [0, 1])) == (2, 0)
    assert shape(graph(weak, [0, 1]), min_jaccard=0) == (1, 0)


@pytest.mark.parametrize("name", ["line", "Y", "ring", "disc", "eight", "blobs"])
def test_modes_find_what_was_planted(name):
    cloud = planted(name, 2000, 32, noise=0.03, seed=0).astype(np.float32)
    found = Mapper(lens="pca:0", n_intervals=16, overlap=0.35, clusterer=Modes(k=15)).fit(cloud).graph_
    assert shape(found) == SHAPES[name][1]
    assert found.coverage == 1


RING = [[0, 1, 20], [1, 2], [20, 21], [2, 3], [21, 22], [3, 22, 4]]
AROUND = [0, 1, 1, 2, 2, 3]


def ring_of_modes(middle, end):
    """A ring whose sides merge at these prominences."""
    return modes_of(RING, AROUND, [np.inf, np.inf, middle, np.inf, end, np.inf], [0, 1, 1, 3, 3, 5])


def test_a_feature_has_the_range_of_prominence_that_it_lives_over():
    found = shape_report(ring_of_modes(2.5, 3.0))
    assert (found.components.value, found.loops.value) == (1, 1)
    assert (found.branches.value, found.branches.seen) == (None, 0)
    component, loop = found.features
    assert (component.kind, component.birth, component.death) == ("component", 1.0, np.inf)
    assert (loop.kind, loop.birth, loop.death, loop.persistence) == ("loop", 1.0, 3.0, 2.0)
    assert sorted(loop.nodes) == list(range(6))
    assert found.verdict == f"1 component; 1 loop; branches: {NOT_MEASURED}"


def test_what_soon_dies_cannot_be_told():
    found = shape_report(ring_of_modes(1.2, 1.5))
    assert (found.loops.value, found.loops.least, found.loops.seen) == (None, 0, 1)
    assert "cannot tell how many loops: 1 of 1 loop may be chance: not from prominence 1 to 2" in found.verdict


def test_detail_is_not_counted_and_nodes_of_the_skeleton_are_all_their_parts():
    found = shape_report(ring_of_modes(0.5, 0.8))
    assert found.loops.value == 0
    (component,) = found.features
    assert sorted(component.nodes) == list(range(6))
    parts = [[0, 1], [1, 2], [30, 31], [2, 3], [31, 3]]
    graph_in_parts = modes_of(parts, [0, 1, 1, 2, 3], [np.inf, np.inf, 0.5, np.inf, np.inf], [0, 1, 1, 3, 4])
    assert shape_report(graph_in_parts).components.value == 1


def test_a_branching_node_tells_its_arms():
    arms = [[0, 1], [1, 2], [2, 3, 13], [3, 4], [4, 5], [13, 14], [14, 15]]
    found = shape_report(graph(arms, [0, 1, 2, 3, 4, 3, 4]))
    fork = next(one for one in found.features if one.kind == "branch")
    assert fork.nodes == (2,)
    assert sorted(map(sorted, fork.arms)) == [[0, 1], [3, 4], [5, 6]]
    assert found.verdict == "1 component; 0 loops; 1 branch"


def report_of(name, with_vectors, noise=0.1):
    cloud = planted(name, 3000, 16, noise=noise, seed=1).astype(np.float32)
    graph = Mapper(lens="pca:0", n_intervals=25, overlap=0.35, clusterer=Modes(k=15)).fit(cloud).graph_
    return shape_report(graph, vectors=cloud if with_vectors else None)


@pytest.mark.parametrize("seed", [0, 3])
def test_of_blobs_no_branch_is_told_even_where_some_may_be_chance(seed):
    rng = np.random.default_rng(seed)
    blobs = rng.normal(0, 2, (8, 3))[rng.integers(0, 8, 1500)] + rng.normal(0, 0.5, (1500, 3))
    found = Mapper(lens="l2", cover=QuantileCover(10, 0.3), clusterer=Modes(15, 0.1)).fit(blobs).graph_
    told = shape_report(found).branches
    assert told.seen > 0
    assert (told.value, told.least) == (None, 0)


def test_stubs_of_a_noisy_ring_are_no_branches():
    of_graph, of_points = report_of("ring", False), report_of("ring", True)
    assert of_graph.branches.seen == 2
    assert (of_graph.branches.value, of_graph.branches.least) == (None, 0)
    assert "this graph shows 2, and stubs of noise look alike" in of_graph.verdict
    assert of_graph.persistence is None
    assert (of_points.branches.value, of_points.branches.seen) == (None, 0)
    assert of_points.persistence.value == 1


NONE = Count(None, 0, 0, "none seen; none of a sample of 400 points is significant")


@pytest.mark.parametrize(
    ("loops", "persistence", "told"),
    [
        (Count(None, 3, 5, "2 may be chance"), None, (None, 0)),
        (Count(None, 3, 5, "2 may be chance"), NONE, (None, 0)),
        (Count(None, 3, 5, "2 may be chance"), Count(2, 2, 2), (None, 2)),
        (Count(3, 3, 3), None, (3, 3)),
        (Count(3, 3, 3), NONE, (None, 0)),
        (Count(3, 3, 3), Count(None, 0, 0, "fewer than 100 points"), (3, 3)),
        (Count(1, 1, 1), Count(1, 1, 1), (1, 1)),
        (Count(1, 1, 1), Count(None, 1, 2, "1 and 2"), (1, 1)),
        (Count(0, 0, 0), Count(1, 1, 1), (None, 0)),
        (Count(0, 0, 0), NONE, (0, 0)),
    ],
)
def test_loops_of_one_graph_are_no_claim_without_a_second_opinion(loops, persistence, told):
    found = with_second_opinion(loops, persistence)
    assert (found.value, found.least) == told
    assert (found.value is None) == bool(found.reason)


@pytest.mark.parametrize(("seed", "of_one_graph"), [(8, (None, 0)), (12, (3, 3))])
def test_blobs_have_no_loops_for_sure(seed, of_one_graph):
    rng = np.random.default_rng(seed)
    blobs = (rng.normal(0, 2, (8, 3))[rng.integers(0, 8, 1500)] + rng.normal(0, 0.5, (1500, 3))).astype(np.float32)
    found = Mapper(lens="l2", cover=QuantileCover(10, 0.3), clusterer=Modes(15, 0.1)).fit(blobs).graph_
    of_graph, of_points = shape_report(found), shape_report(found, vectors=blobs)
    assert of_graph.loops.seen > 2
    assert (of_graph.loops.value, of_graph.loops.least) == of_one_graph
    assert (of_points.loops.value, of_points.loops.least, of_points.persistence.seen) == (None, 0, 0)


def test_with_vectors_a_branch_is_told():
    found = report_of("Y", True, noise=0.05)
    assert found.branches.value == 1
    assert found.persistence.seen == 0


def test_vectors_of_another_graph_are_refused():
    with pytest.raises(InvalidInput, match="10 vectors are not those of a graph of 60 points"):
        shape_report(graph(path(3), range(3)), vectors=np.eye(10))


def test_without_prominence_there_are_counts_and_no_ranges():
    found = shape_report(graph(RING, AROUND))
    assert (found.components.value, found.loops.value) == (1, 1)
    assert {(one.birth, one.death) for one in found.features} == {(None, None)}


def test_outliers_are_no_components():
    crowd, few = list(range(2000)), [2000, 2001]
    assert shape_report(graph_of([crowd, few], interval=[0, 5])).components.value == 1
    assert shape_report(graph_of([crowd[:3], few], interval=[0, 5], n_points=2002)).components.value == 0
    assert shape_report(graph_of([[0, 1], [2]], interval=[0, 5])).components.value == 2


def test_a_graph_without_nodes():
    assert shape_report(graph([], [])).verdict == f"0 components; 0 loops; branches: {NOT_MEASURED}"
    assert shape_report(modes_of([], [], [], [])).features == ()


def test_too_many_are_said_to_be():
    found = shape_report(graph_of(path(600), n_points=1300, interval=range(600)))
    assert found.components.value == 1
    assert found.loops.value is None
    assert "600 nodes" in found.loops.reason
    assert "600 nodes" in found.verdict


def test_communities_do_not_tell_shapes():
    cloud = planted("ring", 1000, 8, noise=0.03, seed=0).astype(np.float32)
    found = shape_report(Mapper(lens="pca:0", n_intervals=8, clusterer=Communities()).fit(cloud).graph_)
    assert found.components.value is found.loops.value is found.branches.value is None
    assert "pieces" in found.loops.reason


@pytest.mark.parametrize("name", ["line", "ring", "blobs"])
def test_the_skeleton_of_any_cut_is_reported(name):
    cloud = planted(name, 2000, 32, noise=0.03, seed=0).astype(np.float32)
    fine, coarse = (
        Mapper(lens="pca:0", n_intervals=16, overlap=0.35, clusterer=Modes(k=15, prominence=cut)).fit(cloud).graph_
        for cut in (0.1, 1.0)
    )
    assert fine.n_nodes > coarse.n_nodes
    told, again = shape_report(fine), shape_report(coarse)
    assert (told.components, told.loops, told.branches) == (again.components, again.loops, again.branches)
    assert [(one.kind, one.birth, one.death) for one in told.features] == [
        (one.kind, one.birth, one.death) for one in again.features
    ]
    assert (told.components.value, told.loops.value) == SHAPES[name][1]
