"""Agreement of the members of nodes: as it is written, whatever their lengths."""

from dataclasses import replace

import numpy as np
import pytest
from graphs import graph_of

from topoact.analysis.drawing.agreement import agreement


def measured(vectors, members):
    vectors = np.array(vectors, dtype=np.float64)
    means = np.array([vectors[rows].mean(axis=0) for rows in members], dtype=np.float32)
    graph = replace(graph_of(members, n_points=len(vectors)), means=means)
    return agreement(graph, np.linalg.norm(vectors, axis=1)).tolist()


def test_one_way_and_all_ways():
    vectors = [[1, 0], [5, 0], [0, 1], [0, -1], [-1, 0]]
    assert measured(vectors, [[0, 1], [0, 4], [0, 2], [2, 3]]) == pytest.approx([1, 0, np.sqrt(0.5), 0])


def test_long_vectors_count_for_more():
    assert measured([[9, 0], [-1, 0]], [[0, 1]]) == pytest.approx([0.8])


def test_points_without_direction():
    assert measured([[0, 0], [0, 0], [2, 0]], [[0, 1], [0, 2]]) == [1, 1]


def test_no_node():
    assert agreement(graph_of([], n_points=2), np.ones(2)).tolist() == []


def test_rounding_does_not_leave_the_range():
    vectors = np.full((7, 64), 1 / 3)
    found = measured(vectors, [list(range(7))])
    assert found[0] <= 1
    assert found[0] == pytest.approx(1)
