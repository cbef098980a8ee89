"""Which nodes are looked at first."""

import networkx as nx
import pytest
from graphs import graph_of, path_of, shaped

from topoact.analysis.shape.ranking import ranked
from topoact.errors import UnknownName


def test_by_size_the_largest_come_first_and_of_equals_the_first() -> None:
    graph = graph_of([[0], [1, 2, 3], [4, 5], [6, 7, 8]])
    assert ranked(graph, "size").tolist() == [1, 3, 2, 0]


def test_by_branching_the_node_where_arms_meet_comes_first() -> None:
    star = nx.Graph()
    for arm in range(3):
        nx.add_path(star, [0, *range(1 + 4 * arm, 5 + 4 * arm)])
    nx.add_path(star, [20, 21])  # a node of many edges that are no arms
    star.add_edges_from((20, leaf) for leaf in range(22, 28))
    graph = shaped(nx.convert_node_labels_to_integers(star))
    order = ranked(graph, "branching")
    hub = list(star).index(20)
    assert order.tolist()[:2] == [0, hub]
    assert ranked(graph, "size")[0] == hub


def test_by_branching_degree_decides_where_nothing_branches() -> None:
    assert ranked(path_of(4), "branching").tolist() == [1, 2, 0, 3]


def test_a_graph_without_nodes_has_no_order() -> None:
    assert ranked(graph_of([], n_points=3), "branching").tolist() == []
    assert ranked(graph_of([], n_points=3), "size").tolist() == []


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(UnknownName, match="no order 'colour' of nodes: choose size, branching"):
        ranked(path_of(3), "colour")
