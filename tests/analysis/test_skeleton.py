"""Which nodes are one in the skeleton."""

import numpy as np
import pytest
from graphs import graph_of, of_modes

from topoact.analysis.shape.skeleton import roots, skeleton
from topoact.errors import InvalidInput

GRAPH = of_modes(
    [[0, 1], [2, 3], [4, 5], [6], [6, 7]], [0, 0, 0, 0, 1], [np.inf, 0.5, 1.5, 0.2, np.inf], [0, 0, 0, 1, 4]
)


def test_each_node_is_with_what_it_merges_into():
    assert roots(GRAPH).tolist() == [0, 2, 4]
    assert skeleton(GRAPH).tolist() == [0, 0, 2, 0, 4]


@pytest.mark.parametrize(
    ("prominence", "left"), [(0.0, [0, 1, 2, 3, 4]), (0.3, [0, 1, 2, 4]), (2.0, [0, 4]), (99.0, [0, 4])]
)
def test_roots_are_what_is_left(prominence, left):
    assert roots(GRAPH, prominence).tolist() == left


def test_other_graphs_have_no_skeleton():
    assert skeleton(graph_of([[0, 1]])) is None
    with pytest.raises(InvalidInput, match="Modes"):
        roots(graph_of([[0, 1]]))
