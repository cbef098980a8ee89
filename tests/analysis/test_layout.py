"""Drawings: the same every time, true to the graph, and still where something stayed."""

import networkx as nx
import numpy as np
import pytest
from graphs import graph_of, of_modes, path_of, shaped
from scipy.spatial.distance import pdist

from topoact import DBSCAN, Mapper, Modes
from topoact.analysis.drawing import layout as layout_module
from topoact.analysis.drawing.layout import anchored_layout, components, layout
from topoact.analysis.drawing.stress import MAX_PIVOTS, initial_positions, relax

SHAPES = {
    "pair": nx.path_graph(2),
    "path": nx.path_graph(30),
    "ring": nx.cycle_graph(24),
    "star": nx.star_graph(8),
    "tree": nx.balanced_tree(2, 4),
    "grid": nx.convert_node_labels_to_integers(nx.grid_2d_graph(5, 6)),
    "complete": nx.complete_graph(5),
    "two": nx.disjoint_union(nx.path_graph(6), nx.cycle_graph(9)),
}
DENSE = {"complete", "star"}
"""Shapes that cannot be drawn in the plane with all edges of length 1."""


def lengths(graph, positions):
    return np.linalg.norm(positions[graph.links.source] - positions[graph.links.target], axis=1)


def boxes(graph, positions):
    found = components(graph)
    return [
        (positions[found == part].min(axis=0), positions[found == part].max(axis=0)) for part in set(found.tolist())
    ]


@pytest.fixture(params=SHAPES)
def drawn(request):
    graph = shaped(SHAPES[request.param])
    return request.param, graph, layout(graph).positions


def test_the_same_graph_gets_the_same_drawing(drawn):
    name, _, positions = drawn
    assert layout(shaped(SHAPES[name])).positions.tolist() == positions.tolist()


def test_neighbours_are_about_one_apart(drawn):
    name, graph, positions = drawn
    found = lengths(graph, positions)
    assert found.mean() == pytest.approx(1, abs=0.3)
    if name not in DENSE:
        assert found.min() > 0.5
        assert found.max() < 1.6


def test_no_two_nodes_lie_on_each_other(drawn):
    _, _, positions = drawn
    assert pdist(positions).min() > 0.3


def test_a_path_is_drawn_straight_along_its_lens():
    positions = layout(path_of(30)).positions
    assert (np.diff(positions[:, 0]) > 0.9).all()
    assert np.ptp(positions[:, 1]) < 0.3


def test_a_ring_is_drawn_round():
    positions = layout(shaped(nx.cycle_graph(24))).positions
    radius = np.linalg.norm(positions - positions.mean(axis=0), axis=1)
    assert radius.max() / radius.min() < 1.1


def test_the_lens_grows_to_the_right():
    graph = shaped(nx.balanced_tree(2, 4))
    positions = layout(graph).positions
    assert np.corrcoef(positions[:, 0], graph.nodes["lens_mean"])[0, 1] > 0


def test_more_nodes_than_pivots():
    graph = path_of(MAX_PIVOTS + 100)
    positions = layout(graph).positions
    assert lengths(graph, positions).mean() == pytest.approx(1, abs=0.1)
    ends = np.linalg.norm(positions[0] - positions[-1])
    assert ends > 0.9 * (MAX_PIVOTS + 99)


@pytest.mark.parametrize("n_parts", [2, 5, 40])
def test_components_do_not_overlap(n_parts):
    shapes = [nx.cycle_graph(3 + part % 7) if part % 3 else nx.path_graph(1 + part % 4) for part in range(n_parts)]
    graph = shaped(nx.disjoint_union_all(shapes))
    placed = boxes(graph, layout(graph).positions)
    assert len(placed) == n_parts
    for place, (low, high) in enumerate(placed):
        for other_low, other_high in placed[place + 1 :]:
            apart = np.maximum(other_low - high, low - other_high).max()
            assert apart > layout_module.GAP - 0.01


def test_the_largest_component_comes_first_at_the_top_left():
    graph = shaped(nx.disjoint_union_all([nx.path_graph(2), nx.path_graph(9), nx.path_graph(4), nx.path_graph(4)]))
    assert components(graph).tolist() == [3] * 2 + [0] * 9 + [1] * 4 + [2] * 4
    positions = layout(graph).positions
    first = positions[components(graph) == 0]
    assert first[:, 0].min() == positions[:, 0].min()
    assert first[:, 1].max() == positions[:, 1].max()


def test_one_node():
    drawing = layout(graph_of([[0, 1]]))
    assert drawing.positions.tolist() == [[0.0, 0.0]]
    assert drawing.continues.tolist() == [-1]


def test_no_node():
    empty = graph_of([], n_points=5)
    assert layout(empty).positions.shape == (0, 2)
    assert components(empty).tolist() == []
    some = graph_of([[0, 1], [1, 2]], n_points=5)
    positions = layout(some).positions
    assert anchored_layout(empty, some, positions).positions.shape == (0, 2)
    assert anchored_layout(some, empty, np.zeros((0, 2))).positions.tolist() == positions.tolist()


