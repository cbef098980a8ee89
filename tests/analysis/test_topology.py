"""Components and loops: small graphs by hand, and shapes that were planted."""

import numpy as np
import pytest
from graphs import graph_of

from topoact import Mapper, Modes
from topoact.analysis.topology import shape
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