def test_held_nodes_do_not_move_while_others_relax():
    adjacency = nx.to_scipy_sparse_array(nx.path_graph(6), dtype=float, format="csr")
    start = initial_positions(adjacency) * 3
    free = np.array([True, False, True, True, False, True])
    moved = relax(adjacency, start, free)
    assert moved[~free].tolist() == start[~free].tolist()
    assert (moved[free] != start[free]).any(axis=1).all()


class TestAnchored:
    """A graph drawn beside another one of the same points."""

    CLOUD = np.random.default_rng(3).normal(size=(500, 3)) * [4, 1, 1]

    def graph(self, **settings):
        return (
            Mapper(lens="pca:0", clusterer=DBSCAN(eps=0.9), **{"n_intervals": 12, "overlap": 0.3} | settings)
            .fit(self.CLOUD)
            .graph_
        )

    @pytest.mark.parametrize("settings", [{"n_intervals": 13}, {"overlap": 0.4}, {"overlap": 0.2}], ids=str)
    def test_surviving_nodes_keep_their_place_exactly(self, settings):
        before, after = self.graph(), self.graph(**settings)
        positions = layout(before).positions
        drawing = anchored_layout(after, before, positions)
        held = drawing.continues >= 0
        assert held.mean() >= layout_module.MIN_CONTINUED
        assert drawing.positions[held].tolist() == positions[drawing.continues[held]].tolist()

    def test_the_same_graph_stays_where_it_is(self):
        graph = self.graph()
        positions = layout(graph).positions
        drawing = anchored_layout(graph, graph, positions)
        assert drawing.positions.tolist() == positions.tolist()
        assert drawing.continues.tolist() == list(range(graph.n_nodes))

    def test_it_is_deterministic(self):
        before, after = self.graph(), self.graph(n_intervals=14)
        positions = layout(before).positions
        once, twice = (anchored_layout(after, before, positions).positions.tolist() for _ in range(2))
        assert once == twice

    def test_new_nodes_stay_clear_of_the_others(self):
        before, after = self.graph(), self.graph(n_intervals=15)
        drawing = anchored_layout(after, before, layout(before).positions)
        fresh = drawing.continues < 0
        assert fresh.any()
        distances = np.linalg.norm(drawing.positions[:, None] - drawing.positions[fresh], axis=2)
        assert np.sort(distances, axis=0)[1].min() > 0.3

    def test_a_graph_with_little_in_common_is_drawn_by_itself(self):
        before, after = self.graph(n_intervals=3), self.graph(n_intervals=40)
        drawing = anchored_layout(after, before, layout(before).positions)
        assert (drawing.continues == -1).all()
        own = layout(after).positions
        assert np.abs(drawing.positions).tolist() == np.abs(own).tolist()
        assert drawing.positions[:, 0].tolist() == own[:, 0].tolist()

    def test_and_mirrored_if_that_resembles_the_other_more(self):
        before, after = self.graph(n_intervals=3), self.graph(n_intervals=40)
        positions = layout(before).positions
        positions = positions + np.arange(len(positions))[:, None] * [0, 1]
        upright = anchored_layout(after, before, positions).positions
        upside_down = anchored_layout(after, before, positions * [1, -1]).positions
        assert upside_down.tolist() == (upright * [1, -1] + 0.0).tolist()

    def test_a_new_component_without_common_points_is_placed_below(self):
        before = graph_of([[0, 1], [1, 2], [2, 3]], n_points=10)
        after = graph_of([[0, 1], [1, 2], [2, 3], [6, 7], [7, 8]], n_points=10)
        positions = layout(before).positions + np.array([100, 50])
        drawing = anchored_layout(after, before, positions)
        assert drawing.continues.tolist() == [0, 1, 2, -1, -1]
        assert 0 < positions[:, 1].min() - drawing.positions[3:, 1].max() < 3


class TestModes:
    """Graphs of modes are drawn with what is one in the skeleton side by side."""

    def test_nodes_that_are_one_in_the_skeleton_are_together(self):
        n = 12
        members = [rows for i in range(n) for rows in ([4 * i, 4 * i + 1, 4 * i + 4], [4 * i + 2])]
        interval = np.repeat(np.arange(n), 2).tolist()
        graph = of_modes(members, interval, [np.inf, 0.5] * n, np.repeat(np.arange(0, 2 * n, 2), 2).tolist())
        drawing = layout(graph)
        assert layout(graph).positions.tolist() == drawing.positions.tolist()
        apart = np.linalg.norm(drawing.positions[1::2] - drawing.positions[::2], axis=1)
        assert apart.max() < 4
        assert components(graph).max() == n

    def test_no_two_nodes_lie_on_each_other(self):
        rng = np.random.default_rng(0)
        cloud = rng.normal(size=(1500, 3))
        graph = Mapper(n_intervals=12, clusterer=Modes(k=8, prominence=0.0)).fit(cloud).graph_
        gaps = pdist(layout(graph).positions)
        assert np.quantile(gaps, 0.001) > 0.5

    def test_degenerate_graphs_are_drawn(self):
        alone = of_modes([[0, 1]], [0], [np.inf], [0])
        assert layout(alone).positions.tolist() == [[0, 0]]
        path = of_modes([[i, i + 1] for i in range(6)], range(6), [np.inf] * 6, range(6))
        assert np.isfinite(layout(path).positions).all()
        empty = of_modes([], [], [], [])
        assert layout(empty).positions.shape == (0, 2)
